"""`modelctl verify`: what becomes of a variant that is sound, and of one that is dead, slow, of another schema, or wrong."""

import json

import msgspec
import numpy as np
import pytest

from modeldelivery.release.aws.errors import AnsweredError
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.core.probes import Answer
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.naming import evidence_key
from modeldelivery.release.record import Samples
from modeldelivery.release.samples import read_samples
from pipelines.server.schema import Number, Probability, Schema, SelfCheck
from tests.bits import packed
from tests.fakes.variants import ServerContainer, dead, echoing
from tests.unit.release_cli.world import V1, V2, V3, endpoint, journal, register, rejection

OUTPUT = Probability(event="late", meaning="", threshold=0.25)
TEMP = Number(name="temp", meaning="°C", minimum=-40, maximum=50)
SCHEMA = Schema(features=(TEMP,), output=OUTPUT, self_check=SelfCheck({"temp": 12.0}, (0.7, 0.3)))
SAMPLES = [
    {"content_type": "text/csv", "body": "1,2"},
    {"content_type": "text/csv", "body": "2,2", "answer": {"got": 3}},
]
HINT = "`modelctl reject v3.0.0 --env prod --reason …` keeps it from traffic; none was moved"


def server(version, computed=(0.7, 0.3), schema=SCHEMA):
    return ServerContainer(schema, lambda matrix: np.tile(computed, (len(matrix), 1)), version)


@pytest.fixture(autouse=True)
def candidate(world, tmp_path, monkeypatch):
    """v2.0.0 serves, v1.0.0 did, v3.0.0 is a candidate; each a model of this project's server."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: model-delivery\nconfig: {model: flights}\n")
    world.hosting.endpoint = endpoint({V1: 0, V2: 100, V3: 0})
    for version in (V1, V2, V3):
        bits = packed({"schema.json": msgspec.json.encode(SCHEMA), "of": version.encode()}, samples=b"")
        register(world.registry, version, bits)
        change(world, version, package_arn="arn:package")
        world.variants.containers[version] = server(version)
    digests = {version: record.digests.id for version, (record, _) in world.registry.records.items()}
    world.store.journal = journal(digests=digests)


def change(world, version, **changes):
    record, etag = world.registry.records[version]
    world.registry.records[version] = msgspec.structs.replace(record, **changes), etag
    return world.registry.records[version][0]


def foreign(world, version, container, samples=SAMPLES):
    """The version is a container of another kind."""
    file = read_samples(json.dumps(samples).encode(), "samples")
    world.registry.store_samples(file)
    change(
        world, version, samples=Samples(digest=file.digest, count=2, content_types=("text/csv",), accepts=())
    )
    world.variants.containers[version] = container


def kept(world, name="verify-prod.json", version=V3):
    record = world.registry.records[version][0]
    content = world.registry.evidence.get((record.digests.id, name))
    return None if content is None else json.loads(content)


def test_the_newest_candidate_is_verified_and_that_is_evidence_of_its_bits(modelctl, world):
    ended = modelctl("verify", "--actor", "ada")

    assert ended.status == 0
    assert ended.out.startswith(
        "v3.0.0 is verified: 15 checks, median latency 1 times and 99th percentile 1 times that of v2.0.0"
    )
    document = kept(world)
    assert (document["version"], document["by"], document["environment"]) == ("v3.0.0", "ada", "prod")
    assert document["digests"]["model"] == world.registry.records[V3][0].digests.model
    assert document["latency"]["beside"] == "v2.0.0"
    assert document["checks"][0] == "the self-check"
    assert world.hosting.calls == []


def test_a_version_that_serves_is_verified_as_well_and_compared_with_nothing(modelctl, world):
    ended = modelctl("verify", "--version", "v2.0.0")

    assert (ended.status, kept(world, version=V2)["latency"]) == (0, None)
    assert "nothing served beside it to compare with" in ended.out
    assert {version for version, _ in world.variants.calls} == {V2}


def test_what_was_verified_is_not_asked_again_unless_one_says_so(modelctl, world):
    modelctl("verify", "--actor", "ada")
    before, first = len(world.variants.calls), kept(world)
    again = modelctl("verify", "--actor", "bob")

    assert (again.status, len(world.variants.calls)) == (0, before)
    assert again.out == "v3.0.0 was verified on 2027-01-15 08:00:00Z by ada; --again does it once more\n"
    once_more = modelctl("verify", "--again", "--actor", "bob")
    assert (once_more.status, kept(world)) == (0, first)
    assert once_more.out == "v3.0.0 holds again; the evidence of 2027-01-15 08:00:00Z stands\n"
    assert len(world.variants.calls) > before


def test_evidence_says_in_which_environment_and_on_which_endpoint_it_was_measured(modelctl, world):
    world.variants.capacity[V3] = 900
    modelctl("verify", "--load")
    for name in ("verify-prod.json", "load-prod-ml.m5.large.json"):
        assert (kept(world, name)["environment"], kept(world, name)["endpoint"]) == ("prod", "arn:endpoint")


def promoted(world, name, *, as_name=None):
    """What staging measured of the same bits, as a promotion brings it."""
    digests = world.registry.records[V3][0].digests.id
    document = json.loads(world.registry.evidence.pop((digests, name.format("prod"))))
    document |= {"environment": "staging", "endpoint": "arn:stagings", "by": "stagings build"}
    key = digests, as_name or name.format("staging")
    world.registry.evidence[key] = json.dumps(document).encode()
    return world.registry.evidence[key]


def test_what_another_environment_measured_is_no_verification_here(modelctl, world):
    """A promotion brings staging's evidence along: this environment measures its own, and each stays what it is."""
    world.variants.capacity[V3] = 900
    modelctl("verify", "--load")
    brought = {name: promoted(world, name) for name in ("verify-{}.json", "load-{}-ml.m5.large.json")}
    before, sent = len(world.variants.calls), len(world.variants.sent)
    ended = modelctl("verify", "--load", "--actor", "ada")

    assert (ended.status, ended.out.startswith("v3.0.0 is verified: 15 checks")) == (0, True)
    assert (len(world.variants.calls) > before, len(world.variants.sent) > sent) == (True, True)
    digests = world.registry.records[V3][0].digests.id
    for name, content in brought.items():
        assert kept(world, name.format("prod"))["environment"] == "prod"
        assert world.registry.evidence[digests, name.format("staging")] == content


