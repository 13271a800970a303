"""Whether a statement speaks of a permission."""

from sandbox.iam.core.access import Need, Principal
from sandbox.iam.core.condition import holds
from sandbox.iam.core.document import Selection, Statement
from sandbox.iam.core.pattern import arn_matches, lower, matches
from sandbox.iam.core.truth import Truth, every, opposite, some, unclear


def speaks_of(statement: Statement, need: Need, whom: Truth = True) -> Truth:
    """Whether action, resource and conditions fit, given whether it means this principal (`whom`)."""
    return every(
        (
            whom,
            _actions(statement.actions, lower(need.action)),
            _resources(statement.resources, need.resource),
            *(holds(condition, need.context) for condition in statement.conditions),
        )
    )


def means(statement: Statement, principal: Principal, owner: str) -> Truth:
    """Whether a resource policy's statement means this very principal, by name or by `*`.

    To exempt someone by NotPrincipal takes several names at once, and everybody (`*`) is the public when the statement
    allows and another account calls: both are refused by name.
    """
    named = statement.principals
    if named is None:
        return False
    if named.negated:
        return unclear(f"NotPrincipal of {statement.name}")
    if "AWS *" in named.patterns:
        if statement.allows and principal.account != owner:
            return unclear(f"the public's access by {statement.name}")
        return True
    return any(name in named.patterns for name in principal.names)


def means_account_of(statement: Statement, principal: Principal) -> Truth:
    """Whether it names the principal's account: what it allows, the account's own policies may give on."""
    named = statement.principals
    if named is None or named.negated or not principal.account:
        return False
    return f"AWS arn:aws:iam::{principal.account}:root" in named.patterns


def _actions(selection: Selection, action: str) -> Truth:
    matched = any(matches(pattern, action) for pattern in selection.patterns)
    return matched != selection.negated


def _resources(selection: Selection | None, resource: str) -> Truth:
    if selection is None:  # a role's trust policy: it speaks of the role
        return True
    matched = some(arn_matches(pattern, resource) for pattern in selection.patterns)
    return opposite(matched) if selection.negated else matched
