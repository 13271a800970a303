"""Which engine measures, what the second one is given, and that its answer is held to the question."""

import re
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.gates import engines, tfma
from pipelines.gates.cases import Cases, grouped
from pipelines.gates.engine import EngineError
from pipelines.gates.metrics import names_of
from pipelines.gates.slices import InProcess, measure
from pipelines.gates.tfma import Tfma
from pipelines.gates.thresholds import Limit, Limits, Margins, Size, Thresholds
from pipelines.server.schema import Classes, Probability, Quantity
from pipelines.tfma.protocol import RAREST, ROWS, Demand, Response, Sliced
from pipelines.tfma.sums import SUMS, Rows

OUTPUTS = {
    "probability": Probability(event="late", meaning="late", threshold=0.3),
    "classes": Classes(classes=("a", "b", "c"), meaning="which"),
    "number": Quantity(name="price", meaning="dollars"),
}
LIMITED = {"probability": "auc", "classes": "accuracy", "number": "mean_absolute_error"}
ROOM = 600


def predictions(kind, chance):
    match kind:
        case "probability":
            event = chance.random(ROOM)
            return np.column_stack([1 - event, event]).astype(np.float32)
        case "classes":
            weights = chance.random((ROOM, 3))
            return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
        case "number":
            return chance.normal(size=(ROOM, 1)).astype(np.float32)


def labels(kind, chance):
    match kind:
        case "probability":
            return chance.random(ROOM) < 0.3
        case "classes":
            return chance.integers(0, 3, ROOM)
        case "number":
            return chance.normal(size=ROOM)


class Listener:
    """The project's own engine, and the question that it was given."""

    name = "slices"

    def values(self, question):
        self.question = question
        return InProcess().values(question)