@pytest.mark.parametrize(
    ("name", "more"), [("verify-prod.json", ()), ("load-prod-ml.m5.large.json", ("--load",))]
)
def test_evidence_under_this_environments_name_and_of_another_endpoint_is_not_believed(
    modelctl, world, name, more
):
    world.variants.capacity[V3] = 900
    modelctl("verify", "--load")
    promoted(world, name, as_name=name)
    ended = modelctl("verify", *more)

    assert ended.status == 6
    assert f"{name} among the evidence of " in ended.err
    assert (
        "was measured on arn:stagings, and this endpoint is arn:endpoint: find out who brought it here"
        in ended.err
    )


def same_bits(world):
    """v1.0.0 has the bits of v3.0.0: nothing but docs was changed between the two."""
    record = msgspec.structs.replace(world.registry.records[V3][0], version=V1)
    world.registry.records[V1] = record, "1"
    world.store.journal = journal(digests={V1: record.digests.id})


def test_the_same_bits_under_another_name_are_asked_too_and_the_evidence_is_said_to_be_of_the_first(
    modelctl, world
):
    """What is kept is of the bits, and once; whether this variant answers is another matter."""
    world.variants.capacity[V3] = world.variants.capacity[V1] = 5000
    modelctl("verify", "--load", "--actor", "ada")
    same_bits(world)
    first, sent = kept(world), len(world.variants.sent)
    ended = modelctl("verify", "--version", "v1.0.0", "--load", "--actor", "bob")

    assert (ended.status, kept(world), len(world.variants.sent)) == (0, first, sent)
    assert V1 in {version for version, _ in world.variants.calls}
    assert ended.out.startswith(
        "v1.0.0 holds; its bits are those of v3.0.0, whose evidence of 2027-01-15 08:00:00Z stands; one ml.m5.large was measured"
    )
    assert ended.out.endswith("within 500 ms, as v3.0.0, which has the same bits\n")


