"""The Endpoint resource's life, without an engine and without AWS."""

import contextlib

import msgspec
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from modeldelivery.plugin.protocol import Change, InitFailedError, ProviderError
from modeldelivery.plugin.values import UNKNOWN
from modeldelivery.provider import progress
from modeldelivery.release.aws.traffic import MARK_TAG, OWNER_TAG
from modeldelivery.release.core.intent import closed
from modeldelivery.release.core.journal import Drill, DrillMove, Rejection
from tests.fakes.aws import refusal
from tests.fakes.journal import START

from .world import BUCKET, KEY, NAME, RESOURCE, A, B, C, Stack

THROTTLED = refusal("ThrottlingException", "Rate exceeded")
NOWHERE = EndpointConnectionError(endpoint_url="https://sagemaker.eu-west-1.amazonaws.com")


@pytest.fixture
def stack():
    return Stack()


@pytest.fixture
def serving(stack):
    """A serves, B is kept warm."""
    stack.up(A, A, B)
    stack.aws.calls.clear()
    return stack


def rejected(stack, version):
    """A journal in which the version's bits are rejected."""
    rejection = Rejection(
        version=version, digest=f"sha256:{version}", at=1.0, actor="ada", reason="errors doubled"
    )
    stack.write(msgspec.structs.replace(stack.journal, rejections=(rejection,)))


# --- check and diff


def test_check_adds_what_the_weights_will_be_and_what_serves_now(stack):
    first = stack.check(stack.config(A, A, B)).inputs
    assert (first["weights"], first["servingAtCheck"]) == ({A: 100, B: 0}, {})

    stack.up(A, A, B)

    second = stack.check(stack.config(B, A, B)).inputs
    assert (second["weights"], second["servingAtCheck"]) == ({A: 0, B: 100}, {A: 100, B: 0})


DEMANDING = {"rolloutRequired": False, "separateDrop": False, "bakeSeconds": 0, "drillWithinDays": 30}


@pytest.mark.parametrize(
    ("ago", "why", "stands"),
    [
        (1, "", "passed"),
        (29, "", "passed"),
        (31, "", "old"),
        (1, "interrupted", "failed"),
        (None, "", "never"),
    ],
)
def test_check_says_how_the_latest_drill_stands_where_one_is_demanded(serving, ago, why, stands):
    """In a word that stays until something changes, so that a plan of today holds tomorrow; and it is no change of its own."""
    if ago is not None:
        ended = START + serving.aws.seconds - 86_400 * ago
        latest = Drill(
            operation="d", actor="ada", reason="monthly", since=ended, home=A, away=B, rounds=1, rate=20, why=why,
            moves=(DrillMove(to=B, wrong=0.5, done=2.0, requests=40),), ended=ended,
        )  # fmt: skip
        serving.write(msgspec.structs.replace(serving.journal, drill=latest))
    demanding = serving.config(A, A, B, rules=DEMANDING)
    assert serving.check(demanding).inputs["drillAtCheck"] == stands
    assert "drillAtCheck" not in serving.check(serving.config(A, A, B)).inputs
    assert serving.changes(demanding) == set()


def test_before_the_registry_is_made_check_reads_no_journal(stack):
    checked = stack.check(stack.config(A, A, journal={"bucket": UNKNOWN, "key": KEY}))

    assert not checked.failures
    assert "s3:GetObject" not in stack.aws.called("patient")


@pytest.mark.parametrize(
    ("changed", "named", "sentence"),
    [
        ({"release": {"live": C, "fleet": [A]}}, "release", "is not in release.fleet"),
        ({"variants": []}, "release", "no digest set is known for"),
        ({"colour": "red"}, "endpointName", "unknown field `colour`"),
        (
            {"allowedAccounts": ["222222222222"]},
            "allowedAccounts",
            "check aws:profile and aws:allowedAccountIds",
        ),
    ],
)
def test_check_names_the_property_that_is_wrong(stack, changed, named, sentence):
    (failure,) = stack.check(stack.config(A, A) | changed).failures

    assert failure.property == named
    assert sentence in failure.reason


def test_check_says_what_a_rule_refuses(serving):
    serving.up(B, A, B)

    (failure,) = serving.check(
        serving.config(A, A, rules={"rolloutRequired": True, "separateDrop": True, "bakeSeconds": 0})
    ).failures

    assert failure.property == "release"
    assert "drops it: here that is two changes" in failure.reason


def test_check_warns_and_says_when_aws_lets_nobody_in(serving):
    rejected(serving, B)
    serving.check(serving.config(B, A, B))
    assert any("was rejected by ada" in warning for warning in serving.log.warnings)

    serving.aws.faults["s3:GetObject"].append(refusal("AccessDenied", "no", 403))
    with pytest.raises(ProviderError, match="look at the role that you use"):
        serving.check(serving.config(B, A, B))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("Failed", "the endpoint is Failed (no capacity): "),
        ("UpdateRollbackFailed", "the endpoint is UpdateRollbackFailed (no capacity): "),
    ],
)
def test_an_endpoint_that_is_not_healthy_is_named_and_never_unchanged(serving, status, sentence):
    serving.aws.endpoints[NAME] |= {"EndpointStatus": status, "FailureReason": "no capacity"}

    assert serving.changes(serving.config(A, A, B)) == {"release"}
    assert any(warning.startswith(sentence) for warning in serving.log.warnings)


