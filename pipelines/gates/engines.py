"""Which engine measures, by configuration: `engine`, and for `tfma` every option of Apache Beam beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import msgspec

from pipelines.gates.engine import EngineError, Measuring
from pipelines.gates.report import Engine
from pipelines.gates.slices import InProcess
from pipelines.gates.tfma import Tfma

ENGINE = "engine"


def parse(text: str) -> dict[str, str]:
    """Configuration as one JSON object, as a pipeline's parameter is; empty for none.

    Raises:
        EngineError: it is not that.
    """
    try:
        values = msgspec.json.decode(text, type=dict[str, str | int | float | bool]) if text else {}
    except msgspec.DecodeError as error:
        raise EngineError(
            f'--evaluation {text!r}: {error}; write one flat JSON object, such as {{"engine": "slices"}}'
        ) from error
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in values.items()
    }


def engine_of(settings: Mapping[str, str], where: str, folder: Path) -> Measuring:
    """The engine that is configured; the project's own where none is.

    Args:
        settings: `engine`, and for tfma options of Apache Beam by name.
        where: they stand, for sentences.
        folder: empty, for what an engine writes.

    Raises:
        EngineError: there is no such engine, or it takes no options.
    """
    options = dict(settings)
    engine = options.pop(ENGINE, "slices")
    if engine not in get_args(Engine):
        raise EngineError(
            f"{where}: {ENGINE} is {engine!r}, but there is no such engine; allowed: {', '.join(get_args(Engine))}"
        )
    if engine == "tfma":
        return Tfma(folder, options)
    if options:
        raise EngineError(
            f"{where}: {', '.join(options)}: the engine slices takes no options; with {ENGINE} tfma they are Apache Beam's"
        )
    return InProcess()
