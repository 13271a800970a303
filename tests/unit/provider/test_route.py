"""The Route resource's life, without an engine, without AWS and without a cluster."""

import pytest

from modeldelivery.plugin.protocol import Change, ProviderError, Resource
from modeldelivery.plugin.values import UNKNOWN
from modeldelivery.provider.route import RouteResource
from modeldelivery.release import cluster as reaching
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.kubernetes.route_state import OPERATION, OWNER
from modeldelivery.release.naming import variant_name
from tests.fakes.kubernetes import ADDRESS, NAMESPACE, FakeCluster
from tests.unit.release.kubernetes.test_kubeconfig import written

from .world import BUCKET, KEY, A, B, C, Stack

ROUTE = "flights-staging"
PATH = NAMESPACE.route(ROUTE)
RESOURCE = Resource(urn="urn:route", type=RouteResource.TYPE, name="flights")


def backend(version):
    return f"{ROUTE}-{variant_name(version)}"


class RouteStack(Stack):
    """One stack with the route as its only resource."""

    resource = RESOURCE

    def __init__(self):
        super().__init__()
        self.cluster = FakeCluster(self.aws, lag=1.0)
        self.endpoint = RouteResource(self.log, self.interrupts, self._open)
        for version in (A, B, C):
            self.cluster.deploy(backend(version), f"sha256:{version}")

    def config(self, live, *fleet, **more):
        return {
            "routeName": ROUTE,
            "namespace": NAMESPACE.name,
            "server": ADDRESS,
            "entrance": {"gateway": "public", "gatewayNamespace": "gateways", "settleSeconds": 2.0},
            "region": "eu-west-1",
            "allowedAccounts": ["111111111111"],
            "release": {"live": live, "fleet": list(fleet)},
            "variants": [
                {"version": v, "digest": f"sha256:{v}", "name": backend(v), "port": 8080} for v in fleet
            ],
            "rules": {"rolloutRequired": False, "separateDrop": False, "bakeSeconds": 0},
            "journal": {"bucket": BUCKET, "key": KEY},
        } | more

    @property
    def answers(self):
        return {name: weight for name, weight in self.cluster.answers().items() if weight}

    @property
    def writes(self):
        return [method for method, _ in self.cluster.requests if method != "GET"]


@pytest.fixture
def stack(tmp_path, monkeypatch):
    stack = RouteStack()
    config = written(tmp_path, cluster={"server": ADDRESS}, user={"token": "token"})
    monkeypatch.setenv("KUBECONFIG", str(config))
    connected = []

    def connect(cluster, bearer=None, *, patient):  # noqa: ARG001
        connected.append(cluster.server)
        return stack.cluster.server

    monkeypatch.setattr(reaching, "connect", connect)
    stack.connected = connected
    return stack


@pytest.fixture
def serving(stack):
    """A serves, B is kept warm."""
    stack.up(A, A, B)
    stack.cluster.requests.clear()
    return stack


def test_check_adds_what_the_weights_will_be_and_what_serves_now(stack):
    first = stack.check(stack.config(A, A, B)).inputs
    assert (first["weights"], first["servingAtCheck"]) == ({A: 100, B: 0}, {})

    stack.up(A, A, B)

    second = stack.check(stack.config(B, A, B)).inputs
    assert (second["weights"], second["servingAtCheck"]) == ({A: 0, B: 100}, {A: 100, B: 0})


def test_a_create_makes_the_route_and_the_journal_says_where_it_is(stack):
    outputs = stack.up(A, A, B)

    assert outputs["name"] == ROUTE
    assert stack.answers == {backend(A): 100}
    assert stack.journal.place == ClusterPlace(
        server=ADDRESS, namespace=NAMESPACE.name, route=ROUTE, ca="-- CA --"
    )
    assert stack.journal.requires == ("kubernetes",)


def test_the_journal_names_the_cluster_as_config_does_and_not_by_a_tunnels_address(
    stack, tmp_path, monkeypatch
):
    at = {"server": "https://127.0.0.1:9443", "tls-server-name": ADDRESS.removeprefix("https://")}
    monkeypatch.setenv("KUBECONFIG", str(written(tmp_path, "tunnel", cluster=at, user={"token": "token"})))

    stack.up(A, A, B)

    assert stack.journal.place.server == ADDRESS
    assert set(stack.connected) == {"https://127.0.0.1:9443"}
    assert stack.changes(stack.config(A, A, B)) == set()


