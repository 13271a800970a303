"""getFleet: the versions that a release names, as the registry knows them, and what it says of those that are not there."""

import msgspec
import pytest

from modeldelivery.plugin.protocol import ProviderError, Resource
from modeldelivery.provider import delivery
from modeldelivery.provider.delivery import ModelDelivery
from modeldelivery.provider.fleet import TOKEN
from modeldelivery.release.aws.errors import AbsentError
from modeldelivery.release.aws.sources import AwsSources
from modeldelivery.release.core.journal import Journal, Rejection
from modeldelivery.release.core.journal import encode as journal_encode
from modeldelivery.release.core.verification import Load, load_name
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.naming import evidence_key, record_key
from modeldelivery.release.record import VersionRecord, decode, encode
from modeldelivery.release.version import DigestSet
from tests.fakes.aws import FakeAws, refusal

from .world import BUCKET, KEY, NAME, RESOURCE, A, B, C, EngineLog, Stack

D = "v1.10.0"


@pytest.fixture
def aws():
    """A registry with A and B."""
    aws = FakeAws(buckets={BUCKET})
    for version in (A, B):
        registers(aws, version)
    return aws


@pytest.fixture
def provider(aws, monkeypatch):
    monkeypatch.setattr(delivery, "open_account", lambda profile, region: aws.account)  # noqa: ARG005
    return ModelDelivery(EngineLog())


@pytest.fixture
def get_fleet(provider):
    def ask(*fleet, **changed):
        args = {
            "model": "flights",
            "environment": "staging",
            "account": "111111111111",
            "region": "eu-west-1",
            "profile": "staging",
            "live": fleet[0] if fleet else None,
            "fleet": list(fleet),
        }
        return provider.invoke(TOKEN, args | changed, preview=True)["versions"]

    return ask


def registers(aws, version, *, package=True):
    arn = f"arn:package/{version}" if package else None
    record = VersionRecord(
        version=version,
        digests=DigestSet(image="sha256:" + "a" * 64, model="sha256:" + "b" * 64, data="rows"),
        image=f"repository@sha256:{'a' * 64}",
        model_data="s3://registry/model.tar.gz",
        registered_at=1.0,
        registered_by="ada",
        package_arn=arn,
    )
    aws.objects[record_key(version)] = encode(record), '"1"'
    aws.packages[arn] = {"ModelApprovalStatus": "Approved"}


def has_served(aws):
    aws.objects[KEY] = journal_encode(Journal(live=A)), '"1"'


def test_versions_come_in_the_fleets_order_with_what_the_registry_says_of_them(get_fleet):
    versions = get_fleet(B, A)

    assert [v["version"] for v in versions] == [B, A]
    assert {v["approval"] for v in versions} == {"Approved"}
    assert versions[0] | {"digest": ""} == {
        "version": B,
        "digest": "",
        "image": f"repository@sha256:{'a' * 64}",
        "modelData": "s3://registry/model.tar.gz",
        "modelDigest": "sha256:" + "b" * 64,
        "dataRevision": "rows",
        "packageArn": f"arn:package/{B}",
        "approval": "Approved",
        "baseline": False,
    }


def test_a_version_whose_evidence_holds_a_baseline_says_so(aws, get_fleet):
    record = decode(aws.objects[record_key(A)][0], A)
    kept = msgspec.structs.replace(
        record, evidence={"baseline.json": "sha256:" + "c" * 64, "metrics.json": ""}
    )
    aws.objects[record_key(A)] = encode(kept), '"1"'
    assert [version["baseline"] for version in get_fleet(A, B)] == [True, False]


@pytest.fixture
def step_image(monkeypatch):
    """Sets what a look for the newest image comes to: an image, None, or an error."""

    def set_(outcome):
        def newest_image(self, *, steps):
            assert steps
            assert self.place.step_repository == "flights-staging-steps"
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(AwsSources, "newest_image", newest_image)

    return set_


def asked_with_steps(provider, **changed):
    place = {"model": "flights", "environment": "staging", "account": "111111111111", "region": "eu-west-1"}
    return provider.invoke(TOKEN, {**place, "live": A, "fleet": [A], "steps": True} | changed, preview=True)


