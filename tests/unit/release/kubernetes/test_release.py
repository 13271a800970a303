"""Releases on a route: the core's operations over the adapters of Kubernetes, on a cluster in memory."""

import math

import pytest

from modeldelivery.release.core import history, up, weights
from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.core.journal import IntentKind
from modeldelivery.release.core.request import BadRequestError, RouteMember
from modeldelivery.release.errors import BrokenError, BusyError, ConflictError, GaveUpError, RefusedError
from modeldelivery.release.kubernetes.route_state import OPERATION
from modeldelivery.release.kubernetes.traffic import KubernetesScaling
from tests.unit.release.kubernetes.bench import DIGESTS, PATH, SETTLE, A, B, C, ClusterBench, backend


@pytest.fixture
def bench():
    """B serves, A did before; the data plane follows within the settle time."""
    return ClusterBench(lag=1.9)


def sealed_by(bench):
    return bench.route["metadata"]["annotations"][OPERATION]


def test_a_rollback_moves_traffic_by_five_calls(bench):
    calls = bench.cluster.requests
    reads = []
    read, write = bench.store.read, bench.store.write
    bench.store.read = lambda: reads.append("GetObject") or read()
    bench.store.write = lambda *given: reads.append("PutObject") or write(*given)

    bench.rollback()

    until = [method for method, _ in calls].index("PATCH") + 1
    assert [method for method, _ in calls[:until]] == ["GET", "GET", "PATCH"]
    assert reads[:2] == ["GetObject", "PutObject"]


def test_a_rollback_reports_when_nothing_of_what_it_rejects_is_answered_any_more(bench):
    began = bench.time.seconds

    bench.rollback()

    assert bench.answers == {A: 100}
    assert bench.rejected == [B]
    assert bench.time.seconds - began <= SETTLE + 1.5


def test_a_rollback_that_interrupts_an_up_moves_at_once_and_the_ups_late_call_is_refused(bench):
    up = bench.traffic()
    token = up.describe().token
    bench.move({A: 10, B: 90})
    assert bench.endpoint.condition is Condition.SETTLING
    began, on_the_way = bench.time.seconds, len(bench.cluster.requests)

    bench.rollback(to=A)

    moved = next(at for at, call in enumerate(bench.cluster.requests[on_the_way:], 1) if call[0] == "PATCH")
    assert moved == 3  # it waits for nothing before that
    assert bench.time.seconds - began <= SETTLE + 2
    assert bench.answers == {A: 100}
    with pytest.raises(ConflictError):
        up.move({A: 0, B: 100}, token=token, operation="op-up")


def test_a_rollback_to_what_serves_already_leaves_its_seal_and_an_older_call_is_refused(bench):
    older = bench.traffic()
    token = older.describe().token

    bench.rollback(to=B)

    assert sealed_by(bench) == "op3"
    with pytest.raises(ConflictError):
        older.move({A: 100, B: 0}, token=token, operation="op-up")
    assert bench.answers == {B: 100}


def test_a_route_that_its_gateway_touches_between_look_and_write_is_looked_at_again(bench):
    def touched():
        bench.cluster.faults.clear()
        bench.route["metadata"]["resourceVersion"] = "status-of-the-gateway"

    bench.cluster.faults += [lambda: None, lambda: None, touched]

    bench.rollback()

    assert bench.answers == {A: 100}


def test_a_move_whose_answer_was_lost_is_not_made_again(bench):
    bench.cluster.faults += [lambda: None, lambda: None, "lost"]

    bench.rollback()

    assert [call for call in bench.cluster.requests if call[0] == "PATCH"] == [("PATCH", PATH)]
    assert bench.answers == {A: 100}


def test_a_gateway_that_is_away_keeps_a_rollback_waiting_and_it_goes_on_when_it_is_back(bench):
    bench.cluster.gateway_ends()
    with pytest.raises(GaveUpError, match="endpoint is changing"):
        bench.rollback(patience=20.0)
    assert bench.rejected == [B]

    bench.cluster.gateway_begins()
    bench.rollback("op4")

    assert bench.answers == {A: 100}


def test_a_route_that_its_gateway_refuses_is_not_reported_as_moved(bench):
    bench.cluster.refuses["Accepted"] = "no listener of that name"

    with pytest.raises(BrokenError, match="no listener of that name"):
        bench.rollback()

    assert bench.answers == {B: 100}