def test_an_up_of_a_dead_endpoint_fails_with_what_to_type(serving):
    serving.aws.endpoints[NAME] |= {"EndpointStatus": "Failed", "FailureReason": "no capacity"}

    with pytest.raises(ProviderError, match="aws sagemaker delete-endpoint"):
        serving.up(A, A, B)


@pytest.mark.parametrize(
    ("done", "sentence"),
    [
        (lambda aws: aws.scaled.discard(f"endpoint/{NAME}/variant/v1-0-0"), "nothing scales v1.0.0"),
        (
            lambda aws: aws.endpoints[NAME]["ProductionVariants"][0].update(CurrentInstanceCount=0),
            "runs on 0 of 1",
        ),
        (
            lambda aws: aws.tags[aws.arn("endpoint", NAME)].update({MARK_TAG: "ada moved it"}),
            "(ada moved it)",
        ),
    ],
)
def test_a_preview_names_what_is_not_as_it_should_be(serving, done, sentence):
    serving.aws.scaled |= {f"endpoint/{NAME}/variant/{variant}" for variant in ("v1-0-0", "v1-1-0")}
    assert serving.changes(serving.config(A, A, B)) == set()
    assert serving.log.warnings == []

    done(serving.aws)

    assert serving.changes(serving.config(A, A, B)) == set()
    (warning,) = serving.log.warnings
    assert sentence in warning


def test_a_role_that_may_not_look_at_autoscaling_is_warned_and_not_refused(serving):
    serving.aws.faults["application-autoscaling:DescribeScalableTargets"].append(
        refusal("AccessDeniedException", "no", 403)
    )

    assert serving.changes(serving.config(A, A, B)) == set()
    assert any(warning.startswith("autoscaling cannot be looked at") for warning in serving.log.warnings)


def test_right_after_an_up_nothing_would_change(serving):
    assert serving.changes(serving.config(A, A, B)) == set()


@pytest.mark.parametrize(
    ("changed_inputs", "changed"),
    [
        ({"live": B}, {"release", "weights"}),
        ({"fleet": (A, B, C)}, {"release", "variants"}),
        ({"counts": {B: 2}}, {"variants"}),
        ({"tags": {"owner": "ops"}}, {"tags"}),
        ({"kmsKeyArn": "arn:aws:kms:key"}, {"kmsKeyArn"}),
        ({"capture": {"percent": 10, "destination": "s3://kept/here"}}, {"capture"}),
    ],
)
def test_a_change_shows_by_its_property(serving, changed_inputs, changed):
    changed_inputs = {"live": A, "fleet": (A, B), **changed_inputs}
    live, fleet = changed_inputs.pop("live"), changed_inputs.pop("fleet")

    assert serving.changes(serving.config(live, *fleet, **changed_inputs)) == changed


def test_what_someone_else_changed_on_the_endpoint_shows_too(serving):
    for variant in serving.aws.endpoints[NAME]["ProductionVariants"]:
        variant |= {"CurrentWeight": 50.0, "DesiredWeight": 50.0}
    del serving.aws.configs[serving.aws.endpoints[NAME]["EndpointConfigName"]]["ProductionVariants"][1]

    assert serving.changes(serving.config(A, A, B)) == {
        "variants"
    }  # traffic of others is left alone, with a warning
    assert any("moved by someone else" in warning for warning in serving.log.warnings)


def test_an_endpoint_that_is_gone_is_made_again(serving):
    serving.aws.endpoints.clear()

    assert serving.changes(serving.config(A, A, B)) == {"variants", "weights"}
    assert serving.log.warnings == []


def test_another_name_is_another_endpoint(serving):
    diff = serving.endpoint.diff(RESOURCE, serving.state, serving.state | {"endpointName": "other"})

    assert diff.changes == {"endpointName": Change.UPDATE_REPLACE}


def test_a_refresh_compares_inputs_alone(serving):
    state = serving.endpoint.read(serving.arn, serving.state)
    serving.aws.calls.clear()

    diff = serving.endpoint.diff(RESOURCE, serving.state, {**state.inputs, "weights": {A: 50, B: 50}})

    assert diff.changes == {"weights": Change.UPDATE}
    assert serving.aws.calls == []


def test_a_preview_says_that_the_journal_is_gone_and_promises_nothing(serving):
    serving.aws.delete(KEY)
    with pytest.raises(ProviderError, match=r"was deleted\. .*--version-id \d+ kept\.json"):
        serving.check(serving.config(B, A, B))

    serving.aws.deleted.clear()  # its versions are gone too
    with pytest.raises(ProviderError, match=f"names s3://{BUCKET}/{KEY} as its journal, and there is none"):
        serving.check(serving.config(B, A, B))
    with pytest.raises(ProviderError, match="and there is none"):
        serving.endpoint.update(RESOURCE, serving.state, serving.state, timeout=60, preview=False)
    assert serving.weights == {A: 100, B: 0}


