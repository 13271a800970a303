"""`modelctl train --dry-run`: every input is settled on AWS, and the one call that would start an execution is shown."""

import json

import pytest

from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.cli import main
from modeldelivery.release.cli.context import open_context
from tests.fakes.training import DEPLOYED
from tests.unit.release_cli.test_dry_run import BORN, ReadOnly
from tests.unit.release_cli.world import PLACE

REVISION = f"sha256:{'1' * 64}"


class Trains(ReadOnly):
    """An account with a pipeline, a data set and an image of each kind; no version serves there."""

    region = PLACE.region

    def __init__(self):
        super().__init__()
        self.journal = None

    def list_objects_v2(self, **_):
        key = f"datasets/{REVISION.replace(':', '/')}/manifest.json"
        return {"Contents": [{"Key": key, "LastModified": BORN}]}

    def head_object(self, **_):
        return {}

    def describe_images(self, **_):
        return {"imageDetails": [{"imageDigest": f"sha256:{'2' * 64}", "imagePushedAt": BORN}]}

    def describe_pipeline(self, **_):
        parameters = [{"Name": name} for name in sorted(DEPLOYED.parameters)]
        return {"PipelineDefinition": json.dumps({"Parameters": parameters})}

    def list_pipeline_executions(self, **_):
        return {"PipelineExecutionSummaries": []}


@pytest.fixture
def ended(monkeypatch, capsys):
    """The document that the command prints."""
    environment = AwsEnvironment(account=Trains(), place=PLACE)
    monkeypatch.setattr("modeldelivery.release.cli.context.open_environment", lambda *_, **__: environment)
    given = ("--commit", "c" * 40, "--first", "2013-01", "--until", "2013-03")
    command = ["train", "--env", "prod", "--model", "flights", "--version", "v1.2.0", *given]
    assert main([*command, "--dry-run", "--json"], open_context) == 0
    return json.loads(capsys.readouterr().out)


def test_a_dry_run_shows_the_execution_that_would_be_started_and_starts_none(ended):
    written = {call["call"]: call["parameters"] for call in ended["calls"] if call["writes"]}
    assert written.keys() == {"s3:PutObject", "sagemaker:StartPipelineExecution"}
    start = written["sagemaker:StartPipelineExecution"]
    given = {each["Name"]: each["Value"] for each in start["PipelineParameters"]}
    assert (start["PipelineName"], given["Version"], given["DataRevision"]) == (
        "flights-prod",
        "v1.2.0",
        REVISION,
    )
    assert (ended["outcome"], ended["exit"]) == ("dry run", 0)
