"""`modelctl` finds an environment's endpoint where its journal says that it is."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import msgspec
import pytest

from modeldelivery.release import cluster
from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.cli import context, main
from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.dry_run import DryRun
from modeldelivery.release.cli.dry_run_route import DryRunServer
from modeldelivery.release.cli.target import PlacedStore, PlacedTraffic
from modeldelivery.release.core import journal
from modeldelivery.release.core.target import placed
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.kubernetes.route_state import MARK
from modeldelivery.release.operations import unrecorded
from tests.fakes.aws import FakeAws
from tests.fakes.endpoint import FakeEndpoint
from tests.fakes.registry import FakeRegistry
from tests.fakes.scaling import FakeScaling
from tests.unit.release.core.test_target import PLACE
from tests.unit.release.kubernetes.bench import A, B, ClusterBench, backend
from tests.unit.release.kubernetes.test_kubeconfig import written
from tests.unit.release.stored import PLACE as ENVIRONMENT

PROJECT = Path(__file__).parents[3]


class NoAccount:
    """AWS of a dry run: nothing of it is called."""

    id, known_arn, fenced, patient = ENVIRONMENT.account, "arn:ada", None, None

    def arn(self):
        raise AssertionError("a dry run does not ask STS")


@pytest.fixture
def bench():
    bench = ClusterBench()
    bench.store.journal = placed(bench.store.journal, PLACE)
    return bench


def opened(bench, options, dry_run=None):
    """As `open_context` puts it together, with a cluster in memory."""

    def opens(place):
        assert place == PLACE
        traffic = bench.traffic()
        if dry_run:
            traffic.server = DryRunServer(traffic.server, dry_run)
        return traffic

    store = PlacedStore(bench.store)
    sagemaker = FakeEndpoint(bench.time, unreachable=AssertionError("SageMaker is asked"))
    traffic = PlacedTraffic(store, sagemaker, FakeScaling(), opens)
    return Context(
        place=ENVIRONMENT,
        store=store,
        traffic=traffic,
        registry=FakeRegistry(),
        scaling=traffic,
        clock=dry_run or bench.time,
        progress=bench.time,
        actor="ada",
        operation="op3",
        patience=options.timeout,
        calls=dry_run.calls if dry_run else None,
        caller=dry_run,
    )


def run(bench, *arguments, **more):
    return main([*arguments, "--env", "prod", "--model", "flights"], partial(opened, bench, **more))


def test_a_rollback_moves_the_route(bench):
    assert run(bench, "rollback", "--reason", "5xx") == 0
    assert bench.answers == {A: 100}


def test_what_was_moved_without_the_journal_is_adopted_and_its_mark_goes(bench):
    """Where the mark is, the journal says: on SageMaker there is none to take away, and the route would take nothing any more."""
    command = unrecorded.Unrecorded(operation="op-1", actor="ada", reason="S3 is down", to=A)
    unrecorded.move(command, bench.traffic(), bench.time, bench.time, 60)
    assert "moved all to v1.0.0" in bench.route["metadata"]["annotations"][MARK]

    assert run(bench, "adopt", "--reason", "S3 was down") == 0

    assert MARK not in bench.route["metadata"]["annotations"]
    assert bench.store.journal.weights == {A: 100, B: 0}
    bench.rollback(operation="op4", to=B, keep=True)
    assert bench.answers == {B: 100}


def test_status_shows_the_route(bench, capsys):
    assert run(bench, "status") == 0
    assert "v1.1.0" in capsys.readouterr().out


def test_a_dry_run_of_a_rollback_writes_nothing_and_lists_the_patch(bench, capsys):
    dry_run = DryRun(NoAccount(), bench.time)
    before = msgspec.json.encode(bench.route)

    assert run(bench, "rollback", "--reason", "5xx", "--dry-run", "--json", dry_run=dry_run) == 0

    assert msgspec.json.encode(bench.route) == before
    assert bench.answers == {B: 100}
    written = next(
        each
        for each in json.loads(capsys.readouterr().out)["calls"]
        if each["writes"] and "httproutes" in each["call"]
    )
    assert written["call"].startswith(
        "kubernetes:PATCH /apis/gateway.networking.k8s.io/v1/namespaces/flights-prod/"
    )
    refs = written["parameters"]["spec"]["rules"][0]["backendRefs"]
    assert {ref["name"]: ref["weight"] for ref in refs} == {backend(A): 100, backend(B): 0}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--kubernetes", "edge/flights"), "goes with --without-journal"),
        (("--kubernetes", "edge", "--without-journal", "--to", "v1.0.0"), "CONTEXT/NAMESPACE"),
    ],
)
def test_a_place_on_the_command_line_is_for_a_journal_that_is_away(bench, capsys, arguments, sentence):
    with pytest.raises(SystemExit) as usage:
        run(bench, "rollback", "--reason", "S3 is down", *arguments)

    assert usage.value.code == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


@pytest.fixture
def operators_machine(bench, tmp_path, monkeypatch):
    """AWS with the journal, and a kubeconfig that leads to the cluster."""
    aws = FakeAws(id=ENVIRONMENT.account, buckets={ENVIRONMENT.registry_bucket}, seconds=bench.time.seconds)
    aws.objects[ENVIRONMENT.journal_key] = journal.encode(bench.store.journal), '"0"'
    environment = AwsEnvironment(account=aws.account, place=ENVIRONMENT)
    monkeypatch.setattr(context, "open_environment", lambda *_, **__: environment)
    config = written(tmp_path, cluster={"server": PLACE.server}, user={"token": "token"}, context="prod")
    monkeypatch.setenv("KUBECONFIG", str(config))
    monkeypatch.setattr(cluster, "connect", lambda *_, **__: bench.cluster.server)
    return aws


def modelctl(*arguments):
    return main([*arguments, "--env", "prod", "--model", "flights"], context.open_context)


def test_an_operators_machine_finds_the_cluster_by_the_journal(operators_machine, capsys):
    assert modelctl("status") == 0

    assert "v1.1.0" in capsys.readouterr().out
    assert [call for call, _ in operators_machine.calls if "Endpoint" in call] == []


def is_away(*_, **__):
    raise UnreachableError("sts:GetCallerIdentity: no connection")


def test_with_the_journal_away_the_command_line_says_which_cluster_it_is(
    bench, operators_machine, monkeypatch
):
    """And nothing of AWS need be there."""
    monkeypatch.setattr(context, "time", bench.time)
    operators_machine.objects.clear()
    monkeypatch.setattr(context, "open_environment", is_away)
    monkeypatch.setattr(context, "open_account", is_away)
    emergency = ("--without-journal", "--kubernetes", "prod/flights-prod", "--to", "v1.0.0")

    assert modelctl("rollback", *emergency, "--reason", "S3 is down") == 4

    assert "moved all to v1.0.0" in bench.route["metadata"]["annotations"][MARK]
    assert bench.answers == {A: 1}


def test_on_sagemakers_path_nothing_of_kubernetes_is_imported():
    """Its CPU is measured against bare boto3."""
    code = (
        "import sys, modeldelivery.release.cli.context, modeldelivery.release.cli.rollback; "
        "print(*[name for name in sys.modules if 'kubernetes' in name or name.endswith(('.cluster', '.eks'))])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == ""
