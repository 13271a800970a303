"""A change of an environment on a cluster, read whole: traffic, fleet, bits, room, and what it takes of the nodes."""

import copy
import json

import pytest

from modeldelivery.catalogue.tokens import DEPLOYMENT, SERVICE
from modeldelivery.review.core.change import Kind, classify
from modeldelivery.review.core.compare import Place, fingerprints, untested
from modeldelivery.review.core.document import read
from modeldelivery.review.core.touched import touched
from modeldelivery.review.report.markdown import draw
from modeldelivery.review.report.page import Page, Section
from modeldelivery.review.report.release import bits_tables, fleet_lines
from modeldelivery.review.report.risks import cost_lines
from tests.unit.review.documents import PRICES
from tests.unit.review.documents import change as recorded_change
from tests.unit.review.manifests import CLUSTER_ROUTE, ROUTE, environment, preview

A, B, C = "v1.0.0", "v1.1.0", "v1.2.0"
PLACE = Place(environment="edge-prod", account="222222222222", region="eu-west-1")


def text(before, after, **serving_now):
    return json.dumps(preview(copy.deepcopy(before), copy.deepcopy(after), **serving_now)).encode()


def change(before, after, **serving_now):
    return classify("edge-prod", read(text(before, after, **serving_now)), PRICES)


def told(changed):
    """Lines on the fleet and on the cost, as a reviewer reads them."""
    lines = (*fleet_lines(changed, changed.fleet), *cost_lines(changed.cost))
    sections = (Section(title=(), lines=lines, tables=tuple(bits_tables(changed.fleet))),)
    return draw(Page(title=(), sections=sections, refused=False), 10_000)


def of_deployment(inputs, edit):
    changed = copy.deepcopy(inputs)
    edit(changed[DEPLOYMENT, "flights-edge-prod-v1-0-0"]["spec"]["template"]["spec"])
    return changed


def test_nothing_is_nothing():
    assert change(environment(B, A), environment(B, A)).is_nothing


def test_traffic_alone_is_traffic_alone():
    assert set(change(environment(B, A), environment(B, A, live=B)).kinds) == {Kind.TRAFFIC}


def test_a_version_that_joins_brings_its_objects_and_the_room_for_them():
    joins = change(environment(B, A), environment(C, B, A))
    assert set(joins.kinds) == {Kind.FLEET, Kind.BITS}
    assert joins.weakened == ()
    assert "Joins the fleet: `v1.2.0` at 0 %." in told(joins)
    assert "Room for its pods: `pods 27 → 36`" in told(joins)
    assert "On the cluster's nodes, not priced here: `4 to 16 → 6 to 24 pods of 500m CPU, 512Mi`." in told(
        joins
    )


def test_a_version_that_leaves_takes_them_along():
    leaves = change(environment(B, A), environment(A))
    assert (set(leaves.kinds), leaves.weakened, leaves.losses) == ({Kind.FLEET}, (), ())
    assert "`4 to 16 → 2 to 8 pods of 500m CPU, 512Mi`" in told(leaves)


def test_a_new_version_is_told_by_its_digests_beside_the_serving_one():
    (bits,) = change(environment(B, A), environment(C, B, A)).fleet.bits
    assert (bits.version, bits.against) == (C, A)
    assert bits.image == (f"sha256:{'0' * 64}", f"sha256:{'2' * 64}")
    assert bits.model == (f"sha256:{'0' * 64}", f"sha256:{'2' * 64}")


def test_bigger_pods_are_other_instances():
    bigger = change(environment(A), environment(A, millicores=1000, memory="1Gi"))
    assert set(bigger.kinds) == {Kind.FLEET}
    assert "Other instances: `v1.0.0` from 2 x `500m CPU, 512Mi` to 2 x `1000m CPU, 1024Mi`." in told(bigger)
    assert "`2 to 8 → 0 pods of 500m CPU, 512Mi`, `0 → 2 to 8 pods of 1000m CPU, 1024Mi`" in told(bigger)


def test_more_pods_at_most_is_autoscaling():
    more = change(environment(A), environment(A, max=20))
    assert set(more.kinds) == {Kind.FLEET}
    assert "Autoscaling: `v1.0.0` 2 to 8 → 2 to 20 instances." in told(more)


def test_the_same_change_of_room_without_the_fleet_weakens_a_guard():
    raised = environment(A)
    raised["kubernetes:core/v1:ResourceQuota", "quota"]["spec"]["hard"]["pods"] = "200"
    changed = change(environment(A), raised)
    assert set(changed.kinds) == {Kind.GUARDS, Kind.SETTINGS}
    assert [each.why for each in changed.weakened] == [("pods 18 → 200",)]


QUOTA, LIMITS = "kubernetes:core/v1:ResourceQuota", "kubernetes:core/v1:LimitRange"


@pytest.mark.parametrize(
    ("of", "edit", "told"),
    [
        (
            (QUOTA, "quota"),
            lambda spec: spec["hard"].pop("services.nodeports"),
            "its limit of services.nodeports is gone: it was 0",
        ),
        ((QUOTA, "quota"), lambda spec: spec["hard"].pop("pods"), "its limit of pods is gone: it was 27"),
        (
            (QUOTA, "quota"),
            lambda spec: spec.update(scopes=["Terminating"]),
            "it counts other objects: scopes",
        ),
        (
            (LIMITS, "limits"),
            lambda spec: spec["limits"][0].pop("defaultRequest"),
            "its defaultRequest cpu of a Container is gone: it was 500m",
        ),
    ],
)
def test_a_guard_that_is_weakened_beside_a_version_that_joins_is_told(of, edit, told):
    joins = environment(C, B, A)
    edit(joins[of]["spec"])
    changed = change(environment(B, A), joins)
    assert {Kind.FLEET, Kind.GUARDS} <= set(changed.kinds)
    assert told in [line for each in changed.weakened for line in each.why]