# --- create


def test_a_preview_makes_nothing(stack):
    created = stack.endpoint.create(RESOURCE, stack.config(A, A), timeout=0, preview=True)
    updated = stack.endpoint.update(RESOURCE, {}, stack.config(A, A), timeout=0, preview=True)

    assert (created.id, created.outputs["name"], updated["name"]) == ("", NAME, NAME)
    assert stack.aws.calls == []


def test_create_makes_the_endpoint_with_its_tags_and_journals_it(stack):
    outputs = stack.up(A, A, B)

    assert (outputs["arn"], outputs["name"]) == (stack.arn, NAME)
    assert stack.weights == {A: 100, B: 0}
    assert (stack.journal.live, stack.journal.intent, set(stack.journal.fleet)) == (A, None, {A, B})
    assert stack.aws.tags[stack.arn] == {"owner": "ml", OWNER_TAG: f"s3://{BUCKET}/{KEY}"}


def test_calls_that_change_the_endpoint_and_what_the_runner_asks_again_go_out_once_and_the_rest_is_patient(
    serving,
):
    serving.up(B, B, C)

    assert serving.aws.called("fenced") == {
        "s3:GetObject",
        "s3:PutObject",
        "sagemaker:DescribeEndpoint",
        "sagemaker:ListTags",
        "sagemaker:UpdateEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
    }
    assert serving.aws.called("patient") >= {
        "sts:GetCallerIdentity",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:ListEndpointConfigs",
        "application-autoscaling:DescribeScalableTargets",
    }


def test_before_anything_changes_aws_itself_says_whose_the_credentials_are(stack):
    news = stack.config(A, A)
    stack.aws.caller = "222222222222"

    for change in (
        lambda: stack.endpoint.create(RESOURCE, news, timeout=0, preview=False),
        lambda: stack.endpoint.update(RESOURCE, news, news, timeout=0, preview=False),
        lambda: stack.endpoint.delete(RESOURCE, news, timeout=0),
    ):
        with pytest.raises(ProviderError, match="of account 222222222222, and this stack may only touch 111"):
            change()
    assert stack.aws.calls == [("patient", "sts:GetCallerIdentity")] * 3


def test_an_endpoint_of_someone_else_is_not_touched_and_may_be_imported(serving):
    serving.aws.tags[serving.arn].clear()
    serving.state = None

    with pytest.raises(ProviderError, match=f"pulumi import .* {NAME} {serving.arn}"):
        serving.up(A, A, B)


def test_an_endpoint_that_a_killed_create_left_is_taken_up(serving):
    serving.state = None

    assert serving.up(A, A, B)["arn"] == serving.arn
    assert "sagemaker:CreateEndpoint" not in serving.aws.called("fenced")


def test_a_broken_endpoint_of_this_stacks_own_is_deleted_first(serving):
    born = serving.aws.endpoints[NAME]["CreationTime"]
    serving.aws.endpoints[NAME] |= {"EndpointStatus": "Failed", "FailureReason": "no capacity"}
    del serving.aws.endpoints[NAME]["ProductionVariants"]  # it was never made
    serving.state = None

    serving.up(A, A, B)

    assert serving.aws.endpoints[NAME]["CreationTime"] != born
    assert any("left Failed: no capacity" in told for told in serving.log.told)


@pytest.mark.parametrize("status", ["UpdateRollbackFailed", "OutOfService"])
def test_only_a_failed_endpoint_is_ever_deleted_by_a_create(serving, status):
    serving.aws.endpoints[NAME] |= {"EndpointStatus": status, "FailureReason": "no capacity"}
    serving.state = None

    with contextlib.suppress(ProviderError):
        serving.up(A, A, B)

    assert "sagemaker:DeleteEndpoint" not in serving.aws.called("patient")
    assert NAME in serving.aws.endpoints


def test_an_up_of_the_same_fleet_brings_a_mix_back_to_one_configuration(serving):
    serving.aws.endpoints[NAME] |= {"EndpointStatus": "UpdateRollbackFailed", "FailureReason": "no capacity"}

    serving.up(A, A, B)

    assert serving.aws.endpoints[NAME]["EndpointStatus"] == "InService"
    assert serving.weights == {A: 100, B: 0}


@pytest.fixture
def in_its_time(monkeypatch):
    """A stack for whose provider time passes as for its AWS: by its pauses."""

    def on(stack):
        monkeypatch.setattr(progress.EngineClock, "monotonic", lambda _: stack.aws.seconds)

    return on


def test_a_create_that_fails_keeps_the_endpoint_that_it_made(stack, in_its_time):
    news = dict(stack.check(stack.config(A, A, B)).inputs)
    stack.aws.looks = 10**6
    in_its_time(stack)

    with pytest.raises(InitFailedError, match="gave up after") as failed:
        stack.endpoint.create(RESOURCE, news, timeout=60, preview=False)

    assert failed.value.id == stack.arn
    assert failed.value.inputs == news


