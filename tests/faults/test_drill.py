"""`modelctl drill` on real processes: rollbacks under requests, and SIGKILL at every AWS call that it makes, then another drill.

`make test` has one drill to its end and some kills once AWS has carried a write out; `make soak` has every point, and twenty rounds.
"""

import json
from typing import NamedTuple

import pytest

from modeldelivery.release.core import drill_figures
from modeldelivery.release.core.journal import EventKind, Journal
from tests.faults.delivery import A, B
from tests.faults.kill import Point, every, killed, parameters

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

READS = {"GetObject": 3, "DescribeEndpoint": 3, "ListTags": 2}
WRITES = {"PutObject": 6, "UpdateEndpointWeightsAndCapacities": 2}  # of one round: begin, two rollbacks, end
REUSED = True
ROUNDS, RATE = 2, 10


class Outcome(NamedTuple):
    """A drill that came to its end, perhaps after one that was killed. `between`: what status said then."""

    status: int
    output: str
    before: Journal
    between: dict | None
    journal: Journal
    weights: dict


@pytest.fixture(scope="module", autouse=True)
def samples(tmp_path_factory):
    """A file of requests that every container of these tests answers."""
    path = tmp_path_factory.mktemp("drill") / "samples.json"
    path.write_text(json.dumps([{"content_type": "text/csv", "body": "row"}]))
    _SAMPLES.append(path)
    return path


_SAMPLES = []


def drill(rounds):
    return (
        "drill",
        "--samples",
        _SAMPLES[-1],
        "--rounds",
        str(rounds),
        "--rate",
        str(RATE),
        "--actor",
        "ada",
    )


def CASE(delivery, point, rounds):  # noqa: N802 - what `outcomes` runs
    before, between = delivery.journal, None
    if point:
        caller = f"{delivery.place.model}-dies"
        killed(delivery.hosting.sandbox, caller, point, lambda c: delivery.modelctl_process(c, *drill(1)))
        between = delivery.status()
    status, output = delivery.modelctl(*drill(rounds), deadline=40.0 * rounds + 60)
    return Outcome(status, output, before, between, delivery.journal, delivery.weights)


@pytest.fixture
def outcome(outcomes, case):
    return outcomes[case].result()


POINTS = [*every(READS, ran=False), *every(WRITES)]
DAILY = {Point("PutObject", 1, ran=True), Point("UpdateEndpointWeightsAndCapacities", 0, ran=True)}
KILLS = parameters(POINTS, DAILY, 1)
WHOLE = [
    pytest.param((None, ROUNDS), id="to its end"),
    pytest.param((None, 20), id="twenty rounds", marks=pytest.mark.soak),
]
each = pytest.mark.parametrize("case", [*WHOLE, *KILLS])
whole = pytest.mark.parametrize("case", WHOLE)
after_a_kill = pytest.mark.parametrize("case", KILLS)


@each
def test_after_a_drill_the_journal_intends_what_it_did_before_it_or_before_the_one_that_was_killed(outcome):
    assert outcome.status == 0, outcome.output
    for field in ("weights", "live", "fleet", "rejections", "served", "decision", "intent"):
        assert getattr(outcome.journal, field) == getattr(outcome.before, field), field
    assert outcome.weights == {A: 100, B: 0}


@each
def test_a_drill_is_one_line_of_history_and_so_is_one_that_was_killed(outcome):
    added = outcome.journal.history[len(outcome.before.history) :]
    assert {event.kind for event in added} == {EventKind.DRILL}
    assert len(added) <= 2


@whole
def test_no_request_is_lost_and_none_is_answered_by_the_version_left_after_done(outcome, case):
    latest = outcome.journal.drill
    assert drill_figures.passed(latest), outcome.output
    assert len(latest.moves) == 2 * case[1]
    assert all(move.requests >= RATE for move in latest.moves)
    wrong = drill_figures.figures([move.wrong for move in latest.moves])
    print(f"{len(latest.moves)} rollbacks, last wrong answer: {wrong}")
    assert 0 < wrong.p50 <= wrong.p99 <= wrong.max


@after_a_kill
def test_after_a_kill_status_says_what_stands_and_what_to_type(outcome):
    """Of one that was killed before it began, or after it had ended, there is nothing to end."""
    between = outcome.between["drill"]
    first = outcome.journal.history[len(outcome.before.history)]
    left = first.operation != outcome.journal.drill.operation and "its process ended" in first.reason
    assert (between is not None and between["open"]) == left
