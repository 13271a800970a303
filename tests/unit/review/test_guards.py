"""Each way to make a resource less safe is noticed, and its way back is not taken for one."""

import pytest

from modeldelivery.catalogue.table import kind_of
from modeldelivery.catalogue.tokens import (
    ALARM,
    BUCKET,
    BUCKET_LIFECYCLE,
    BUCKET_VERSIONING,
    ENDPOINT,
    KEY,
    MODEL,
    PACKAGE_GROUP,
    PUBLIC_ACCESS_BLOCK,
    REPOSITORY,
    SCHEDULE,
)
from modeldelivery.review.core.document import UNKNOWN, State
from modeldelivery.review.core.guards import weakened
from modeldelivery.review.core.touched import Effect, Touched

LOGGING = "aws:s3/bucketLogging:BucketLogging"
REPOSITORY_POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"


def changed(type_, before, after, effect=Effect.UPDATE, options=({}, {})):
    """A resource whose inputs were `before` and become `after`; `options` are the engine's, likewise."""
    urn = f"urn:pulumi:prod::model-delivery::{type_}::it"
    old, new = (
        State(urn=urn, type=type_, custom=True, inputs=inputs, **more)
        for inputs, more in zip((before, after), options, strict=True)
    )
    return Touched(
        urn=urn,
        kind=kind_of(type_),
        type=type_,
        effect=effect,
        old=old,
        new=new,
        reasons=frozenset(),
        forced=frozenset(),
    )


def days(**periods):
    return {
        "rules": [{"id": "old", "status": "Enabled", "expiration": {"days": n}} for n in periods.values()]
    }


def kept(days, prefix="capture/"):
    """A lifecycle that ends what lies in a folder."""
    return {
        "rules": [
            {"id": "x", "status": "Enabled", "filter": {"prefix": prefix}, "expiration": {"days": days}}
        ]
    }


def captured(percent=20, destination="s3://registry/capture"):
    return {"capture": {"percent": percent, "destination": destination}}


DAILY = {"scheduleExpression": "cron(0 2 * * ? *)", "target": {"arn": "call", "input": "{}"}}
ALARM_AT_5 = {"comparisonOperator": "GreaterThanThreshold", "threshold": 5, "evaluationPeriods": 1}
# What is safer, and what is less safe: from the first to the second something is lost.
WEAKER = [
    ("a bucket that may go with what is in it", BUCKET, {}, {"forceDestroy": True}),
    ("a bucket that may go, for all that is known", BUCKET, {}, {"forceDestroy": UNKNOWN}),
    ("objects that may be deleted", BUCKET, {"objectLockEnabled": True}, {}),
    ("a bucket that the world may read", BUCKET, {"acl": "private"}, {"acl": "public-read"}),
    ("images that go with their repository", REPOSITORY, {}, {"forceDelete": True}),
    ("tags that move", REPOSITORY, {"imageTagMutability": "IMMUTABLE"}, {"imageTagMutability": "MUTABLE"}),
    ("tags that move by default", REPOSITORY, {"imageTagMutability": "IMMUTABLE"}, {}),
    (
        "images that nobody scans",
        REPOSITORY,
        {"imageScanningConfiguration": {"scanOnPush": True}},
        {"imageScanningConfiguration": {"scanOnPush": False}},
    ),
    ("a key that does not rotate", KEY, {"enableKeyRotation": True}, {"enableKeyRotation": False}),
    ("a key that nothing can be read with", KEY, {}, {"isEnabled": False}),
    ("a policy that may lock its owner out", KEY, {}, {"bypassPolicyLockoutSafetyCheck": True}),
    ("less time to regret", KEY, {"deletionWindowInDays": 30}, {"deletionWindowInDays": 7}),
    ("less time than by default", KEY, {}, {"deletionWindowInDays": 7}),
    (
        "objects that are overwritten",
        BUCKET_VERSIONING,
        {"versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
    ),
    (
        "versions that one person may delete",
        BUCKET_VERSIONING,
        {"versioningConfiguration": {"status": "Enabled", "mfaDelete": "Enabled"}},
        {"versioningConfiguration": {"status": "Enabled", "mfaDelete": "Disabled"}},
    ),
    *(
        (f"{flag} off", PUBLIC_ACCESS_BLOCK, {flag: True}, {flag: False})
        for flag in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    ),
    ("data that ends sooner", BUCKET_LIFECYCLE, days(old=90), days(old=30)),
    ("data that ends, and did not", BUCKET_LIFECYCLE, {"rules": []}, days(old=30)),
    ("an alarm that waits for more", ALARM, ALARM_AT_5, {**ALARM_AT_5, "threshold": 9}),
    (
        "an alarm that waits for less",
        ALARM,
        {**ALARM_AT_5, "comparisonOperator": "LessThanThreshold"},
        {**ALARM_AT_5, "comparisonOperator": "LessThanThreshold", "threshold": 1},
    ),
    ("an alarm that waits longer", ALARM, ALARM_AT_5, {**ALARM_AT_5, "evaluationPeriods": 3}),
    ("an alarm that is silent", ALARM, ALARM_AT_5, {**ALARM_AT_5, "actionsEnabled": False}),
    (
        "an alarm that fewer hear",
        ALARM,
        {**ALARM_AT_5, "alarmActions": ["a", "b"]},
        {**ALARM_AT_5, "alarmActions": ["a"]},
    ),
    ("a model that may reach the network", MODEL, {"enableNetworkIsolation": True}, {}),
    ("volumes that are not under the key", ENDPOINT, {"kmsKeyArn": "arn"}, {}),
    (
        "an endpoint of more accounts",
        ENDPOINT,
        {"allowedAccounts": ["1"]},
        {"allowedAccounts": ["1", "2"]},
    ),
    (
        "a version that is approved no more",
        ENDPOINT,
        {"approvals": {"v1.0.0": "Approved"}},
        {"approvals": {"v1.0.0": "Rejected"}},
    ),
    ("a schedule that starts nothing", SCHEDULE, DAILY, {**DAILY, "state": "DISABLED"}),
    ("requests that are captured", ENDPOINT, {}, captured()),
    ("more requests that are captured", ENDPOINT, captured(10), captured(20)),
    (
        "versions that gates approve and no person",
        PACKAGE_GROUP,
        {"tags": {"model-delivery:approval": "person"}},
        {"tags": {"model-delivery:approval": "gates"}},
    ),
]
# Neither way is known to be the safer one.
OTHER_THAN_IT_WAS = [
    ("another encryption", REPOSITORY, {"encryptionConfigurations": [{"kmsKey": "a"}]}, {}),
    (
        "an alarm on something else",
        ALARM,
        {**ALARM_AT_5, "metricName": "a"},
        {**ALARM_AT_5, "metricName": "b"},
    ),
    ("a schedule of other times", SCHEDULE, DAILY, {**DAILY, "scheduleExpression": "rate(7 days)"}),
    ("a schedule of something else", SCHEDULE, DAILY, {**DAILY, "target": {"arn": "another"}}),
    ("a schedule of what is known after the update", SCHEDULE, DAILY, {**DAILY, "target": UNKNOWN}),
    ("another journal", ENDPOINT, {"journal": "a"}, {"journal": "b"}),
    (
        "a guard of which nothing is known but that it differs",
        LOGGING,
        {"targetBucket": "a"},
        {"targetBucket": "b"},
    ),
    (
        "a threshold that is known after the update",
        ALARM,
        ALARM_AT_5,
        {**ALARM_AT_5, "threshold": UNKNOWN},
    ),
    ("captured requests that end sooner", BUCKET_LIFECYCLE, kept(30), kept(7)),
    ("captured requests that end later", BUCKET_LIFECYCLE, kept(7), kept(30)),
    ("captured requests that never end", BUCKET_LIFECYCLE, kept(7), {"rules": []}),
    ("requests that are captured elsewhere", ENDPOINT, captured(), captured(destination="s3://elsewhere/x")),
    ("requests captured into what is known later", ENDPOINT, captured(), captured(destination=UNKNOWN)),
    ("a lifecycle that is known after the update", BUCKET_LIFECYCLE, days(old=90), {"rules": UNKNOWN}),
    ("flags that are known after the update", PUBLIC_ACCESS_BLOCK, {"bucket": "a"}, {"bucket": UNKNOWN}),
]
HARMLESS = [
    ("a tag", KEY, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}),
    ("capture that ends", ENDPOINT, captured(), {}),
    ("a schedule's newer image", SCHEDULE, DAILY, {**DAILY, "target": {"arn": "call", "input": "{1}"}}),
    ("runs that are kept longer", BUCKET_LIFECYCLE, kept(7, "runs/"), kept(30, "runs/")),
    ("an alarm's description", ALARM, ALARM_AT_5, {**ALARM_AT_5, "alarmDescription": "x"}),
    ("a policy, which is compared as one", REPOSITORY_POLICY, {"policy": "{}"}, {"policy": '{"a": 1}'}),
    ("a rule that was off and ends sooner", BUCKET_LIFECYCLE,
     {"rules": [{"id": "a", "status": "Disabled", "expiration": {"days": 90}}]},
     {"rules": [{"id": "a", "status": "Disabled", "expiration": {"days": 1}}]}),
]  # fmt: skip