def test_a_preview_right_after_an_up_shows_no_change(serving):
    assert serving.changes(serving.config(A, A, B)) == set()


def test_an_up_adds_shifts_and_drops(serving):
    serving.up(C, B, C)

    assert serving.answers == {backend(C): 100}
    refs = serving.cluster.objects[PATH]["spec"]["rules"][0]["backendRefs"]
    assert [ref["name"] for ref in refs] == [backend(B), backend(C)]


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        (
            {"entrance": {"gateway": "public", "gatewayNamespace": "gateways", "hostname": "f.example.com"}},
            {"entrance"},
        ),
        ({"labels": {"team": "ml"}}, {"labels"}),
    ],
)
def test_what_an_update_would_change_is_what_the_route_does_not_have(serving, changed, shown):
    assert serving.changes(serving.config(A, A, B) | changed) == shown


@pytest.mark.parametrize("key", ["routeName", "namespace", "server"])
def test_a_route_elsewhere_is_another_one(serving, key):
    changes = serving.endpoint.diff(RESOURCE, serving.state, serving.state | {key: "another"}).changes

    assert changes == {key: Change.UPDATE_REPLACE}


def test_another_hostname_is_written_to_the_route(serving):
    entrance = {"gateway": "public", "gatewayNamespace": "gateways", "hostname": "f.example.com"}

    serving.up(A, A, B, entrance=entrance)

    assert serving.cluster.objects[PATH]["spec"]["hostnames"] == ["f.example.com"]
    assert serving.changes(serving.config(A, A, B, entrance=entrance)) == set()


def test_a_route_that_somebody_led_elsewhere_is_a_change_and_an_update_leads_it_back(serving):
    serving.cluster.edit(PATH, {"spec": {"hostnames": ["elsewhere.example.com"]}})
    serving.aws.seconds += 10

    assert serving.changes(serving.config(A, A, B)) == {"entrance", "release"}
    read = serving.endpoint.read("flights-prod/flights-staging", serving.state)
    assert read.inputs["entrance"]["hostname"] == "elsewhere.example.com"

    serving.up(A, A, B)

    assert "hostnames" not in serving.cluster.objects[PATH]["spec"]
    assert serving.changes(serving.config(A, A, B)) == set()
    read = serving.endpoint.read("flights-prod/flights-staging", serving.state)
    assert read.inputs["entrance"] == serving.state["entrance"]


def test_a_route_without_a_gateway_is_a_change_of_its_entrance(serving):
    serving.cluster.edit(PATH, {"spec": {"parentRefs": []}})
    serving.aws.seconds += 10

    assert serving.changes(serving.config(A, A, B)) == {"entrance", "release"}
    assert any("takes requests from no gateway" in each for each in serving.log.warnings)
    read = serving.endpoint.read("flights-prod/flights-staging", serving.state)
    assert read.inputs["entrance"]["gateway"] == ""
    assert serving.endpoint.diff(RESOURCE, serving.state, read.inputs).changes == {"entrance": Change.UPDATE}


def test_two_versions_of_one_deployment_are_refused(stack):
    variants = [{"version": v, "digest": f"sha256:{v}", "name": "theirs"} for v in (A, B)]

    (failure,) = stack.check(stack.config(A, A, B, variants=variants)).failures

    assert failure.property == "variants"
    assert f"{A} and {B} would both be served by theirs" in failure.reason


def test_another_cluster_than_the_allowed_one_is_refused_before_the_first_call(stack):
    with pytest.raises(ProviderError, match="no context leads to https://other"):
        stack.check(stack.config(A, A, server="https://other.example.com"))
    with pytest.raises(ProviderError, match=r"and only https://other\.example\.com may be touched"):
        stack.check(stack.config(A, A, server="https://other.example.com", context="prod"))

    assert (stack.connected, stack.cluster.requests) == ([], [])


