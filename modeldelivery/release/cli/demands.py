"""What the project asks of a verification, as the stack's file says in whose folder a command was typed."""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from modeldelivery.release.cli.project import PROJECT, project_of, read_yaml
from modeldelivery.release.core.verification import ALLOWED, MOST_LATENCY_MS, Demands
from modeldelivery.release.errors import InvalidError

_VERIFY, _ALARMS = f"{PROJECT}:verify", f"{PROJECT}:alarms"


class Limits(NamedTuple):
    """`latency_ms`: the environment's limit of latency (`alarms.maxLatencyMs`)."""

    demands: Demands
    latency_ms: int


def limits_in(environment: str, folder: Path) -> Limits:
    """What Pulumi.<environment>.yaml asks; where there is no such file, or no such line, what is usual.

    Raises:
        InvalidError: the file cannot be read, or a value is not allowed; it names file, key and value.
    """
    project = project_of(folder)
    file = project / f"Pulumi.{environment}.yaml" if project else None
    config = read_yaml(file).get("config") if file and file.is_file() else None
    if file is None or not isinstance(config, dict):
        return Limits(Demands(), MOST_LATENCY_MS)
    return Limits(_demands(config.get(_VERIFY, {}), file.name), _latency(config.get(_ALARMS, {}), file.name))


def _demands(value: Any, file: str) -> Demands:
    try:
        return msgspec.convert(value, Demands)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        raise InvalidError(
            f"{file}: {_VERIFY}{path.rstrip('`')} in {value!r}: {reason}; allowed: {ALLOWED}"
        ) from error


def _latency(value: Any, file: str) -> int:
    latency = value.get("maxLatencyMs", MOST_LATENCY_MS) if isinstance(value, dict) else None
    if not isinstance(latency, int) or isinstance(latency, bool) or latency < 1:
        raise InvalidError(
            f"{file}: {_ALARMS}.maxLatencyMs is {latency!r}; allowed: whole milliseconds from 1 on"
        )
    return latency
