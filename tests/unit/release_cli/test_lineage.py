"""`modelctl lineage`: the chain from the endpoint to the data, and what of it is missing."""

import msgspec
import pytest

from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.training import Execution, Step
from modeldelivery.release.core.verification import Load, Verification
from modeldelivery.release.errors import Exit, UnreachableError
from modeldelivery.release.naming import BILL, evidence_key, image_evidence
from modeldelivery.release.ports import DOCKER_MANIFEST, Image
from modeldelivery.release.record import GateOutcome, Source
from tests.fakes.training import REVISION, Run
from tests.unit.release_cli.world import PLACE, V1, V2, V3, World, endpoint, register

ARN = "arn:aws:sagemaker:eu-west-1:222222222222:pipeline/flights-prod/execution/abcdefghijkl"
COMMIT = "c" * 40
STEPS = (
    Step(name="Validate", status="Succeeded", cached=True, job=""),
    Step(name="Train", status="Succeeded", job="arn:job/pipelines-train", started=10.0, ended=14.2),
)


@pytest.fixture
def world():
    """v2.0.0 serves, and everything that it comes from is there."""
    made = World()
    register(made.registry, V2, b"second")
    record, etag = made.registry.records[V2]
    record = msgspec.structs.replace(
        record,
        digests=msgspec.structs.replace(record.digests, data=REVISION),
        package_arn="arn:package/2",
        source=Source(commit=COMMIT, execution=ARN),
        gates={"auc": GateOutcome(verdict="skipped", by="ada", because="worth it for now")},
        evidence={"validation.json": "sha256:1"},
    )
    made.registry.records[V2] = record, etag
    made.registry.images[record.digests.image] = Image(media_type=DOCKER_MANIFEST)
    made.holdings.objects = {record.model_data, evidence(record)}
    made.holdings.packages = {"arn:package/2": "Approved"}
    made.executions.runs[ARN] = Run(None, "", [Execution(arn=ARN, status="Succeeded", steps=STEPS)])
    made.executions.on_end = lambda *_: None
    return made


def evidence(record):
    return f"s3://{PLACE.registry_bucket}/{evidence_key(record.digests.id, 'validation.json')}"


def told(ended):
    """Links by kind; of a kind with several, by kind and name."""
    return {f"{link['kind']} {link['name']}": link for link in ended.json["links"]}


def test_the_chain_of_the_version_that_serves_is_whole(modelctl):
    ended = modelctl("lineage", "--model", "flights", "--json")
    assert (ended.status, ended.json["version"], ended.json["missing"]) == (Exit.DONE, V2, 0)
    kinds = [link["kind"] for link in ended.json["links"]]
    assert kinds == [
        *(
            "endpoint",
            "variant",
            "record",
            "package",
            "image",
            "model",
            "commit",
            "execution",
            "step",
            "step",
        ),
        *("data", "gate", "evidence"),
    ]
    links = told(ended)
    assert links[f"variant {V2}"]["about"] == "100 % of the traffic"
    assert links["package arn:package/2"]["about"] == "Approved"
    assert links[f"execution {ARN}"]["about"] == "Succeeded"
    assert links["step Validate"]["about"] == "Succeeded, cached"
    assert links["step Train"]["about"] == "Succeeded, 4 s, pipelines-train"
    assert links[f"data {REVISION}"]["about"] == f"s3://data/{REVISION}/"
    assert links["gate auc"]["about"] == "skipped by ada: worth it for now"


def test_people_read_it_as_a_table(modelctl):
    out = modelctl("lineage", "--model", "flights").out
    assert out.startswith("v2.0.0 of prod\n")
    assert f"commit     {COMMIT}" in out


