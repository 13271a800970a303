"""What a real gateway says, and does, when the Service of a version without traffic goes, and when its route is led elsewhere."""

import json
from urllib.parse import urlsplit

import pytest

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.kubernetes.objects import Namespace
from modeldelivery.release.naming import variant_name
from tests.contract.conftest import A, B, C
from tests.contract.releases import Releases
from tests.kubernetes.cluster import invoke, until
from tests.kubernetes.target import target, versions  # noqa: F401 - fixtures

pytestmark = pytest.mark.soak  # each with a gateway in memory is in tests/unit/release/kubernetes


@pytest.fixture
def releases(target):  # noqa: F811 - the fixture
    """C serves, B did before, and A first."""
    releases = Releases(target)
    for live in (A, B, C):
        releases.up(live, A, B, C)
    return releases


def endpoint_of(releases):
    return history.as_recorded(releases.journal, releases.target.traffic.describe())


def route_of(releases):
    traffic = releases.target.traffic
    return traffic.server, traffic.namespace.route(traffic.name)


def test_a_route_that_somebody_led_elsewhere_is_led_back(releases):
    server, path = route_of(releases)
    for spec in ({"parentRefs": []}, {"hostnames": ["elsewhere.example.com"]}):
        server.patch(path, {"spec": spec}, manager="kubectl-edit")
        until(lambda: endpoint_of(releases).condition is Condition.IMPAIRED)
        assert weights.same(endpoint_of(releases).current, {C: 100})

        releases.up(C, A, B, C)

        assert endpoint_of(releases).condition is Condition.READY
        assert releases.weights == {C: 100}


def test_what_serves_stays_known_and_is_what_answers(releases, versions):  # noqa: F811 - the fixture
    server, path = route_of(releases)
    host = server.get(path).body["spec"]["hostnames"][0]
    server.delete(f"{Namespace(versions.name).services()}/{variant_name(A)}")
    failure = until(lambda: releases.target.traffic.describe().failure)
    assert "ResolvedRefs is False" in failure
    releases.target.settled()

    gateway = urlsplit(versions.cluster.status()["gateway"])
    answers = [invoke(gateway.hostname, gateway.port, host) for _ in range(3)]
    assert {status for status, _ in answers} == {200}
    assert {json.loads(body)["name"] for _, body in answers} == {variant_name(C)}
    assert weights.same(endpoint_of(releases).current, {C: 100})

    releases.up(C, B, C)
    assert (releases.weights, releases.fleet) == ({C: 100}, [B, C])

    releases.rollback()
    assert (releases.weights, releases.rejected) == ({B: 100}, [C])
