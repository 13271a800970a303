"""An environment on Kubernetes through its life with the real engine and the official provider: each test goes on from where the last ended."""

import pytest

from tests.faults.kill import Point
from tests.kubernetes.cluster import until
from tests.kubernetes.edge import edge
from tests.stacks.sequence import pytest_pyfunc_call, steps_taken  # noqa: F401 - a hook and its fixture
from tests.stacks.stack import EngineError

pytestmark = [pytest.mark.stacks, pytest.mark.sequence, pytest.mark.timeout(1200)]

PLACE = "flights-edge-staging"  # name of the namespace and of the route
A, B = "v1.0.0", "v1.1.0"


@pytest.fixture(scope="module")
def staging(environments, cluster, aws, tmp_path_factory):  # noqa: ARG001 - alone
    """v1.0.0 serves alone."""
    stack = edge("edge-staging", cluster, aws, tmp_path_factory.mktemp("edge"))
    stack.serving_at(settleSeconds=5)  # as in test_rollback_load.py
    stack.up()
    stack.register(A, B)
    stack.release(A, A)
    stack.up()
    yield stack
    if stack.resources():
        stack.destroy()


def test_the_first_version_serves_everything(staging):
    assert staging.weights() == {"v1-0-0": 100}
    assert until(lambda: staging.answers() == A)


def test_one_change_of_config_adds_a_version_and_gives_it_the_traffic(staging):
    staging.release(B, B, A)
    staging.up()
    assert staging.weights() == {"v1-0-0": 0, "v1-1-0": 100}
    assert staging.answers() == B
    assert staging.status()["serving"] == B


def test_a_preview_right_after_an_up_shows_no_change(staging):
    assert staging.changes() == {}


def test_a_rollback_gives_the_fallback_its_traffic(staging):
    staging.modelctl("rollback", "--reason", "errors")
    assert staging.weights() == {"v1-0-0": 100, "v1-1-0": 0}
    assert staging.answers() == A


def test_an_up_after_the_rollback_leaves_traffic_alone_and_says_why(staging):
    output = staging.up()
    assert staging.weights() == {"v1-0-0": 100, "v1-1-0": 0}
    assert f"{B} was rejected by" in output


def test_what_has_traffic_is_not_dropped(staging):
    staging.release(B, B)
    with pytest.raises(EngineError, match=f"{A} has traffic"):
        staging.preview()
    staging.release(B, B, A)


def test_accepted_it_may_serve_again_and_history_tells_all_of_it(staging):
    staging.modelctl("accept", B, "--reason", "it was the network")
    staging.modelctl("rollback", "--to", B, "--keep", "--reason", "back again")
    assert staging.weights() == {"v1-0-0": 0, "v1-1-0": 100}
    told = staging.modelctl("history").stdout
    assert [word in told for word in ("errors", "it was the network", "back again")] == [True] * 3


def test_an_up_that_is_killed_once_it_has_moved_traffic_is_finished_by_the_next(staging):
    staging.release(A, B, A)
    left = staging.killed_up(Point("patch httproutes", 0, ran=True))
    assert staging.status()["pending"]
    staging.up()
    assert (staging.weights(), staging.status()["pending"], left) == ({"v1-0-0": 100, "v1-1-0": 0}, None, [])


def test_a_version_that_is_dropped_can_come_back_at_once(staging):
    staging.release(B, B)
    staging.up()
    assert staging.cluster.there(f"/apis/apps/v1/namespaces/{PLACE}/deployments/{PLACE}-v1-0-0") is None
    staging.release(B, B, A)
    staging.up()
    assert staging.weights() == {"v1-0-0": 0, "v1-1-0": 100}


def test_what_somebody_else_moved_is_told_and_adopted(staging):
    rules = staging.cluster.api.get(staging.route)["spec"]["rules"]
    for ref in rules[0]["backendRefs"]:
        ref["weight"] = 100 if ref["name"].endswith("v1-0-0") else 0
    staging.cluster.api.patch(staging.route, {"spec": {"rules": rules}})
    until(lambda: "modelctl adopt" in staging.modelctl("status", check=False).stdout)
    # While the route settles it is refused, with the word to wait.
    until(lambda: staging.modelctl("adopt", "--reason", "it was me", check=False).returncode == 0)
    assert staging.status()["serving"] == A


def test_another_target_is_refused_for_an_environment_that_lives(staging):
    before = staging.serving_at(namespace="elsewhere")
    with pytest.raises(EngineError, match=f"this environment serves behind the route {PLACE}/{PLACE}"):
        staging.preview()
    staging.set("serving", before)


def test_another_cluster_is_refused_before_the_first_call(staging):
    made = len(staging.calls())
    before = staging.serving_at(server="https://prod.example.com")
    with pytest.raises(EngineError, match=r"and only https://prod\.example\.com may be touched"):
        staging.preview()
    staging.set("serving", before)
    assert len(staging.calls()) == made > 0


def test_after_all_of_it_a_preview_shows_no_change(staging):
    assert staging.changes() == {}


def test_destroyed_it_leaves_nothing_in_the_cluster(staging):
    staging.destroy()
    assert staging.cluster.there(f"/api/v1/namespaces/{PLACE}") is None
    for kind in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        left = staging.cluster.api.get(f"/apis/admissionregistration.k8s.io/v1/{kind}")["items"]
        assert [each["metadata"]["name"] for each in left if PLACE in each["metadata"]["name"]] == []