def test_a_dead_variant_is_not_verified_by_what_its_bits_did_under_another_name(modelctl, world):
    modelctl("verify")
    same_bits(world)
    world.variants.containers[V1] = dead
    ended = modelctl("verify", "--version", "v1.0.0")

    assert ended.status == 10
    assert "v1.0.0 does not answer" in ended.err
    assert "warning: v3.0.0, which has the same bits, held on 2027-01-15 08:00:00Z" in ended.err


def test_a_version_that_fails_later_leaves_the_evidence_of_the_day_on_which_it_held(modelctl, world):
    modelctl("verify")
    before = kept(world)
    world.variants.containers[V3] = dead
    ended = modelctl("verify", "--again")

    assert (ended.status, kept(world)) == (10, before)
    assert "warning: it held on 2027-01-15 08:00:00Z: that evidence stands" in ended.err


def slow(world):
    world.variants.seconds[V3] = lambda n: 0.005 + n / 1e6


def wrong(world):
    world.variants.containers[V3] = server(V3, (0.69, 0.31))


def other(world):
    wider = Schema(
        features=(TEMP, Number(name="wind", meaning="m/s", minimum=0, maximum=9)),
        output=OUTPUT,
        self_check=SelfCheck({"temp": 12.0, "wind": 1.0}, (0.7, 0.3)),
    )
    world.variants.containers[V3] = server(V3, schema=wider)


def lax(world):
    warmer = Number(name="temp", meaning="°C", minimum=-40, maximum=500)
    schema = Schema(features=(warmer,), output=OUTPUT, self_check=SCHEMA.self_check)
    world.variants.containers[V3] = server(V3, schema=schema)


def silent(world):
    world.variants.containers[V3] = dead


def failing(world):
    world.variants.containers[V3] = lambda _: Answer(status=500, body=b"out of memory")


def dies_of_a_large_body(world):
    sound, gone = world.variants.containers[V3], []

    def answers(request):
        gone.extend([1] if len(request.body) > 1_000_000 else [])
        return dead(request) if gone else sound(request)

    world.variants.containers[V3] = answers


def late(world):
    world.variants.containers[V3] = lambda _: Answer(status=0, body=b"error (0)", seconds=60.1)


def closed(world):
    world.variants.containers[V3] = lambda _: Answer(status=403, body=b"no token")


def without_a_number(world):
    sound = world.variants.containers[V3]

    def answers(request):
        answer = sound(request)
        return msgspec.structs.replace(answer, body=answer.body.replace(b"0.3,", b"NaN,"))

    world.variants.containers[V3] = answers


def mistyped(world):
    sound = world.variants.containers[V3]
    world.variants.containers[V3] = lambda request: msgspec.structs.replace(
        sound(request), content_type="text/html"
    )


def now_and_then(world):
    sound, count = world.variants.containers[V3], []

    def answers(request):
        count.append(request)
        return Answer(status=500, body=b"worker 3") if len(count) % 50 == 0 else sound(request)

    world.variants.containers[V3] = answers


def of_two_minds(world):
    """One of its workers has another model."""
    sound, other, count = world.variants.containers[V3], server(V3, (0.6, 0.4)), []

    def answers(request):
        count.append(request)
        return other(request) if len(count) % 50 == 0 else sound(request)

    world.variants.containers[V3] = answers


