"""SIGKILL of a real `pulumi up` at every call by which it shifts traffic on a cluster, and at those that bring a version; then the same again.

test_killed_up.py has every call without the engine, and test_environment.py one of these in `make test`.
"""

import pytest

from tests.faults.kill import Point, every
from tests.kubernetes.edge import edge

pytestmark = [pytest.mark.faults, pytest.mark.stacks, pytest.mark.soak, pytest.mark.timeout(1800)]

A, B, C = "v1.0.0", "v1.1.0", "v1.2.0"
READS = {"GetObject": 2, "get httproutes": 3, "list deployments": 3}
WRITES = {"PutObject": 2, "patch httproutes": 1}
JOINS = [Point("patch httproutes", nth, ran=ran) for nth in range(2) for ran in (False, True)]


@pytest.fixture(scope="module")
def staging(environments, cluster, aws, tmp_path_factory):  # noqa: ARG001 - alone
    """A serves, B is kept warm, and C is registered."""
    stack = edge("edge-staging", cluster, aws, tmp_path_factory.mktemp("edge"))
    stack.up()
    stack.register(A, B, C)
    stack.release(A, A, B)
    stack.up()
    yield stack
    stack.destroy()


def test_an_up_that_is_killed_anywhere_is_finished_by_the_next(staging):
    """One test: each kill goes on from where the one before was put right."""
    for point in (*every(READS, ran=False), *every(WRITES)):
        _finished(staging, point, *((B, A) if _serves(staging, A) else (A, B)))
    for point in JOINS:
        _finished(staging, point, *((C, B) if not _serves(staging, C) else (A, B)))
    assert staging.changes() == {}


def _serves(stack, version):
    return stack.weights().get(version.replace(".", "-")) == 100


def _finished(stack, point, live, other):
    stack.release(live, live, other)
    left = stack.killed_up(point)
    stack.up()
    wanted = {live.replace(".", "-"): 100, other.replace(".", "-"): 0}
    assert (left, stack.weights(), stack.status()["pending"]) == ([], wanted, None), point
