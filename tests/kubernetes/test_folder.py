"""What `make render` writes, held to the API server's own schema by a dry run that knows every field."""

import json

import pytest

from infra.manifests import folder
from infra.settings import parse
from sandbox.kubernetes.api import APPLY, ApiError
from tests.components.conftest import stack_file
from tests.unit.infra.test_folder import registered

PLURALS = {
    "Deployment": "deployments",
    "Service": "services",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "HTTPRoute": "httproutes",
}


@pytest.fixture(scope="module")
def there(cluster):
    made = cluster.namespace()
    yield made
    made.delete()


@pytest.fixture(scope="module")
def manifests(there):
    """Of edge-staging as it is committed, but for the namespace."""
    config = stack_file("edge-staging")
    serving = json.loads(config["model-delivery:serving"])
    serving["kubernetes"]["namespace"] = there.name
    config = {"model-delivery:model": "flights"} | config | {"model-delivery:serving": json.dumps(serving)}
    files = folder(parse("edge-staging", config), registered("v1.0.0", "v1.1.0"))
    return [each for name in sorted(files) for each in files[name]]


def dry_run(there, manifest):
    version, name = manifest["apiVersion"], manifest["metadata"]["name"]
    where = there.path("core" if version == "v1" else version, PLURALS[manifest["kind"]], name)
    query = "dryRun=All&fieldValidation=Strict&force=true&fieldManager=tests"
    return there.cluster.api.patch(f"{where}?{query}", manifest, APPLY)


def test_every_object_of_a_rendered_folder_is_taken_field_by_field(there, manifests):
    taken = [dry_run(there, manifest)["kind"] for manifest in manifests]
    assert sorted(set(taken)) == sorted(PLURALS)


def test_a_field_that_no_schema_has_is_refused(there, manifests):
    deployment = next(each for each in manifests if each["kind"] == "Deployment")
    with pytest.raises(ApiError, match="replica"):
        dry_run(there, {**deployment, "spec": {**deployment["spec"], "replica": 1}})