FAULTS = {
    late: "v3.0.0 does not answer in time: the self-check got no answer in 60 s: error (0)",
    closed: "v3.0.0 refuses requests: the self-check was refused with 403: no token (and ",
    without_a_number: "v3.0.0 has another schema than its model: the self-check was answered by what is no JSON: ",
    mistyped: "v3.0.0 has another schema than its model: the self-check was answered as text/html, not as application/json: ",
    now_and_then: "v3.0.0 fails: request 33, the self-check, was answered by 500: worker 3",
    of_two_minds: "v3.0.0 predicts otherwise than its model did in training: request 33, the self-check, got another prediction ",
    silent: "v3.0.0 does not answer: the self-check got no answer: the container does not answer",
    failing: "v3.0.0 fails: the self-check was answered by 500: out of memory (and ",
    other: "v3.0.0 has another schema than its model: the self-check was refused with 400: ",
    wrong: "v3.0.0 predicts otherwise than its model did in training: the self-check got another prediction than training computed: "
    "it.probability is 0.31, not 0.3",
    lax: "v3.0.0 does not refuse what it must: a row with a number above the most as temp is to be refused with 400, and was "
    "answered by 200: ",
    dies_of_a_large_body: "v3.0.0 does not answer: a body of 6291457 bytes got no answer",
    slow: "v3.0.0 is too slow: median of 500 requests ",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_variant_that_does_not_hold_is_told_in_a_sentence_and_nothing_is_kept_or_moved(
    modelctl, world, fault
):
    fault(world)
    ended = modelctl("verify")

    assert (ended.status, kept(world), world.hosting.calls) == (10, None, [])
    assert ended.err.splitlines()[-1].startswith(f"modelctl: {FAULTS[fault]}")
    assert ended.err.endswith(f": {HINT}\n")
    assert world.store.journal.rejections == ()


@pytest.mark.parametrize("silence", [silent, late], ids=lambda fault: fault.__name__)
def test_silence_ends_it_since_each_costs_a_minute(modelctl, world, silence):
    silence(world)
    modelctl("verify")
    assert len(world.variants.calls) == 1


def test_machines_are_told_every_fault(modelctl, world):
    wrong(world)
    ended = modelctl("verify", "--json")

    assert (ended.json["outcome"], ended.json["exit"]) == ("unverified", 10)
    assert [fault["kind"] for fault in ended.json["detail"]["faults"]] == ["golden"] * 5


def test_a_container_of_another_kind_is_verified_by_its_samples(modelctl, world):
    foreign(world, V3, echoing)
    ended = modelctl("verify")

    assert ended.status == 0, ended.err
    assert kept(world)["checks"][:2] == ["sample 0", "sample 1"]
    bodies = {request.body for version, request in world.variants.calls if version == V3}
    assert {b"1,2", b"2,2", b"\x00\xff{"} <= bodies


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        (
            {"answer": {"got": 4}},
            "predicts otherwise than its model did in training: sample 1 got another answer than its sample has: it.got is 3, not 4",
        ),
        (
            {"status": 400},
            "does not refuse what it must: sample 1 is to be refused with 400, and was answered by 200",
        ),
    ],
)
def test_a_container_of_another_kind_is_held_to_what_its_samples_promise(modelctl, world, sample, sentence):
    foreign(world, V3, echoing, [SAMPLES[0], {"content_type": "text/csv", "body": "2,2"} | sample])
    ended = modelctl("verify")

    assert ended.status == 10
    assert f"v3.0.0 {sentence}" in ended.err


def test_bits_that_are_not_those_of_the_record_prove_nothing_of_it(modelctl, world):
    world.store.journal = journal(digests={V3: "sha256:other"})
    ended = modelctl("verify")

    assert (ended.status, world.variants.calls) == (1, [])
    assert (
        "v3.0.0 was brought to the endpoint with the bits sha256:other, and is registered with sha256:"
        in ended.err
    )


def test_a_version_that_is_not_on_the_endpoint_is_not_asked(modelctl, world):
    world.hosting.endpoint = endpoint({V1: 0, V2: 100})
    ended = modelctl("verify", "--version", "v3.0.0")

    assert (ended.status, world.variants.calls) == (1, [])
    assert "v3.0.0 is not on the endpoint flights-prod, which has v1.0.0, v2.0.0: bring it there" in ended.err


def test_a_version_in_a_cluster_cannot_be_asked_by_itself_and_that_is_said(modelctl, world):
    place = ClusterPlace(server="https://cluster.example", namespace="models", route="flights-prod")
    world.store.journal = journal(place=place)
    ended = modelctl("verify", "--version", "v3.0.0")

    assert (ended.status, world.variants.calls) == (1, [])
    assert "prod serves in the cluster https://cluster.example" in ended.err


@pytest.mark.parametrize("rejected", [True, False])
def test_without_a_candidate_a_version_is_to_be_named(modelctl, world, rejected):
    if rejected:
        world.store.journal = msgspec.structs.replace(world.store.journal, rejections=(rejection(V3),))
    else:
        world.hosting.endpoint = endpoint({V1: 0, V2: 100})
    ended = modelctl("verify")

    assert (ended.status, world.variants.calls) == (1, [])
    assert "no candidate is on the endpoint flights-prod: name a version with --version" in ended.err


