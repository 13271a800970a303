"""Where a version comes from, link by link, and which links are missing: pure."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from modeldelivery.release.core.training import Execution, Step
from modeldelivery.release.version import DigestSet, Version

Kind = Literal[
    "endpoint",
    "variant",
    "record",
    "package",
    "image",
    "model",
    "commit",
    "execution",
    "step",
    "data",
    "gate",
    "evidence",
]
BY_HAND = "the record names none: the version was registered by hand"


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a version comes from, or leads to.

    Attributes:
        kind: what it is.
        name: its own name: an ARN, a URI, a digest, a name.
        about: what else is known of it.
        missing: why it is not there; "" where it is.
    """

    kind: Kind
    name: str
    about: str = ""
    missing: str = ""


class Unread(msgspec.Struct, frozen=True):
    """In the place of what could not be read: why."""

    why: str


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What the version's record says.

    Attributes:
        place: URI of the record.
        registered: by whom and when, in words.
        package: ARN; None where the registration is unfinished.
        image, model: URIs.
        commit, execution: None where they were not given.
        gates: outcomes in words, by name.
        evidence: URIs by name.
    """

    place: str
    registered: str
    digests: DigestSet
    package: str | None
    image: str
    model: str
    commit: str | None
    execution: str | None
    gates: Mapping[str, str]
    evidence: Mapping[str, str]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What was read.

    Attributes:
        version: whose lineage it is.
        endpoint: its name.
        share: of traffic that the version has on the endpoint; None where it is not on it.
        record: None where the version is not registered.
        approval: of the package; None where there is no such package.
        there: which of the objects and images that the record names are there, by URI.
        data: URI of the data set; None where the environment's data bucket has none of its revision.
        execution: None where the record names none.
        step_image: URI of the image that its steps ran in; None where no job of it tells.
        kept: what is kept of the bits and of both images, by URI, with words of what it is. More than the record names: a version
            is verified after it is registered.
    """

    version: Version
    endpoint: str
    share: float | Unread | None
    record: Recorded | Unread | None
    approval: str | Unread | None = None
    there: Mapping[str, bool | Unread] = {}
    data: str | Unread | None = None
    execution: Execution | Unread | None = None
    step_image: str | Unread | None = None
    kept: Mapping[str, str] | Unread = {}


def links(facts: Facts) -> tuple[Link, ...]:
    """From the endpoint down to the evidence; each of them, there or not."""
    return tuple(_links(facts))


def _links(facts: Facts) -> Iterator[Link]:
    yield from _served(facts)
    record = facts.record
    if not isinstance(record, Recorded):
        why = record.why if record else "the version is not registered"
        yield Link(kind="record", name=facts.version, missing=why)
        return
    yield Link(kind="record", name=record.place, about=record.registered)
    yield _package(record.package, facts.approval)
    yield _stored("image", record.image, facts, "the repository does not have it")
    yield _stored("model", record.model, facts, "the registry bucket does not have it")
    yield Link(kind="commit", name=record.commit or "none", missing="" if record.commit else BY_HAND)
    yield from _execution(record.execution, facts.execution)
    yield from _step_image(facts.step_image)
    yield _data(record.digests.data, facts.data)
    for name, outcome in record.gates.items():
        yield Link(kind="gate", name=name, about=outcome)
    if not record.evidence:
        yield Link(kind="evidence", name="none", missing="the record names none")
    kept = {} if isinstance(facts.kept, Unread) else facts.kept
    for name, uri in record.evidence.items():
        link = _stored("evidence", uri, facts, f"the registry bucket does not have {name}")
        yield msgspec.structs.replace(link, about=kept.get(uri, ""))
    if isinstance(facts.kept, Unread):
        yield Link(kind="evidence", name="of later days", missing=facts.kept.why)
    named = set(record.evidence.values())
    for uri, about in kept.items():
        if uri not in named:
            yield Link(kind="evidence", name=uri, about=about)


def _served(facts: Facts) -> Iterator[Link]:
    match facts.share:
        case Unread(why):
            yield Link(kind="endpoint", name=facts.endpoint, missing=why)
        case None:
            yield Link(kind="endpoint", name=facts.endpoint)
            yield Link(kind="variant", name=facts.version, missing="the version is not on the endpoint")
        case share:
            yield Link(kind="endpoint", name=facts.endpoint)
            yield Link(kind="variant", name=facts.version, about=f"{share:g} % of the traffic")


def _package(arn: str | None, approval: str | Unread | None) -> Link:
    if arn is None:
        return Link(
            kind="package", name="none", missing="the registration is unfinished: run it again, it goes on"
        )
    match approval:
        case Unread(why):
            return Link(kind="package", name=arn, missing=why)
        case None:
            return Link(kind="package", name=arn, missing="SageMaker's registry does not have it")
        case status:
            return Link(kind="package", name=arn, about=status)


def _stored(kind: Kind, uri: str, facts: Facts, absent: str) -> Link:
    there = facts.there.get(uri, False)
    missing = there.why if isinstance(there, Unread) else "" if there else absent
    return Link(kind=kind, name=uri, missing=missing)


def _execution(arn: str | None, execution: Execution | Unread | None) -> Iterator[Link]:
    if arn is None or execution is None:
        yield Link(kind="execution", name="none", missing=BY_HAND)
    elif isinstance(execution, Unread):
        yield Link(kind="execution", name=arn, missing=execution.why)
    else:
        yield Link(kind="execution", name=arn, about=execution.status)
        for step in execution.steps:
            yield Link(kind="step", name=step.name, about=_about(step))


def _step_image(uri: str | Unread | None) -> Iterator[Link]:
    match uri:
        case Unread(why):
            yield Link(kind="image", name="of the steps", missing=why)
        case str():
            yield Link(kind="image", name=uri, about="of the steps")


def _about(step: Step) -> str:
    took = f", {step.ended - step.started:.0f} s" if step.ended and not step.cached else ""
    job = f", {step.job.rpartition('/')[2]}" if step.job else ""
    return f"{step.status}{', cached' if step.cached else ''}{took}{job}"


def _data(revision: str, uri: str | Unread | None) -> Link:
    match uri:
        case Unread(why):
            return Link(kind="data", name=revision, missing=why)
        case None:
            return Link(
                kind="data",
                name=revision,
                missing="this environment's data bucket does not have this revision",
            )
        case there:
            return Link(kind="data", name=revision, about=there)