@pytest.mark.parametrize(
    ("loss", "kind", "why"),
    [
        (lambda w: setattr(w.hosting, "endpoint", endpoint({V1: 100})), "variant", "is not on the endpoint"),
        (lambda w: w.registry.records.clear(), "record", "the version is not registered"),
        (lambda w: _changed(w, package_arn=None), "package", "the registration is unfinished"),
        (lambda w: w.holdings.packages.clear(), "package", "SageMaker's registry does not have it"),
        (lambda w: w.registry.images.clear(), "image", "the repository does not have it"),
        (lambda w: w.holdings.objects.clear(), "model", "the registry bucket does not have it"),
        (lambda w: w.holdings.objects.clear(), "evidence", "does not have validation.json"),
        (lambda w: _changed(w, source=None), "commit", "registered by hand"),
        (lambda w: _changed(w, source=None), "execution", "registered by hand"),
        (lambda w: w.sources.data.clear(), "data", "data bucket does not have this revision"),
        (lambda w: _changed(w, evidence=None), "evidence", "the record names none"),
    ],
)
def test_a_link_that_is_missing_is_told_and_stops_nothing(modelctl, world, loss, kind, why):
    loss(world)
    ended = modelctl("lineage", "--model", "flights", "--json")
    assert ended.status == Exit.DONE
    (link,) = (each for each in ended.json["links"] if each["kind"] == kind)
    assert why in link["missing"]
    assert ended.json["missing"] >= 1
    assert f"missing: {link['missing']}" in modelctl("lineage", "--model", "flights").out


def test_what_was_kept_after_the_registration_is_named_too(modelctl, world):
    digests = world.registry.records[V2][0].digests
    about = {
        "environment": "staging",
        "endpoint": "arn:x",
        "version": V2,
        "digests": digests,
        "at": 1.0,
        "by": "ada",
    }
    documents = {
        "validation.json": b"{}",
        "verify-staging.json": msgspec.json.encode(Verification(**about, checks=("a", "b"), latency=None)),
        "load-staging-ml.m5.large.json": msgspec.json.encode(
            Load(
                **about,
                instance_type="ml.m5.large",
                within_ms=500,
                requests_per_minute=4800,
                trials=(),
            )
        ),
        "load-prod-ml.c6i.large.json": b"{",
        "note.txt": b"hello",
    }
    world.registry.evidence |= {(digests.id, name): content for name, content in documents.items()}
    ended = modelctl("lineage", "--model", "flights", "--json")
    told = {
        link["name"].rpartition("/")[2]: link.get("about", "")
        for link in ended.json["links"]
        if link["kind"] == "evidence"
    }

    assert told == {
        "validation.json": "",
        "verify-staging.json": "verified in staging by ada: 2 checks, and nothing served beside it to compare with; on arn:x",
        "load-staging-ml.m5.large.json": "4800 requests a minute of one ml.m5.large within 500 ms, measured in staging by ada on arn:x",
        "load-prod-ml.c6i.large.json": "cannot be read",
        "note.txt": "",
    }
    assert ended.json["missing"] == 0


def test_what_a_promotion_brought_is_told_as_the_other_environments(modelctl, world):
    """It is named by the record there, since it came before the registration."""
    record = world.registry.records[V2][0]
    made = Verification(
        environment="staging",
        endpoint="arn:stagings",
        version=V2,
        digests=record.digests,
        at=1.0,
        by="ada",
        checks=("a",),
        latency=None,
    )
    name = "verify-staging.json"
    _changed(world, evidence={**(record.evidence or {}), name: "sha256:" + "0" * 64})
    world.registry.evidence[record.digests.id, name] = msgspec.json.encode(made)
    world.holdings.objects.add(f"s3://{PLACE.registry_bucket}/{evidence_key(record.digests.id, name)}")
    links = modelctl("lineage", "--model", "flights", "--json").json["links"]
    (link,) = (each for each in links if each["name"].endswith(name))

    assert link["about"].startswith("verified in staging by ada: 1 checks")
    assert link["about"].endswith("; on arn:stagings")
    assert "missing" not in link