def test_another_account_than_the_allowed_one_is_refused_before_the_cluster_is_reached(stack):
    checked = stack.check(stack.config(A, A, allowedAccounts=["222222222222"]))

    assert [failure.property for failure in checked.failures] == ["allowedAccounts"]
    assert stack.connected == []


def test_an_environment_on_sagemaker_is_not_moved_to_a_cluster_by_config(stack):
    elsewhere = Stack(stack.aws)
    elsewhere.up(A, A, B)

    failures = stack.check(stack.config(A, A, B)).failures

    assert (
        "serves on SageMaker, and config says behind the route flights-prod/flights-staging"
        in failures[0].reason
    )
    assert stack.writes == []


def test_an_environment_on_a_cluster_is_not_moved_to_sagemaker_by_config(serving):
    elsewhere = Stack(serving.aws)

    failures = elsewhere.check(elsewhere.config(A, A, B)).failures

    assert "make another environment there" in failures[0].reason


def test_what_is_no_input_is_refused_by_its_name(stack):
    failures = stack.check(stack.config(A, A, gateway="public")).failures

    assert "gateway" in failures[0].reason


def test_a_service_that_no_cluster_takes_is_refused_by_its_name(stack):
    variants = [{"version": A, "digest": "sha256:a", "name": "Flights_A"}]

    failures = stack.check(stack.config(A, A, variants=variants)).failures

    assert (failures[0].property, "'Flights_A' is no name of a Service" in failures[0].reason) == (
        "variants[0]",
        True,
    )


def test_a_route_of_another_stack_is_not_touched(serving):
    other = serving.config(A, A, B, journal={"bucket": BUCKET, "key": "journal/other.json"})

    with pytest.raises(ProviderError, match="names s3://"):
        serving.endpoint.create(RESOURCE, other, timeout=600, preview=False)

    assert serving.writes == []


def test_a_create_goes_on_with_the_route_that_a_killed_one_left(serving):
    serving.state = None

    serving.up(A, A, B)

    assert serving.answers == {backend(A): 100}
    assert serving.writes == []


def test_a_refresh_shows_what_others_did(serving):
    serving.cluster.edit(
        PATH,
        {
            "spec": {
                "rules": [
                    {"backendRefs": [{"name": backend(A), "weight": 20}, {"name": backend(B), "weight": 80}]}
                ]
            }
        },
    )
    serving.aws.seconds += 10

    read = serving.endpoint.read("flights-prod/flights-staging", serving.state)

    assert read.inputs["weights"] == {A: 20, B: 80}
    assert read.inputs["variants"] == serving.state["variants"]


def test_what_a_gateway_says_anew_of_what_arrived_long_ago_is_no_change_of_weights(serving):
    serving.up(B, A, B)
    serving.aws.seconds += 60
    serving.cluster.gateway_says_more(PATH)

    assert serving.check(serving.config(B, A, B)).inputs["servingAtCheck"] == {A: 0, B: 100}
    assert serving.changes(serving.config(B, A, B)) == set()
    read = serving.endpoint.read("flights-prod/flights-staging", serving.state)
    assert read.inputs["weights"] == {A: 0, B: 100}


def test_a_refresh_of_a_route_that_is_gone_says_so(serving):
    del serving.cluster.objects[PATH]

    assert serving.endpoint.read("flights-prod/flights-staging", serving.state) is None


def test_a_delete_takes_the_route_and_leaves_the_journal(serving):
    serving.endpoint.delete(RESOURCE, serving.state, timeout=600)

    assert PATH not in serving.cluster.objects
    assert serving.journal.live == A


def test_a_delete_leaves_a_route_that_another_stack_has_made_meanwhile(serving):
    serving.cluster.objects[PATH]["metadata"]["annotations"][OWNER] = "s3://another/journal.json"

    serving.endpoint.delete(RESOURCE, serving.state, timeout=600)

    assert serving.cluster.objects[PATH]["metadata"]["annotations"][OPERATION]


def test_before_the_registry_is_made_check_reads_no_journal(stack):
    assert not stack.check(stack.config(A, A, journal={"bucket": UNKNOWN, "key": KEY})).failures