@pytest.mark.parametrize(
    "of",
    [
        (QUOTA, "quota"),
        (LIMITS, "limits"),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "nothing"),
        ("kubernetes:policy/v1:PodDisruptionBudget", "flights-edge-prod-v1-0-0"),
    ],
)
def test_a_guard_that_moves_to_another_namespace_guards_this_one_no_more(of):
    moved = environment(A)
    moved[of]["metadata"] = {**moved[of]["metadata"], "namespace": "elsewhere"}
    changed = change(environment(A), moved)
    assert {Kind.GUARDS, Kind.SETTINGS} <= set(changed.kinds)
    assert f"it is removed, and another one made: elsewhere/{of[1]}" in [
        line for each in changed.weakened for line in each.why
    ]


def test_a_service_of_a_version_that_leads_to_anothers_pods_is_told():
    other = environment(B, A)
    service = other[SERVICE, "flights-edge-prod-v1-1-0"]
    service["spec"] = {**service["spec"], "selector": {"model-delivery/version": A}}
    changed = change(environment(B, A), other)
    assert Kind.GUARDS in changed.kinds
    assert [each.why for each in changed.weakened] == [
        ("it leads to other pods: those with model-delivery/version=v1.0.0",)
    ]


def test_other_bits_under_the_same_name_weaken_what_a_version_is():
    other = of_deployment(
        environment(A), lambda pod: pod["containers"][0].update(image=f"x@sha256:{'9' * 64}")
    )
    changed = change(environment(A), other)
    assert {Kind.GUARDS, Kind.BITS} <= set(changed.kinds)


def test_a_version_that_somebody_else_delivers_is_not_resized_when_it_is_taken_over():
    foreign = {key: each for key, each in environment(A).items() if key[0] != DEPLOYMENT}
    assert change(foreign, environment(A)).fleet.resized == ()


def test_of_a_version_that_git_delivers_the_digest_set_is_told_and_no_empty_table():
    joins = recorded_change("edge-git-add-candidate")
    (member,) = (each for each in joins.fleet.members if each.version == C)
    assert (
        f"Image and model of `{C}` are not in this preview: somebody else delivers them, as the digest set "
        f"`{member.digest[:19]}…`." in told(joins)
    )
    assert "| version |" not in told(joins)


def test_labels_alone_are_metadata():
    other = environment(A)
    for (type_, _), each in other.items():
        if type_ == "kubernetes:core/v1:Service":
            each["metadata"]["labels"] = {**each["metadata"]["labels"], "owner": "ml-research"}
    assert set(change(environment(A), other).kinds) == {Kind.METADATA}


def test_a_route_that_is_deleted_is_a_loss():
    without = {key: each for key, each in environment(A).items() if key[0] != "modeldelivery:index:Route"}
    changed = change(environment(A), without)
    assert Kind.DESTROYS in changed.kinds
    assert ("route", "flights-edge-prod") in [(loss.words, loss.name) for loss in changed.losses]


def prints(before, after):
    return fingerprints(PLACE, touched(read(text(before, after)), "model-delivery"))


def test_a_version_of_other_bits_is_tried_where_any_version_was():
    """What is in it is judged by its evidence; how it runs is the same."""
    ours = prints(environment(A), environment(B, A))
    theirs = prints(environment(A), environment(A))
    assert {each.words for each in untested(ours, theirs)} & {
        "deployment",
        "service",
        "pod autoscaler",
    } == set()


@pytest.mark.parametrize(
    ("edit", "properties"),
    [
        (lambda pod: pod.update(hostNetwork=True), ("spec.template",)),
        (lambda pod: pod["containers"][0].update(args=["shell"]), ("spec.template",)),
    ],
)
def test_pods_that_run_otherwise_are_not_tried(edit, properties):
    ours = prints(environment(A), of_deployment(environment(A), edit))
    theirs = prints(environment(A), environment(A))
    (new,) = untested(ours, theirs)
    assert (new.words, new.properties) == ("deployment", properties)


@pytest.mark.parametrize("type_", [DEPLOYMENT, SERVICE])
def test_what_serves_a_version_that_stays_is_a_loss_when_it_goes(type_):
    without = {key: each for key, each in environment(A).items() if key[0] != type_}
    changed = change(environment(A), without)
    assert [(each.verb, each.name) for each in changed.losses] == [("DELETES", "flights-edge-prod-v1-0-0")]


@pytest.mark.parametrize(
    ("entrance", "told"),
    [
        ({"hostname": "other"}, "clients that ask flights are no longer answered: it is other now"),
        ({"gateway": "inner"}, "requests come by the gateway gateways/inner, not gateways/public"),
        ({"settleSeconds": 0.5}, "a move counts as made 0.5 s after the gateway took it, not 2.0 s"),
    ],
)
def test_another_entrance_of_the_route_is_told(entrance, told):
    usual = {"gateway": "public", "gatewayNamespace": "gateways", "hostname": "flights", "settleSeconds": 2.0}
    before, after = environment(A), environment(A)
    before[CLUSTER_ROUTE, ROUTE]["entrance"] = usual
    after[CLUSTER_ROUTE, ROUTE]["entrance"] = usual | entrance
    assert [each.why for each in change(before, after).weakened] == [(told,)]
    assert change(before, before).weakened == ()
