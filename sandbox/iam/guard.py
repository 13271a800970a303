"""The one place where a call is judged: the gateway asks it once it knows who calls, before anything answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.call import Call
from sandbox.calls import Permission
from sandbox.iam.arn import parse
from sandbox.iam.callers import Callers, UnjudgedError
from sandbox.iam.core.access import Caller, Context, Need, Owned, Principal
from sandbox.iam.core.document import PolicyError
from sandbox.iam.core.judge import judge
from sandbox.iam.denial import denied, not_judged
from sandbox.iam.estate import Estate
from sandbox.iam.operation import Operation
from sandbox.iam.permissions import RULES, UNNAMED
from sandbox.refusal import RefusedError

# Services whose resources have policies of their own, which may deny an account's administrator as well.
_POLICED = {"ecr", "kms", "s3", "sns", "sts"}
# … and whose calls may name another account's resource; of S3's, every account knows all buckets.
_ANSWERED_BY_OWNER = {"ecr", "kms", "sns"}
# Members of AssumeRole that change what the session may do.
_OF_SESSIONS = ("Policy", "PolicyArns", "Tags", "TransitiveTagKeys", "ProvidedContexts")


@dataclass(frozen=True)
class Demand:
    """A call's caller and what the call takes, each on a resource and the policy of that."""

    caller: Caller
    service: str  # whose error a refusal becomes
    needs: tuple[tuple[Need, Owned], ...]

    @property
    def role(self) -> str:
        """ARN of the role that calls, "" of a user."""
        return self.caller.principal.role

    @property
    def owner(self) -> str:
        """Whose account answers: the resource's, where a call names another account's, else the caller's."""
        if self.service in _ANSWERED_BY_OWNER and self.needs:
            return self.needs[0][1].account
        return self.caller.principal.account

    def permissions(self) -> list[Permission]:
        """What a role's call takes, as the record of calls keeps it; a user may do everything."""
        if self.caller.administrator:
            return []
        return [
            Permission(need.action, need.resource, dict(need.context.values), need.context.families)
            for need, _ in self.needs
        ]


class Guard:
    """Judges calls by the policies that the accounts hold; every refusal is a RefusedError."""

    def __init__(self, callers: Callers, estate: Estate) -> None:
        self._callers = callers
        self._estate = estate

    def demand(self, call: Call, account: str) -> Demand:
        """What a call takes; refused is a role's call that the table does not hold."""
        try:
            caller = self._callers.by_key(account, call.key)
        except (UnjudgedError, PolicyError) as error:
            raise not_judged(error) from None
        return self._demand(caller, call.service, self._needs(call, caller))

    def check(self, demand: Demand) -> None:
        """Refuses the first thing that the caller may not do."""
        for need, owned in demand.needs:
            decision = judge(demand.caller, need, owned)
            if not decision.allowed:
                raise denied(demand.caller, need, decision, demand.service)

    def act(self, caller: Caller, operation: Operation) -> None:
        """Refuses what a caller may not do through a service that works in its name."""
        needs = RULES[operation.service][operation.action](operation, self._estate)
        self.check(self._demand(caller, operation.service, needs))

    def uninvokable(self, account: str, key: str, region: str, endpoints: Iterable[str]) -> dict[str, str]:
        """The endpoints of an account that the holder of a key may not invoke, and in which words it is told."""
        try:
            caller = self._callers.by_key(account, key)
        except (UnjudgedError, PolicyError) as error:
            return dict.fromkeys(endpoints, not_judged(error).message)
        refused = {}
        for endpoint in () if caller.administrator else endpoints:
            members = {"EndpointName": endpoint}
            try:
                self.act(caller, Operation("sagemaker", "InvokeEndpoint", account, region, members))
            except RefusedError as error:
                refused[endpoint] = error.message
        return refused

    def service_session(self, service: str, role: str, account: str, name: str) -> Caller:
        """A service takes on a role of an account, for something of that account's, if the role trusts it."""
        if parse(role).account != account:
            raise RefusedError(f"Cross-account pass role is not allowed: {role}", "AccessDeniedException")
        asking = Caller(Principal(service, "", kind="Service"))
        need = Need("sts:AssumeRole", role, Context({"aws:sourceaccount": account}))
        self.check(self._demand(asking, "sts", [need]))
        try:
            return self._callers.session(role, name)
        except (UnjudgedError, PolicyError) as error:
            raise not_judged(error) from None

    def service_acts(self, principal: str, service: str, needs: Iterable[Need]) -> None:
        """Refuses what a service may not do in its own name, such as an alarm's telling a topic."""
        self.check(self._demand(Caller(Principal(principal, "", kind="Service")), service, needs))

    def role_acts(self, caller: Caller, service: str, needs: Iterable[Need]) -> None:
        """Refuses what a caller may not do and no call of AWS's API says, such as using a connection."""
        self.check(self._demand(caller, service, needs))

    def key_arn(self, account: str, region: str, name: str) -> str:
        """ARN of a KMS key by id, ARN or alias."""
        return self._estate.key_arn(account, region, name)

    def _demand(self, caller: Caller, service: str, needs: Iterable[Need]) -> Demand:
        """Each need with all that is known around it."""
        account, complete = caller.principal.account, []
        for need in needs:
            try:
                owned = self._estate.owned(need.action, need.resource, account)
            except PolicyError as error:
                raise not_judged(error) from None
            context = _around(caller, owned) | need.context | self._estate.context(need.resource)
            complete.append((Need(need.action, need.resource, context), owned))
        return Demand(caller, service, tuple(complete))

    def _needs(self, call: Call, caller: Caller) -> Iterable[Need]:
        rule = RULES.get(call.service, {}).get(call.action)
        if caller.administrator:
            rule = (rule or UNNAMED.get(call.service)) if call.service in _POLICED else None
            if rule is None:
                return ()
        elif rule is None:
            raise not_judged(
                f"which permissions {call.service} {call.action} takes, so no role may call it "
                "(sandbox/iam/permissions)"
            )
        if call.action == "AssumeRole" and (
            given := [name for name in _OF_SESSIONS if call.members.get(name)]
        ):
            raise not_judged(f"sessions with {given[0]}: give the role what it needs")
        account = caller.principal.account
        return rule(Operation(call.service, call.action, account, call.region, call.members), self._estate)


def _around(caller: Caller, owned: Owned) -> Context:
    """What is known around every call."""
    principal = caller.principal
    return Context(
        {
            "aws:securetransport": "true",  # loopback stands for a channel that nobody else reads
            "aws:principalarn": principal.role or principal.arn,
            "aws:principalaccount": principal.account or None,
            "aws:resourceaccount": owned.account,
            "kms:calleraccount": principal.account or None,
            # Set when a service calls for one of its own resources.
            "aws:sourceaccount": None,
            "aws:sourcearn": None,
        }
    )
