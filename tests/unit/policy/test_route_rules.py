"""Traffic is decided in one place, and delivered by nobody's overwriting."""

import pytest

from modeldelivery.policy.rules.route_rules import RESPECTFUL_SYNC, ROUTE_RULES
from tests.unit.policy.found import whats
from tests.unit.policy.manifests import as_resource
from tests.unit.review.manifests import declared, one


def http_route(**spec):
    return as_resource(
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "flights"},
            "spec": {"hostnames": ["flights.example.com"], **spec},
        }
    )


def application(*options):
    return as_resource(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "flights"},
            "spec": {"syncPolicy": {"syncOptions": list(options)}},
        }
    )


def test_a_route_with_rules_of_the_programs_is_found():
    assert whats(ROUTE_RULES, http_route(rules=[{"backendRefs": [{"name": "v1"}]}])) == ["spec.rules"]


def test_a_route_that_leaves_them_to_the_journal_is_not():
    assert whats(ROUTE_RULES, http_route()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["ServerSideApply=true"], []),
        (["ServerSideApply=true", "Replace=true"], ["Replace=true"]),
        ([], ["no ServerSideApply=true"]),
        (["Replace=true"], ["no ServerSideApply=true", "Replace=true"]),
        (["ServerSideApply=true", "Replace=false"], []),
    ],
)
def test_an_application_that_overwrites_is_found(options, told):
    assert whats(RESPECTFUL_SYNC, application(*options)) == told


@pytest.mark.parametrize("options", ["Replace=true", "Prune=false, Replace=true"])
def test_an_object_that_asks_to_be_replaced_is_found(options):
    manifest = one("Deployment")
    annotations = {"argocd.argoproj.io/sync-options": options}
    asks = {**manifest, "metadata": {**manifest["metadata"], "annotations": annotations}}
    assert whats(RESPECTFUL_SYNC, as_resource(asks)) == ["Replace=true"]


def test_nothing_that_the_program_declares_is_found():
    for manifest in declared().values():
        assert whats(RESPECTFUL_SYNC, as_resource(manifest)) == []
        assert whats(ROUTE_RULES, as_resource(manifest)) == []
