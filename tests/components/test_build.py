"""What the build pipeline promises: only where config says where the code is, stages as config has them, roles that name what they may."""

import json
from fnmatch import fnmatchcase
from unittest.mock import MagicMock

import pytest
from botocore import xform_name

from modeldelivery.release.core.verification import load_name, verify_name
from modeldelivery.release.naming import BILL, evidence_key, image_evidence
from tools.image.archive import Blob, Image, Layer
from tools.image.registry import put

PIPELINE = "aws:codepipeline/pipeline:Pipeline"
PROJECT = "aws:codebuild/project:Project"
CONNECTION = "aws:codeconnections/connection:Connection"
LOG = "aws:cloudwatch/logGroup:LogGroup"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
TOPIC = "aws:sns/topic:Topic"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
NAME = "flights-staging"
STAGES = ("test", "image", "train", "deploy", "verify")
DEPLOYER = "arn:aws:iam::111111111111:role/model-delivery-deploy"
GIVEN = {"repository": "acme/flights", "provider": "GitLab"}
REGISTRY = "arn:aws:s3:::flights-staging-registry-111111111111-eu-west-1"


def statements(recorder, name):
    return {each["Sid"]: each for each in recorder.only(POLICY, name).document("policy")["Statement"]}


def stages(recorder):
    return recorder.only(PIPELINE).inputs["stages"]


@pytest.fixture(scope="module")
def built(run):
    """Staging with a connection that is there, and a stage that is tried again."""
    arn = f"arn:aws:codestar-connections:eu-west-1:111111111111:connection/{'0' * 36}"
    given = {"repository": "acme/flights", "connection": arn, "stages": [{"name": "train", "retry": True}]}
    return run("staging", build=json.dumps(given))


def test_it_is_where_config_says_where_the_code_is_and_nowhere_else(staging, prod, run):
    assert staging.exports["buildPipeline"] == f"arn:test:{PIPELINE}:{NAME}"
    for recorder in (prod, run("staging", build=None)):
        for kind in (PIPELINE, PROJECT, CONNECTION, LOG, RULE):
            assert recorder.of_type(kind) == []
        assert "buildPipeline" not in recorder.exports
        policy = recorder.of_type("aws:kms/key:Key")[0].document("policy")
        assert "LogsOfBuilds" not in {each["Sid"] for each in policy["Statement"]}


def test_tags_of_the_model_alone_start_it_and_none_supersedes_another(staging):
    inputs = staging.only(PIPELINE).inputs
    (trigger,) = inputs["triggers"]
    assert trigger["gitConfiguration"]["pushes"] == [{"tags": {"includes": ["flights@v*"]}}]
    assert (inputs["pipelineType"], inputs["executionMode"]) == ("V2", "QUEUED")


def test_what_stages_leave_for_each_other_is_encrypted_and_ends_by_age(staging):
    (store,) = staging.only(PIPELINE).inputs["artifactStores"]
    assert store["encryptionKey"]["type"] == "KMS"
    rules = staging.only(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", f"{NAME}-registry"
    ).inputs["rules"]
    (artifacts,) = (rule for rule in rules if rule["id"] == NAME)
    assert (artifacts["filter"], artifacts["expiration"]) == ({"prefix": f"{NAME}/"}, {"days": 30})


def test_each_stage_of_config_is_a_project_with_a_buildspec_a_role_and_a_log_that_ends(staging):
    assert [stage["name"] for stage in stages(staging)] == [
        *("Source", "Test", "Image", "Train", "Deploy", "Verify")
    ]
    for stage in STAGES:
        project = staging.only(PROJECT, f"{NAME}-{stage}").inputs
        assert project["source"]["buildspec"] == f"pipelines/buildspecs/{stage}.yml"
        assert project["encryptionKey"]
        log = staging.only(LOG, f"{NAME}-{stage}").inputs
        assert (log["name"], log["retentionInDays"]) == (f"/aws/codebuild/{NAME}-{stage}", 90)
        assert log["kmsKeyId"]


def test_a_base_that_config_names_is_what_builds_are_told(run, staging):
    def told(recorder):
        project = recorder.only(PROJECT, f"{NAME}-image").inputs
        return {each["name"]: each["value"] for each in project["environment"]["environmentVariables"]}

    base = f"python:3.11-slim@sha256:{'0' * 64}"
    assert told(run("staging", build=json.dumps({**GIVEN, "baseImage": base})))["BASE_IMAGE"] == base
    assert "BASE_IMAGE" not in told(staging)


def test_only_images_are_built_by_a_privileged_machine(staging):
    privileged = {
        stage
        for stage in STAGES
        if staging.only(PROJECT, f"{NAME}-{stage}").inputs["environment"]["privilegedMode"]
    }
    assert privileged == {"image"}


