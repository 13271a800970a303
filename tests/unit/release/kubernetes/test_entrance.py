"""A route that somebody detached from its gateway, or gave another gateway or hostname: told, and given back by `pulumi up`."""

import json

import msgspec
import pytest

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.core.request import Entrance
from modeldelivery.release.errors import BrokenError
from modeldelivery.release.kubernetes.entrance import ParentRef, entrance_of, is_same, words
from modeldelivery.release.kubernetes.route_state import STATE
from modeldelivery.release.operations import status
from modeldelivery.release.operations.health import Code
from tests.fakes.scaling import FakeScaling
from tests.unit.release.kubernetes.bench import PATH, A, B, ClusterBench
from tests.unit.release.stored import PLACE

PUBLIC = {"name": "public", "namespace": "gateways"}
ELSEWHERE = {
    "no gateway": {"parentRefs": []},
    "a gateway that nobody runs": {"parentRefs": [{"name": "theirs", "namespace": "gateways"}]},
    "another gateway beside": {"parentRefs": [PUBLIC, {"name": "theirs", "namespace": "gateways"}]},
    "one listener": {"parentRefs": [{**PUBLIC, "sectionName": "internal"}]},
    "another hostname": {"hostnames": ["elsewhere.example.com"]},
}


@pytest.fixture
def bench():
    """B serves, A did before."""
    return ClusterBench(lag=1.9)


def led_elsewhere(bench, spec):
    bench.cluster.edit(PATH, {"spec": spec})
    bench.time.sleep(60)


def endpoint_of(bench):
    return history.as_recorded(bench.store.journal, bench.endpoint)


@pytest.mark.parametrize("spec", ELSEWHERE.values(), ids=ELSEWHERE)
def test_it_is_told_with_what_to_type(bench, spec):
    led_elsewhere(bench, spec)

    reading = status.read(bench.store, bench.traffic(), FakeScaling())
    (finding,) = status.assess(PLACE, reading).findings

    assert finding.code is Code.IMPAIRED
    assert finding.needs_person
    assert "was written to take them from gateways/public by any name" in finding.sentence
    assert "`pulumi up`" in finding.remedy


@pytest.mark.parametrize("spec", ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_up_gives_it_back_its_gateway_and_hostname_and_moves_nothing(bench, spec):
    led_elsewhere(bench, spec)

    bench.up("op3", B)

    assert [(each["name"], each["namespace"]) for each in bench.route["spec"]["parentRefs"]] == [
        ("public", "gateways")
    ]
    assert "sectionName" not in bench.route["spec"]["parentRefs"][0]
    assert "hostnames" not in bench.route["spec"]
    assert endpoint_of(bench).condition is Condition.READY
    assert weights.same(endpoint_of(bench).current, {B: 100})
    assert bench.answers == {B: 100}


def test_an_up_that_gives_a_hostname_back_ends_when_the_gateway_has_it(bench):
    led_elsewhere(bench, ELSEWHERE["another hostname"])
    bench.cluster.looks_after, began = 5.0, bench.time.seconds

    bench.up("op3", B)

    assert bench.time.seconds - began > 5.0


def test_a_rollback_of_a_route_without_a_gateway_is_not_reported_as_done(bench):
    led_elsewhere(bench, ELSEWHERE["no gateway"])

    with pytest.raises(BrokenError, match="takes requests from no gateway"):
        bench.rollback()

    assert bench.rejected == [B]


def test_a_rollback_under_another_hostname_is_done_when_it_settled(bench):
    led_elsewhere(bench, ELSEWHERE["another hostname"])

    bench.rollback()

    assert bench.answers == {A: 100}
    assert endpoint_of(bench).condition is Condition.IMPAIRED


def test_a_route_that_was_written_before_its_entrance_was_kept_is_taken_as_it_is(bench):
    text = bench.route["metadata"]["annotations"][STATE]
    kept = {key: value for key, value in json.loads(text).items() if not key.startswith("gateway")}
    bench.cluster.edit(PATH, {"metadata": {"annotations": {STATE: json.dumps(kept)}}}, manager="modelctl")
    led_elsewhere(bench, ELSEWHERE["another hostname"])

    assert endpoint_of(bench).condition is Condition.READY


@pytest.mark.parametrize(
    ("parents", "hostnames", "text"),
    [
        ([], [], "no gateway by any name"),
        ([PUBLIC], ["a.example.com"], "gateways/public by a.example.com"),
        ([PUBLIC], ["a.example.com", "b.example.com"], "gateways/public by a.example.com, b.example.com"),
        ([PUBLIC, {"name": "b", "namespace": "x"}], [], "gateways/public, x/b by any name"),
        ([{**PUBLIC, "sectionName": "https"}], [], "gateways/public (https) by any name"),
        ([{**PUBLIC, "port": 8443}], [], "gateways/public (8443) by any name"),
    ],
)
def test_an_entrance_is_told_whole(parents, hostnames, text):
    there = entrance_of(msgspec.convert(parents, list[ParentRef]), hostnames, 2.0)
    wanted = Entrance(gateway="public", gateway_namespace="gateways", hostname="a.example.com")

    assert words(there) == text
    assert is_same(there, wanted) == (text == words(wanted))
