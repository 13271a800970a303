"""A route is reviewed as an endpoint is: the same traffic, the same versions, the same guards."""

import json

import msgspec
import pytest

from modeldelivery.catalogue.tokens import ENDPOINT, ROUTE
from modeldelivery.review.core.change import Kind
from tests.unit.review.documents import change, step

SCENARIOS = (
    "approval-withdrawn-traffic",
    "delete-endpoint",
    "first-endpoint",
    "fleet-add-candidate",
    "fleet-drop-fallback",
    "foreign-traffic",
)


def as_route(document):
    """The document, in place, of the same environment on Kubernetes."""
    document["steps"][:] = json.loads(json.dumps(document["steps"]).replace(f"{ENDPOINT}::", f"{ROUTE}::"))
    endpoint = step(document, ROUTE)
    for state in (endpoint.get("oldState"), endpoint.get("newState")):
        if state:
            state["type"] = ROUTE
            inputs = state["inputs"]
            inputs["routeName"] = inputs.pop("endpointName")
            inputs["variants"] = [
                {"version": each["version"], "digest": each["digest"], "name": "flights", "port": 8080}
                for each in inputs["variants"]
            ]


def told(fleet):
    """What a change of the fleet says of versions and traffic."""
    plain = msgspec.to_builtins(fleet)
    return {
        key: plain[key]
        for key in ("name", "live", "before", "after", "added", "dropped", "fallback", "loosened")
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_becomes_of_versions_and_traffic_is_told_alike(scenario):
    route, endpoint = change(scenario, as_route), change(scenario)

    assert told(route.fleet) == told(endpoint.fleet)


def test_a_withdrawn_approval_weakens_a_route_as_it_does_an_endpoint():
    def edit(document):
        as_route(document)
        step(document, ROUTE)["newState"]["inputs"]["approvals"]["v1.0.0"] = "Rejected"

    assert [weak.why for weak in change("nothing", edit).weakened] == [
        ("v1.0.0 is Rejected in the registry",)
    ]


def test_a_route_that_goes_is_a_loss():
    deleted = change("delete-endpoint", as_route)

    assert Kind.DESTROYS in deleted.kinds
    assert ("route", "flights-staging") in [(loss.words, loss.name) for loss in deleted.losses]