def test_rules_that_somebody_else_wrote_are_written_anew_by_a_rollback(bench):
    refs = [{"name": backend(B), "port": 8080, "weight": 50}, {"name": "mirror", "port": 80, "weight": 50}]
    bench.cluster.edit(PATH, {"spec": {"rules": [{"backendRefs": refs}]}})
    bench.time.sleep(10)
    assert "mirror" in bench.endpoint.failure

    bench.rollback()

    assert bench.answers == {A: 100}
    assert bench.endpoint.failure is None


def test_an_up_writes_rules_that_somebody_else_wrote_anew_by_the_journal(bench):
    refs = [{"name": backend(B), "port": 8080, "weight": 50}, {"name": "mirror", "port": 80, "weight": 50}]
    bench.cluster.edit(PATH, {"spec": {"rules": [{"backendRefs": refs}]}})
    bench.time.sleep(10)

    bench.up("op3", B, (A, B, C))

    assert bench.answers == {B: 100}
    assert bench.endpoint.failure is None


def test_weights_that_somebody_else_wrote_show_once_they_settled(bench):
    refs = [{"name": backend(v), "port": 8080, "weight": w} for v, w in ((A, 30), (B, 70))]
    bench.cluster.edit(PATH, {"spec": {"rules": [{"backendRefs": refs}]}})

    assert weights.same(bench.endpoint.current, {A: 0, B: 100})
    bench.time.sleep(SETTLE + 1)
    assert weights.same(bench.endpoint.current, {A: 30, B: 70})
    assert bench.endpoint.condition is Condition.READY


def test_a_label_that_somebody_else_changed_unsettles_nothing(bench):
    bench.cluster.edit(PATH, {"metadata": {"labels": {"team": "ml"}}}, manager="argocd")

    assert bench.endpoint.condition is Condition.READY
    assert weights.same(bench.endpoint.current, {A: 0, B: 100})


def test_a_mark_that_was_made_after_the_look_keeps_the_call_out(bench):
    looked = bench.traffic()
    token = looked.describe().token

    other = bench.traffic()
    other.describe()
    other.mark("op-9: ada moved all to v1.0.0")

    with pytest.raises(ConflictError):
        looked.move({A: 100, B: 0}, token=token, operation="op3")
    assert bench.endpoint.condition is Condition.READY  # a mark moves nothing, so nothing has to settle


def test_a_candidate_joins_at_zero_while_others_serve_and_a_dropped_version_goes(bench):
    bench.up("op3", B, (A, B, C))
    assert bench.endpoint.current == {A: 0, B: 100, C: 0}

    bench.up("op4", B, (B, C))

    assert bench.endpoint.current == {B: 100, C: 0}
    assert bench.answers == {B: 100}


def test_an_up_that_adds_and_shifts_in_one_run_reports_when_nothing_else_is_answered_any_more(bench):
    bench.up("op3", C, (A, B, C))

    assert bench.answers == {C: 100}


def test_an_up_that_is_killed_before_it_drops_a_version_left_the_traffic_where_it_recorded_it(bench):
    def dropping():
        intent = bench.store.journal.intent
        if intent and intent.kind is IntentKind.FLEET and B not in intent.target:
            raise KeyboardInterrupt

    bench.cluster.faults += [dropping] * 1000
    with pytest.raises(KeyboardInterrupt):
        bench.up("op3", C, (A, C))  # B, which serves, leaves by the same change
    bench.cluster.faults.clear()
    assert set(bench.endpoint.variants) == {A, B, C}

    at_once = history.as_recorded(bench.store.journal, bench.endpoint)
    bench.up("op4", C, (A, C))

    assert weights.same(at_once.current, {C: 100})
    assert bench.answers == {C: 100}
    assert set(bench.endpoint.variants) == {A, C}


def test_another_hostname_is_a_change_of_the_fleet_and_weights_stand(bench):
    bench.rollback()
    bench.time.sleep(60)

    bench.up("op4", B, hostname="flights.example.com")

    assert bench.route["spec"]["hostnames"] == ["flights.example.com"]
    assert bench.answers == {A: 100}