def test_a_create_that_makes_no_endpoint_is_no_resource(stack):
    news = dict(stack.check(stack.config(A, A, B)).inputs)
    stack.aws.faults["sagemaker:CreateEndpointConfig"].append(refusal("ValidationException", "no such model"))

    with pytest.raises(ProviderError, match="no such model"):
        stack.endpoint.create(RESOURCE, news, timeout=60, preview=False)


# --- update


def test_a_changed_live_moves_all_traffic_and_retires_what_is_dropped(serving):
    serving.up(B, B)

    assert serving.weights == {B: 100}
    assert (serving.journal.live, serving.journal.fleet) == (B, (B,))
    assert list(serving.aws.configs) == [serving.aws.endpoints[NAME]["EndpointConfigName"]]


def test_configs_of_others_are_not_swept(serving):
    foreign = f"{NAME}-0123456789ab"
    serving.aws.configs[foreign] = {
        "EndpointConfigName": foreign, "EndpointConfigArn": "arn:other", "ProductionVariants": []
    }  # fmt: skip

    serving.up(A, A, C)

    assert foreign in serving.aws.configs


@pytest.mark.parametrize(
    "action", ["sagemaker:ListEndpointConfigs", "sagemaker:ListTags", "sagemaker:DeleteEndpointConfig"]
)
def test_a_throttle_in_the_sweep_never_fails_an_up_that_is_done(serving, action):
    serving.aws.faults[action].extend(
        [throttled_after_the_change(serving.aws)] * 20 if action == "sagemaker:ListTags" else [THROTTLED] * 5
    )

    serving.up(A, A, C)

    assert serving.weights == {A: 100, C: 0}
    assert any("AWS asks to slow down" in warning for warning in serving.log.warnings)
    serving.aws.faults[action].clear()
    serving.up(A, A, B)
    assert list(serving.aws.configs) == [serving.aws.endpoints[NAME]["EndpointConfigName"]]


def throttled_after_the_change(aws):
    """The runner reads tags too: only the sweep's reads, which are patient, are throttled."""

    def throttles():
        if aws.calls[-1][0] == "patient":
            raise THROTTLED

    return throttles


def test_a_version_that_scales_is_deregistered_before_it_is_dropped_or_retyped(serving):
    resources = {v: f"endpoint/{NAME}/variant/{v.replace('.', '-')}" for v in (A, B)}
    serving.aws.scaled = set(resources.values())

    serving.up(A, A, C)
    assert serving.aws.scaled == {resources[A]}
    serving.up(A, A, C, instance_type="ml.c6i.large")
    assert serving.aws.scaled == set()


def test_a_target_that_is_gone_already_is_done_and_one_that_changes_is_tried_again(serving):
    resource = f"endpoint/{NAME}/variant/v1-1-0"
    serving.aws.scaled = {resource}
    action = "application-autoscaling:DeregisterScalableTarget"
    serving.aws.faults[action].append(refusal("ConcurrentUpdateException", "Concurrent update"))
    serving.aws.faults[action].append(serving.aws.scaled.clear)

    serving.up(A, A, C)

    assert [called for _, called in serving.aws.calls].count(action) == 2
    assert serving.weights == {A: 100, C: 0}


RESOURCE_OF_B = f"endpoint/{NAME}/variant/v1-1-0"
POLICY = {
    "PolicyName": "flights-v1-1-0-3f9c2d1",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 600.0},
}


@pytest.fixture
def scaling(serving):
    """B is scaled, by a policy of pulumi-aws'."""
    serving.aws.scaled = {RESOURCE_OF_B}
    serving.aws.policies = {RESOURCE_OF_B: [POLICY]}
    return serving


def as_it_was(stack):
    return (stack.aws.scaled, stack.aws.policies) == ({RESOURCE_OF_B}, {RESOURCE_OF_B: [POLICY]})


def test_a_change_that_sagemaker_rolls_back_leaves_the_scaling_as_it_was(scaling):
    """Under the same names: pulumi-aws' state of target and policy stays true."""
    scaling.aws.reverts = 1

    with pytest.raises(ProviderError, match="rolled the change of the fleet back: no capacity"):
        scaling.up(A, A, B, instance_type="ml.c6i.large")

    assert as_it_was(scaling)
    assert scaling.journal.parked == {}


def test_a_scaling_that_was_suspended_comes_back_suspended(scaling):
    state = {"DynamicScalingInSuspended": True}
    scaling.aws.suspended = {RESOURCE_OF_B: state}
    scaling.aws.reverts = 1

    with pytest.raises(ProviderError, match="rolled the change of the fleet back"):
        scaling.up(A, A, B, instance_type="ml.c6i.large")

    assert as_it_was(scaling)
    assert scaling.aws.suspended == {RESOURCE_OF_B: state}


def test_policies_of_more_than_a_page_come_back_all(scaling):
    policies = [POLICY | {"PolicyName": f"policy-{number}"} for number in range(21)]
    scaling.aws.policies = {RESOURCE_OF_B: list(policies)}
    scaling.aws.reverts = 1

    with pytest.raises(ProviderError, match="rolled the change of the fleet back"):
        scaling.up(A, A, B, instance_type="ml.c6i.large")

    assert scaling.aws.policies == {RESOURCE_OF_B: policies}