def cases(table):
    return pytest.mark.parametrize(
        ("type_", "before", "after"), [case[1:] for case in table], ids=[case[0] for case in table]
    )


@cases(WEAKER + OTHER_THAN_IT_WAS)
def test_what_makes_it_less_safe_is_said_once(type_, before, after):
    assert len(weakened(changed(type_, before, after))) == 1


@cases(WEAKER)
def test_the_way_back_is_not_said_to_weaken_it(type_, before, after):
    assert weakened(changed(type_, after, before)) == ()


@cases(WEAKER + OTHER_THAN_IT_WAS)
def test_nothing_is_said_of_what_goes_or_comes_whole(type_, before, after):
    """A resource that is deleted or made is told of as such."""
    for effect in (Effect.DELETE, Effect.CREATE):
        assert weakened(changed(type_, before, after, effect)) == ()


def test_what_capture_means_is_said_in_numbers():
    (begins,) = weakened(changed(ENDPOINT, {}, captured(20)))
    assert begins == "requests and answers are captured: 20 of 100, into s3://registry/capture"
    (ends,) = weakened(changed(BUCKET_LIFECYCLE, kept(30), {"rules": []}))
    assert ends == (
        "captured requests and answers stay for ever: x: expiration.days after 30 days is gone; `percent: 0` in capture keeps it"
    )


@cases(HARMLESS)
def test_what_makes_nothing_less_safe_is_not_said(type_, before, after):
    assert weakened(changed(type_, before, after)) == ()


@pytest.mark.parametrize("type_", [BUCKET, "aws:new/store:Store"])
@pytest.mark.parametrize("option", ["protect", "retain_on_delete"])
def test_the_engines_own_protection_counts_for_every_type_even_where_nothing_else_changes(type_, option):
    lifted = changed(type_, {}, {}, Effect.NONE, options=({option: True}, {option: False}))
    put_on = changed(type_, {}, {}, Effect.NONE, options=({option: False}, {option: True}))
    assert (len(weakened(lifted)), weakened(put_on)) == (1, ())