def test_training_is_told_the_images_that_the_stage_before_it_pushed(staging, built):
    def handed(recorder):
        (action,) = next(stage for stage in stages(recorder) if stage["name"] == "Train")["actions"]
        return json.loads(action["configuration"].get("EnvironmentVariables", "[]"))

    assert {each["value"] for each in handed(staging)} == {"#{Image.IMAGE}", "#{Image.STEP_IMAGE}"}
    assert handed(built) == []


def test_a_stage_is_tried_again_where_config_says_so_alone(staging, built):
    assert [stage["name"] for stage in stages(staging) if "onFailure" in stage] == ["Deploy"]
    assert stages(built)[-1]["onFailure"]["result"] == "RETRY"


def test_only_the_stage_that_deploys_is_told_who_deploys_and_where_the_state_is(run, staging):
    def told(recorder, stage):
        project = recorder.only(PROJECT, f"{NAME}-{stage}").inputs
        return {each["name"]: each["value"] for each in project["environment"]["environmentVariables"]}

    backend = "s3://acme-pulumi-staging?region=eu-west-1&awssdk=v2"
    given = {**GIVEN, "stages": [{"name": "deploy"}], "deployRole": DEPLOYER, "backend": backend}
    deploys = told(run("staging", build=json.dumps(given)), "deploy")
    assert (deploys["DEPLOY_ROLE"], deploys["PULUMI_BACKEND_URL"]) == (DEPLOYER, backend)
    assert "PULUMI_BACKEND_URL" not in told(staging, "deploy")  # the sandbox's builds have it of the sandbox
    for stage in ("test", "image", "train", "verify"):
        assert told(staging, stage).keys().isdisjoint({"DEPLOY_ROLE", "PULUMI_BACKEND_URL"})


def test_a_build_that_deploys_may_take_on_the_one_role_that_does(staging):
    given = statements(staging, f"{NAME}-deploy")
    assert given["Deploy"] == {
        "Sid": "Deploy",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": [DEPLOYER],
    }
    assert given.keys() - statements(staging, f"{NAME}-test").keys() == {"Deploy"}


def test_a_build_that_verifies_asks_the_endpoint_and_moves_nothing(staging):
    actions = {action for each in statements(staging, f"{NAME}-verify").values() for action in each["Action"]}
    writes = {
        action for action in actions if action.partition(":")[2].startswith(("Put", "Update", "Create"))
    }
    assert writes == {"s3:PutObject", "logs:CreateLogStream", "logs:PutLogEvents"}


def test_a_build_that_verifies_may_write_what_it_proved_in_this_environment_and_no_other_evidence(
    run, staging
):
    def written(recorder):
        given = statements(recorder, f"{NAME}-verify").values()
        return [each["Resource"] for each in given if each["Action"] == ["s3:PutObject"]]

    verified, loaded = (f"{REGISTRY}/evidence/*/{name}-staging" for name in ("verify", "load"))
    stages = [{"name": "deploy"}, {"name": "verify", "load": True}]
    loads = run("staging", build=json.dumps({**GIVEN, "stages": stages, "deployRole": DEPLOYER}))
    assert written(staging) == [[f"{verified}.json"]]
    assert written(loads) == [[f"{verified}.json"], [f"{loaded}-*.json"]]
    for name, pattern in (
        (verify_name("staging"), f"{verified}.json"),
        (load_name("staging", "ml.c6i.large"), f"{loaded}-*.json"),
    ):
        assert fnmatchcase(f"{REGISTRY}/{evidence_key('sha256:0', name)}", pattern)


def test_a_build_that_measures_a_load_is_told_to_and_may_look_up_the_instance_type(run, staging):
    stages = [{"name": "deploy"}, {"name": "verify", "load": True}]
    loads = run("staging", build=json.dumps({**GIVEN, "stages": stages, "deployRole": DEPLOYER}))

    def told(recorder):
        project = recorder.only(PROJECT, f"{NAME}-verify").inputs
        return {each["name"]: each["value"] for each in project["environment"]["environmentVariables"]}

    assert told(loads)["LOAD"] == "yes"
    assert "LOAD" not in told(staging)
    added = statements(loads, f"{NAME}-verify").keys() - statements(staging, f"{NAME}-verify").keys()
    assert added == {"InstanceType", "Load"}
    assert statements(loads, f"{NAME}-verify")["InstanceType"] == {
        "Sid": "InstanceType",
        "Effect": "Allow",
        "Action": ["sagemaker:DescribeEndpointConfig"],
        "Resource": [f"arn:aws:sagemaker:eu-west-1:111111111111:endpoint-config/{NAME}-*"],
    }