def test_a_change_that_sagemaker_refuses_leaves_the_scaling_as_it_was(scaling):
    scaling.aws.faults["sagemaker:UpdateEndpoint"].append(
        refusal("ResourceLimitExceeded", "The account-level service limit is 2")
    )

    with pytest.raises(ProviderError, match="account-level service limit"):
        scaling.up(A, A)

    assert as_it_was(scaling)


@pytest.mark.parametrize(
    "killed_at", ["application-autoscaling:DeregisterScalableTarget", "sagemaker:UpdateEndpoint"]
)
def test_what_a_killed_change_took_away_is_put_back_by_the_next_up(scaling, killed_at):
    def dies():
        if killed_at.endswith("Target"):
            scaling.aws.scaled.clear()
        raise KeyboardInterrupt

    scaling.aws.faults[killed_at].append(dies)
    with pytest.raises(KeyboardInterrupt):
        scaling.up(A, A)
    assert list(scaling.journal.parked) == [B]
    scaling.aws.seconds += 60

    assert "release" in scaling.changes(scaling.config(A, A, B))
    scaling.up(A, A, B)

    assert scaling.aws.scaled == {RESOURCE_OF_B}
    assert scaling.aws.policies[RESOURCE_OF_B][-1] == POLICY
    assert scaling.journal.parked == {}


def test_what_a_change_took_away_and_a_rollback_overtook_is_put_back_by_the_next_up(scaling):
    def dies():
        raise KeyboardInterrupt

    scaling.aws.faults["sagemaker:UpdateEndpoint"].append(dies)
    with pytest.raises(KeyboardInterrupt):
        scaling.up(A, A)
    stored = scaling.journal
    scaling.write(closed(stored, stored.intent.since + 1, "superseded by ada"))
    scaling.aws.seconds += 60

    scaling.up(A, A, B)

    assert as_it_was(scaling)


def test_a_change_that_succeeds_puts_nothing_back(scaling):
    scaling.up(A, A)

    assert scaling.aws.scaled == set()
    assert scaling.journal.parked == {}


def test_an_autoscaling_that_is_busy_puts_back_later(scaling):
    scaling.aws.reverts = 1
    scaling.aws.faults["application-autoscaling:RegisterScalableTarget"].append(
        refusal("ConcurrentUpdateException", "Concurrent update")
    )

    with pytest.raises(ProviderError, match="rolled the change of the fleet back"):
        scaling.up(A, A, B, instance_type="ml.c6i.large")

    assert as_it_was(scaling)


def test_a_changed_count_is_not_retained_unless_something_scales_it(serving):
    retained = []
    update = serving.aws._update_endpoint
    serving.aws._update_endpoint = lambda **changed_inputs: (
        retained.append(changed_inputs["ExcludeRetainedVariantProperties"]) or update(**changed_inputs)
    )

    serving.up(A, A, B, counts={B: 2})
    serving.aws.scaled = {f"endpoint/{NAME}/variant/v1-1-0"}
    serving.up(A, A, B, counts={B: 3})

    assert retained == [[{"VariantPropertyType": "DesiredInstanceCount"}], []]


def counts(stack):
    shown = stack.aws.endpoints[NAME]["ProductionVariants"]
    return {v["VariantName"].replace("-", "."): v["DesiredInstanceCount"] for v in shown}


def test_a_changed_count_leaves_a_version_that_was_scaled_out_on_its_instances(serving):
    """ExcludeRetainedVariantProperties names no variant: it would bring the serving one down to one instance."""
    serving.aws.scaled = {f"endpoint/{NAME}/variant/v1-0-0"}
    serving.aws.endpoints[NAME]["ProductionVariants"][0] |= {
        "CurrentInstanceCount": 6,
        "DesiredInstanceCount": 6,
    }

    serving.up(A, A, B, counts={B: 2})

    assert counts(serving) == {A: 6, B: 2}
    assert serving.weights == {A: 100, B: 0}


def test_the_call_for_a_count_has_an_intent_and_its_request_is_in_history(serving):
    """It lists weights: a rollback that comes meanwhile has to know of it."""
    stack, pending = scaled_out(serving), []
    stack.aws.faults["sagemaker:UpdateEndpointWeightsAndCapacities"].append(
        lambda: pending.append(stack.journal.intent)
    )

    stack.up(A, A, B, counts={B: 2})

    (intent,) = pending
    last = stack.journal.history[-1]
    assert (intent.reason, intent.operation) == (f"{B} goes to 2 instances", last.operation)
    assert last.calls
    assert last.caller
    assert stack.journal.intent is None


def test_a_count_that_sagemaker_refuses_is_warned_of_and_the_rest_of_the_up_stands(serving):
    serving.aws.scaled = {f"endpoint/{NAME}/variant/v1-0-0"}
    serving.aws.endpoints[NAME]["ProductionVariants"][0] |= {"DesiredInstanceCount": 6}
    serving.aws.faults["sagemaker:UpdateEndpointWeightsAndCapacities"].append(
        refusal("ResourceLimitExceeded", "The account-level service limit is 2")
    )

    serving.up(A, A, B, counts={B: 2})

    assert any("config asks for 2: " in warning for warning in serving.log.warnings)
    assert counts(serving)[A] == 6


