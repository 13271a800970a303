"""The validation gate on a real month, and on what was planted in it (tests/bad_data.py)."""

import itertools

import pytest

from pipelines.flights.data import Month, read_months
from pipelines.gates import tables as gate
from pipelines.gates.expectations import Validator
from pipelines.gates.tables import UnreadableError
from pipelines.gates.validation import conclude
from pipelines.recipe import find
from pipelines.steps.validate import plan_of
from tests import bad_data

FLIGHTS = find("flights")
LAST = 12
CASES = [(kind, case) for kind, cases in bad_data.KINDS.items() for case in cases]
# The column or words by which the sentence names what was planted.
TOLD = {
    "empty": "the table has no row",
    "missing column": "missing: ",
    "extra column": "unexpected: comment",
    "wrong type": "'twelve'",
    "unknown origin": "column origin: expected one of EWR, JFK, LGA; 1 of",
    "duplicate rows": "expected each combination once; 20 of",
    "month missing": "the data set has no",
}


@pytest.fixture(scope="module")
def published():
    """The months of 2013 by name: {table: frame}."""
    year = read_months(Month(2013, 1), Month(2013, LAST))
    return {
        str(month): {
            name: frame[frame["month"] == month.month].reset_index(drop=True)
            for name, frame in (("flights", year.flights), ("weather", year.weather))
        }
        for month in (Month(2013, number) for number in range(1, LAST + 1))
    }


@pytest.fixture(scope="module")
def validator():
    return Validator()


def verdict(data, parts, validator):
    def read(name, part):
        try:
            return data[part][name]
        except KeyError:
            raise UnreadableError(f"the data set has no {name}/{part}.csv") from None

    plan = plan_of(FLIGHTS, tuple(parts), read)
    batches = tuple(itertools.chain.from_iterable(some for some, _ in gate.validate(plan, validator)))
    return conclude(
        model="flights",
        data="sha256:00",
        tables=(*plan.tables, *plan.derived),
        parts=plan.parts,
        batches=batches,
        checks=(),
    )


@pytest.mark.parametrize("kind", bad_data.KINDS)
def test_bad_data_is_stopped_and_the_reason_is_one_sentence(published, validator, kind):
    case = next(iter(bad_data.KINDS[kind].values()))
    parts = [bad_data.BEFORE, bad_data.MONTH] if kind == "stale month" else [bad_data.MONTH]
    validation = verdict(case(published), parts, validator)
    assert not validation.passed
    assert bad_data.MONTH in validation.reason
    assert TOLD.get(kind, "expected") in validation.reason
    assert "\n" not in validation.reason


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "case"), CASES)
def test_every_case_of_bad_data_is_stopped(published, validator, kind, case):
    parts = [bad_data.BEFORE, bad_data.MONTH] if kind == "stale month" else [bad_data.MONTH]
    validation = verdict(bad_data.KINDS[kind][case](published), parts, validator)
    assert not validation.passed
    assert bad_data.MONTH in validation.reason


@pytest.mark.parametrize("month", ["2013-02", "2013-12"])
def test_a_published_month_passes(published, validator, month):
    """February has an impossible wind, December lacks a day of weather."""
    assert verdict(published, [month], validator).reason == ""


@pytest.mark.soak
def test_every_published_month_and_window_passes(published, validator):
    """The windows of eleven rolling trainings, each with the month that judges."""
    months = list(published)
    reasons = {month: verdict(published, [month], validator).reason for month in months}
    reasons |= {
        f"until {until}": verdict(published, months[: number + 2], validator).reason
        for number, until in enumerate(months[:-1])
    }
    assert {window: reason for window, reason in reasons.items() if reason} == {}
    assert len(reasons) == 23


def test_a_sight_whose_hours_were_shuffled_is_stopped_in_the_clearest_month(published, validator):
    """In August 89 of 100 reports are of 10 miles, so from one hour to the next little changes in any order."""
    judged = "2013-08"
    plant = bad_data.KINDS["shuffled weather hours"]["only visib"]
    data = {bad_data.BEFORE: published["2013-07"], bad_data.MONTH: published[judged]}
    validation = verdict({judged: plant(data)[bad_data.MONTH]}, [judged], validator)
    assert "poor_sight_elsewhere" in validation.reason


@pytest.mark.soak
def test_whatever_month_is_judged_what_was_planted_is_stopped(published, validator):
    """Bounds are of the whole year, so a change must be seen in its mildest month too."""
    passed = []
    for number in range(1, LAST):
        judged = f"2013-{number + 1:02}"
        data = {
            bad_data.BEFORE: published[f"2013-{number:02}"],
            bad_data.MONTH: published[judged],
        }
        for case, plant in (
            bad_data.KINDS["unit change"].items() | bad_data.KINDS["shuffled weather hours"].items()
        ):
            planted = {judged: plant(data)[bad_data.MONTH]}
            if verdict(planted, [judged], validator).passed:
                passed.append((judged, case))
    assert passed == []
