"""An environment and its graph: every part there, an endpoint taken back into the state, a wrong account, nothing left."""

import json

import pytest

from tests.stacks.conftest import released
from tests.stacks.stack import EngineError, Stack

pytestmark = [pytest.mark.stacks, pytest.mark.sequence, pytest.mark.timeout(600)]

ENDPOINT = "modeldelivery:index:Endpoint"
READS = ("Get", "List", "Describe", "Head", "Lookup")


@pytest.fixture(scope="module")
def staging(module_sandbox, tmp_path_factory):
    stack = Stack("staging", module_sandbox, tmp_path_factory.mktemp("staging"))
    released(stack)
    return stack


def test_the_graph_has_every_part_of_an_environment(staging):
    kinds = {urn.split("::")[2].split("$")[-1] for urn in staging.graph()}
    assert kinds >= {ENDPOINT, "aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:sagemaker/model:Model"}


def test_an_endpoint_that_the_state_lost_is_imported_by_its_arn_and_a_preview_shows_no_change(staging):
    state = staging.exported()
    resources = state["deployment"]["resources"]
    (lost,) = (resource for resource in resources if resource["type"] == ENDPOINT)
    resources.remove(lost)
    for resource in resources:
        forget(resource, lost["urn"])
    file = staging.folder / "state.json"
    file.write_text(json.dumps(state))
    staging.pulumi("stack", "import", "--stack", staging.name, "--file", str(file))

    staging.pulumi(
        "import", ENDPOINT, "flights-staging", lost["id"],
        "--parent", f"endpoint={lost['parent']}", "--protect=false", "--generate-code=false", "--yes",
        "--skip-preview", config=True,
    )  # fmt: skip

    assert staging.changes() == {}


def forget(resource, urn):
    """Take a lost resource out of what another depends on, as an engine that never knew it would have."""
    if urn in resource.get("dependencies", ()):
        resource["dependencies"].remove(urn)
    for urns in resource.get("propertyDependencies", {}).values():
        if urn in (urns or ()):
            urns.remove(urn)


def test_the_wrong_account_is_an_error_before_anything_is_changed(staging):
    since = staging.sandbox.last_call()
    staging.set("aws:allowedAccountIds", ["222222222222"])
    try:
        with pytest.raises(EngineError, match="222222222222"):
            staging.up()
    finally:
        staging.set("aws:allowedAccountIds", ["111111111111"])
    made = {call["action"] for call in staging.sandbox.calls(since)}
    assert {action for action in made if not action.startswith(READS)} == set()
    staging.up()  # the engine remembers a provider's config even when the provider refuses it
    assert staging.changes() == {}


def test_the_data_bucket_changes_nothing_else_and_refuses_to_go_until_config_lets_it(staging):
    before = staging.graph()
    staging.set("data", {"bucket": True})
    staging.up()
    after = staging.graph()
    assert {urn: after[urn] for urn in before} == before
    assert {urn.split("::")[-1] for urn in after.keys() - before.keys()} == {"flights-data"}
    staging.set("data", {})
    with pytest.raises(EngineError, match=r"flights-data.*protected"):
        staging.preview()
    staging.set("data", {"bucket": True, "protect": False})
    staging.up()
    assert staging.changes() == {}


def test_a_destroyed_environment_leaves_nothing_but_keys_that_wait_for_their_deletion(staging):
    """That of the data bucket, which config now lets go, and the environment's."""
    staging.destroy()
    assert left(staging) == {"keys": ["PendingDeletion"] * 2}


def left(stack):
    """What there is in the account; roles and policies of AWS itself are not this stack's."""
    client = lambda service: stack.sandbox.client(stack.name, service)  # noqa: E731
    sagemaker, kms = client("sagemaker"), client("kms")
    aliased = {alias.get("TargetKeyId"): alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    remaining = {
        "endpoints": sagemaker.list_endpoints()["Endpoints"],
        "configs": sagemaker.list_endpoint_configs()["EndpointConfigs"],
        "models": sagemaker.list_models()["Models"],
        "groups": sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"],
        "buckets": client("s3").list_buckets()["Buckets"],
        "repositories": client("ecr").describe_repositories()["repositories"],
        "roles": client("iam").list_roles()["Roles"],
        "policies": client("iam").list_policies(Scope="Local")["Policies"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
        "topics": client("sns").list_topics()["Topics"],
        "targets": client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ],
        "keys": [
            key["KeyState"] for key in keys if not aliased.get(key["KeyId"], "").startswith("alias/aws/")
        ],
    }
    return {kind: some for kind, some in remaining.items() if some}