def question_of(kind, *, champion=True, least=20):
    """What an engine is given on some rows: two carriers, and one that is too small to judge."""
    chance = np.random.default_rng(0)
    carriers = np.where(np.arange(ROOM) < least - 1, "tiny", np.where(np.arange(ROOM) % 2, "UA", "AA"))
    cases = Cases(
        labels(kind, chance),
        {"carrier": grouped(pd.Series(carriers))},
        grouped(pd.Series(np.arange(ROOM) // 6)),
    )
    metric = LIMITED[kind]
    thresholds = Thresholds(
        size=Size(rows=least, each_label=1, blocks=10),
        limits={metric: Limits(overall=Limit(least=0.1, most=2), slice=Limit(least=0))},
        margins={metric: Margins(overall=0.1, slice=0.2)},
        latency=1.5,
    )
    listener = Listener()
    measure(
        OUTPUTS[kind],
        cases,
        predictions(kind, chance),
        predictions(kind, chance) if champion else None,
        thresholds,
        engine=listener,
    )
    return listener.question


def answered(question, models=("challenger", "champion"), **changed):
    """What the program would answer: the project's own values."""
    rarest = RAREST.get(question.output.__struct_config__.tag)
    values = InProcess().values(question)
    slices = []
    for part in question.parts:
        counts = {ROWS: part.slice.rows, **({rarest: part.slice.least_of_a_label} if rarest else {})}
        overall = part.slice.dimension == "all"
        slices.append(
            Sliced(
                dimension=None if overall else part.slice.dimension,
                value=part.slice.value,
                metrics={
                    model: {**counts, **of_model, **(changed if not overall else {})}
                    for model, of_model in zip(models, values[part.place], strict=True)
                },
            )
        )
    return Response(slices=tuple(slices))


def request(question, **options):
    models = ("challenger", "champion")[: len(question.models)]
    return tfma.request_of(question, models, options)


@pytest.mark.parametrize("kind", OUTPUTS)
def test_the_second_engines_sums_are_the_first_ones_metrics(kind):
    """In two batches, as two workers would have them; the area under the curve is no sum."""
    question = question_of(kind)
    edges = request(question).edges["champion"]
    model, given = question.models[1], question.predictions[1].astype(float)
    for part in question.parts:
        exact = model.values(part.rows)
        rows = np.flatnonzero(part.rows)
        for name in set(names_of(question.output)) - {"auc"}:
            halves = [
                SUMS[name].add(Rows(kind, np.asarray(question.cases.labels[half], float), given[half], edges))
                for half in np.array_split(rows, 2)
            ]
            assert SUMS[name].value(halves[0] + halves[1]) == pytest.approx(exact[name], abs=1e-12)


@pytest.mark.parametrize("kind", ["probability", "classes"])
def test_both_engines_count_the_rarest_label_the_same(kind):
    question = question_of(kind)
    for part in question.parts:
        chosen = Rows(kind, np.asarray(question.cases.labels[part.rows], float), question.predictions[0], ())
        assert SUMS[RAREST[kind]].value(SUMS[RAREST[kind]].add(chosen)) == part.slice.least_of_a_label


def test_a_class_that_a_slice_lacks_is_no_label_of_it():
    rows = Rows("classes", np.array([0.0, 0, 2]), np.zeros((3, 3)), ())
    assert SUMS[RAREST["classes"]].value(SUMS[RAREST["classes"]].add(rows)) == 1


def test_the_order_of_scores_has_their_area_under_the_curve_and_is_spread_evenly():
    """A rare event's probabilities are all in the lowest of ten thousand equal steps."""
    chance = np.random.default_rng(0)
    event = chance.random(5000) < 0.3
    score = np.round(chance.random(5000) * 1e-5 + event * 2e-6, 7)  # with ties
    order = tfma.order_of(score)
    assert roc_auc_score(event, order) == roc_auc_score(event, score)
    assert (order > 0).all()
    assert (order < 1).all()
    assert len(np.unique((order * 10_000).astype(int))) == len(np.unique(score)) > 100


@pytest.mark.parametrize("kind", OUTPUTS)
def test_demands_are_the_thresholds_of_every_slice_that_is_judged(kind):
    given = request(question_of(kind))
    metric = LIMITED[kind]
    assert given.demands == (
        Demand(metric=metric, least=0.1, most=2, margin=0.1),
        Demand(metric=metric, dimension="carrier", value="AA", least=0, margin=0.2),
        Demand(metric=metric, dimension="carrier", value="UA", least=0, margin=0.2),
    )


def test_without_a_champion_nothing_is_demanded_beside_it():
    given = request(question_of("probability", champion=False))
    assert given.models == ("challenger",)
    assert {demand.margin for demand in given.demands} == {None}


def test_options_are_beams_and_true_is_a_flag():
    given = request(question_of("number"), runner="DirectRunner", direct_num_workers="2", streaming="true")
    assert given.options == ("--runner=DirectRunner", "--direct_num_workers=2", "--streaming")


def test_a_request_is_read_as_it_was_written():
    given = request(question_of("classes"))
    assert msgspec.json.decode(msgspec.json.encode(given), type=type(given)) == given


@pytest.mark.parametrize("kind", OUTPUTS)
def test_an_answer_is_taken_by_slice_and_model(kind):
    question = question_of(kind)
    models = ("challenger", "champion")
    assert tfma.answer(question, models, answered(question)) == InProcess().values(question)


def test_an_answer_that_lacks_a_slice_is_refused():
    question = question_of("probability")
    whole = answered(question)
    with pytest.raises(EngineError, match="it did not measure the slice carrier UA"):
        tfma.answer(question, ("challenger", "champion"), Response(slices=whole.slices[:-1]))


@pytest.mark.parametrize("name", [ROWS, RAREST["probability"]])
def test_an_answer_about_other_rows_is_refused(name):
    question = question_of("probability")
    message = f"it counted {name} 7.0 of challenger in the slice carrier AA, and [0-9]+ were given to it"
    with pytest.raises(EngineError, match=message):
        tfma.answer(question, ("challenger", "champion"), answered(question, **{name: 7.0}))


def test_what_an_engine_could_not_compute_is_no_number():
    question = question_of("probability")
    values = tfma.answer(question, ("challenger", "champion"), answered(question, auc=None))
    assert np.isnan(values["carrier", "AA"][0]["auc"])
    assert not np.isnan(values["all", ""][0]["auc"])


def test_an_engine_whose_environment_is_missing_says_how_to_make_it(tmp_path):
    engine = Tfma(tmp_path, python=tmp_path / "python")
    with pytest.raises(EngineError, match="make setup-tfma"):
        engine.values(question_of("probability"))


def program(folder, text):
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_last_words_of_a_program_that_fails_are_the_error(tmp_path, capfd):
    engine = Tfma(
        tmp_path, python=program(tmp_path, "echo Traceback >&2; echo ValueError: no such runner >&2; exit 3")
    )
    with pytest.raises(EngineError, match=re.escape("engine tfma: ValueError: no such runner (status 3)")):
        engine.values(question_of("number"))
    assert "Traceback" in capfd.readouterr().err


def test_the_projects_own_engine_measures_where_none_is_configured():
    assert engines.engine_of({}, "params.yaml", Path()) == InProcess()
    assert engines.engine_of({"engine": "slices"}, "params.yaml", Path()) == InProcess()


def test_with_tfma_what_stands_beside_engine_is_beams():
    engine = engines.engine_of({"engine": "tfma", "direct_num_workers": "2"}, "params.yaml", Path("here"))
    assert engine == Tfma(Path("here"), {"direct_num_workers": "2"})


def test_an_engine_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(EngineError, match=r"params.yaml: engine is 'tmfa', .*; allowed: slices, tfma"):
        engines.engine_of({"engine": "tmfa"}, "params.yaml", Path())


def test_options_of_an_engine_that_takes_none_are_refused():
    with pytest.raises(EngineError, match="runner: the engine slices takes no options"):
        engines.engine_of({"engine": "slices", "runner": "DirectRunner"}, "params.yaml", Path())


def test_configuration_may_be_one_text():
    """As a pipeline's parameter is."""
    text = '{"engine": "tfma", "direct_num_workers": 2, "streaming": true}'
    assert engines.parse(text) == {"engine": "tfma", "direct_num_workers": "2", "streaming": "true"}
    assert engines.parse("") == {}


@pytest.mark.parametrize("text", ["tfma", "[]", '{"engine": null}', '{"beam": {"runner": "x"}}'])
def test_configuration_that_is_no_such_text_is_refused(text):
    with pytest.raises(EngineError, match=re.escape(f"--evaluation {text!r}: ")):
        engines.parse(text)


def test_values_of_the_engine_are_what_the_report_has():
    """Bounds are of the bootstrap, so the estimate in their middle moves with the engine's value."""
    question = question_of("probability")
    fixed = {part.place: [dict.fromkeys(names_of(question.output), 0.25)] * 2 for part in question.parts}

    class Constant:
        name = "tfma"

        def values(self, _):
            return fixed

    def measured(engine):
        return measure(
            question.output, question.cases, *question.predictions, question.thresholds, engine=engine
        ).slices

    for slice_, other in zip(measured(Constant())[:3], measured(InProcess())[:3], strict=True):
        theirs, ours = slice_.metrics["auc"].challenger, other.metrics["auc"].challenger
        assert theirs.value == 0.25
        assert theirs.high - theirs.low == pytest.approx(ours.high - ours.low)
        assert (theirs.low + theirs.high) / 2 == pytest.approx(0.25)