def test_a_connection_that_is_there_is_used_under_the_name_that_it_has(built, staging):
    assert built.of_type(CONNECTION) == []
    assert staging.only(CONNECTION).inputs["providerType"] == "GitHub"
    for role in (f"{NAME}-builds", f"{NAME}-train"):
        assert statements(built, role)["Connection"]["Action"] == ["codestar-connections:UseConnection"]


def test_failed_builds_and_failed_executions_are_told_to_a_topic_to_which_these_rules_alone_publish(staging):
    patterns = [json.loads(rule.inputs["eventPattern"]) for rule in staging.of_type(RULE)]
    assert {pattern["source"][0] for pattern in patterns} == {"aws.codebuild", "aws.codepipeline"}
    targets = {target.inputs["arn"] for target in staging.of_type(TARGET)}
    assert targets == {f"arn:test:{TOPIC}:{NAME}-builds"}
    (statement,) = staging.only("aws:sns/topicPolicy:TopicPolicy", f"{NAME}-builds").document("policy")[
        "Statement"
    ]
    assert statement["Condition"] == {
        "ArnEquals": {
            "aws:SourceArn": [
                f"arn:aws:events:eu-west-1:111111111111:rule/{NAME}-builds-{kind}"
                for kind in ("build", "stage")
            ]
        }
    }


@pytest.mark.parametrize(
    ("name", "service"), [("builds", "codepipeline"), *((stage, "codebuild") for stage in STAGES)]
)
def test_each_role_is_its_services_for_this_account_alone(staging, name, service):
    (trust,) = staging.only(ROLE, f"{NAME}-{name}").document("assumeRolePolicy")["Statement"]
    assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_checks_of_a_model_may_only_fetch_the_source_and_write_their_log(staging):
    actions = {action for each in statements(staging, f"{NAME}-test").values() for action in each["Action"]}
    assert actions == {
        *("s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents"),
        "codeconnections:UseConnection",
    }


# ARNs whose pattern stands elsewhere, or after neither the model's name nor a build's own log's, by role; why is in components/build_roles.py.
OPEN = {
    "train": {"arn:aws:sagemaker:eu-west-1:111111111111:processing-job/pipelines-*"},
    "verify": {f"{REGISTRY}/evidence/*/verify-staging.json"},
}


@pytest.mark.parametrize("name", ["builds", *STAGES])
def test_a_role_names_its_actions_and_what_they_are_about(staging, name):
    """A pattern stands at an ARN's end, after a name that is the model's own."""
    for statement in statements(staging, f"{NAME}-{name}").values():
        assert not [action for action in statement["Action"] if "*" in action or "?" in action]
        for resource in set(map(str, statement["Resource"])) - OPEN.get(name, set()):
            own, pattern, after = resource.partition("*")
            assert not after, resource
            assert not pattern or "flights-" in own, resource


def test_a_training_writes_data_sets_and_no_version(staging):
    writes = {
        resource
        for each in statements(staging, f"{NAME}-train").values()
        if "s3:PutObject" in each["Action"]
        for resource in each["Resource"]
    }
    assert writes == {
        "arn:aws:s3:::flights-data-111111111111-eu-west-1/datasets/*",
        f"{REGISTRY}/artifacts/*",
    }


def test_a_build_of_images_writes_their_bills_and_no_other_object(staging):
    given = statements(staging, f"{NAME}-image")
    written = [each for each in given.values() if "s3:PutObject" in each["Action"]]
    assert [each["Resource"] for each in written] == [[f"{REGISTRY}/evidence/images/*"]]
    assert evidence_key(image_evidence("sha256:0"), BILL).startswith("evidence/images/")
    assert given["BillsKey"]["Action"] == ["kms:GenerateDataKey"]
    assert given["BillsKey"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
    }


def test_a_build_of_images_may_push_by_the_calls_that_a_push_makes_and_nothing_more(staging, tmp_path):
    (tmp_path / "blob").write_bytes(b"bytes")
    blob = Blob("sha256:" + "a" * 64, 5, tmp_path / "blob")
    image = Image(blob, {}, "linux/amd64", (Layer(blob, {}),))
    ecr = MagicMock()
    ecr.batch_check_layer_availability.return_value = {"layers": []}
    ecr.initiate_layer_upload.return_value = {"uploadId": "u", "partSize": 8}
    put(ecr, "flights-staging", image)
    actions = statements(staging, f"{NAME}-image")["Images"]["Action"]
    assert {xform_name(action.removeprefix("ecr:")) for action in actions} == {
        name for name, _, _ in ecr.method_calls
    }
