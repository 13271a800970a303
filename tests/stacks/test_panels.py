"""Every panel is fed: each expression has an answer in a real Prometheus that scrapes the exporter and model servers."""

import json
import shutil
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime

import msgspec
import pytest
import yaml
from sklearn.datasets import load_diabetes

from modeldelivery.release import verdicts
from modeldelivery.release.core.journal import Drill, DrillMove, Intent, IntentKind
from modeldelivery.release.verdicts import Verdicts
from monitoring import prometheus, rules
from monitoring.panels import PANELS
from monitoring.programs import HOST, free_ports, on_path, running
from pipelines.flights.samples import sample
from sandbox.archive import unpack
from tests.faults.model_server import archive, serving, until
from tests.models import diabetes, iris
from tests.stacks.endpoint import BOTH, V1, V2, LiveEndpoint
from tests.stacks.test_monitoring import Exporter, invoke
from tests.unit.release.test_verdicts import drift, quality

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not shutil.which("prometheus"), reason="`apt-get install prometheus` was not done"),
]
PLACE = 'model=~"$model",environment=~"$environment"'
EXPRESSIONS = {expression: panel.title for panel in PANELS for expression, _ in panel.expressions}
GPU = {
    f"{name}{{{PLACE}}}"
    for name in ("endpoint_gpu_ratio", "endpoint_gpu_memory_ratio", "job_gpu_ratio", "job_gpu_memory_ratio")
}  # no instance here has one
LIMIT = 500_000.0  # microseconds
BUCKET = "panels-captures"


def flights():
    return archive(), {**sample(1)[0], "temp": None, "dest": "ZZZ"}


def irises():
    row = iris.instances(1)[0][0]
    return iris.train(), {**row, "petal_width": 99}, row


def progression():
    return diabetes.train(), dict.fromkeys(load_diabetes().feature_names, 0.01)


@pytest.fixture(scope="module")
def live(hosting):
    """An endpoint that captures, is watched by an alarm, has a job beside it, and where a change that nobody made is under way."""
    made = LiveEndpoint(
        hosting,
        "panels",
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    )
    made.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    cloudwatch = made.sandbox.client("staging", "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=f"{made.place.endpoint}-v2-0-0-latency",
        Namespace="AWS/SageMaker",
        MetricName="ModelLatency",
        ExtendedStatistic="p99",
        Threshold=LIMIT,
        Period=60,
        EvaluationPeriods=3,
        ComparisonOperator="GreaterThanThreshold",
        Dimensions=[
            {"Name": "EndpointName", "Value": made.place.endpoint},
            {"Name": "VariantName", "Value": "v2-0-0"},
        ],
    )
    cloudwatch.put_metric_data(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricData=[
            {"MetricName": metric, "Value": 50.0, "Dimensions": [{"Name": "Host", "Value": "fit/algo-1"}]}
            for metric in ("CPUUtilization", "MemoryUtilization", "DiskUtilization")
        ],
    )
    now = datetime.now(UTC)
    judged = Verdicts().with_drift(V2, drift(at=now)).with_quality(V2, quality(at=now))
    place = made.place
    made.s3.put_object(Bucket=place.registry_bucket, Key=place.verdicts_key, Body=verdicts.encode(judged))
    assert made.run("rollback", "--reason", "a drill").returncode == 0
    made.write(msgspec.structs.replace(made.journal, intent=under_way(), drill=over()))
    return made


def over():
    """A drill of yesterday."""
    then = time.time() - 86_400
    moves = tuple(DrillMove(to=version, wrong=0.5, done=1.5, requests=20) for version in (V1, V2))
    return Drill(
        operation="drill-1", actor="ada", reason="monthly", since=then, home=V2, away=V1, rounds=1, rate=20,
        moves=moves, ended=then,
    )  # fmt: skip


def under_way():
    """A change that its owner left an hour ago."""
    then = time.time() - 3600
    return Intent(
        operation="up-2", kind=IntentKind.UP, actor="ci", reason="live", since=then, source=BOTH, target={V1: 100, V2: 0},
        deadline=then, fence=then,
    )  # fmt: skip


class Prometheus:
    """One that scrapes these targets every second."""

    def __init__(self, stack, folder, targets):
        (port,) = free_ports(1)
        self._address = f"{HOST}:{port}"
        (folder / "rules.yml").write_text(rules.text())
        document = prometheus.document(targets, [], folder / "rules.yml", scale=0.01)
        (folder / "prometheus.yml").write_text(yaml.safe_dump(document))
        command = [
            on_path(["prometheus"], "`apt-get install prometheus`"),
            f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self._address}",
        ]  # fmt: skip
        process = stack.enter_context(running("prometheus", command, folder / "prometheus.log"))
        process.await_answer(self._address, "/-/ready")

    def answers(self, expression):
        """Whether an expression has a value that is a number."""
        chosen = expression.replace(PLACE, 'model=~"panels",environment=~"staging"')
        query = urllib.parse.urlencode({"query": chosen})
        with urllib.request.urlopen(f"http://{self._address}/api/v1/query?{query}", timeout=300) as response:
            result = json.loads(response.read())["data"]["result"]
        return any(each["value"][1] != "NaN" for each in result)


def test_every_panel_is_fed(live, tmp_path):
    with ExitStack() as stack:
        servers = []
        for number, model in enumerate((flights, irises, progression)):
            data, *rows = model()
            folder = tmp_path / str(number)
            unpack(data, folder / "model")
            server = stack.enter_context(serving(folder / "model", folder, MODEL_VERSION="v2.0.0"))
            until(lambda server=server: server.ping().status == 200, "ready")
            servers.append((server, rows))
        exporter = Exporter(live)
        stack.callback(exporter.end)
        addresses = [exporter.address.removeprefix("http://").removesuffix("/metrics")]
        addresses += [f"{HOST}:{server.port}" for server, _ in servers]
        targets = [prometheus.target(each, live.place.model, "staging") for each in addresses]
        monitor = Prometheus(stack, tmp_path, targets)
        empty, end = set(EXPRESSIONS) - GPU, time.monotonic() + 60
        while empty and time.monotonic() < end:
            invoke(live, 5)
            for server, rows in servers:
                for row in rows:
                    server.invoke(json.dumps([row]))
            time.sleep(0.5)
            empty = {expression for expression in empty if not monitor.answers(expression)}
    assert {expression: EXPRESSIONS[expression] for expression in empty} == {}


def test_what_no_machine_here_has_is_a_panel_all_the_same():
    assert set(EXPRESSIONS) >= GPU
