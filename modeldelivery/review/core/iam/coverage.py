"""Which parts of a statement no other statement covers."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from modeldelivery.review.core.iam import patterns
from modeldelivery.review.core.iam.conditions import implies
from modeldelivery.review.core.iam.patterns import (
    arn_covers,
    arn_overlaps,
    cost,
    covers,
    is_wild,
    literal_start,
    overlaps,
)
from modeldelivery.review.core.iam.statements import Condition, PolicyError, Selection, Statement, lower

MAX_STEPS = 5_000_000  # of one comparison: a few seconds

Atom = str | Selection | None  # one pattern, all but some, or nothing because the statement lacks the element
Spend = Callable[[int], None]
_ANY_PRINCIPAL = "AWS *"
_DEAR = 10  # steps that one gap or one pair of conditions costs as much as


class Dimension(msgspec.Struct, frozen=True):
    """How principals, actions or resources compare."""

    covers: Callable[[str, str], bool]
    overlaps: Callable[[str, str], bool]
    cost: Callable[[str, str], int]


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a statement that is not covered: each of the principals with each action on each resource.

    The numbers are sets of statements (bit i is the i-th) that cover the principals, the actions, the resources.
    """

    principals: tuple[Atom, ...]
    actions: tuple[Atom, ...]
    resources: tuple[Atom, ...]
    by_principal: int
    by_action: int
    by_resource: int

    @property
    def but_for_conditions(self) -> int:
        """The statements that would cover it if their conditions held."""
        return self.by_principal & self.by_action & self.by_resource


class Budget:
    """Steps that are left: a comparison is refused rather than left to run for hours."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Raise PolicyError when there are fewer left."""
        self.left -= steps
        if self.left < 0:
            raise PolicyError("the policies are too intricate to compare: too many patterns against too many")


class Cover:
    """Statements as what together covers others; what is not wholly known covers nothing."""

    def __init__(self, statements: Iterable[Statement], unknown: str, spend: Spend) -> None:
        self.statements = tuple(s for s in statements if s.is_known)
        self._spend = spend
        self._bodies = {_body(s) for s in self.statements if s.settled}
        numbers: dict[tuple[Condition, ...], int] = {}
        self._conditions = [numbers.setdefault(s.conditions, len(numbers)) for s in self.statements]
        self._principals = _Index(_PRINCIPALS, [s.principals for s in self.statements], unknown, spend)
        self._actions = _Index(_ACTIONS, [s.actions for s in self.statements], lower(unknown), spend)
        self._resources = _Index(_RESOURCES, [s.resources for s in self.statements], unknown, spend)

    def gaps(self, statement: Statement) -> list[Gap]:
        """What of the statement is not covered."""
        if statement.settled and _body(statement) in self._bodies:
            return []
        holds: dict[int, bool] = {}
        results = []
        for by_principal, principals in self._principals.grouped(statement.principals):
            for by_action, actions in self._actions.grouped(statement.actions):
                for by_resource, resources in self._resources.grouped(statement.resources):
                    self._spend(_DEAR)
                    gap = Gap(
                        principals=principals,
                        actions=actions,
                        resources=resources,
                        by_principal=by_principal,
                        by_action=by_action,
                        by_resource=by_resource,
                    )
                    places = self._places(gap.but_for_conditions)
                    if not any(self._holds(statement, place, holds) for place in places):
                        results.append(gap)
        return results

    def nearest(self, statement: Statement, gap: Gap) -> list[Condition]:
        """The conditions that keep a gap from being covered, of the statement that has fewest such."""
        return min(
            (self._missing(statement, place) for place in self._places(gap.but_for_conditions)), key=len
        )

    def _places(self, bits: int) -> Iterator[int]:
        while bits:
            self._spend(1)
            yield (bits & -bits).bit_length() - 1
            bits &= bits - 1

    def _holds(self, narrow: Statement, place: int, decided: dict[int, bool]) -> bool:
        """Whether the conditions of the statement at that place hold wherever those of the narrow one do."""
        number = self._conditions[place]
        if number not in decided:
            decided[number] = not self._missing(narrow, place)
        return decided[number]

    def _missing(self, narrow: Statement, place: int) -> list[Condition]:
        wide = self.statements[place].conditions
        self._spend(_DEAR * (1 + len(narrow.conditions) * len(wide)))
        return [
            each for each in wide if not any(implies(mine, each, self._spend) for mine in narrow.conditions)
        ]


