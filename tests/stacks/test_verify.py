"""`modelctl verify` against real containers: each is asked by itself at weight 0, told apart by what it does, and serves on."""

import hashlib
import json
from dataclasses import dataclass

import msgspec
import pytest

from modeldelivery.release.aws.registry import AwsRegistry
from modeldelivery.release.cli import main
from modeldelivery.release.core.verification import Verification, verify_name
from modeldelivery.release.naming import Place, artifact_key, parse_environment, parse_model, variant_name
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.samples import read_samples
from modeldelivery.release.version import DigestSet, parse_version
from tests.bits import packed
from tests.conftest import CHECKOUT
from tools.builds import verify as stage
from tools.builds.stage import StageError
from tools.builds.subject import Subject

pytestmark = [pytest.mark.stacks, pytest.mark.timeout(240)]

LIVE, SOUND, DEAD, OTHER, SLOW, NARROW = (parse_version(f"v{n}.0.0") for n in range(1, 7))
# Each of the containers answers with what it was sent: `tests/containers/echo`.
BEHAVIOURS = {
    LIVE: {},
    SOUND: {},
    DEAD: {"dies": True},
    OTHER: {},
    SLOW: {"seconds": 0.04},
    NARROW: {"seconds": 0.1, "serial": True},
}
SAMPLES = json.dumps([{"content_type": "text/csv", "body": "1,2"}]).encode()
SCHEMA = {
    "features": [{"type": "number", "name": "temp", "meaning": "°C", "minimum": -40, "maximum": 50}],
    "output": {"type": "number", "name": "price", "meaning": "€"},
    "self_check": {"instance": {"temp": 12.5}, "output": [3.0]},
}
LOCUST = CHECKOUT / ".venv-load" / "bin" / "locust"


@dataclass
class Verified:
    """An endpoint on which v1.0.0 serves, with five candidates; every version is registered."""

    hosting: object
    place: Place

    def register(self, version):
        bits = packed({"schema.json": json.dumps(SCHEMA).encode(), "of": version.encode()}, samples=b"")
        digests = DigestSet(image="sha256:" + "0" * 64, model=_digest(bits), data="none")
        file = read_samples(SAMPLES, "samples")
        registry = AwsRegistry(clients=_Clients(self.hosting.sandbox), place=self.place)
        registry.clients.s3.put_object(
            Bucket=self.place.registry_bucket, Key=artifact_key(digests.model), Body=bits
        )
        registry.store_samples(file)
        record = VersionRecord(
            version=version,
            digests=digests,
            image="image",
            model_data="s3://x",
            registered_at=1.0,
            registered_by="ada",
            package_arn="arn:package",
            samples=None
            if version == OTHER
            else file.summary,  # a model of this project's server, says its record
        )
        registry.write(record, None)

    def keep(self, version):
        """As if it had been verified."""
        registry = AwsRegistry(clients=_Clients(self.hosting.sandbox), place=self.place)
        record = registry.record(version)
        made = Verification(
            environment="staging",
            endpoint=f"arn:aws:sagemaker:{self.place.region}:{self.place.account}:endpoint/{self.place.endpoint}",
            version=version,
            digests=record.digests,
            at=1.0,
            by="ada",
            checks=("sample 0",),
            latency=None,
        )
        registry.store_evidence(record.digests.id, verify_name("staging"), msgspec.json.encode(made))

    def kept(self, version, name="verify-staging.json"):
        registry = AwsRegistry(clients=_Clients(self.hosting.sandbox), place=self.place)
        content = registry.read_evidence(registry.record(version).digests.id, name)
        return None if content is None else json.loads(content)


class _Clients:
    def __init__(self, sandbox):
        self.s3, self.ecr, self.sagemaker = (
            sandbox.client("staging", name) for name in ("s3", "ecr", "sagemaker")
        )


def _digest(bits):
    return "sha256:" + hashlib.sha256(bits).hexdigest()


