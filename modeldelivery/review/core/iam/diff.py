"""Does a new policy document let anybody do what the old one did not? A comparison of meanings, not of texts.

Evaluation: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. A request is
allowed by a document when one Allow matches it and no Deny does. So nothing is new where each part of each new Allow
is covered by one old Allow, and each part of each old Deny by one new Deny. That is sound and not complete: a
rewriting to the same effect may be reported, a new permission is never passed over.
"""

from collections.abc import Iterator, Sequence

import msgspec

from modeldelivery.review.core.iam.coverage import MAX_STEPS, Atom, Budget, Cover, Gap
from modeldelivery.review.core.iam.patterns import is_wild
from modeldelivery.review.core.iam.statements import (
    ALLOW,
    DENY,
    Policy,
    PolicyError,
    Selection,
    Statement,
    lower,
    read,
)

__all__ = [
    "ACTION",
    "CONDITION",
    "DENIAL",
    "PRINCIPAL",
    "RESOURCE",
    "UNREADABLE",
    "WILDCARD",
    "PolicyDiff",
    "PolicyError",
    "Widening",
    "compare",
]

PRINCIPAL = "principal"
ACTION = "action"
RESOURCE = "resource"
WILDCARD = "wildcard"  # beside the kind of the element that has it
CONDITION = "condition"
DENIAL = "denial"
UNREADABLE = "unreadable"  # it may be new: it cannot be told

_SHOWN = 3  # of many names in one sentence
_LONGEST = 200  # characters of a name in a sentence
_NOTHING = Policy(version="", statements=(), unknown=False, variables=False)


