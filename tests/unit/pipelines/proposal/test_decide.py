"""A data set is proposed once: not while somebody trains on it, not when a version is of it, and again where it came to nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from modeldelivery.release.version import Version
from pipelines.acts import LONGEST, Kind, Outcome
from pipelines.months import Month
from pipelines.proposal import decide
from pipelines.proposal.data import Published

NOW = datetime(2026, 11, 30, tzinfo=UTC)
DATA = Published("sha256:a", (Month(2013, 1), Month(2013, 2), Month(2013, 3)), NOW)
OLDER = {Version("v1.0.0"): "sha256:b"}
BEGUN = decide.begun("1", DATA, NOW - timedelta(hours=1))


def ended(outcome):
    return structs.replace(BEGUN, outcome=outcome)


def test_new_months_are_proposed():
    assert decide.why_not(DATA, OLDER, [], NOW) == ""
    assert BEGUN.kind is Kind.PROPOSE
    assert BEGUN.sentence == "a model is trained by schedule on 2013-01 to 2013-02"


def test_months_that_a_version_is_of_are_not():
    why = decide.why_not(DATA, {**OLDER, Version("v1.1.0"): DATA.revision}, [], NOW)
    assert why == "v1.1.0 is of the latest months, 2013-01 to 2013-03"


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.STOPPED, Outcome.BEGUN])
def test_months_that_were_proposed_or_are_being_trained_on_are_not_again(outcome):
    why = decide.why_not(DATA, OLDER, [ended(outcome)], NOW)
    assert why.endswith(f"{outcome} 2026-11-29 23:00")
    other = structs.replace(ended(outcome), cause="schedule sha256:other")
    assert decide.why_not(DATA, OLDER, [other], NOW) == ""


def test_what_failed_and_what_somebody_died_over_is_proposed_again():
    assert decide.why_not(DATA, OLDER, [ended(Outcome.FAILED)], NOW) == ""
    long_ago = structs.replace(BEGUN, at=NOW - LONGEST[Kind.PROPOSE] - timedelta(seconds=1))
    assert decide.why_not(DATA, OLDER, [long_ago], NOW) == ""