def test_the_newest_image_of_the_steps_comes_where_it_is_wanted_and_there_is_one(provider, step_image):
    step_image("repository@sha256:5")
    assert asked_with_steps(provider)["stepImage"] == "repository@sha256:5"
    assert "stepImage" not in asked_with_steps(provider, steps=False)
    step_image(None)
    assert "stepImage" not in asked_with_steps(provider)


def test_a_repository_that_the_next_up_makes_holds_no_image(provider, step_image):
    missing = UnreachableError("ecr:DescribeImages flights-staging-steps")
    missing.__cause__ = AbsentError("ecr:DescribeImages flights-staging-steps", {})
    step_image(missing)
    assert "stepImage" not in asked_with_steps(provider)


def test_an_image_that_could_not_be_looked_for_is_no_image_that_is_not_there(provider, step_image):
    step_image(UnreachableError("ecr:DescribeImages: access denied"))
    with pytest.raises(ProviderError, match="access denied"):
        asked_with_steps(provider)


def measured(aws, version, instance_type="ml.m5.large", *, content=None, environment="staging", serves=4800):
    """What `modelctl verify --load` leaves, here or where a promotion took it from."""
    record = decode(aws.objects[record_key(version)][0], version)
    load = Load(
        environment=environment,
        endpoint=NAME,
        version=version,
        digests=record.digests,
        at=1.0,
        by="ada",
        instance_type=instance_type,
        within_ms=500,
        requests_per_minute=serves,
        trials=(),
    )
    key = evidence_key(record.digests.id, load_name(environment, instance_type))
    aws.objects[key] = msgspec.json.encode(load) if content is None else content, '"1"'


def test_what_one_instance_was_measured_to_serve_comes_with_the_version(aws, get_fleet):
    measured(aws, A)
    (version,) = get_fleet(A, instanceType="ml.m5.large")
    assert (version["requestsPerMinute"], version["measuredIn"]) == (4800, "staging")


def test_a_load_of_another_environment_counts_where_none_was_measured_here_and_says_whose_it_is(
    aws, get_fleet
):
    measured(aws, A, environment="lab", serves=900)
    measured(aws, A, environment="dev", serves=1200)
    measured(aws, A, "ml.c6i.large", environment="lab", serves=10)
    (version,) = get_fleet(A, instanceType="ml.m5.large")
    assert (version["requestsPerMinute"], version["measuredIn"]) == (900, "lab")
    measured(aws, A)
    (version,) = get_fleet(A, instanceType="ml.m5.large")
    assert (version["requestsPerMinute"], version["measuredIn"]) == (4800, "staging")


@pytest.mark.parametrize(
    "asks", [{}, {"instanceType": "ml.c6i.large"}, {"instanceType": "ml.broken.large"}], ids=str
)
def test_what_nobody_measured_of_this_instance_type_or_nobody_can_read_is_not_known(aws, get_fleet, asks):
    measured(aws, A)
    measured(aws, A, "ml.broken.large", content=b"{")
    (version,) = get_fleet(A, **asks)
    assert "requestsPerMinute" not in version


def an_endpoint(aws, live, *fleet):
    """One with these versions, made by an `up`."""
    stack = Stack(aws)
    stack.up(live, *fleet)
    return stack


def test_the_newest_approved_version_above_live_joins_by_rule(aws, get_fleet):
    for version in (C, D):
        registers(aws, version)
    assert [v["version"] for v in get_fleet(A)] == [A]
    assert [v["version"] for v in get_fleet(A, candidates=1)] == [A, D]
    assert [v["version"] for v in get_fleet(A, candidates=2)] == [A, D, C]


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_a_version_that_is_not_approved_does_not_join(aws, get_fleet, status):
    for version in (C, D):
        registers(aws, version)
    aws.packages[f"arn:package/{D}"]["ModelApprovalStatus"] = status
    assert [v["version"] for v in get_fleet(A, candidates=1)] == [A, C]


def test_a_version_that_is_not_registered_completely_does_not_join(aws, get_fleet):
    registers(aws, C, package=False)
    assert [v["version"] for v in get_fleet(A, candidates=1)] == [A, B]


@pytest.mark.parametrize("name", [B, D], ids=["by name", "by its bits"])
def test_a_version_that_was_rejected_does_not_join(aws, get_fleet, name):
    digest = get_fleet(B)[0]["digest"]
    rejection = Rejection(version=name, digest=digest, at=1.0, actor="ada", reason="5xx")
    aws.objects[KEY] = journal_encode(Journal(live=A, rejections=(rejection,))), '"1"'
    assert [v["version"] for v in get_fleet(A, candidates=1)] == [A]