def test_a_route_that_was_deleted_and_made_again_is_another_life(bench):
    before = bench.endpoint.incarnation
    bench.cluster.objects.pop(PATH)
    assert bench.endpoint is None

    bench.up("op3", B)

    assert bench.endpoint.incarnation != before


@pytest.mark.parametrize(
    ("deployed", "error", "sentence"),
    [
        ({"digest": DIGESTS[C], "replicas": 3, "ready": 1}, BusyError, "1 of 3 pods are ready"),
        ({"digest": "sha256:other"}, BusyError, "serves sha256:other, not sha256:c"),
        ({"digest": ""}, RefusedError, "does not say which bits its pods serve"),
        ({"digest": DIGESTS[C], "replicas": 0}, RefusedError, "has no pods"),
    ],
)
def test_a_version_joins_only_when_its_pods_run_with_its_bits(bench, deployed, error, sentence):
    bench.cluster.deploy(backend(C), **deployed)

    with pytest.raises(error, match=sentence):
        bench.fleet().prepare("config", (A, B, C), {A: 0, B: 100, C: 0})


def test_a_version_does_not_join_what_serves_another_that_is_still_there(bench):
    """A Deployment that another team rolls on under one name: until the route has left the older version, it would be both."""
    port = bench.fleet()
    port.members = {**port.members, C: RouteMember(version=C, digest=DIGESTS[C], name=backend(B))}

    with pytest.raises(BadRequestError, match=f"{B} and {C} would both be served by {backend(B)}"):
        port.prepare("config", (B, C), {B: 100, C: 0})


def test_only_what_this_project_makes_is_held_to_have_an_autoscaler(bench):
    traffic = bench.traffic()
    traffic.describe()
    assert KubernetesScaling(traffic=traffic).unscaled((A, B)) == {A, B}
    bench.cluster.deploy(backend(A), DIGESTS[A], autoscaler=(1, 4))
    assert KubernetesScaling(traffic=traffic).unscaled((A, B)) == {B}

    bench.cluster.deploy("theirs", DIGESTS[C])
    port = bench.fleet(bench.traffic())
    port.members = {**port.members, C: RouteMember(version=C, digest=DIGESTS[C], name="theirs")}
    command = bench.an_up("op3", B, (A, B, C), port.name)
    bench.runner(port.traffic, "op3", fleet=port).run(lambda view: up.decide(command, view))

    assert KubernetesScaling(traffic=port.traffic).unscaled((A, B, C)) == {B}


def test_a_deployment_that_does_not_name_its_bits_is_told_what_to_name(bench):
    bench.cluster.deploy(backend(C), digest="")

    with pytest.raises(RefusedError) as caught:
        bench.fleet().prepare("config", (A, B, C), {A: 0, B: 100, C: 0})
    assert f"model-delivery/digest-set: {DIGESTS[C]}" in str(caught.value)


@pytest.mark.parametrize(("kind", "what"), [("deployments", "deployment"), ("services", "service")])
def test_a_version_that_nobody_has_delivered_yet_is_waited_for(bench, kind, what):
    bench.cluster.objects = {
        path: each
        for path, each in bench.cluster.objects.items()
        if not path.endswith(f"{kind}/{backend(C)}")
    }

    with pytest.raises(BusyError, match=f"{what} {backend(C)}"):
        bench.fleet().prepare("config", (A, B, C), {A: 0, B: 100, C: 0})


def test_a_deployment_that_makes_no_progress_any_more_is_not_waited_for(bench):
    bench.cluster.deploy(backend(C), DIGESTS[C], ready=0)
    bench.cluster.objects[f"/apis/apps/v1/namespaces/flights-prod/deployments/{backend(C)}"]["status"][
        "conditions"
    ] = [
        {
            "type": "Progressing",
            "status": "False",
            "reason": "ProgressDeadlineExceeded",
            "message": "ErrImagePull",
        }
    ]

    with pytest.raises(BrokenError, match="ErrImagePull"):
        bench.fleet().prepare("config", (A, B, C), {A: 0, B: 100, C: 0})


