"""What the training pipeline promises: only where config says how versions are trained, and its roles name what they may."""

import json

import pytest

PIPELINE = "aws:sagemaker/pipeline:Pipeline"
REPOSITORY = "aws:ecr/repository:Repository"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
NAME = "flights-staging"
ROLES = {f"{NAME}-pipeline", f"{NAME}-training", f"{NAME}-registrar"}


def statements(recorder, name):
    return {each["Sid"]: each for each in recorder.only(POLICY, name).document("policy")["Statement"]}


@pytest.fixture(scope="module")
def in_a_network(run):
    network = {"subnets": ["subnet-0a"], "securityGroups": ["sg-0b"]}
    given = {"instance": "ml.m5.large", "runDays": 60, "network": network}
    return run("staging", training=json.dumps(given))


def test_it_is_where_config_says_how_versions_are_trained_and_nowhere_else(staging, prod, run):
    assert staging.only(PIPELINE).inputs["pipelineName"] == NAME
    assert staging.exports["pipeline"] == f"arn:test:{PIPELINE}:{NAME}"
    for recorder in (prod, run("staging", training=None, build=None, drift=None)):
        assert recorder.of_type(PIPELINE) == []
        assert "pipeline" not in recorder.exports
        assert not {resource.name for resource in recorder.resources} & (ROLES | {f"{NAME}-steps"})


def test_its_definition_has_the_stacks_values(staging):
    definition = staging.only(PIPELINE).inputs["pipelineDefinition"]
    for name in ("training", "registrar"):
        assert f'"arn:test:{ROLE}:{NAME}-{name}"' in definition
    assert '"s3://flights-staging-registry-111111111111-eu-west-1/runs"' in definition
    assert '{"Key":"owner","Value":"ml-platform"}' in definition
    assert "VpcConfig" not in definition


def test_its_jobs_are_in_the_network_of_config_and_its_roles_may_reach_it(in_a_network, staging):
    definition = in_a_network.only(PIPELINE).inputs["pipelineDefinition"]
    assert definition.count('"VpcConfig":{"SecurityGroupIds":["sg-0b"],"Subnets":["subnet-0a"]}') == 5
    for name in ("training", "registrar"):
        interfaces = statements(in_a_network, f"{NAME}-{name}")["Interfaces"]["Resource"]
        assert "arn:aws:ec2:eu-west-1:111111111111:subnet/subnet-0a" in interfaces
        assert "Interfaces" not in statements(staging, f"{NAME}-{name}")


def test_what_steps_leave_for_each_other_ends_by_age_and_nothing_else_does(run):
    """But what else config gives days to."""
    staging, prod = run("staging", capture=None, drift=None), run("prod", capture=None)
    rules = staging.only(LIFECYCLE, f"{NAME}-registry").inputs["rules"]
    (runs,) = (rule for rule in rules if rule["id"] == "runs")
    assert (runs["filter"], runs["expiration"]) == ({"prefix": "runs/"}, {"days": 60})
    assert [rule["id"] for rule in rules if "expiration" in rule] == ["runs", "flights-staging"]
    assert len(prod.only(LIFECYCLE, "flights-prod-registry").inputs["rules"]) == 1


def test_its_step_images_cannot_be_moved_and_are_encrypted(staging):
    images = staging.only(REPOSITORY, f"{NAME}-steps").inputs
    assert images["name"] == "flights-staging-steps"
    assert images["imageTagMutability"] == "IMMUTABLE"
    assert images["encryptionConfigurations"][0]["encryptionType"] == "KMS"


def test_its_roles_are_sagemakers_for_this_account_alone(staging):
    for name in ROLES:
        (trust,) = staging.only(ROLE, name).document("assumeRolePolicy")["Statement"]
        assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_only_the_pipelines_role_makes_jobs_and_it_passes_two_roles_alone(staging):
    passing = {name: each for name in ROLES if (each := statements(staging, name).get("RolesOfJobs"))}
    assert passing.keys() == {f"{NAME}-pipeline"}
    assert passing[f"{NAME}-pipeline"]["Resource"] == [
        f"arn:test:{ROLE}:{NAME}-training",
        f"arn:test:{ROLE}:{NAME}-registrar",
    ]


def test_what_makes_a_model_writes_nowhere_but_under_runs(staging):
    writes = [
        resource
        for statement in statements(staging, f"{NAME}-training").values()
        if "s3:PutObject" in statement["Action"]
        for resource in statement["Resource"]
    ]
    assert writes == ["arn:aws:s3:::flights-staging-registry-111111111111-eu-west-1/runs/*"]
    actions = {
        action for each in statements(staging, f"{NAME}-training").values() for action in each["Action"]
    }
    assert {action for action in actions if action.startswith("sagemaker:")} == set()