def scaled_out(serving):
    """A is scaled, and serves on six instances."""
    serving.aws.scaled = {f"endpoint/{NAME}/variant/v1-0-0"}
    serving.aws.endpoints[NAME]["ProductionVariants"][0] |= {"DesiredInstanceCount": 6}
    return serving


def test_a_count_that_sagemaker_accepts_and_undoes_is_warned_of(serving, monkeypatch):
    stack = scaled_out(serving)
    monkeypatch.setattr(progress.time, "monotonic", lambda: stack.aws.seconds)
    move = stack.aws._update_endpoint_weights_and_capacities

    def undone(**parameters):
        move(**parameters)
        stack.aws.aimed.clear()
        stack.aws.endpoints[NAME]["ProductionVariants"][1] |= {"DesiredInstanceCount": 1}
        stack.aws.endpoints[NAME] |= {"EndpointStatus": "InService", "FailureReason": "no capacity"}

    stack.aws._update_endpoint_weights_and_capacities = undone

    stack.up(A, A, B, counts={B: 2})

    assert f"{B} stays at its instances, config asks for 2: no capacity" in stack.log.warnings
    assert [called for _, called in stack.aws.calls].count(
        "sagemaker:UpdateEndpointWeightsAndCapacities"
    ) == 1


@pytest.mark.parametrize("call", range(1, 40))
def test_a_changed_count_is_asked_for_by_the_next_up_wherever_the_last_one_was_killed(serving, call):
    stack, left = scaled_out(serving), [call]
    perform = stack.aws.call

    def dies(kind, service, *request):
        left[0] -= service != "sts"  # who it is, a thread of its own asks
        if left[0] == 0:
            raise KeyboardInterrupt
        return perform(kind, service, *request)

    stack.aws.call = dies
    with contextlib.suppress(KeyboardInterrupt):
        stack.up(A, A, B, counts={B: 2})
    stack.aws.call = perform
    stack.aws.seconds += 60
    config = stack.config(A, A, B, counts={B: 2})
    assert stack.changes(config) or counts(stack) == {A: 6, B: 2}

    stack.up(A, A, B, counts={B: 2})

    assert (counts(stack), stack.weights) == ({A: 6, B: 2}, {A: 100, B: 0})
    assert (stack.changes(config), stack.journal.resizes) == (set(), {})


def test_a_preview_says_which_count_an_earlier_up_did_not_come_to(serving):
    stack = scaled_out(serving)
    stack.aws.faults["sagemaker:UpdateEndpointWeightsAndCapacities"].append(
        refusal("ResourceLimitExceeded", "The account-level service limit is 2")
    )
    stack.up(A, A, B, counts={B: 2})
    stack.log.warnings.clear()

    assert stack.changes(stack.config(A, A, B, counts={B: 2})) == {"release"}
    assert (
        f"{B} goes from 1 to 2 instances: an earlier `pulumi up` did not come to that" in stack.log.warnings
    )


def test_a_count_that_a_rollback_left_is_warned_of(serving):
    serving.aws.endpoints[NAME]["ProductionVariants"][1] |= {"DesiredInstanceCount": 3}

    assert serving.changes(serving.config(A, A, B)) == set()
    assert any(f"{B} stays at 3 instances, config asks for 1: " in each for each in serving.log.warnings)


def test_a_count_is_asked_for_also_where_the_same_change_drops_a_version_afterwards(serving):
    """The second change of the fleet finds the count in the configuration, and not on the instances."""
    serving.up(A, A, B, C)
    stack = scaled_out(serving)

    stack.up(B, A, B, counts={A: 1, B: 8})

    assert (counts(stack), stack.weights) == ({A: 6, B: 8}, {A: 0, B: 100})
    assert stack.journal.resizes == {}


def test_a_count_that_something_scales_by_now_is_not_asked_for(serving):
    stack = scaled_out(serving)
    stack.aws.faults["sagemaker:UpdateEndpointWeightsAndCapacities"].append(
        refusal("ResourceLimitExceeded", "The account-level service limit is 2")
    )
    stack.up(A, A, B, counts={B: 2})
    stack.aws.scaled.add(f"endpoint/{NAME}/variant/v1-1-0")
    stack.aws.endpoints[NAME]["ProductionVariants"][1] |= {"DesiredInstanceCount": 5}

    stack.up(A, A, B, counts={B: 2})

    assert (counts(stack), stack.journal.resizes) == ({A: 6, B: 5}, {})


def test_a_count_that_scaling_decides_and_one_that_the_change_brings_are_not_warned_of(serving):
    stack = scaled_out(serving)

    stack.changes(stack.config(A, A, B, counts={B: 2}))

    assert not any("stays at" in each for each in stack.log.warnings)