def test_a_rollback_to_fewer_pods_raises_the_autoscalers_least_first(bench):
    bench.cluster.deploy(backend(B), DIGESTS[B], replicas=3)
    bench.cluster.deploy(backend(A), DIGESTS[A], autoscaler=(1, 4))

    bench.rollback()

    scaler = bench.cluster.objects[
        f"/apis/autoscaling/v2/namespaces/flights-prod/horizontalpodautoscalers/{backend(A)}"
    ]
    assert scaler["spec"]["minReplicas"] == 3
    patched = [path.rsplit("/", 2)[1] for method, path in bench.cluster.requests if method == "PATCH"]
    assert patched == ["horizontalpodautoscalers", "httproutes"]


def _killed():
    raise KeyboardInterrupt


@pytest.fixture
def fewer_pods(bench):
    """B serves on three pods, and A has one, and an autoscaler that may start more."""
    bench.cluster.deploy(backend(B), DIGESTS[B], replicas=3)
    bench.cluster.deploy(backend(A), DIGESTS[A], autoscaler=(1, 4))
    return bench


def test_a_rollback_to_fewer_pods_moves_traffic_once_those_that_its_autoscaler_starts_are_ready(fewer_pods):
    began, moved = fewer_pods.time.seconds, []
    fewer_pods.cluster.scales_at = began + 20

    def look():
        if fewer_pods.time.seconds < fewer_pods.cluster.scales_at:
            moved.append(fewer_pods.answers != {B: 100})
            fewer_pods.time.on_wait.append(look)

    fewer_pods.time.on_wait.append(look)
    done = fewer_pods.rollback()

    assert moved
    assert not any(moved)
    assert fewer_pods.answers == {A: 100}
    assert fewer_pods.time.seconds - began < 30
    assert done.warnings == ()


def test_a_rollback_to_pods_that_do_not_start_moves_all_after_a_minute_and_says_so(fewer_pods):
    began, fewer_pods.cluster.scales_at = fewer_pods.time.seconds, math.inf

    done = fewer_pods.rollback()

    assert fewer_pods.answers == {A: 100}
    assert 60 < fewer_pods.time.seconds - began < 70
    assert f"{A} serves on 1 of the 3 instances" in " ".join(done.warnings)


def test_a_rollback_that_is_killed_while_it_awaits_pods_is_carried_out_by_the_next(fewer_pods):
    fewer_pods.cluster.scales_at = fewer_pods.time.seconds + 20
    fewer_pods.time.on_wait.append(_killed)
    with pytest.raises(KeyboardInterrupt):
        fewer_pods.rollback()
    assert fewer_pods.answers == {B: 100}

    done = fewer_pods.rollback("op4")

    assert fewer_pods.time.seconds > fewer_pods.cluster.scales_at  # it awaits them too
    assert fewer_pods.answers == {A: 100}
    assert fewer_pods.rejected == [B]
    assert done.warnings == ()


def test_an_up_carries_out_a_rollback_that_was_killed_while_it_awaited_pods(fewer_pods):
    fewer_pods.cluster.scales_at = fewer_pods.time.seconds + 20
    fewer_pods.time.on_wait.append(_killed)
    with pytest.raises(KeyboardInterrupt):
        fewer_pods.rollback()

    fewer_pods.up("op4", B)

    assert fewer_pods.answers == {A: 100}
    assert fewer_pods.rejected == [B]


def test_a_rollback_now_awaits_no_pods(fewer_pods):
    began, fewer_pods.cluster.scales_at = fewer_pods.time.seconds, math.inf

    fewer_pods.rollback(unscaled=True)

    assert fewer_pods.answers == {A: 100}
    assert fewer_pods.time.seconds - began < 5


def test_a_rollback_to_fewer_pods_than_its_autoscaler_may_start_moves_all_the_same(bench):
    bench.cluster.deploy(backend(B), DIGESTS[B], replicas=3)
    bench.cluster.deploy(backend(A), DIGESTS[A], autoscaler=(1, 2))

    done = bench.rollback()

    assert bench.answers == {A: 100}
    assert "may have 2 pods" in " ".join(done.warnings)


def test_a_rollback_to_a_version_without_pods_is_refused_even_while_another_move_settles(bench):
    bench.cluster.deploy(backend(A), DIGESTS[A], ready=0)
    bench.move({A: 1, B: 99})

    with pytest.raises(RefusedError, match="no running instance"):
        bench.rollback(to=A)
