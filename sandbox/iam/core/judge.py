"""May this caller do this to that resource?"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sandbox.iam.core.access import Caller, Need, Owned
from sandbox.iam.core.document import Policy, Statement
from sandbox.iam.core.statement import means, means_account_of, speaks_of
from sandbox.iam.core.truth import Truth, every, opposite, some

_Whom = Callable[[Statement], Truth]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The outcome; a refusal has AWS's words for why, or names what would decide and cannot be judged."""

    allowed: bool
    reason: str = ""
    statement: str = ""  # of an explicit denial: which statement of which policy
    unclear: tuple[str, ...] = ()


def judge(caller: Caller, need: Need, owned: Owned) -> Decision:
    """Decide, as IAM does: an explicit Deny anywhere, then the resource's and the caller's own allowances.

    In one account either allows; across accounts both must. A gated resource's policy must allow in any case, or hand
    the decision to the account's policies by naming the account.
    """
    denials = list(_denials(caller, need, owned))
    for truth, reason, statement in denials:
        if truth is True:
            return Decision(allowed=False, reason=reason, statement=statement)

    principal = caller.principal
    identity: Truth = caller.administrator or _allowed(caller.policies, need, _anyone)
    own = [owned.policy] if owned.policy else []
    direct = _allowed(own, need, lambda statement: means(statement, principal, owned.account))
    delegated = _allowed(own, need, lambda statement: means_account_of(statement, principal))
    foreign = principal.account not in {"", owned.account}
    if foreign:
        allowed = every((some((direct, delegated)), identity))
    elif owned.gated:
        allowed = some((direct, every((delegated, identity))))
    else:
        allowed = some((identity, direct))

    truth = every((*(opposite(denial) for denial, *_ in denials), allowed))
    if truth is True:
        return Decision(allowed=True)
    if truth is not False:
        return Decision(allowed=False, unclear=tuple(sorted(truth)))
    closed = (foreign or owned.gated) and some((direct, delegated)) is False
    kind = "resource" if closed else "identity"
    return Decision(allowed=False, reason=f"because no {kind}-based policy allows the {need.action} action")


def _denials(caller: Caller, need: Need, owned: Owned) -> Iterator[tuple[Truth, str, str]]:
    """Whether each Deny applies, with AWS's words and which one it is."""
    for policy in caller.policies:
        for statement in _with_effect(policy, allows=False):
            reason = "with an explicit deny in an identity-based policy"
            yield speaks_of(statement, need), reason, f"{statement.name} of {policy.name}"
    if owned.policy:
        for statement in _with_effect(owned.policy, allows=False):
            named = means(statement, caller.principal, owned.account)
            whom = some((named, means_account_of(statement, caller.principal)))
            reason = "with an explicit deny in a resource-based policy"
            yield speaks_of(statement, need, whom), reason, f"{statement.name} of {owned.policy.name}"


def _allowed(policies: Iterable[Policy], need: Need, whom: _Whom) -> Truth:
    return some(
        speaks_of(statement, need, whom(statement))
        for policy in policies
        for statement in _with_effect(policy, allows=True)
    )


def _with_effect(policy: Policy, *, allows: bool) -> Iterator[Statement]:
    return (statement for statement in policy.statements if statement.allows is allows)


def _anyone(_: Statement) -> Truth:
    return True
