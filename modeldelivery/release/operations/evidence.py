"""Evidence: documents that tell of a digest set (validation, evaluation), kept once, before a version's name is claimed.

Judging the same bits again gives other latencies and the same verdicts, and a run may be killed between keeping a document and
claiming the name. So the first document of a name stands, whoever comes later, and a record names the digest of that one.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from modeldelivery.release.evaluation import NAME as EVALUATION
from modeldelivery.release.evaluation import read_gates
from modeldelivery.release.figures import NAME as METRICS
from modeldelivery.release.ports import Progress, Registry
from modeldelivery.release.record import GateOutcome, VersionRecord
from modeldelivery.release.version import DigestSet


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a record says of the evidence: digests by name, and the gates of the evaluation among it; None where there is none."""

    digests: dict[str, str] | None
    gates: dict[str, GateOutcome] | None


def keep(registry: Registry, digests: DigestSet, given: Mapping[str, bytes], progress: Progress) -> Kept:
    """Keep the documents, unless earlier ones stand.

    Args:
        registry: where.
        digests: of which they tell.
        given: documents by name.
        progress: who is told.

    Raises:
        RefusedError: the evaluation that stands did not let the model pass.
        ConflictError, LostError, UnreachableError: as the registry.
    """
    standing = {
        name: registry.store_evidence(digests.id, name, content) for name, content in sorted(given.items())
    }
    for name, content in standing.items():
        first = content == given[name]
        progress.note(
            f"evidence {name} is kept"
            if first
            else f"evidence {name}: an earlier one of the same bits stands"
        )
    evaluation = standing.get(EVALUATION)
    return Kept(
        digests={name: _digest(content) for name, content in standing.items()} or None,
        gates=read_gates(evaluation, digests.model, f"{EVALUATION} that is kept of {digests.id}")
        if evaluation is not None
        else None,
    )


def differing(record: VersionRecord, given: Mapping[str, bytes]) -> list[str]:
    """What a record cannot take any more, as words of a sentence: evidence that it does not name, or another evaluation."""
    differs = []
    missing = sorted(given.keys() - (record.evidence or {}).keys())
    if (
        EVALUATION in missing and record.gates is not None
    ):  # before evidence was kept, a record had the gates alone
        missing.remove(EVALUATION)
        if read_gates(given[EVALUATION], record.digests.model, EVALUATION) != record.gates:
            differs.append("another evaluation")
    if METRICS in missing and record.metrics is not None:  # likewise; whoever asks compares the figures
        missing.remove(METRICS)
    return differs + ([f"no {', '.join(missing)}"] if missing else [])


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