def test_a_version_without_an_instance_is_not_asked(modelctl, world):
    world.hosting.endpoint = endpoint({V2: 100, V3: 0}, instances={V3: 0})
    assert "v3.0.0 runs on no instance: `modelctl status --env prod`" in modelctl("verify").err


def test_an_endpoint_that_changes_is_waited_for(modelctl, world):
    settled = world.hosting.endpoint
    world.hosting.endpoint = endpoint({V1: 0, V2: 100, V3: 0}, status="Updating")
    world.time.on_wait.append(lambda: setattr(world.hosting, "endpoint", settled))
    assert modelctl("verify").status == 0


def test_a_version_that_leaves_the_fleet_meanwhile_is_said_to_and_is_not_blamed(modelctl, world):
    """Two tags at once: the second is deployed while the first is verified. SageMaker closes connections before it forgets a variant."""
    with_v3 = world.hosting.endpoint

    def leaves(_):
        world.hosting.endpoint = msgspec.structs.replace(endpoint({V1: 0, V2: 100}), config="without v3")
        return Answer(status=0, body=b"error (0)")

    def is_forgotten(request):
        leaves(request)
        raise AnsweredError("sagemaker:InvokeEndpoint flights-prod v3-0-0: Variant v3-0-0 not found")

    for container in (leaves, is_forgotten):
        world.hosting.endpoint, world.variants.containers[V3] = with_v3, container
        ended = modelctl("verify")
        assert (ended.status, kept(world)) == (1, None)
        assert (
            "v3.0.0 left the endpoint while it was verified: what was observed meanwhile proves" in ended.err
        )
        assert "`modelctl status --env prod`" in ended.err


def changing(world, times):
    """v3.0.0, on a fleet that somebody changes while it is verified, so many times: its container answers nothing meanwhile."""
    sound, left = world.variants.containers[V3], list(range(times))

    def answers(request):
        if not left:
            return sound(request)
        config = f"changed {left.pop()}"
        world.hosting.endpoint = msgspec.structs.replace(endpoint({V1: 0, V2: 100, V3: 0}), config=config)
        return dead(request)

    world.variants.containers[V3] = answers


def test_what_was_observed_while_the_fleet_was_changed_is_observed_once_more(modelctl, world):
    changing(world, times=2)
    ended = modelctl("verify")
    assert (ended.status, kept(world)["version"]) == (0, "v3.0.0")
    assert world.time.notes.count("the fleet was changed while v3.0.0 was verified: once more") == 2


def test_a_live_version_that_leaves_meanwhile_is_replaced_by_the_one_that_serves_then(modelctl, world):
    def is_forgotten(_):
        world.hosting.endpoint = msgspec.structs.replace(endpoint({V1: 100, V3: 0}), config="without v2")
        raise AnsweredError("sagemaker:InvokeEndpoint flights-prod v2-0-0: Variant v2-0-0 not found")

    world.variants.containers[V2] = is_forgotten
    ended = modelctl("verify")
    assert (ended.status, kept(world)["latency"]["beside"]) == (0, "v1.0.0")


def test_a_fleet_that_is_changed_during_each_try_proves_nothing_and_ends_it(modelctl, world):
    changing(world, times=3)
    ended = modelctl("verify")
    assert (ended.status, kept(world)) == (1, None)
    assert "the fleet was changed during each of 3 tries to verify v3.0.0: once nobody deploys, " in ended.err


def test_an_endpoint_that_goes_on_changing_is_given_up(modelctl, world):
    world.hosting.endpoint = endpoint({V2: 100, V3: 0}, status="Updating")
    ended = modelctl("verify", "--timeout", "5")
    assert (ended.status, world.variants.calls) == (1, [])
    assert "the endpoint is Updating" in ended.err


def test_an_endpoint_that_serves_nothing_says_what_to_do(modelctl, world):
    world.hosting.endpoint = endpoint({V2: 100, V3: 0}, status="Failed")
    ended = modelctl("verify")
    assert (ended.status, "is Failed: delete it" in ended.err) == (1, True)


def test_a_live_version_that_does_not_answer_is_no_fault_of_the_candidate_and_no_pass(modelctl, world):
    world.variants.containers[V2] = dead
    ended = modelctl("verify")

    assert (ended.status, kept(world)) == (1, None)
    assert "v2.0.0 serves, and answers nothing to what it is to know" in ended.err


