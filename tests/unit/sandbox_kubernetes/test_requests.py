"""What a request to the API server is called: by faults, and in the record of calls."""

import pytest

from sandbox.kubernetes.requests import ApiRequest, caller, read

ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/edge/httproutes"


@pytest.mark.parametrize(
    ("method", "target", "request_"),
    [
        ("GET", f"{ROUTES}/flights", ApiRequest("get", "gateway.networking.k8s.io", "httproutes", "edge", "flights")),
        ("PATCH", f"{ROUTES}/flights?fieldManager=modelctl", ApiRequest("patch", "gateway.networking.k8s.io", "httproutes", "edge", "flights")),
        ("GET", ROUTES, ApiRequest("list", "gateway.networking.k8s.io", "httproutes", "edge")),
        ("GET", f"{ROUTES}?watch=true", ApiRequest("watch", "gateway.networking.k8s.io", "httproutes", "edge")),
        ("DELETE", ROUTES, ApiRequest("deletecollection", "gateway.networking.k8s.io", "httproutes", "edge")),
        ("POST", "/api/v1/namespaces", ApiRequest("create", "core", "namespaces")),
        ("GET", "/api/v1/namespaces/edge", ApiRequest("get", "core", "namespaces", "", "edge")),
        ("PUT", "/api/v1/namespaces/edge/pods/p/status", ApiRequest("update", "core", "pods/status", "edge", "p")),
        ("PATCH", "/apis/apps/v1/namespaces/edge/deployments/d/scale", ApiRequest("patch", "apps", "deployments/scale", "edge", "d")),
        ("GET", "/readyz", ApiRequest("get", "", "/readyz")),
        ("GET", "/apis/apps/v1", ApiRequest("get", "", "/apis/apps/v1")),
    ],
)  # fmt: skip
def test_a_request_is_called_as_rules_of_access_call_it(method, target, request_):
    assert read(method, target) == request_


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("modelctl/0.1.0", "modelctl"),
        ("modelctl", "modelctl"),
        ("modelctl/0.1.0 app/rollback-7", "rollback-7"),
        ("kubectl/v1.36.1 (linux/amd64) kubernetes/abc", "kubectl"),
        ("", ""),
    ],
)
def test_a_caller_is_named_as_it_names_itself(agent, name):
    assert caller(agent) == name