def test_a_config_left_with_weights_that_are_not_in_force_is_made_anew(serving):
    """Else versions that join would begin with weights of another time."""
    serving.aws.reverts = 1
    with pytest.raises(ProviderError, match="rolled the change of the fleet back: no capacity"):
        serving.up(A, A, B, C)
    left = next(
        name for name in serving.aws.configs if name != serving.aws.endpoints[NAME]["EndpointConfigName"]
    )
    serving.aws.configs[left]["ProductionVariants"][2]["InitialVariantWeight"] = 70.0

    serving.up(A, A, B, C)

    assert serving.aws.endpoints[NAME]["EndpointConfigName"] == left
    assert serving.weights == {A: 100, B: 0, C: 0}


def test_tags_become_what_config_says_and_the_owners_stays(serving):
    serving.up(A, A, B, tags={"team": "ops"})

    assert serving.aws.tags[serving.arn] == {"team": "ops", OWNER_TAG: f"s3://{BUCKET}/{KEY}"}
    serving.up(A, A, B, tags={})
    assert serving.aws.tags[serving.arn] == {OWNER_TAG: f"s3://{BUCKET}/{KEY}"}


def test_a_mark_of_a_move_without_the_journal_stops_an_update(serving):
    serving.aws.tags[serving.arn][MARK_TAG] = "op: ada moved all"

    with pytest.raises(ProviderError, match="modelctl adopt"):
        serving.up(B, A, B)
    assert serving.weights == {A: 100, B: 0}


def test_what_the_runner_saw_arrive_is_not_looked_up_again(serving):
    """A later look may be older: its configuration's name would be the wrong one to spare."""
    described = "sagemaker:DescribeEndpoint"
    serving.up(A, A, C)

    changed = serving.aws.calls.index(("fenced", "sagemaker:UpdateEndpoint"))
    assert ("patient", described) not in serving.aws.calls[changed:]


def test_the_users_interrupt_ends_a_wait(serving):
    news = dict(serving.check(serving.config(B, A, B)).inputs)
    serving.interrupts.set()

    with pytest.raises(
        ProviderError, match=r"interrupted\. What was begun is recorded: run `pulumi up` again"
    ):
        serving.endpoint.update(RESOURCE, serving.state, news, timeout=60, preview=False)


@pytest.mark.parametrize("lost", [NOWHERE, ReadTimeoutError(endpoint_url="https://sagemaker")])
def test_a_call_without_an_answer_is_waited_out(serving, lost):
    serving.aws.faults["sagemaker:UpdateEndpointWeightsAndCapacities"].append(lost)

    serving.up(B, A, B)

    assert serving.weights == {A: 0, B: 100}


# --- read


def test_an_import_finds_everything_from_the_arn(serving):
    state = serving.endpoint.read(serving.arn, {})

    assert state.id == serving.arn
    assert state.inputs["release"] == {"live": A, "fleet": [A, B]}
    assert state.inputs["weights"] == {A: 100, B: 0}
    assert state.inputs["variants"][0]["digest"] == f"sha256:{A}"
    assert state.inputs["tags"] == {"owner": "ml"}
    assert state.inputs["journal"] == {"bucket": BUCKET, "key": KEY}
    assert state.outputs["arn"] == serving.arn


def test_a_refresh_shows_live_weights_and_the_journals_digests(serving):
    for variant, weight in zip(serving.aws.endpoints[NAME]["ProductionVariants"], (30.0, 70.0), strict=True):
        variant |= {"CurrentWeight": weight, "DesiredWeight": weight}

    state = serving.endpoint.read(serving.arn, serving.state)

    assert state.inputs["weights"] == {A: 30, B: 70}
    assert state.inputs["variants"][0]["digest"] == f"sha256:{A}"
    assert not {"servingAtCheck", "fallbackAtCheck"} & state.inputs.keys()


IGNORED = {"keys": ["CostCenter"], "keyPrefixes": ["acme:"]}


def test_a_refresh_shows_tags_that_others_manage_only_where_config_does_not_ignore_them(serving):
    serving.aws.tags[serving.arn] |= {"CostCenter": "7", "acme:team": "x", "found": "by hand"}

    assert {"CostCenter", "acme:team"} < serving.endpoint.read(serving.arn, serving.state).inputs[
        "tags"
    ].keys()
    ignoring = serving.endpoint.read(serving.arn, {**serving.state, "ignoreTags": IGNORED}).inputs["tags"]
    assert not {"CostCenter", "acme:team"} & ignoring.keys()
    assert ignoring["found"] == "by hand"


def test_tags_that_others_manage_are_not_removed_even_where_an_earlier_refresh_took_them_over(serving):
    serving.aws.tags[serving.arn] |= {"CostCenter": "7", "left": "over"}
    serving.state = dict(serving.endpoint.read(serving.arn, serving.state).inputs)

    serving.up(A, A, B, ignoreTags=IGNORED)

    assert serving.aws.tags[serving.arn]["CostCenter"] == "7"
    assert "left" not in serving.aws.tags[serving.arn]


def test_an_endpoint_that_is_gone_is_none(stack):
    assert stack.endpoint.read(stack.arn, {}) is None


@pytest.mark.parametrize("id_", ["flights-staging", "arn:aws:sagemaker:eu-west-1:111111111111:model/flights"])
def test_an_import_of_anything_but_an_endpoints_arn_is_refused(stack, id_):
    with pytest.raises(ProviderError, match="is not an endpoint's ARN"):
        stack.endpoint.read(id_, {})