def test_an_artifact_that_is_gone_is_damage(modelctl, world):
    world.registry.artifacts.clear()
    ended = modelctl("verify")
    assert ended.status == 6
    assert "register v3.0.0 again from the same model.tar.gz" in ended.err


def test_evidence_that_nobody_can_read_is_damage(modelctl, world):
    digest = world.registry.records[V3][0].digests.id
    world.registry.evidence[digest, "verify-prod.json"] = b"{"
    ended = modelctl("verify")
    assert (ended.status, world.variants.calls) == (6, [])
    assert evidence_key(digest, "") not in ended.out


def test_the_projects_demands_decide(modelctl, world, tmp_path):
    slow(world)
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  model-delivery:verify: {latencyRatio: 20, requests: 460}\n"
    )
    ended = modelctl("verify")

    assert ended.status == 0
    assert kept(world)["latency"]["requests"] == 460


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        (
            "verify: {ratio: 2}",
            "Pulumi.prod.yaml: model-delivery:verify in {'ratio': 2}: Object contains unknown field `ratio`; allowed: {latencyRatio: 2,",
        ),
        (
            "verify: {requests: 458}",
            "Pulumi.prod.yaml: model-delivery:verify.requests in {'requests': 458}: Expected `int` >= 459",
        ),
        ("verify: {latencyRatio: 0.5}", "model-delivery:verify.latencyRatio in"),
        ("verify: [2]", "Pulumi.prod.yaml: model-delivery:verify in [2]: Expected `object`"),
        ("alarms: {maxLatencyMs: fast}", "Pulumi.prod.yaml: model-delivery:alarms.maxLatencyMs is 'fast'"),
    ],
)
def test_demands_that_are_not_allowed_are_refused_before_anything_is_asked(
    modelctl, world, tmp_path, section, sentence
):
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config:\n  model-delivery:{section}\n")
    ended = modelctl("verify")

    assert (ended.status, world.variants.calls) == (1, [])
    assert sentence in ended.err


def test_a_load_is_evidence_of_the_instance_type(modelctl, world):
    world.variants.capacity[V3] = 5000
    ended = modelctl("verify", "--load", "--actor", "ada")

    assert ended.status == 0, ended.err
    document = kept(world, "load-prod-ml.m5.large.json")
    assert 5000 / 1.2 <= document["requestsPerMinute"] <= 5000
    assert (document["instanceType"], document["withinMs"], document["by"]) == ("ml.m5.large", 500, "ada")
    assert (
        f"one ml.m5.large serves {document['requestsPerMinute']} requests a minute within 500 ms" in ended.out
    )
    assert [trial["rate"] for trial in document["trials"]][:4] == [600, 1200, 2400, 4800]
    sent = len(world.variants.sent)
    again = modelctl("verify", "--load")
    assert (again.status, len(world.variants.sent)) == (0, sent)
    assert "one ml.m5.large was measured to serve" in again.out
    world.variants.instance_type = "ml.c6i.large"
    modelctl("verify", "--load")
    assert kept(world, "load-prod-ml.c6i.large.json")


def test_a_load_is_that_of_one_instance_however_many_there_are(modelctl, world):
    world.hosting.endpoint = endpoint({V1: 0, V2: 100, V3: 0}, instances={V3: 4})
    world.variants.capacity[V3], world.variants.instances = 5000, 4
    modelctl("verify", "--load")
    document = kept(world, "load-prod-ml.m5.large.json")
    assert 5000 / 1.2 <= document["requestsPerMinute"] <= 5000
    assert {trial["instances"] for trial in document["trials"]} == {4}


@pytest.mark.parametrize("moving", [False, True])
def test_no_load_where_callers_would_wait_unless_one_says_so(modelctl, world, moving):
    world.variants.capacity[V2] = world.variants.capacity[V3] = 900
    if moving:  # a move that gives it some is on its way
        world.hosting.endpoint = endpoint({V2: 100, V3: 0}, desired={V2: 90, V3: 10})
    version = "v3.0.0" if moving else "v2.0.0"
    ended = modelctl("verify", "--version", version, "--load")

    assert (ended.status, world.variants.calls, world.variants.sent) == (1, [], [])
    assert (
        f"{version} has traffic, or is to get some, and a load would keep its callers waiting: --anyway"
        in ended.err
    )
    assert modelctl("verify", "--version", version, "--load", "--anyway").status == 0


