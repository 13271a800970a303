"""What a registered version is asked: by the schema in its artifact where the server is this project's own, else by its samples."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from modeldelivery.release import archive
from modeldelivery.release.core.contract import SCHEMA_FILE, read_contract
from modeldelivery.release.core.probes import Answers, Equals, Probe, Refuses, Request
from modeldelivery.release.core.probing import garbage, probes_of
from modeldelivery.release.errors import DamagedError
from modeldelivery.release.ports import Registry
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.samples import SampleFile, read_samples

_MOST_SCHEMA = 16 * 1024**2  # bytes


def probes_for(registry: Registry, record: VersionRecord) -> tuple[Probe, ...]:
    """What the version is asked, its golden request first. Raises DamagedError where the registry lost what it is made of."""
    if record.samples is None:
        return probes_of(
            read_contract(_schema(registry, record), f"{SCHEMA_FILE} of {record.version}"), record.version
        )
    samples = _samples(registry, record)
    sampled = [_sampled(number, samples) for number in range(len(samples.samples))]
    answered = [probe for probe in sampled if not isinstance(probe.expects, Refuses)]
    refused = [probe for probe in sampled if isinstance(probe.expects, Refuses)]
    return (*answered, *refused, *garbage(samples.samples[0].content_type))


def small(probes: Sequence[Probe]) -> tuple[Probe, ...]:
    """Those that are answered and small: what latency and load are measured with."""
    return tuple(probe for probe in probes if isinstance(probe.expects, Answers | Equals)) or (probes[0],)


def requests(probes: Sequence[Probe]) -> tuple[Request, ...]:
    """What of it is sent."""
    return tuple(probe.request for probe in small(probes))


def _schema(registry: Registry, record: VersionRecord) -> bytes:
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        path = Path(folder) / "model.tar.gz"
        there = registry.fetch_artifact(record.digests.model, path)
        schema = archive.member(path, SCHEMA_FILE, _MOST_SCHEMA) if there else None
    if schema is None:
        raise DamagedError(
            f"the registry has no artifact {record.digests.model} of {record.version} with a {SCHEMA_FILE}",
            hint=f"register {record.version} again from the same model.tar.gz, which uploads it",
        )
    return schema


def _samples(registry: Registry, record: VersionRecord) -> SampleFile:
    assert record.samples is not None, "it has some"
    content = registry.fetch_samples(record.samples.digest)
    if content is None:
        raise DamagedError(
            f"the registry has no samples {record.samples.digest} of {record.version}",
            hint=f"register {record.version} again with the same samples, which uploads them",
        )
    return read_samples(content, f"samples of {record.version}")


def _sampled(number: int, samples: SampleFile) -> Probe:
    sample = samples.samples[number]
    request = Request(body=sample.data, content_type=sample.content_type, accept=sample.accept or "")
    name = f"sample {number}"
    if sample.status is not None:
        return Probe(name=name, request=request, expects=Refuses(status=sample.status))
    if isinstance(sample.answer, msgspec.UnsetType):
        return Probe(name=name, request=request, expects=Answers())
    return Probe(name=name, request=request, expects=Equals(value=sample.answer))
