"""The one place where a call is judged: called by the gateway after it knows who calls, before anything answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.call import Call, Request
from sandbox.calls import Permission
from sandbox.iam.arn import parse
from sandbox.iam.callers import Callers, UnjudgedError
from sandbox.iam.core.access import Caller, Context, Need, Principal
from sandbox.iam.core.document import PolicyError
from sandbox.iam.core.judge import judge
from sandbox.iam.estate import Estate
from sandbox.iam.operation import Operation, operation
from sandbox.iam.permissions import RULES, UNNAMED
from sandbox.refusal import RefusedError

_NOT_JUDGED = "NotImplemented"
# Services whose resources have policies of their own, which may deny an account's administrator as well.
_POLICED = {"ecr", "kms", "s3", "sns", "sts"}
# Parameters of AssumeRole that change what the session may do.
_OF_SESSIONS = ("Policy", "PolicyArns", "Tags", "TransitiveTagKeys", "ProvidedContexts")


@dataclass(frozen=True)
class Demand:
    """A call, who makes it and what it needs."""

    call: Call
    caller: Caller
    needs: tuple[Need, ...]

    def permissions(self) -> list[Permission]:
        """The needs as the record of calls keeps them."""
        return [
            Permission(
                need.action,
                need.resource,
                {key: value for key, value in need.context.values.items() if value is not None},
            )
            for need in self.needs
        ]


class Guard:
    """Judges calls by the policies that the accounts hold."""

    def __init__(self, callers: Callers, estate: Estate) -> None:
        self._callers = callers
        self._estate = estate

    def demand(self, call: Call, account: str, request: Request) -> Demand:
        """What a call needs. Raises RefusedError for a role's call that the table does not hold."""
        try:
            caller = self._callers.by_key(account, call.key)
            return Demand(call, caller, tuple(self._needs(call, caller, request)))
        except (UnjudgedError, PolicyError) as error:
            raise RefusedError(f"the sandbox does not judge {error}", _NOT_JUDGED) from None

    def check(self, demand: Demand) -> None:
        """Raises RefusedError, as AWS words it, for the first thing that the caller may not do."""
        for need in demand.needs:
            self.require(demand.caller, need, demand.call.service)

    def act(self, caller: Caller, operation: Operation) -> None:
        """Raises RefusedError unless a caller may do what a service does in its name."""
        for need in RULES[operation.service][operation.action](operation, self._estate):
            self.require(caller, need, operation.service)

    def service_session(self, service: str, role: str, account: str, name: str) -> Caller:
        """A service takes on a role of an account for something of that account's.

        Raises RefusedError unless there is such a role and it trusts the service.
        """
        asking = Caller(Principal(service, "", kind="Service"))
        need = Need("sts:AssumeRole", role, Context({"aws:sourceaccount": account}))
        if parse(role).account != account:
            raise RefusedError(f"Cross-account pass role is not allowed: {role}", "AccessDeniedException")
        try:
            self.require(asking, need, "sts")
            return self._callers.session(role, name)
        except (UnjudgedError, PolicyError) as error:
            raise RefusedError(f"the sandbox does not judge {error}", _NOT_JUDGED) from None

    def require(self, caller: Caller, need: Need, service: str) -> None:
        """Raises RefusedError unless the caller has a permission; `service` is the one whose error it becomes."""
        account = caller.principal.account
        try:
            owned = self._estate.owned(need.action, need.resource, account)
        except PolicyError as error:
            raise RefusedError(f"the sandbox does not judge {error}", _NOT_JUDGED) from None
        own = self._estate.context(need.resource)
        around = _around(caller, owned.account)
        decision = judge(caller, Need(need.action, need.resource, around | need.context | own), owned)
        if decision.allowed:
            return
        if decision.unclear:
            raise RefusedError(
                f"the sandbox does not know {', '.join(decision.unclear)}, on which hangs whether "
                f"{caller.principal.arn} may {need.action} on {need.resource}",
                _NOT_JUDGED,
            )
        where = f" ({decision.statement})" if decision.statement else ""
        raise RefusedError(
            f"User: {caller.principal.arn} is not authorized to perform: {need.action} on resource: "
            f"{_quoted(need)} {decision.reason}{where}",
            *_CODES.get(service, ("AccessDeniedException", 400)),
        )

    def _needs(self, call: Call, caller: Caller, request: Request) -> Iterable[Need]:
        if caller.administrator and call.service not in _POLICED:
            return ()
        rule = RULES.get(call.service, {}).get(call.action)
        if rule is None and caller.administrator:
            rule = UNNAMED.get(call.service)
        if rule is None and not caller.administrator:
            raise RefusedError(
                f"the sandbox does not know which permissions {call.service} {call.action} needs, so no role "
                "may call it (sandbox/iam/permissions)",
                _NOT_JUDGED,
            )
        if rule is None:
            return ()
        try:
            read = operation(call, caller.principal.account, request)
        except ValueError as error:
            raise RefusedError(f"the body cannot be read: {error}", "SerializationException") from None
        if call.action == "AssumeRole" and (given := [n for n in _OF_SESSIONS if read.parameters.get(n)]):
            raise RefusedError(
                f"the sandbox does not judge sessions with {given[0]}: give the role what it needs",
                _NOT_JUDGED,
            )
        return rule(read, self._estate)


def _around(caller: Caller, owner: str) -> Context:
    """What is known around every call."""
    principal = caller.principal
    return Context(
        {
            "aws:securetransport": "true",  # loopback stands for a channel that nobody else reads
            "aws:principalarn": principal.role or principal.arn,
            "aws:principalaccount": principal.account or None,
            "aws:resourceaccount": owner,
            "kms:calleraccount": principal.account or None,
            # Set when a service calls for one of its own resources.
            "aws:sourceaccount": None,
            "aws:sourcearn": None,
        }
    )


def _quoted(need: Need) -> str:
    return f'"{need.resource}"' if need.action.startswith("s3:") else need.resource


# How the services that are not JSON say it.
_CODES: dict[str, tuple[str, int]] = {
    "s3": ("AccessDenied", 403),
    "iam": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
    "monitoring": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
}