def test_a_version_that_serves_by_now_and_was_measured_before_is_not_refused(modelctl, world):
    """The same tag again, once a person has made its version live, changes nothing."""
    world.variants.capacity[V3] = 5000
    modelctl("verify", "--load", "--actor", "ada")
    before = len(world.variants.calls), len(world.variants.sent)
    world.hosting.endpoint = endpoint({V2: 0, V3: 100})
    ended = modelctl("verify", "--version", "v3.0.0", "--load")

    assert (ended.status, len(world.variants.calls), len(world.variants.sent)) == (0, *before)
    assert ended.out.startswith("v3.0.0 was verified on 2027-01-15 08:00:00Z by ada; ")
    assert "one ml.m5.large was measured to serve" in ended.out
    assert modelctl("verify", "--version", "v3.0.0", "--load", "--again").status == 1


def test_a_machine_that_cannot_send_is_no_fault_of_the_version_and_measures_nothing(modelctl, world):
    world.variants.capacity[V3], world.variants.most_sent = 5000, 2.0
    ended = modelctl("verify", "--load")

    assert (ended.status, kept(world, "load-prod-ml.m5.large.json")) == (1, None)
    assert "this machine could not send 600 requests a minute" in ended.err


@pytest.mark.parametrize(
    ("then", "sentence"),
    [
        (endpoint({V1: 0, V2: 95, V3: 5}), "v3.0.0 has traffic, or is to get some"),
        (endpoint({V1: 0, V2: 100}), "v3.0.0 left the endpoint"),
    ],
)
def test_a_load_ends_when_the_version_is_given_traffic_or_is_gone(modelctl, world, then, sentence):
    world.variants.capacity[V3] = 5000
    world.variants.on_sent = lambda: setattr(world.hosting, "endpoint", then)
    ended = modelctl("verify", "--load")

    assert (ended.status, len(world.variants.sent), kept(world, "load-prod-ml.m5.large.json")) == (1, 1, None)
    assert sentence in ended.err


def test_instances_that_autoscaling_adds_meanwhile_take_their_share(modelctl, world):
    world.variants.capacity[V3] = 5000

    def added():
        world.variants.instances = 2
        world.hosting.endpoint = endpoint({V1: 0, V2: 100, V3: 0}, instances={V3: 2})

    world.variants.on_sent = added
    modelctl("verify", "--load")
    document = kept(world, "load-prod-ml.m5.large.json")
    assert 5000 / 1.2 <= document["requestsPerMinute"] <= 5000
    assert [trial["instances"] for trial in document["trials"]][:3] == [1, 2, 2]


def test_a_load_of_nothing_is_a_version_that_does_not_hold(modelctl, world):
    world.variants.capacity[V3] = 1
    ended = modelctl("verify", "--load")
    assert (ended.status, kept(world, "load-prod-ml.m5.large.json")) == (10, None)
    assert "v3.0.0 serves no load on ml.m5.large within 500 ms" in ended.err
    assert kept(world)  # what it answers was verified before


def test_a_version_that_does_not_outlive_its_load_does_not_hold(modelctl, world):
    world.variants.capacity[V3] = 5000
    sound = world.variants.containers[V3]
    world.variants.containers[V3] = lambda request: dead(request) if world.variants.sent else sound(request)
    ended = modelctl("verify", "--load")
    assert (ended.status, kept(world, "load-prod-ml.m5.large.json")) == (10, None)
    assert "after the load v3.0.0 does not answer" in ended.err


def test_a_version_that_does_not_hold_is_not_loaded(modelctl, world):
    wrong(world)
    modelctl("verify", "--load")
    assert world.variants.sent == []


def test_where_no_load_can_be_made_the_rest_is_verified_all_the_same(modelctl, world):
    world.variants.unready = RefusedError("there is no Locust", hint="make setup-load")
    ended = modelctl("verify", "--load")
    assert (ended.status, "there is no Locust: make setup-load" in ended.err) == (1, True)
    assert kept(world)


def test_anyway_is_about_a_load(modelctl):
    ended = modelctl("verify", "--anyway")
    assert (ended.status, "--anyway is about --load: name both" in ended.err) == (2, True)