def test_with_credentials_of_another_account_a_refresh_does_not_say_that_the_endpoint_is_gone(serving):
    serving.aws.id = "222222222222"
    serving.aws.endpoints.clear()

    with pytest.raises(ProviderError, match="may only touch 111111111111"):
        serving.endpoint.read(
            "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/flights-staging", serving.state
        )


# --- delete


def test_delete_takes_endpoint_and_configs_away_and_leaves_the_journal(serving):
    serving.endpoint.delete(RESOURCE, serving.state, timeout=60)

    assert (serving.aws.endpoints, serving.aws.configs) == ({}, {})
    assert serving.journal.live == A


def test_delete_waits_for_a_change_and_outlives_a_connection_that_is_not_made(serving):
    serving.aws.weighed.add(NAME)
    serving.aws._update_endpoint_weights_and_capacities(
        NAME, [{"VariantName": "v1-1-0", "DesiredInstanceCount": 2}]
    )
    serving.aws.faults["sagemaker:DescribeEndpoint"].extend([NOWHERE, NOWHERE])

    serving.endpoint.delete(RESOURCE, serving.state, timeout=60)

    assert serving.aws.endpoints == {}


def test_a_delete_that_takes_too_long_says_so(serving, in_its_time):
    serving.aws.looks = 10**6
    in_its_time(serving)

    with pytest.raises(ProviderError, match=r"gave up after .* deleting the endpoint, which is Deleting"):
        serving.endpoint.delete(RESOURCE, serving.state, timeout=60)


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_a_preview_warns_of_a_version_that_would_join_without_an_approval(serving, status):
    approvals = {A: status, B: "Approved", C: status}
    checked = serving.check(serving.config(A, A, B, C, approvals=approvals))

    assert not checked.failures
    assert [w for w in serving.log.warnings if "modelctl approve" in w] == [
        f"{C} would join the fleet, and the registry says {status} of it: `modelctl approve {C} --reason …` first"
    ]


def test_a_version_of_whose_approval_nothing_is_said_is_not_warned_of(serving):
    serving.check(serving.config(A, A, B, C))
    assert [w for w in serving.log.warnings if "modelctl approve" in w] == []


KEYS = tuple(f"arn:aws:kms:eu-west-1:111111111111:key/{number}" for number in (1, 2))
CAPTURE = {"percent": 10, "destination": "s3://kept/here"}


def captures(stack):
    """Whether the endpoint captures, and what its config says of it."""
    shown = stack.aws.endpoints[NAME]
    return shown["DataCaptureConfig"]["EnableCapture"], stack.aws.configs[shown["EndpointConfigName"]].get(
        "DataCaptureConfig"
    )


def test_capture_begins_changes_and_ends_with_config_and_moves_no_traffic(serving):
    before = serving.weights
    assert captures(serving) == (False, None)

    serving.up(A, A, B, capture=CAPTURE)
    enabled, config = captures(serving)
    assert enabled
    assert (config["InitialSamplingPercentage"], config["DestinationS3Uri"]) == (10, "s3://kept/here")
    assert [option["CaptureMode"] for option in config["CaptureOptions"]] == ["Input", "Output"]
    assert serving.changes(serving.config(A, A, B, capture=CAPTURE)) == set()

    serving.up(A, A, B, capture=CAPTURE | {"percent": 50})
    assert captures(serving)[1]["InitialSamplingPercentage"] == 50

    serving.up(A, A, B)
    assert captures(serving) == (False, None)
    assert serving.weights == before


def test_what_is_captured_is_written_under_the_environments_key_and_another_key_is_a_change_of_capture(
    serving,
):
    """The registry's bucket refuses what names another key, and a retained capture would go on naming it."""
    for key in KEYS:
        serving.up(A, A, B, capture=CAPTURE, kmsKeyArn=key)
        assert captures(serving)[1]["KmsKeyId"] == key
        assert serving.aws.endpoints[NAME]["DataCaptureConfig"]["KmsKeyId"] == key


def test_a_change_of_the_fleet_goes_on_capturing(serving):
    serving.up(A, A, B, capture=CAPTURE)
    serving.up(A, A, B, C, capture=CAPTURE)
    assert captures(serving)[0]


def test_without_capture_a_configuration_has_the_name_that_it_always_had(serving):
    """Else every endpoint would get a whole new fleet by the update of this program alone."""
    assert serving.aws.endpoints[NAME]["EndpointConfigName"] == "flights-staging-95793f773acd"


@pytest.mark.parametrize("percent", [0, 101, -1])
def test_a_percentage_that_is_none_is_refused_by_its_key(serving, percent):
    checked = serving.check(serving.config(A, A, B, capture=CAPTURE | {"percent": percent}))
    assert [(failure.property, "1 to 100" in failure.reason) for failure in checked.failures] == [
        ("capture", True)
    ]


def test_a_refresh_reads_what_is_captured(serving):
    serving.up(A, A, B, capture=CAPTURE)
    assert serving.endpoint.read(serving.arn, serving.state).inputs["capture"] == CAPTURE