class _Index:
    """One dimension of the covering statements: which of them cover an atom."""

    def __init__(
        self, dimension: Dimension, selections: list[Selection | None], unknown: str, spend: Spend
    ) -> None:
        self._dimension, self._unknown, self._spend = dimension, unknown, spend
        self._lacking = 0
        self._exact: dict[str, int] = {}
        self._wild: dict[str, int] = {}
        self._negated: dict[tuple[str, ...], int] = {}
        self._covering: dict[Atom, int] = {}
        for place, selection in enumerate(selections):
            bit = 1 << place
            if selection is None:
                self._lacking |= bit
            elif selection.negated:
                excepted = tuple(self._widest(each) for each in selection.patterns)
                self._negated[excepted] = self._negated.get(excepted, 0) | bit
            else:
                for each in selection.patterns:
                    if unknown not in each:
                        self._exact[each] = self._exact.get(each, 0) | bit
        self._wild = {each: bits for each, bits in self._exact.items() if is_wild(each)}
        self._starts = {each: literal_start(each) for each in self._wild}

    def grouped(self, selection: Selection | None) -> list[tuple[int, tuple[Atom, ...]]]:
        """The selection's atoms, those together that the same statements cover."""
        atoms: tuple[Atom, ...] = (selection,)
        if selection is not None and not selection.negated:
            atoms = selection.patterns
        groups: dict[int, list[Atom]] = {}
        for atom in atoms:
            if atom not in self._covering:
                self._covering[atom] = self._covered_by(atom)
            groups.setdefault(self._covering[atom], []).append(atom)
        return [(bits, tuple(group)) for bits, group in groups.items()]

    def _covered_by(self, atom: Atom) -> int:
        if atom is None:
            return self._lacking
        if isinstance(atom, Selection):
            return self._covers_all_but(atom)
        bits = 0
        if self._unknown not in atom:
            bits = self._exact.get(atom, 0)
        narrow = self._widest(atom)
        for wide, its in self._wild.items():
            self._spend(1)
            if its & ~bits and narrow.startswith(self._starts[wide]) and self._covers(wide, narrow):
                bits |= its
        for excepted, its in self._negated.items():
            if its & ~bits and not any(self._overlaps(each, narrow) for each in excepted):
                bits |= its
        return bits

    def _covers_all_but(self, selection: Selection) -> int:
        """All but A is within all but B where A covers B; no named patterns are surely everything but `*`."""
        bits = 0 if self._dimension is _PRINCIPALS else self._wild.get(patterns.RUN, 0)
        mine = [each for each in selection.patterns if self._unknown not in each]
        for excepted, its in self._negated.items():
            if all(any(self._covers(each, theirs) for each in mine) for theirs in excepted):
                bits |= its
        return bits

    def _covers(self, wide: str, narrow: str) -> bool:
        self._spend(self._dimension.cost(wide, narrow))
        return self._dimension.covers(wide, narrow)

    def _overlaps(self, left: str, right: str) -> bool:
        self._spend(self._dimension.cost(left, right))
        return self._dimension.overlaps(left, right)

    def _widest(self, pattern: str) -> str:
        """The pattern with what is not known as a star; all of it one, where that might hold an ARN's colons."""
        if self._unknown not in pattern:
            return pattern
        before = pattern.partition(self._unknown)[0]
        if self._dimension is _PRINCIPALS:
            return _ANY_PRINCIPAL if before.startswith("AWS ") else patterns.RUN
        if self._dimension is _RESOURCES and before.count(":") < patterns.ARN_FIELDS - 1:
            return patterns.RUN
        return pattern.replace(self._unknown, patterns.RUN)


def _body(statement: Statement) -> tuple[object, ...]:
    conditions = sorted((c.operator, c.key, c.values) for c in statement.conditions)
    return statement.principals, statement.actions, statement.resources, tuple(conditions)


def _principal_covers(wide: str, narrow: str) -> bool:
    """Only `*` covers another: an account grants its members nothing that its own policies do not.

    Nor does `*` surely reach a service or a federated identity.
    """
    return wide == narrow or (wide == _ANY_PRINCIPAL and narrow.startswith("AWS "))


def _principal_overlaps(left: str, right: str) -> bool:
    """Always maybe: a session is its role's and its account's as well, whatever their names."""
    return bool(left and right)


_PRINCIPALS = Dimension(_principal_covers, _principal_overlaps, lambda _wide, _narrow: 1)
_ACTIONS = Dimension(covers, overlaps, cost)
_RESOURCES = Dimension(arn_covers, arn_overlaps, cost)