class Widening(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the new policy allows and the old one did not.

    Attributes:
        kind: one of the constants above.
        what: the new principal, action or resource, the condition or the denial that is gone; plain text as it stands in
            the document, not escaped (actions in lower case).
        statement: its Sid, or "statement 3" (counted from 1); a denial's is the old policy's.
        detail: a sentence for the reviewer, not escaped either.
    """

    kind: str
    what: str
    statement: str
    detail: str


class PolicyDiff(msgspec.Struct, frozen=True, kw_only=True):
    """How two policies differ.

    Attributes:
        widened: what is new, or may be.
        narrowed: something that was allowed no longer is, or a denial was added.
        unknown: one of the documents is not (wholly) known yet, so that more may be new than `widened` says.
    """

    widened: tuple[Widening, ...]
    narrowed: bool
    unknown: bool

    @property
    def changed(self) -> bool:
        """Whether they differ in meaning, or may."""
        return bool(self.widened) or self.narrowed or self.unknown


def compare(old: object, new: object, unknown: str) -> PolicyDiff:
    """Say what the new policy allows that the old one did not.

    Args:
        old: JSON text, or what it decodes to; None when there was no policy, which grants and denies nothing.
        new: the same of the policy that is to be; None when it is to be deleted.
        unknown: the text that stands for a value that is not known before the update, alone or within a string.

    Raises:
        PolicyError: a document is no IAM policy, or is too big or too intricate to compare; where, and why.
    """
    before = _NOTHING if old is None else read(old, unknown, "the old policy")
    after = _NOTHING if new is None else read(new, unknown, "the new policy")
    if before is None or after is None:
        return PolicyDiff(widened=(), narrowed=False, unknown=True)
    budget = Budget(MAX_STEPS)
    widened = tuple(_widenings(before, after, unknown, budget))
    narrowed = any(_widenings(after, before, unknown, budget))
    return PolicyDiff(widened=widened, narrowed=narrowed, unknown=before.unknown or after.unknown)


def _widenings(old: Policy, new: Policy, unknown: str, budget: Budget) -> Iterator[Widening]:
    if _NOTHING not in (old, new) and old.version != new.version and (old.variables or new.variables):
        yield Widening(
            kind=UNREADABLE,
            what=f"Version {new.version}",
            statement="",
            detail=f"The version was {old.version}: ${{…}} is a variable in one and plain text in the other",
        )
    grants = Cover((s for s in old.statements if s.effect == ALLOW), unknown, budget.spend)
    for statement in new.statements:
        if not statement.is_known:
            yield _unread(
                statement, "Nothing of the statement is known before the update: it may allow anything"
            )
        elif statement.effect != DENY:
            yield from _new_grants(statement, grants, unknown)
    denials = Cover((s for s in new.statements if s.effect == DENY), unknown, budget.spend)
    for statement in old.statements:
        if not statement.is_known:
            yield _unread(statement, "Nothing of the old statement was known: it may have denied anything")
        elif statement.effect != ALLOW:
            yield from _lost_denial(statement, denials)


def _unread(statement: Statement, detail: str) -> Widening:
    return Widening(kind=UNREADABLE, what=statement.label, statement=statement.label, detail=detail)


def _new_grants(statement: Statement, old: Cover, unknown: str) -> Iterator[Widening]:
    """What one Allow adds, each thing once, however many parts of the statement it appears in."""
    widenings: dict[tuple[str, str], Widening] = {}
    for gap in old.gaps(statement):
        for widening in _blamed(gap, statement, old, unknown):
            widenings.setdefault((widening.kind, widening.what), widening)
    yield from widenings.values()


def _blamed(gap: Gap, statement: Statement, old: Cover, unknown: str) -> Iterator[Widening]:
    """What is new about a part that no old Allow covers."""
    if gap.but_for_conditions:
        yield from _loosened(gap, statement, old)
        return
    for kind, atoms, elsewhere in _new_elements(gap):
        for atom in atoms:
            doubtful = bool(old.statements) and _holds(atom, unknown)
            wild = not elsewhere and not doubtful and (isinstance(atom, Selection) or is_wild(atom or ""))
            for each in (UNREADABLE if doubtful else kind, *([WILDCARD] if wild else [])):
                yield Widening(
                    kind=each,
                    what=_name(atom),
                    statement=statement.label,
                    detail=_sentence(
                        (atom,) if kind == PRINCIPAL else gap.principals,
                        (atom,) if kind == ACTION else gap.actions,
                        (atom,) if kind == RESOURCE else gap.resources,
                    )
                    + (", if that is what the unknown value turns out to say" if doubtful else ""),
                )


def _new_elements(gap: Gap) -> Iterator[tuple[str, tuple[Atom, ...], bool]]:
    """Kind and atoms of what is to blame, and whether an old Allow has them, with other company."""
    elements = (
        (PRINCIPAL, gap.principals, gap.by_principal),
        (ACTION, gap.actions, gap.by_action),
        (RESOURCE, gap.resources, gap.by_resource),
    )
    unheard = [(kind, atoms, False) for kind, atoms, by in elements if not by and atoms != (None,)]
    if unheard:
        yield from unheard
    elif gap.by_principal & gap.by_action:
        yield RESOURCE, gap.resources, True
    elif gap.by_action & gap.by_resource:
        yield PRINCIPAL, gap.principals, True
    else:
        yield ACTION, gap.actions, True


def _loosened(gap: Gap, statement: Statement, old: Cover) -> Iterator[Widening]:
    """The conditions of the old Allow that comes nearest, which no longer have to hold."""
    for condition in old.nearest(statement, gap):
        now = [
            c.shown
            for c in statement.conditions
            if (c.operator, c.key) == (condition.operator, condition.key)
        ]
        yield Widening(
            kind=CONDITION if condition.is_known else UNREADABLE,
            what=condition.shown,
            statement=statement.label,
            detail=_sentence(gap.principals, gap.actions, gap.resources)
            + f" without the condition {_clipped(condition.shown)}"
            + (f"; it is now {_clipped(now[0])}" if now else ""),
        )


def _lost_denial(statement: Statement, new: Cover) -> Iterator[Widening]:
    """A denial counts even where this document allows nothing: another may."""
    gaps = new.gaps(statement)
    if not gaps:
        return
    principals = tuple(dict.fromkeys(each for gap in gaps for each in gap.principals))
    actions = tuple(dict.fromkeys(each for gap in gaps for each in gap.actions))
    resources = tuple(dict.fromkeys(each for gap in gaps for each in gap.resources))
    conditions = "".join(f" if {_clipped(c.shown)}" for c in statement.conditions)
    stays = all(gap.but_for_conditions for gap in gaps)
    yield Widening(
        kind=DENIAL,
        what=_sentence(principals, actions, resources, "{} may not {}") + conditions,
        statement=statement.label,
        detail=f"{_sentence(principals, actions, resources, '{} was denied {}')}{conditions}; "
        + ("that holds under other conditions only" if stays else "that denial is gone"),
    )


def _sentence(
    principals: Sequence[Atom],
    actions: Sequence[Atom],
    resources: Sequence[Atom],
    form: str = "{} may now {}",
) -> str:
    who = "Whoever has this policy" if None in principals[:1] else f"Principal {_some(principals)}"
    on = "" if None in resources[:1] else f" on {_some(resources)}"
    return form.format(who, _some(actions)) + on


def _some(atoms: Sequence[Atom]) -> str:
    """The first names, and how many more there are."""
    names = [
        f"all but {_some(atom.patterns)}" if isinstance(atom, Selection) else _clipped(_name(atom))
        for atom in atoms[:_SHOWN]
    ]
    more = len(atoms) - _SHOWN
    return ", ".join([*names, f"{more} more"] if more > 0 else names)


def _name(atom: Atom) -> str:
    """As the document says it; a principal that is no AWS one with its kind."""
    if atom is None:
        return "none named"
    if isinstance(atom, Selection):
        return "all but " + ", ".join(_name(each) for each in atom.patterns)
    return atom.removeprefix("AWS ")


def _holds(atom: Atom, unknown: str) -> bool:
    texts = atom.patterns if isinstance(atom, Selection) else (atom or "",)
    return any(unknown in text or lower(unknown) in text for text in texts)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
