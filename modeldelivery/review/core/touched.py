"""Each resource once, with the gravest of what its steps do to it."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

import msgspec

from modeldelivery.catalogue.kind import ResourceKind
from modeldelivery.catalogue.table import kind_of
from modeldelivery.catalogue.tokens import is_of_a_cluster
from modeldelivery.review.core.cluster.values import at
from modeldelivery.review.core.document import Document, Op, State, Step, name_of


class Effect(IntEnum):
    """What happens to a resource, gravest last."""

    NONE = 0
    READ = 1  # looked up, not managed
    ADOPT = 2  # an existing one comes under management
    CREATE = 3
    UPDATE = 4
    ABANDON = 5  # leaves management and goes on existing
    REPLACE = 6  # made anew, and the old one deleted
    DELETE = 7


_EFFECTS = {
    Op.SAME: Effect.NONE,
    Op.DIFF: Effect.NONE,
    Op.EXTEND_PARAMETERIZE: Effect.NONE,
    Op.REFRESH: Effect.NONE,
    Op.READ: Effect.READ,
    Op.READ_REPLACEMENT: Effect.READ,
    Op.DISCARD: Effect.READ,  # one that was only looked up is looked up no more
    Op.DISCARD_REPLACED: Effect.READ,
    Op.IMPORT: Effect.ADOPT,
    Op.CREATE: Effect.CREATE,
    Op.UPDATE: Effect.UPDATE,
    Op.REPLACE: Effect.REPLACE,
    Op.CREATE_REPLACEMENT: Effect.REPLACE,
    Op.DELETE_REPLACED: Effect.REPLACE,
    Op.IMPORT_REPLACEMENT: Effect.REPLACE,
    Op.REMOVE_PENDING_REPLACE: Effect.REPLACE,  # an interrupted update deleted it; this one makes it again
    Op.DELETE: Effect.DELETE,
}


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """One resource and what becomes of it.

    Attributes:
        old: as it was; None for a new one.
        new: as it will be; None for one that goes.
        reasons: top-level properties that the provider says differ.
        forced: those of them that make a replacement necessary.
    """

    urn: str
    kind: ResourceKind
    type: str
    effect: Effect
    old: State | None
    new: State | None
    reasons: frozenset[str]
    forced: frozenset[str]

    @property
    def name(self) -> str:
        return name_of(self.urn)

    @property
    def before(self) -> dict[str, Any]:
        """Inputs as they were; empty for a new one."""
        return self.old.inputs if self.old else {}

    @property
    def after(self) -> dict[str, Any]:
        """Inputs as they will be; empty for one that goes."""
        return self.new.inputs if self.new else {}

    @property
    def elsewhere(self) -> str:
        """Namespace and name of the other object that takes its place in a cluster; empty where it stays what it is."""
        if self.old is None or self.new is None or not is_of_a_cluster(self.type):
            return ""
        was, will = (_place(inputs) for inputs in (self.before, self.after))
        return "/".join(each for each in will if each) if was != will else ""

    @property
    def counterpart(self) -> dict[str, Any]:
        """Inputs of what it is compared with: as it was, and nothing where it is another object from now on."""
        return {} if self.elsewhere else self.before

    @property
    def changed(self) -> frozenset[str]:
        """Top-level properties that change: what the provider says, and what the inputs themselves show."""
        if self.old is None or self.new is None:
            return frozenset({*self.before, *self.after})
        keys = {*self.before, *self.after}
        return self.reasons | {key for key in keys if self.before.get(key) != self.after.get(key)}

    @property
    def protected(self) -> bool:
        """Whether it was protected until this change."""
        return self.old is not None and self.old.protect


def is_component(type_: str, *, custom: bool, project: str) -> bool:
    """Whether it is only a name that others stand under: the stack itself, or a component of this project."""
    return not custom and (type_ == "pulumi:pulumi:Stack" or type_.startswith(f"{project}:"))


def touched(document: Document, project: str) -> tuple[Touched, ...]:
    """Every resource of the stack but its components, in the document's order."""
    by_urn: dict[str, Touched] = {}
    for step in document.steps:
        state = step.state
        if is_component(state.type, custom=state.custom, project=project):
            continue
        this = _of(step)
        earlier = by_urn.get(step.urn)
        by_urn[step.urn] = _merged(earlier, this) if earlier else this
    return tuple(by_urn.values())


def _of(step: Step) -> Touched:
    effect, old, state = _EFFECTS[step.op], step.old, step.state
    if effect is Effect.DELETE and old and old.retain_on_delete:
        effect = Effect.ABANDON
    if effect is Effect.REPLACE and old and old.external:
        effect = Effect.CREATE  # what was only looked up is left where it is
    if effect is Effect.READ and old and not old.external:
        # It was managed and is only looked up from now on; another one that is looked up takes the place of one deleted.
        effect = Effect.ABANDON if step.op is Op.READ else Effect.REPLACE
    return Touched(
        urn=step.urn,
        kind=kind_of(state.type),
        type=state.type,
        effect=effect,
        old=step.old,
        new=step.new,
        reasons=frozenset(_roots((*step.diff_reasons, *step.replace_reasons, *(step.detailed_diff or ())))),
        forced=frozenset(_roots(step.replace_reasons)),
    )


def _merged(one: Touched, other: Touched) -> Touched:
    """Two steps of one resource: of a replacement, of a refresh and then an update, or beside a left-over that is deleted."""
    gravest = one if one.effect > other.effect else other
    lesser = one if gravest is other else other
    return msgspec.structs.replace(
        gravest,
        old=gravest.old or lesser.old,
        new=gravest.new or lesser.new,
        reasons=one.reasons | other.reasons,
        forced=one.forced | other.forced,
    )


def _place(manifest: dict[str, Any]) -> tuple[str, str]:
    """Of an object of a cluster: its namespace and its name."""
    return str(at(manifest, "metadata", "namespace") or ""), str(at(manifest, "metadata", "name") or "")


def _roots(paths: tuple[str, ...]) -> Iterator[str]:
    """`tags.owner` and `rules[0].id` are `tags` and `rules`; `["a.b"].c` is `a.b`."""
    for path in paths:
        if path.startswith('["'):
            yield path[2:].partition('"]')[0]
        else:
            yield path.partition(".")[0].partition("[")[0]
