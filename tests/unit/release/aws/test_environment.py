"""A command as its user runs it, on AWS in memory: which clients it makes, and how often it calls."""

import json
import threading
from pathlib import Path

import msgspec
import pytest

from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.cli import context, main
from modeldelivery.release.cli.options import Options
from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.core.journal import Event, EventKind, Journal, Served, decode, encode
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.naming import Place, parse_environment, parse_model, record_key
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.record import encode as encode_record
from modeldelivery.release.version import DigestSet, Version
from tests.fakes.aws import FakeAws
from tests.fakes.journal import START

PLACE = Place(
    model=parse_model("flights"),
    environment=parse_environment("prod"),
    account="222222222222",
    region="eu-west-1",
)
V1, V2 = Version("v1.0.0"), Version("v2.0.0")
MOVE = "sagemaker:UpdateEndpointWeightsAndCapacities"
RECORD = VersionRecord(
    version=V1,
    digests=DigestSet(image=f"sha256:{'0' * 64}", model=f"sha256:{'1' * 64}", data="rows"),
    image="image",
    model_data="s3://bucket/model.tar.gz",
    registered_at=START,
    registered_by="ada",
    package_arn="arn:package/1",
)
COMMANDS = Path(context.__file__).parent  # a module for each


@pytest.fixture
def aws(monkeypatch):
    """v2.0.0 serves since `up` decided so, v1.0.0 served before."""
    aws = FakeAws(id=PLACE.account, buckets={PLACE.registry_bucket}, looks=0, seconds=1000.0)
    variants = [
        {"VariantName": name, "InitialVariantWeight": weight, "InitialInstanceCount": 1}
        for name, weight in (("v1-0-0", 0.0), ("v2-0-0", 100.0))
    ]
    aws._create_endpoint_config("config", variants, [])
    aws._create_endpoint(PLACE.endpoint, "config", [])
    born = aws._describe_endpoint(PLACE.endpoint)["CreationTime"].timestamp()
    both = {V1: 0, V2: 100}
    decision = Event(
        operation="up-1", kind=EventKind.UP, at=START, actor="ci", reason="live", source={V1: 100}, target=both
    )  # fmt: skip
    journal = Journal(
        incarnation=Incarnation(aws.arn("endpoint", PLACE.endpoint), born),
        live=V2,
        fleet=(V2, V1),
        weights=both,
        digests={V1: "sha256:1", V2: "sha256:2"},
        served=(Served(version=V1, since=1.0, whole=1.0), Served(version=V2, since=2.0, whole=2.0)),
        decision=decision,
        history=(decision,),
    )
    aws.objects[PLACE.journal_key] = encode(journal), '"1"'
    monkeypatch.setattr(
        context, "open_environment", lambda *_, **__: AwsEnvironment(account=aws.account, place=PLACE)
    )
    return aws


def test_a_rollback_makes_two_clients_and_moves_traffic_with_its_fourth_call(aws):
    assert main(["rollback", "--env", "prod", "--model", "flights", "--reason", "errors doubled"]) == 0

    assert aws.made[:2] == [("fenced", "s3"), ("fenced", "sagemaker")]
    assert aws.made[2:] in ([], [("fenced", "sts")])  # a thread's; the command may end before it
    actions = [action for _, action in aws.calls]
    assert actions[: actions.index(MOVE) + 1] == [
        "s3:GetObject",
        "sagemaker:DescribeEndpoint",
        "s3:PutObject",
        MOVE,
    ]
    assert decode(aws.objects[PLACE.journal_key][0], "it").weights == {V1: 100, V2: 0}


def test_a_rollback_signs_with_its_caller_and_its_request_in_every_view(aws, capsys):
    aws.faults["sagemaker:DescribeEndpoint"] += [lambda: None, _sts_has_answered]
    command = ("--env", "prod", "--model", "flights")
    assert main(["rollback", *command, "--reason", "errors doubled"]) == 0
    arn = "arn:aws:sts::222222222222:assumed-role/operator/ada"
    moved = f"request-{[action for _, action in aws.calls].index(MOVE) + 1}"
    capsys.readouterr()

    main(["history", *command])
    text = capsys.readouterr().out
    main(["history", *command, "--json"])
    line = json.loads(capsys.readouterr().out)[0]
    main(["status", *command, "--json"])
    decision = json.loads(capsys.readouterr().out)["decision"]

    assert (arn in text, f"request {moved}" in text) == (True, True)
    assert (line["caller"], line["calls"]) == (arn, [moved])
    assert (decision["caller"], decision["calls"]) == (arn, [moved])


def _sts_has_answered():
    """The look after the move comes when the thread that asks STS is through."""
    for thread in threading.enumerate():
        if thread.name == "caller":
            thread.join(60)


def test_a_dry_run_reads_through_the_same_ports_and_writes_nothing(aws, capsys):
    before = dict(aws.objects)

    status = main(
        [
            "rollback",
            "--env",
            "prod",
            "--model",
            "flights",
            "--reason",
            "errors doubled",
            "--dry-run",
            "--json",
        ]
    )

    output = json.loads(capsys.readouterr().out)
    assert (status, output["outcome"]) == (0, "dry run")
    assert MOVE in {call["call"] for call in output["calls"] if call["writes"]}
    assert aws.objects == before
    assert aws.called("fenced") == {"s3:GetObject", "sagemaker:DescribeEndpoint", "sagemaker:ListTags"}


def test_another_accounts_bucket_is_refused_by_s3_itself(aws):
    foreign = msgspec.structs.replace(PLACE, account="333333333333")
    aws.id = "333333333333"
    endpoint = AwsEnvironment(account=aws.account, place=foreign).endpoint
    aws.id = PLACE.account

    with pytest.raises(UnreachableError, match="AccessDenied"):
        endpoint.store.read()


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["history"],
        ["verify", "--version", "v9.0.0"],
        ["train", "--version", "v3.0.0", "--commit", "c" * 40, "--first", "2013-01", "--until", "2013-03"],
        ["approve", "v1.0.0", "--reason", "verified in staging"],
    ],
    ids=lambda command: command[0],
)
def test_a_command_that_does_not_act_through_the_runner_is_patient(aws, command):
    """Nobody else asks again for it: one throttled read would end a load of minutes."""
    aws.objects[record_key(V1)] = encode_record(RECORD), '"1"'
    main([*command, "--env", "prod", "--model", "flights"])

    assert "s3:GetObject" in aws.called("patient")
    assert aws.called("fenced") == set()


def test_only_a_command_that_acts_through_the_runner_sends_each_call_once():
    """Of any other an error that passes by itself would be the end."""
    by_runner = {
        kind.command
        for kind in Options.__subclasses__()
        if "context.runner()" in (COMMANDS / f"{kind.command}.py").read_text()
    }
    assert {kind.command for kind in Options.__subclasses__() if kind.fenced} == by_runner
