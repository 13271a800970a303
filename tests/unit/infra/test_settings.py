"""Every bad key is one sentence: which file, which key, which value, what is allowed."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from infra.aws_keys import STANDARD_TAGS
from infra.keys import KEYS as ALL_KEYS
from infra.settings import parse
from infra.source import SettingsError
from infra.tags import standard_tags
from modeldelivery.release.core.request import ReleaseRule, Rules
from modeldelivery.release.naming import MAX_FLEET

PROJECT = Path(__file__).parents[3]
KEYS = (
    "model",
    "owner",
    "release",
    "instances",
    "rollout",
    "changes",
    "promotion",
    "drill",
    "approval",
    "alarms",
    "retention",
    "data",
    "training",
    "build",
    "protect",
)

GOOD = {
    "aws:region": "eu-west-1",
    "aws:profile": "prod",
    "aws:allowedAccountIds": '["222222222222"]',
    "model-delivery:model": "flights",
    "model-delivery:owner": "ml-platform",
    "model-delivery:release": '{"live": "v1.0.0", "fleet": ["v1.1.0", "v1.0.0"]}',
    "model-delivery:instances": '{"type": "ml.c6i.large", "min": 1, "max": 4, "targetInvocationsPerMinute": 6000}',
    "model-delivery:rollout": '{"required": false}',
    "model-delivery:changes": '{"separateDrop": true, "bakeMinutes": 30}',
    "model-delivery:promotion": '{"from": "staging"}',
    "model-delivery:drill": '{"withinDays": 30}',
    "model-delivery:approval": '{"by": "gates"}',
    "model-delivery:alarms": '{"maxErrorRatePercent": 0.5, "maxLatencyMs": 500}',
    "model-delivery:retention": '{"noncurrentDays": 90, "logDays": 365}',
    "model-delivery:data": '{"bucket": true, "protect": false}',
    "model-delivery:training": '{"instance": "ml.m5.large", "runDays": 60}',
    "model-delivery:build": '{"repository": "acme/model-delivery", "provider": "GitHub"}',
    "model-delivery:protect": "true",
}

OPTIONAL = {
    "aws:profile",
    *(
        f"model-delivery:{key}"
        for key in ("release", "promotion", "drill", "approval", "data", "training", "build")
    ),
}


def refused(key, value, stack="prod"):
    """The sentence with which a config is refused that is good but for one key."""
    config = {**GOOD, key: value} if value is not None else {k: v for k, v in GOOD.items() if k != key}
    with pytest.raises(SettingsError) as raised:
        parse(stack, config)
    return str(raised.value)


def section(key, **fields):
    """One of the good objects, with some of its fields changed."""
    return json.dumps(json.loads(GOOD[f"model-delivery:{key}"]) | fields)


def test_good_config_is_read_to_the_last_field():
    settings = parse("prod", GOOD)
    assert settings.place.registry_bucket == "flights-prod-registry-222222222222-eu-west-1"
    assert settings.profile == "prod"
    assert settings.release == ReleaseRule(live="v1.0.0", fleet=("v1.1.0", "v1.0.0"))
    assert (settings.instances.type, settings.instances.min, settings.instances.max) == ("ml.c6i.large", 1, 4)
    assert settings.instances.target_invocations_per_minute == 6000
    assert (settings.rollout.required, settings.protect) == (False, True)
    assert (settings.changes.separate_drop, settings.changes.bake_minutes) == (True, 30)
    assert settings.promotion.source == "staging"
    assert settings.approval.by == "gates"
    assert (settings.alarms.max_error_rate_percent, settings.alarms.max_latency_ms) == (0.5, 500)
    assert (settings.retention.noncurrent_days, settings.retention.log_days) == (90, 365)


def test_alarms_tell_the_topic_of_config_or_none_that_it_knows():
    topic = "arn:aws:sns:eu-west-1:222222222222:pager"
    assert (
        parse("prod", GOOD | {"model-delivery:alarms": section("alarms", topic=topic)}).alarms.topic == topic
    )
    assert parse("prod", GOOD).alarms.topic is None


def test_the_rules_of_an_environment_are_its_sections():
    assert parse("prod", GOOD).rules == Rules(
        separate_drop=True, bake_seconds=1800, promotes_from="staging", drill_within_days=30
    )
    strict = parse("prod", {**GOOD, "model-delivery:rollout": '{"required": true}'})
    assert strict.rules.rollout_required


@pytest.mark.parametrize("text", [None, "{}"])
def test_an_environment_without_promotion_takes_versions_from_nowhere(text):
    config = {**GOOD, "model-delivery:promotion": text}
    assert parse("prod", {k: v for k, v in config.items() if v is not None}).promotion.source is None


def test_an_environment_cannot_promote_from_itself():
    assert "this environment itself" in refused("model-delivery:promotion", '{"from": "prod"}')


@pytest.mark.parametrize("text", [None, "{}"])
def test_without_such_a_line_no_drill_is_demanded(text):
    config = {**GOOD, "model-delivery:drill": text}
    settings = parse("prod", {key: value for key, value in config.items() if value is not None})
    assert settings.rules.drill_within_days is None
    assert parse("prod", GOOD).rules.drill_within_days == 30


@pytest.mark.parametrize("text", ['{"withinDays": 0}', '{"days": 30}', '{"withinDays": "30"}', "30"])
def test_what_a_drill_may_not_demand_is_refused_with_what_it_may(text):
    assert "{withinDays: 30}, 1 to 3650 days" in refused("model-delivery:drill", text)


def test_promotion_names_an_environment():
    assert "model-delivery:promotion" in refused("model-delivery:promotion", '{"from": "Not One"}')


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_the_committed_stack_files_are_good(stack):
    config = yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"]
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    settings = parse(stack, {"model-delivery:model": "flights"} | texts)
    assert settings.place.environment == stack


def test_data_lives_where_config_says_and_refuses_to_be_deleted_unless_config_says_otherwise():
    without = {
        key: value
        for key, value in GOOD.items()
        if key not in {"model-delivery:data", "model-delivery:training", "model-delivery:build"}
    }
    for absent in ({}, {"model-delivery:data": "{}"}):
        assert parse("prod", without | absent).data.bucket is False
    data = parse("prod", without | {"model-delivery:data": '{"bucket": true}'}).data
    assert (data.bucket, data.protect) == (True, True)
    assert parse("prod", GOOD).data.protect is False
    assert parse("prod", GOOD).place.data_bucket == "flights-data-222222222222-eu-west-1"


def test_candidates_join_by_rule_only_where_config_says_how_many():
    assert parse("prod", GOOD).release.candidates == 0
    release = parse("prod", GOOD | {"model-delivery:release": section("release", candidates=1)}).release
    assert release.candidates == 1
    assert release.of(["v1.1.0", "v1.0.0", "v1.2.0"]).plain() == {
        "live": "v1.0.0",
        "fleet": ["v1.1.0", "v1.0.0", "v1.2.0"],
    }


@pytest.mark.parametrize("count", [-1, MAX_FLEET, "1", 1.5, None, True])
def test_a_number_of_candidates_that_no_fleet_can_have_is_refused(count):
    told = refused("model-delivery:release", section("release", candidates=count))
    assert "candidates" in told
    assert "0 to 9 of the newest approved versions" in told


def test_no_release_is_no_error():
    for absent in ({}, {"model-delivery:release": "{}"}):
        config = {key: value for key, value in GOOD.items() if key != "model-delivery:release"} | absent
        assert parse("prod", config).release is None


def test_no_profile_means_the_default_chain():
    assert parse("prod", {key: value for key, value in GOOD.items() if key != "aws:profile"}).profile is None


@pytest.mark.parametrize(
    ("key", "value", "where", "shown", "allowed"),
    [
        ("aws:region", "Ireland", "aws:region", "'Ireland'", "eu-west-1"),
        ("aws:region", "cn-north-1", "aws:region", "'cn-north-1'", "eu-west-1"),
        ("aws:profile", "", "aws:profile", "empty", "a profile's name"),
        ("aws:allowedAccountIds", "[]", "aws:allowedAccountIds", "[]", "exactly one account"),
        ("aws:allowedAccountIds", "[222222222222]", "aws:allowedAccountIds", "[222222222222]", "in quotes"),
        ("aws:allowedAccountIds", '["1", "2"]', "aws:allowedAccountIds", '["1", "2"]', "exactly one account"),
        ("aws:allowedAccountIds", "222222222222", "aws:allowedAccountIds", "222222222222", "in quotes"),
        ("aws:ignoreTags", '["CostCenter"]', "aws:ignoreTags", '["CostCenter"]', "{keys: [CostCenter]"),
        ("aws:ignoreTags", '{"prefixes": ["x"]}', "aws:ignoreTags", "prefixes", "{keys: [CostCenter]"),
        ("aws:ignoreTags", '{"keys": "CostCenter"}', "aws:ignoreTags", '"CostCenter"', "{keys: [CostCenter]"),
        (
            "aws:ignoreTags",
            '{"keys": ["owner"]}',
            "aws:ignoreTags",
            '"owner"',
            "none of them model, environment, owner",
        ),
        ("aws:ignoreTags", '{"keyPrefixes": ["man"]}', "aws:ignoreTags", '"man"', "managed-by"),
        ("aws:ignoreTags", '{"keyPrefixes": [""]}', "aws:ignoreTags", '[""]', "{keys: [CostCenter]"),
        ("model-delivery:model", "Flight Delays", "model-delivery:model", "'Flight Delays'", "lowercase"),
        ("model-delivery:owner", "", "model-delivery:owner", "''", "ml-platform"),
        ("model-delivery:protect", "perhaps", "model-delivery:protect", "'perhaps'", "true or false"),
        ("model-delivery:protect", "1", "model-delivery:protect", "1", "true or false"),
        ("model-delivery:rollout", '{"required": "no"}', "rollout.required", '"no"', "{required: true}"),
        (
            "model-delivery:changes",
            section("changes", bakeMinutes=-1),
            "changes.bakeMinutes",
            "-1",
            "0 to 10080",
        ),
        (
            "model-delivery:changes",
            section("changes", bakeMinutes=1.5),
            "changes.bakeMinutes",
            "1.5",
            "0 to 10080",
        ),
        (
            "model-delivery:changes",
            section("changes", separateDrop=1),
            "changes.separateDrop",
            "1",
            "separateDrop: true",
        ),
        ("model-delivery:instances", section("instances", min=0), "instances.min", "0", "1 to 100 instances"),
        (
            "model-delivery:instances",
            section("instances", max="4"),
            "instances.max",
            '"4"',
            "1 to 100 instances",
        ),
        (
            "model-delivery:instances",
            section("instances", min=5),
            "instances",
            '"min": 5',
            "max not below min",
        ),
        (
            "model-delivery:instances",
            section("instances", type="t2"),
            "instances.type",
            '"t2"',
            "ml.c6i.large",
        ),
        (
            "model-delivery:instances",
            section("instances", targetInvocationsPerMinute=0),
            "instances.targetInvocationsPerMinute",
            "0",
            "targetInvocationsPerMinute: 6000",
        ),
        (
            "model-delivery:alarms",
            section("alarms", maxErrorRatePercent=0),
            "alarms.maxErrorRatePercent",
            "0",
            "above 0",
        ),
        (
            "model-delivery:alarms",
            section("alarms", maxLatencyMs=0),
            "alarms.maxLatencyMs",
            "0",
            "1 to 60000",
        ),
        (
            "model-delivery:alarms",
            section("alarms", topic="pager"),
            "alarms.topic",
            '"pager"',
            "the ARN of a standard SNS topic",
        ),
        (
            "model-delivery:alarms",
            section("alarms", topic="arn:aws:sns:eu-west-1:222222222222:pager.fifo"),
            "alarms.topic",
            "pager.fifo",
            "the ARN of a standard SNS topic",
        ),
        (
            "model-delivery:alarms",
            section("alarms", topic="arn:aws:sns:us-east-1:222222222222:pager"),
            "alarms.topic",
            "another region than aws:region eu-west-1",
            "in this region",
        ),
        (
            "model-delivery:retention",
            section("retention", logDays=0),
            "retention.logDays",
            "0",
            "1 to 3650 days",
        ),
        (
            "model-delivery:retention",
            section("retention", noncurrentDays=0),
            "retention.noncurrentDays",
            "0",
            "1 to 3650",
        ),
        (
            "model-delivery:release",
            '{"live": "v1.0.0", "fleet": []}',
            "release",
            '"fleet": []',
            "1 to 10 versions",
        ),
        (
            "model-delivery:release",
            '{"live": 1.1, "fleet": ["v1.1.0"]}',
            "release.live",
            "1.1",
            "YAML reads 1.10",
        ),
        (
            "model-delivery:release",
            '{"live": "v1.1.0", "fleet": [1.1]}',
            "release.fleet[0]",
            "1.1",
            "YAML reads 1.10",
        ),
        (
            "model-delivery:release",
            '{"live": "1.1.0", "fleet": ["1.1.0"]}',
            "release",
            "'1.1.0'",
            "vMAJOR.MINOR.PATCH",
        ),
        (
            "model-delivery:release",
            '{"live": "v1.1", "fleet": ["v1.1"]}',
            "release",
            "'v1.1'",
            "vMAJOR.MINOR.PATCH",
        ),
        (
            "model-delivery:release",
            '{"live": "v2.0.0", "fleet": ["v1.0.0"]}',
            "release",
            "v2.0.0",
            "not in the fleet",
        ),
        (
            "model-delivery:release",
            '{"live": "v1.0.0", "fleet": ["v1.0.0", "v1.0.0"]}',
            "release",
            "v1.0.0",
            "twice",
        ),
        ("model-delivery:release", '["v1.0.0"]', "release", '["v1.0.0"]', "{live: v1.4.0"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(key, value, where, shown, allowed):
    sentence = refused(key, value)
    assert sentence.startswith("Pulumi.prod.yaml: ")
    assert where in sentence
    assert shown in sentence
    assert allowed in sentence


@pytest.mark.parametrize("key", [key for key in GOOD if key not in OPTIONAL])
def test_a_missing_key_is_named_with_what_is_allowed(key):
    sentence = refused(key, None)
    assert sentence.startswith(f"Pulumi.prod.yaml: {key} is missing; allowed: ")


@pytest.mark.parametrize(
    "key",
    [
        "instances",
        "rollout",
        "changes",
        "approval",
        "alarms",
        "retention",
        "data",
        "training",
        "build",
        "release",
    ],
)
def test_an_unknown_field_is_refused(key):
    sentence = refused(f"model-delivery:{key}", section(key, colour="blue"))
    assert f"model-delivery:{key}" in sentence
    assert "unknown field `colour`" in sentence


@pytest.mark.parametrize(
    ("key", "field"),
    [
        (key, field)
        for key in KEYS
        if GOOD[f"model-delivery:{key}"][0] == "{"
        and f"model-delivery:{key}" not in OPTIONAL - {"model-delivery:release"}
        for field in json.loads(GOOD[f"model-delivery:{key}"])
    ],
)
def test_a_missing_field_is_named(key, field):
    fields = json.loads(GOOD[f"model-delivery:{key}"])
    del fields[field]
    assert f"missing required field `{field}`" in refused(f"model-delivery:{key}", json.dumps(fields))


def test_an_unknown_key_is_refused_with_those_that_exist():
    sentence = refused("model-delivery:relase", "{}")
    assert sentence.startswith("Pulumi.prod.yaml: model-delivery:relase is {}, but")
    assert all(key in sentence for key in KEYS)


@pytest.mark.parametrize("namespace", ["model_delivery", "modeldelivery", "model-delivry", "kubernetes"])
def test_a_key_of_a_namespace_that_nothing_reads_is_refused(namespace):
    """A misspelt `promotion` would leave production without its guard."""
    sentence = refused(f"{namespace}:promotion", '{"from": "staging"}')
    assert sentence.startswith(
        f'Pulumi.prod.yaml: {namespace}:promotion is {{"from": "staging"}}, but nothing here'
    )
    assert sentence.endswith("allowed: model-delivery:…, aws:…, pulumi:…")


def test_the_project_file_describes_each_key():
    config = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    assert list(config) == list(ALL_KEYS)
    assert all(each["description"] for each in config.values())


def test_keys_of_other_packages_are_theirs_to_check():
    assert parse("prod", {**GOOD, "aws:maxRetries": "3"}) == parse("prod", GOOD)


def test_a_stacks_name_that_cannot_be_a_bucket_is_refused():
    with pytest.raises(SettingsError, match="the stack's name is the environment's name: 'Prod'"):
        parse("Prod", GOOD)


def test_the_stacks_name_only_names():
    """The same config under another stack differs in its place alone."""
    prod, blue = parse("prod", GOOD), parse("blue", GOOD)
    assert {field for field in prod.__struct_fields__ if getattr(prod, field) != getattr(blue, field)} == {
        "place"
    }


number = st.integers(0, 30)
version = st.builds("v{}.{}.{}".format, number, number, number)
fleets = st.lists(version, min_size=1, max_size=MAX_FLEET, unique=True)


def test_versions_are_trained_where_config_says_how():
    for absent in ({"model-delivery:training": "{}"}, {}):
        config = {
            key: value
            for key, value in GOOD.items()
            if key not in {"model-delivery:training", "model-delivery:build"}
        }
        assert parse("prod", config | absent).training is None
    training = parse("prod", GOOD).training
    assert (training.instance, training.run_days, training.network) == ("ml.m5.large", 60, None)
    network = {"subnets": ["subnet-0a"], "securityGroups": ["sg-0b", "sg-1c"]}
    given = section("training", network=network)
    assert parse("prod", {**GOOD, "model-delivery:training": given}).training.network.plain() == {
        "subnets": ["subnet-0a"],
        "security_groups": ["sg-0b", "sg-1c"],
    }


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"instance": "m5.large"}, "model-delivery:training.instance"),
        ({"runDays": 30}, "model-delivery:training.runDays is 30"),
        (
            {"network": {"subnets": [], "securityGroups": ["sg-0"]}},
            "model-delivery:training.network.subnets is []",
        ),
        ({"network": {"subnets": ["subnet-0"]}}, "missing required field `securityGroups`"),
        ({"network": {"subnets": ["sg-0"], "securityGroups": ["sg-0"]}}, "training.network.subnets[0]"),
    ],
)
def test_a_training_that_cannot_be_is_refused(fields, reason):
    assert reason in refused("model-delivery:training", section("training", **fields))


def test_a_training_without_data_is_refused():
    sentence = refused("model-delivery:data", '{"bucket": false}')
    assert "model-delivery:training is there, but model-delivery:data has no bucket to train from" in sentence


@given(fleets, st.data())
def test_any_fleet_with_its_live_is_read_as_written(fleet, data):
    live = data.draw(st.sampled_from(fleet))
    release = parse(
        "prod", {**GOOD, "model-delivery:release": json.dumps({"live": live, "fleet": fleet})}
    ).release
    assert release == ReleaseRule(live=live, fleet=tuple(fleet))


@given(fleets, version)
def test_a_live_outside_the_fleet_is_never_read(fleet, live):
    if live in fleet:
        fleet = [each for each in fleet if each != live]
    assert "model-delivery:release" in refused(
        "model-delivery:release", json.dumps({"live": live, "fleet": fleet})
    )


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["instances", "rollout", "changes", "alarms", "retention"]), json_values)
def test_no_other_json_is_read_and_none_escapes_the_sentence(key, value):
    """Whatever stands there, the answer is a sentence about that key, never another exception."""
    assert refused(f"model-delivery:{key}", json.dumps(value)).startswith(
        f"Pulumi.prod.yaml: model-delivery:{key}"
    )


@given(st.sampled_from(sorted(GOOD)), st.text(max_size=12))
def test_any_text_is_read_or_refused_with_a_sentence(key, text):
    sentence = ""
    try:
        parse("prod", {**GOOD, key: text})
    except SettingsError as wrong:
        sentence = str(wrong)
    assert not sentence or sentence.startswith(f"Pulumi.prod.yaml: {key}")


def test_tags_that_others_manage_are_named_where_pulumi_aws_reads_them_too():
    assert parse("prod", GOOD).ignored_tags is None
    ignored = parse(
        "prod", {**GOOD, "aws:ignoreTags": '{"keys": ["CostCenter"], "keyPrefixes": ["acme:"]}'}
    ).ignored_tags
    assert ignored.plain() == {"keys": ["CostCenter"], "keyPrefixes": ["acme:"]}
    assert [ignored.has(key) for key in ("CostCenter", "acme:team", "owner")] == [True, True, False]


def test_the_standard_tags_are_those_that_no_config_may_ignore():
    assert tuple(standard_tags(parse("prod", GOOD))) == STANDARD_TAGS


def test_nothing_is_captured_unless_config_says_how_much_and_for_how_long():
    assert parse("prod", GOOD).capture is None
    capture = parse("prod", {**GOOD, "model-delivery:capture": '{"percent": 10, "days": 30}'}).capture
    assert (capture.percent, capture.days) == (10, 30)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('{"percent": -1, "days": 30}', "capture.percent is -1"),
        ('{"percent": 101, "days": 30}', "capture.percent is 101"),
        ('{"percent": 10}', "missing required field `days`"),
        ('{"percent": 10, "days": 30, "to": "s3://elsewhere"}', "unknown field `to`"),
        ("yes", "allowed: {percent: 10, days: 30}"),
    ],
)
def test_a_capture_that_cannot_be_is_refused(value, reason):
    assert reason in refused("model-delivery:capture", value)


DRIFT = '{"schedule": "cron(0 2 * * ? *)", "instance": "ml.m5.large", "days": 400}'
CAPTURED = {**GOOD, "model-delivery:capture": '{"percent": 10, "days": 30}'}


def drifting(**fields):
    return json.dumps(json.loads(DRIFT) | fields)


def test_drift_is_judged_only_where_config_says_when_and_on_what():
    assert parse("prod", CAPTURED).drift is None
    settings = parse("prod", {**CAPTURED, "model-delivery:drift": DRIFT})
    assert (settings.drift.schedule, settings.drift.instance) == ("cron(0 2 * * ? *)", "ml.m5.large")
    assert {name: settings.expiring[name] for name in ("drift", "quality", "labels")} == {
        "drift": 400,
        "quality": 400,
        "labels": 400,
    }
    assert "drift" not in parse("prod", CAPTURED).expiring


@pytest.mark.parametrize(
    "schedule", ["rate(1 day)", "rate(12 hours)", "cron(0/30 6-8 ? * MON-FRI *)", "cron(0 2 L * ? 2027)"]
)
def test_a_schedule_of_event_bridges_is_taken(schedule):
    assert (
        parse("prod", {**CAPTURED, "model-delivery:drift": drifting(schedule=schedule)}).drift.schedule
        == schedule
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (drifting(schedule="daily"), 'drift.schedule is "daily"'),
        (drifting(schedule="rate(0 days)"), "drift.schedule is"),
        (drifting(schedule="cron(0 2 * * *)"), "drift.schedule is"),
        (drifting(schedule="cron(0 2 * * * *)"), "exactly one is to be ?"),
        (drifting(schedule="cron(0 2 ? * ? *)"), "exactly one is to be ?"),
        (drifting(schedule="at(2027-01-01T00:00:00)"), "drift.schedule is"),
        (drifting(instance="large"), 'drift.instance is "large"'),
        (drifting(days=0), "drift.days is 0"),
        (drifting(windows=2), "unknown field `windows`"),
        ('{"schedule": "rate(1 day)", "days": 400}', "missing required field `instance`"),
        ("yes", "allowed: {schedule: cron(0 2 * * ? *)"),
    ],
)
def test_a_drift_that_cannot_be_is_refused(value, reason):
    with pytest.raises(SettingsError) as raised:
        parse("prod", {**CAPTURED, "model-delivery:drift": value})
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"capture": None}, "model-delivery:capture captures nothing"),
        ({"capture": '{"percent": 0, "days": 30}'}, "model-delivery:capture captures nothing"),
        (
            {"capture": '{"percent": 10, "days": 6}'},
            "model-delivery:capture keeps 6 days, and 7 are judged at a time",
        ),
        (
            {"training": None, "build": None},
            "model-delivery:training is not, and with it the image of the steps",
        ),
    ],
)
def test_drift_without_what_it_needs_is_refused_with_what_that_may_be(changed, reason):
    given = {f"model-delivery:{key}": value for key, value in changed.items()}
    config = {**CAPTURED, "model-delivery:drift": DRIFT, **given}
    with pytest.raises(SettingsError) as raised:
        parse("prod", {key: value for key, value in config.items() if value is not None})
    assert reason in str(raised.value)
    assert "allowed: {" in str(raised.value)


def proposing(schedule):
    return {
        **GOOD,
        "model-delivery:data": '{"bucket": true}',
        "model-delivery:training": json.dumps(
            {"instance": "ml.m5.large", "runDays": 60, "schedule": schedule}
        ),
    }


def test_a_model_is_proposed_by_schedule_only_where_config_says_when():
    assert parse("prod", proposing("cron(0 6 2 * ? *)")).training.schedule == "cron(0 6 2 * ? *)"
    unscheduled = {
        **proposing("rate(1 day)"),
        "model-delivery:training": '{"instance": "ml.m5.large", "runDays": 60}',
    }
    assert parse("prod", unscheduled).training.schedule is None


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("monthly", 'training.schedule is "monthly"'),
        ("rate(0 days)", "training.schedule is"),
        ("cron(0 6 2 * * *)", "exactly one is to be ?"),
        ("at(2027-01-01T00:00:00)", "training.schedule is"),
        (30, "training.schedule is 30"),
    ],
)
def test_times_of_proposals_that_cannot_be_are_refused(schedule, reason):
    with pytest.raises(SettingsError) as raised:
        parse("prod", proposing(schedule))
    assert reason in str(raised.value)
    assert "schedule: cron(0 6 2 * ? *)" in str(raised.value)


def test_nothing_is_drawn_unless_config_says_so():
    assert not parse("prod", GOOD).monitoring.dashboard
    assert not parse("prod", {**GOOD, "model-delivery:monitoring": "{}"}).monitoring.dashboard
    assert parse("prod", {**GOOD, "model-delivery:monitoring": '{"dashboard": true}'}).monitoring.dashboard


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('{"dashboard": "yes"}', 'monitoring.dashboard is "yes"'),
        ('{"dashboard": true, "alarms": true}', "unknown field `alarms`"),
        ("true", "allowed: {dashboard: true}"),
    ],
)
def test_a_monitoring_that_cannot_be_is_refused(value, reason):
    assert reason in refused("model-delivery:monitoring", value)


def test_nothing_is_built_unless_config_says_where_the_code_is():
    for absent in ({"model-delivery:build": "{}"}, {}):
        config = {key: value for key, value in GOOD.items() if key != "model-delivery:build"}
        assert parse("prod", config | absent).build is None
    settings = parse("prod", GOOD)
    assert [stage.name for stage in settings.build.stages] == ["test", "image", "train"]
    assert (settings.build.branch, settings.build.log_days) == ("main", 90)
    assert settings.expiring["flights-prod"] == 30


DEPLOYER = "arn:aws:iam::222222222222:role/model-delivery-deploy"
DEPLOYING = [{"name": "train"}, {"name": "deploy"}]
CONNECTION = f"arn:aws:codeconnections:eu-west-1:222222222222:connection/{'0' * 36}"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"provider": None}, "it has either provider or connection"),
        ({"connection": CONNECTION}, "it has either provider or connection"),
        ({"provider": "Gitea"}, "build.provider is"),
        ({"connection": "arn:aws:iam::222222222222:role/x", "provider": None}, "build.connection is"),
        ({"repository": "model-delivery"}, "build.repository is"),
        ({"branch": "-d"}, "build.branch is"),
        ({"stages": []}, "build.stages is []"),
        ({"stages": [{"name": "rollout"}]}, "build.stages[0].name is"),
        ({"stages": [{"name": "train"}, {"name": "deploy"}]}, "a stage deploy and deployRole go together"),
        ({"deployRole": DEPLOYER}, "a stage deploy and deployRole go together"),
        ({"stages": DEPLOYING, "deployRole": "model-delivery-deploy"}, "build.deployRole is"),
        ({"stages": DEPLOYING, "deployRole": DEPLOYER, "backend": "file:///state"}, "build.backend is"),
        ({"backend": "s3://acme-pulumi-prod"}, "backend is of the stage deploy, which is not there"),
        ({"stages": [{"name": "verify"}]}, "the stage verify looks at what the stage deploy brought"),
        (
            {"stages": [{"name": "verify"}, {"name": "deploy"}], "deployRole": DEPLOYER},
            "are to be deploy, verify, each once",
        ),
        ({"stages": [{"name": "train"}, {"name": "test"}]}, "are to be test, train, each once"),
        ({"stages": [{"name": "test"}, {"name": "test"}]}, "are to be test, each once"),
        ({"stages": [{"name": "test", "minutes": 4}]}, "build.stages[0].minutes is 4"),
        ({"stages": [{"name": "test", "load": True}]}, "load is of the stage verify, and this one is test"),
        ({"stages": [{"name": "verify", "load": "yes"}]}, 'build.stages[0].load is "yes"'),
        ({"baseImage": "python:3.11-slim"}, "build.baseImage is"),
        ({"logDays": 91}, "build.logDays is 91"),
        ({"artifactDays": 0}, "build.artifactDays is 0"),
    ],
)
def test_a_build_that_cannot_be_is_refused(fields, reason):
    assert reason in refused("model-delivery:build", section("build", **fields))


def test_a_build_goes_on_to_the_environment_where_config_names_a_role_that_deploys():
    given = section("build", stages=[*DEPLOYING, {"name": "verify"}], deployRole=DEPLOYER)
    build = parse("prod", {**GOOD, "model-delivery:build": given}).build
    assert [stage.name for stage in build.stages] == ["train", "deploy", "verify"]
    assert build.deploy_role == DEPLOYER


def test_only_a_deploy_is_tried_again_by_itself_unless_config_says_otherwise():
    stages = [*DEPLOYING, {"name": "verify"}]

    def tried(*stages):
        given = section("build", stages=list(stages), deployRole=DEPLOYER)
        build = parse("prod", {**GOOD, "model-delivery:build": given}).build
        return [stage.name for stage in build.stages if stage.plain()["retry"]]

    assert tried(*stages) == ["deploy"]
    assert tried({"name": "train", "retry": True}, {"name": "deploy", "retry": False}) == ["train"]


@pytest.mark.parametrize(
    ("given", "measures"), [({}, False), ({"load": False}, False), ({"load": True}, True)]
)
def test_a_load_is_measured_by_the_stage_that_verifies_where_config_says_so(given, measures):
    stages = [*DEPLOYING, {"name": "verify", **given}]
    section_ = section("build", stages=stages, deployRole=DEPLOYER)
    build = parse("prod", {**GOOD, "model-delivery:build": section_}).build
    assert [stage.plain()["load"] for stage in build.stages] == [False, False, measures]


def test_a_build_whose_connection_is_there_makes_none():
    given = section("build", connection=CONNECTION, provider=None)
    build = parse("prod", {**GOOD, "model-delivery:build": given}).build
    assert (build.connection, build.provider) == (CONNECTION, None)


def test_a_build_without_training_is_refused():
    assert "nothing could be trained" in refused("model-delivery:training", "{}")
