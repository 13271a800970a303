"""The embedded aws plugin under the real engine: a small program of its own, from the first up to destroy."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, Sandbox

pytestmark = [pytest.mark.stacks, pytest.mark.sequence]

DEADLINE = 120
PROGRAM = """
import json
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
tags = {"owner": config.get("owner") or "ml"}
key = aws.kms.Key("key", enable_key_rotation=True, deletion_window_in_days=7, tags=tags)
bucket = aws.s3.Bucket("shelf", force_destroy=True, tags=tags)
aws.s3.BucketVersioning("shelf", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"})
aws.s3.BucketServerSideEncryptionConfiguration("shelf", bucket=bucket.bucket, rules=[{
    "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
    "bucket_key_enabled": True,
}])
repository = aws.ecr.Repository(
    "images",
    name=config.get("repository") or "provider-images",
    image_tag_mutability="IMMUTABLE",
    image_scanning_configuration={"scan_on_push": True},
    encryption_configurations=[{"encryption_type": "KMS", "kms_key": key.arn}],
    force_delete=True,
    tags=tags,
)
trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
]}
role = aws.iam.Role("serving", assume_role_policy=json.dumps(trust), tags=tags)
aws.iam.RolePolicy("serving", role=role.name, policy=pulumi.Output.json_dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": pulumi.Output.format("{0}/*", bucket.arn)}],
}))
group = aws.sagemaker.ModelPackageGroup("group", model_package_group_name="provider-group", tags=tags)
scaled = {
    "service_namespace": "sagemaker",
    "resource_id": "endpoint/provider/variant/v1-0-0",
    "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
}
target = aws.appautoscaling.Target("target", **scaled, min_capacity=1, max_capacity=2, tags=tags)
aws.appautoscaling.Policy(
    "policy",
    service_namespace=target.service_namespace,
    resource_id=target.resource_id,
    scalable_dimension=target.scalable_dimension,
    policy_type="TargetTrackingScaling",
    target_tracking_scaling_policy_configuration={
        "predefined_metric_specification": {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance"},
        "target_value": 100.0,
    },
)
aws.cloudwatch.MetricAlarm(
    "alarm",
    namespace="AWS/SageMaker",
    metric_name="ModelLatency",
    dimensions={"EndpointName": "provider", "VariantName": "v1-0-0"},
    extended_statistic="p99",
    period=60,
    evaluation_periods=3,
    datapoints_to_alarm=2,
    comparison_operator="GreaterThanThreshold",
    threshold=500000,
    tags=tags,
)
if config.get_bool("adopts"):
    aws.s3.Bucket(
        "adopted", bucket="provider-adopted", opts=pulumi.ResourceOptions(import_="provider-adopted")
    )
who = aws.get_caller_identity()
pulumi.export("account", who.account_id)
pulumi.export("bucket", bucket.bucket)
pulumi.export("region", bucket.region)
"""


@dataclass
class Engine:
    """A project of its own in a folder of its own, with the sandbox's engine and account `staging`."""

    sandbox: Sandbox
    folder: Path
    env: dict[str, str] = field(init=False)

    def __post_init__(self):
        self.env = self.sandbox.env | {"PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}"}
        (self.folder / "backend").mkdir()
        runtime = {"name": "python", "options": {"virtualenv": str(CHECKOUT / ".venv")}}
        project = {"name": "provider", "runtime": runtime, "main": "program/"}
        (self.folder / "Pulumi.yaml").write_text(json.dumps(project))
        (self.folder / "program").mkdir()
        (self.folder / "program" / "__main__.py").write_text(PROGRAM)
        self.run("stack", "init", "dev")
        self.config("aws:region", "eu-west-1")
        self.config("aws:profile", "staging")
        self.config("aws:allowedAccountIds", '["111111111111"]')

    def config(self, key, value):
        self.run("config", "set", key, value)

    def run(self, *arguments, check=True):
        done = subprocess.run(
            [str(CHECKOUT / ".tools" / "bin" / "pulumi"), *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
            stdin=subprocess.DEVNULL,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr if done.returncode else done.stdout

    def up(self):
        return self.run("up", "--yes", "--skip-preview")

    def operations(self):
        """What a preview would do: operations by the resource's type and name."""
        steps = json.loads(self.run("preview", "--json"))["steps"]
        return {tuple(step["urn"].split("::")[-2:]): step["op"] for step in steps}

    def changes(self):
        return {urn: op for urn, op in self.operations().items() if op != "same"}

    def drift(self):
        """What a refresh would take over: the changed paths by the resource's name."""
        steps = json.loads(self.run("refresh", "--preview-only", "--json"))["steps"]
        return {
            step["urn"].split("::")[-1]: set(step["detailedDiff"])
            for step in steps
            if step.get("detailedDiff")
        }

    def outputs(self):
        return json.loads(self.run("stack", "output", "--json"))


@pytest.fixture(scope="module")
def engine(sandbox, tmp_path_factory):
    """The program, up; tests of this module go on from where the one before ended."""
    started = Engine(sandbox, tmp_path_factory.mktemp("provider"))
    started.up()
    return started


@pytest.fixture
def s3(engine):
    return engine.sandbox.client("staging", "s3")


def test_up_makes_what_the_program_says_in_the_profiles_account(engine, s3):
    outputs = engine.outputs()
    assert (outputs["account"], outputs["region"]) == ("111111111111", "eu-west-1")
    assert s3.get_bucket_versioning(Bucket=outputs["bucket"])["Status"] == "Enabled"


def test_a_preview_right_after_up_is_the_same_everywhere(engine):
    assert set(engine.operations().values()) == {"same"}


def test_a_refresh_right_after_up_finds_no_drift(engine):
    assert engine.drift() == {}


@pytest.fixture(scope="module")
def changed(engine):
    """A tag, a name and a bucket to adopt, all in one change: what the preview said of each, and what is still to do after the up."""
    engine.sandbox.client("staging", "s3").create_bucket(
        Bucket="provider-adopted", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    for key, value in {"owner": "data", "repository": "provider-pictures", "adopts": "true"}.items():
        engine.config(key, value)
    operations = engine.changes()
    engine.up()
    return operations, engine.changes()


def test_a_changed_tag_updates_in_place_and_a_changed_name_replaces_the_old_first(engine, changed):
    operations, remaining = changed
    assert operations["aws:s3/bucket:Bucket", "shelf"] == "update"
    assert operations["aws:ecr/repository:Repository", "images"] == "replace"
    assert remaining == {}
    named = engine.sandbox.client("staging", "ecr").describe_repositories()["repositories"]
    assert "provider-images" not in {one["repositoryName"] for one in named}


def test_a_bucket_that_is_there_is_imported(changed):
    operations, remaining = changed
    assert operations["aws:s3/bucket:Bucket", "adopted"] == "import"
    assert remaining == {}


@pytest.fixture(scope="module")
def meddled(engine, changed):
    """Someone else changed one thing and deleted another: the drift that a refresh would take over, and the changes after it."""
    assert changed
    s3, cloudwatch = (engine.sandbox.client("staging", service) for service in ("s3", "cloudwatch"))
    bucket = engine.outputs()["bucket"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    names = [one["AlarmName"] for one in cloudwatch.describe_alarms()["MetricAlarms"]]
    cloudwatch.delete_alarms(AlarmNames=[name for name in names if name.startswith("alarm-")])
    drift = engine.drift()
    engine.run("refresh", "--yes", "--skip-preview")
    changes = engine.changes()
    engine.up()
    return drift, changes


def test_a_refresh_shows_what_someone_else_changed_and_up_puts_it_back(engine, s3, meddled):
    drift, changes = meddled
    assert drift == {"shelf": {"versioningConfiguration.status"}}
    assert changes["aws:s3/bucketVersioning:BucketVersioning", "shelf"] == "update"
    assert s3.get_bucket_versioning(Bucket=engine.outputs()["bucket"])["Status"] == "Enabled"


def test_what_someone_else_deleted_is_made_anew(engine, meddled):
    _, changes = meddled
    assert changes["aws:cloudwatch/metricAlarm:MetricAlarm", "alarm"] == "create"
    alarms = engine.sandbox.client("staging", "cloudwatch").describe_alarms()["MetricAlarms"]
    assert any(alarm["AlarmName"].startswith("alarm-") for alarm in alarms)


def test_the_wrong_account_is_refused_before_anything_is_read_or_changed(engine):
    engine.config("aws:profile", "prod")
    before = engine.sandbox.last_call()
    output = engine.run("up", "--yes", "--skip-preview", check=False)
    made = {call["action"] for call in engine.sandbox.calls(before)}
    engine.config("aws:profile", "staging")
    engine.up()  # a destroy takes the profile from the state
    assert "222222222222, and aws:allowedAccountIds allows 111111111111" in output
    assert made == {"GetCallerIdentity"}


def test_an_unknown_config_key_is_refused_by_name(engine):
    engine.config("aws:maxRetries", "3")
    output = engine.run("preview", check=False)
    engine.run("config", "rm", "aws:maxRetries")
    assert "aws:maxRetries is unknown" in output


def test_destroy_leaves_nothing_not_even_the_versions_in_a_bucket(engine, s3):
    bucket = engine.outputs()["bucket"]
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="twice", Body=body)
    # By someone else, as when the endpoint went with its targets.
    engine.sandbox.client("staging", "application-autoscaling").deregister_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/provider/variant/v1-0-0",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )
    engine.run("destroy", "--yes", "--skip-preview")
    assert bucket not in {one["Name"] for one in s3.list_buckets()["Buckets"]}
    assert json.loads(engine.run("stack", "export"))["deployment"].get("resources", []) == []
