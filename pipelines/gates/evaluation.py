"""A challenger judged on examples that it has not seen, beside the champion: measured, then ruled on."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pipelines import examples
from pipelines.gates import latency, rule, slices
from pipelines.gates.cases import Cases, Predictions, grouped
from pipelines.gates.champion import NoChampion
from pipelines.gates.engine import Measuring
from pipelines.gates.labels import IncomparableError, in_order_of, labels_of
from pipelines.gates.latency import Clock
from pipelines.gates.predict import NotPredictedError, predict
from pipelines.gates.report import Report, Skip, Subject
from pipelines.gates.thresholds import Thresholds
from pipelines.server.model import Model


@dataclass(frozen=True)
class Contender:
    """A model that takes part."""

    model: Model
    subject: Subject


def evaluate(
    *,
    name: str,
    frame: pd.DataFrame,
    data_revision: str,
    challenger: Contender,
    champion: Contender | NoChampion,
    thresholds: Thresholds,
    skips: Mapping[str, Skip],
    clock: Clock,
    engine: Measuring,
) -> Report:
    """Judge a challenger.

    Args:
        name: of the model.
        frame: examples, as `pipelines.examples` has them.
        data_revision: of the data that they were made of.
        challenger: under judgement.
        champion: that serves.
        thresholds: what is demanded.
        skips: by gate.
        clock: seconds of CPU, for the latency.
        engine: that measures.

    Raises:
        EngineError: the engine cannot measure.
        NotPredictedError: the challenger does not answer each example with numbers.
        BadLabelsError: a label is missing or not of the challenger's output.
    """
    output = challenger.model.schema.output
    labels = labels_of(frame[examples.LABEL], output)
    cases = Cases(
        labels,
        {each: grouped(frame[examples.SLICE + each]) for each in examples.dimensions(frame)},
        grouped(frame[examples.BLOCK]),
    )
    own = predict(challenger.model, frame)
    others: Predictions | None = None
    problem = None
    if isinstance(champion, Contender):
        try:
            others = in_order_of(output, champion.model.schema.output, predict(champion.model, frame))
        except (NotPredictedError, IncomparableError) as error:
            problem = f"the champion {champion.subject.digest} cannot be compared with: {error}"
    measured = slices.measure(output, cases, own, others, thresholds, engine=engine)
    compared = (
        latency.compare(challenger.model, champion.model, frame, clock)
        if isinstance(champion, Contender) and others is not None
        else []
    )
    no_champion = (
        f"no champion yet in {champion.environment}: {champion.why}"
        if isinstance(champion, NoChampion)
        else None
    )
    verdict = rule.judge(rule.Evidence(measured.slices, compared, no_champion, problem), thresholds, skips)
    return Report(
        engine=engine.name,
        model=name,
        output=str(output.__struct_config__.tag),
        data_revision=data_revision,
        rows=len(frame),
        blocks=measured.blocks,
        challenger=challenger.subject,
        champion=champion.subject if isinstance(champion, Contender) else None,
        no_champion=no_champion,
        confidence=thresholds.confidence,
        critical=measured.critical,
        draws=thresholds.draws,
        passed=not verdict.reason,
        reason=verdict.reason,
        gates=verdict.gates,
        slices=verdict.slices,
        calibration=measured.calibration,
        latency=compared,
    )