@pytest.fixture(scope="module")
def verified(hosting):
    place = Place(
        model=parse_model("asked"),
        environment=parse_environment("staging"),
        account="111111111111",
        region="eu-west-1",
    )
    hosting.sandbox.client("staging", "s3").create_bucket(
        Bucket=place.registry_bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    variants = [
        {
            "VariantName": variant_name(version),
            "ModelName": hosting.model(f"asked-{variant_name(version)}", **behaviour),
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 100.0 if version == LIVE else 0.0,
        }
        for version, behaviour in BEHAVIOURS.items()
    ]
    hosting.sagemaker.create_endpoint_config(EndpointConfigName=place.endpoint, ProductionVariants=variants)
    hosting.endpoint(place.endpoint, place.endpoint)
    made = Verified(hosting, place)
    for version in BEHAVIOURS:
        made.register(version)
    return made


@pytest.fixture
def modelctl(verified, monkeypatch, tmp_path, capsys):
    """`modelctl verify` in this process; the folder is that of a project."""
    for name, value in verified.hosting.sandbox.env.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    (tmp_path / "Pulumi.yaml").write_text("name: model-delivery\n")
    monkeypatch.chdir(tmp_path)

    def run(version, *more, ratio=2):
        (tmp_path / "Pulumi.staging.yaml").write_text(
            f"config:\n  model-delivery:verify: {{latencyRatio: {ratio}, requests: 459, loadSeconds: 5}}\n"
            "  model-delivery:alarms: {maxLatencyMs: 1000}\n"
        )
        arguments = ["verify", "--env", "staging", "--model", "asked", "--version", version, "--json", *more]
        status = main(arguments)
        output = capsys.readouterr()
        return status, json.loads(output.out), output.err

    return run


def serves_on(verified):
    """All traffic is where it was, and is answered."""
    weights = verified.hosting.weights(verified.place.endpoint)
    assert {name: weight for name, weight in weights.items() if weight} == {variant_name(LIVE): 100.0}
    assert verified.hosting.invoke(verified.place.endpoint)[0] == variant_name(LIVE)


def test_a_sound_variant_at_weight_0_is_verified_and_leaves_evidence(verified, modelctl):
    status, document, err = modelctl(SOUND)

    assert (status, document["outcome"]) == (0, "done"), err
    kept = verified.kept(SOUND)
    assert (kept["version"], kept["latency"]["beside"]) == (SOUND, LIVE)
    assert kept["latency"]["requests"] == 459
    serves_on(verified)
    assert modelctl(SOUND)[1]["outcome"] == "already"


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (DEAD, "v3.0.0 does not answer: sample 0 got no answer"),
        (OTHER, "v4.0.0 has another schema than its model: the self-check was answered without predictions"),
        pytest.param(SLOW, "v5.0.0 is too slow: median of 459 requests", marks=pytest.mark.soak),
    ],
)
def test_a_variant_that_does_not_hold_is_told_apart_and_the_endpoint_serves_on(
    verified, modelctl, version, sentence
):
    status, document, err = modelctl(version, ratio=1)  # 40 ms are more, however busy the machine is

    assert status == 10
    assert document["summary"].startswith(sentence), document["summary"]
    assert f"`modelctl reject {version} --env staging --reason …`" in err
    assert verified.kept(version) is None
    serves_on(verified)


@pytest.mark.usefixtures("modelctl")
def test_the_stage_of_a_build_ends_with_what_is_wrong_and_with_what_keeps_it_from_traffic(verified):
    """The sentence that `modelctl builds` and the topic have: a whole tag's road to it is `test_build_verify.py`."""
    with pytest.raises(StageError) as stopped:
        stage.verify(
            Subject(model=parse_model("asked"), environment=parse_environment("staging"), version=DEAD), {}
        )

    assert str(stopped.value).startswith("v3.0.0 does not answer: sample 0 got no answer: ")
    assert "`modelctl reject v3.0.0 --env staging --reason …` keeps it from traffic" in str(stopped.value)
    serves_on(verified)


def test_a_dry_run_asks_the_variant_and_keeps_nothing(verified, modelctl):
    """An invocation changes nothing: it is made, and listed once for each variant."""
    status, document, _ = modelctl(DEAD, "--dry-run")

    assert (status, document["outcome"], verified.kept(DEAD)) == (0, "dry run", None)
    assert "It would end with status 10: v3.0.0 does not answer" in document["summary"]
    invocations = [call for call in document["calls"] if call["call"] == "sagemaker:InvokeEndpoint"]
    assert [(call["writes"], call["parameters"]) for call in invocations] == [
        (False, {"EndpointName": "asked-staging", "TargetVariant": "v3-0-0"})
    ]


@pytest.mark.soak
@pytest.mark.skipif(not LOCUST.exists(), reason="no .venv-load: `make setup-load` makes it")
def test_a_load_finds_what_one_instance_serves(verified, modelctl):
    """One request at a time, a tenth of a second each: 600 a minute at the very most, and half of that on any machine."""
    verified.keep(NARROW)
    status, _, err = modelctl(NARROW, "--load")

    load = verified.kept(NARROW, "load-staging-ml.m5.large.json")
    assert status == 0, err
    assert 200 <= load["requestsPerMinute"] <= 660, err
    assert load["withinMs"] == 1000
    assert any(trial["p99Ms"] > 1000 or not trial["served"] for trial in load["trials"]), err
