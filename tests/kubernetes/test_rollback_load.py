"""Rollbacks on a cluster under a load of real requests through the gateway: ten in `make test`, a hundred in `make soak`.

Models side by side, because a rollback reports done only after its gateway's settle time.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from benchmarks.load import Load, behind
from benchmarks.swing import all_astray, swing, unwatched
from modeldelivery.release.core.drill_figures import lost
from tests.faults.delivery import A, B

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]

MODELS = 5
CONNECTIONS = 2  # to each model
PAUSE = 0.05  # seconds between a connection's requests: a rollback takes seconds
SETTLE = 5.0  # seconds: this gateway takes a third of one, and longer where many tests run beside it


@pytest.fixture(scope="module", params=[10, pytest.param(100, marks=pytest.mark.soak)])
def load(request, fresh):
    """The number of rollbacks; all requests, and the calms after the rollbacks, by model."""
    routes = [fresh(settle=SETTLE) for _ in range(MODELS)]
    loads = [
        Load([behind(route.gateway[1], route.host, b"row", media="text/csv")], CONNECTIONS, pause=PAUSE)
        for route in routes
    ]
    with ThreadPoolExecutor(MODELS) as pool, ExitStack() as under_way:
        for each in loads:
            under_way.enter_context(each)
        calms = list(pool.map(lambda route: swing(succeeds(route), A, B, request.param // MODELS), routes))
    for route in routes:
        route.remove()
    return request.param, [(each.answers, calm) for each, calm in zip(loads, calms, strict=True)]


def succeeds(route):
    def run(*arguments):
        status, output = route.modelctl(*arguments)
        assert status == 0, output

    return run


def test_no_request_is_lost_while_traffic_moves_on_a_cluster(load):
    _, watched = load
    assert [lost(answers) for answers, _ in watched if lost(answers)] == []


def test_no_rejected_version_answers_on_a_cluster_after_its_rollback_is_done(load):
    _, watched = load
    assert [wrong for answers, calms in watched if (wrong := all_astray(answers, calms))] == []


def test_requests_were_sent_after_each_of_the_rollbacks(load):
    count, watched = load
    assert sum(len(calms) - len(unwatched(answers, calms)) for answers, calms in watched) == count