def test_before_the_first_version_is_registered_no_rule_finds_any(aws, get_fleet):
    aws.objects.clear()
    assert get_fleet(A, candidates=1) == []


def test_a_version_on_the_endpoint_that_lost_its_record_is_said_so(aws, get_fleet):
    registers(aws, C)
    an_endpoint(aws, B, B, A).up(C, C, B, A)
    del aws.objects[record_key(B)]
    with pytest.raises(
        ProviderError, match=rf"{B} is on the endpoint and is not registered: register the same"
    ):
        get_fleet(C, candidates=1)


def test_a_version_that_is_not_registered_beside_others_is_named_with_those(get_fleet):
    with pytest.raises(
        ProviderError, match=rf"names {C}, not registered .*registered: {A}, {B}\. Register with `modelctl"
    ):
        get_fleet(A, C)


def test_a_version_that_is_not_registered_completely_is_not_registered(aws, get_fleet):
    registers(aws, C, package=False)

    with pytest.raises(ProviderError, match=f"names {C}, not registered"):
        get_fleet(C)


def test_before_anything_is_registered_there_is_no_fleet(aws, get_fleet):
    aws.objects.clear()
    assert get_fleet(A) == []

    aws.buckets.clear()
    assert get_fleet() == []


def test_an_empty_registry_behind_an_endpoint_that_has_served_is_refused(aws, get_fleet):
    aws.objects.clear()
    has_served(aws)

    with pytest.raises(ProviderError, match="staging has served, and its registry is empty: register again"):
        get_fleet(A)


def test_a_release_that_was_removed_is_refused_once_it_has_served(aws, get_fleet):
    assert get_fleet() == []

    has_served(aws)
    with pytest.raises(ProviderError, match=f"release was removed, and {NAME} has served: put it back"):
        get_fleet()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"account": "222222222222"}, "of account 111111111111, and this stack may only touch 222222222222"),
        ({"colour": "red"}, "unknown field `colour`"),
        ({"model": "Flights"}, "'Flights' is not a model's name"),
    ],
)
def test_arguments_that_are_wrong_are_a_sentence(get_fleet, changed, sentence):
    with pytest.raises(ProviderError, match=sentence):
        get_fleet(A, **changed)


def test_a_package_that_someone_deleted_is_said_so(aws, get_fleet):
    aws.packages.clear()

    with pytest.raises(ProviderError, match="does not exist"):
        get_fleet(A)


def test_a_registry_that_lets_nobody_in_is_said_so(aws, get_fleet):
    aws.faults["s3:GetObject"].append(refusal("AccessDenied", "no", 403))

    with pytest.raises(ProviderError, match="AccessDenied: no: look at the role that you use"):
        get_fleet(A)


def test_the_package_has_a_resource_for_each_target_and_one_function(provider):
    assert provider.schema()["resources"].keys() == {RESOURCE.type, "modeldelivery:index:Route"}
    other = Resource(urn="urn:other", type="modeldelivery:index:Other", name="other")
    with pytest.raises(ProviderError, match="has no resource modeldelivery:index:Other"):
        provider.check(other, {}, {}, b"")
    with pytest.raises(ProviderError, match="has no function modeldelivery:index:other"):
        provider.invoke("modeldelivery:index:other", {}, preview=False)


def test_the_package_hands_the_resources_life_on(provider, aws):
    config = Stack(aws).config(A, A)
    news = dict(provider.check(RESOURCE, {}, config, b"").inputs)
    made = provider.create(RESOURCE, news, timeout=60, preview=False)
    outputs = {"old_inputs": news, "old_outputs": made.outputs}

    assert provider.read(RESOURCE, made.id, news, made.outputs).id == made.id
    assert provider.diff(RESOURCE, made.id, **outputs, news=news, ignore_changes=[]).changes == {}
    updated = provider.update(RESOURCE, made.id, **outputs, news=news, timeout=60, preview=False)
    assert updated["arn"] == made.id
    provider.delete(RESOURCE, made.id, news, made.outputs, timeout=60)
    assert aws.endpoints == {}