JOB = "arn:aws:sagemaker:eu-west-1:222222222222:processing-job/pipelines-abcdefghijkl-register-0123456789"
STEP_IMAGE = f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights-prod-steps@sha256:{'5' * 64}"


def test_the_image_of_the_steps_and_the_bills_of_both_images_are_named(modelctl, world):
    registered = Step(name="Register", status="Succeeded", job=JOB, started=10.0, ended=14.2)
    execution = Execution(arn=ARN, status="Succeeded", steps=(*STEPS, registered))
    world.executions.runs[ARN] = Run(None, "", [execution])
    world.holdings.jobs = {JOB: STEP_IMAGE}
    record = world.registry.records[V2][0]
    images = {
        image_evidence(record.digests.image): "server's",
        image_evidence(f"sha256:{'5' * 64}"): "steps'",
    }
    world.registry.evidence |= {(of, BILL): b"{}" for of in images}

    ended = modelctl("lineage", "--model", "flights", "--json")

    about = {link["name"]: link.get("about", "") for link in ended.json["links"]}
    assert about[STEP_IMAGE] == "of the steps"
    for of, whose in images.items():
        uri = f"s3://{PLACE.registry_bucket}/{evidence_key(of, BILL)}"
        assert about[uri] == f"bill of materials of the {whose} image"
    assert ended.json["missing"] == 0


def test_a_job_that_may_not_be_looked_at_is_told_in_the_place_of_its_image(modelctl, world, monkeypatch):
    registered = Step(name="Register", status="Succeeded", job=JOB, started=10.0, ended=14.2)
    world.executions.runs[ARN] = Run(None, "", [Execution(arn=ARN, status="Succeeded", steps=(registered,))])
    monkeypatch.setattr(world.holdings, "job_image", lambda _: _denied())

    ended = modelctl("lineage", "--model", "flights", "--json")

    assert told(ended)["image of the steps"]["missing"] == "access denied"


def test_what_was_kept_later_and_cannot_be_listed_is_told(modelctl, world, monkeypatch):
    def denied(_):
        raise UnreachableError("s3:ListObjectsV2: AccessDenied")

    monkeypatch.setattr(world.registry, "evidence_names", denied)
    ended = modelctl("lineage", "--model", "flights", "--json")
    assert ended.json["links"][-1]["missing"] == "s3:ListObjectsV2: AccessDenied"


def _changed(world, **fields):
    record, etag = world.registry.records[V2]
    world.registry.records[V2] = msgspec.structs.replace(record, **fields), etag


def test_what_cannot_be_read_says_why_in_its_place(modelctl, world):
    world.holdings.refuses = UnreachableError("access denied")
    world.executions.on_look = _denied
    ended = modelctl("lineage", "--model", "flights", "--json")
    assert ended.status == Exit.DONE
    links = ended.json["links"]
    unread = {link["kind"] for link in links if link.get("missing") == "access denied"}
    assert unread == {"package", "model", "execution", "evidence"}


def _denied():
    raise UnreachableError("access denied")


def test_another_version_can_be_named_also_where_it_does_not_serve(modelctl, world):
    register(world.registry, V3, b"third")
    ended = modelctl("lineage", "--model", "flights", "--version", V3, "--json")
    assert told(ended)[f"variant {V3}"]["missing"] == "the version is not on the endpoint"


def test_without_a_journal_it_is_the_version_with_most_of_the_traffic(modelctl, world):
    world.store.journal = Journal()
    world.hosting.endpoint = endpoint({V1: 5, V2: 95})
    assert modelctl("lineage", "--model", "flights", "--json").json["version"] == V2


def test_where_no_version_serves_one_has_to_be_named(modelctl, world):
    world.store.journal, world.hosting.endpoint = Journal(), None
    ended = modelctl("lineage", "--model", "flights")
    assert ended.status == Exit.REFUSED
    assert "name one with --version" in ended.err
