"""What the endpoint promises: digests, least privilege, and alarms that silence does not pass."""

import json

import pytest

ENDPOINT = "modeldelivery:index:Endpoint"
MODEL = "aws:sagemaker/model:Model"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TARGET = "aws:appautoscaling/target:Target"
SCALING = "aws:appautoscaling/policy:Policy"
ROLE = "aws:iam/role:Role"
PERMISSIONS = "aws:iam/rolePolicy:RolePolicy"


def test_each_version_of_the_fleet_has_a_model_of_its_own(prod):
    assert {model.name for model in prod.of_type(MODEL)} == {"flights-prod-v1-0-0", "flights-prod-v1-1-0"}


def test_a_model_is_its_registered_digests(prod, registered):
    record = registered("v1.1.0")
    container = prod.only(MODEL, "flights-prod-v1-1-0").inputs["primaryContainer"]
    assert container == {
        "image": record["image"],
        "modelDataUrl": record["modelData"],
        "environment": {"MODEL_VERSION": "v1.1.0", "MODEL_SHA256": record["modelDigest"]},
    }


def test_no_container_has_a_network(prod):
    assert [model.inputs["enableNetworkIsolation"] for model in prod.of_type(MODEL)] == [True, True]


def test_a_model_waits_for_its_roles_permissions(prod):
    (permissions,) = prod.of_type(PERMISSIONS)
    assert all(permissions.urn in model.depends_on for model in prod.of_type(MODEL))


def test_the_endpoint_gets_the_fleet_in_configs_order(prod, registered):
    variants = prod.only(ENDPOINT).inputs["variants"]
    assert variants == [
        {
            "version": version,
            "digest": registered(version)["digest"],
            "modelName": f"flights-prod-{version.replace('.', '-')}-0123456",
            "instanceType": "ml.c6i.large",
            "instanceCount": 2,
        }
        for version in ("v1.1.0", "v1.0.0")
    ]


def test_the_endpoint_gets_no_weights_from_config(prod):
    """Membership comes from config, traffic from the journal."""
    endpoint = prod.only(ENDPOINT).inputs
    assert set(endpoint) == {
        "allowedAccounts",
        "approvals",
        "capture",
        "endpointName",
        "journal",
        "kmsKeyArn",
        "profile",
        "region",
        "release",
        "rules",
        "tags",
        "variants",
    }
    assert all("weight" not in key.lower() for variant in endpoint["variants"] for key in variant)


def test_the_endpoint_may_touch_one_account_only(prod, staging):
    assert prod.only(ENDPOINT).inputs["allowedAccounts"] == ["222222222222"]
    assert staging.only(ENDPOINT).inputs["allowedAccounts"] == ["111111111111"]


def test_the_endpoints_journal_is_where_an_operator_looks_for_it(prod):
    assert prod.only(ENDPOINT).inputs["journal"] == {
        "bucket": "flights-prod-registry-222222222222-eu-west-1",
        "key": "journal/flights-prod.json",
    }


def test_bake_minutes_reach_the_provider_in_seconds(run):
    rules = run("prod", changes='{"separateDrop": true, "bakeMinutes": 30}').only(ENDPOINT).inputs["rules"]
    assert rules["bakeSeconds"] == 1800
    assert rules["separateDrop"] is True


def test_the_endpoint_is_protected_in_prod_only(prod, staging):
    assert (prod.only(ENDPOINT).protect, staging.only(ENDPOINT).protect) == (True, False)


def test_volumes_are_encrypted_under_the_key(prod):
    assert prod.only(ENDPOINT).inputs["kmsKeyArn"] == "arn:test:aws:kms/key:Key:flights-prod"


def test_scaling_waits_for_the_endpoint(prod):
    """terraform-provider-aws#14337: a target on a variant that does not exist yet is refused."""
    endpoint = prod.only(ENDPOINT)
    scaling = [*prod.of_type(TARGET), *prod.of_type(SCALING)]
    assert len(scaling) == 4
    assert all(endpoint.urn in resource.depends_on for resource in scaling)


def test_every_variant_scales_between_configs_bounds(prod):
    bounds = {
        target.inputs["resourceId"]: (target.inputs["minCapacity"], target.inputs["maxCapacity"])
        for target in prod.of_type(TARGET)
    }
    assert bounds == {
        "endpoint/flights-prod/variant/v1-1-0": (2, 8),
        "endpoint/flights-prod/variant/v1-0-0": (2, 8),
    }


def test_scaling_follows_invocations_per_instance(prod):
    for policy in prod.of_type(SCALING):
        tracking = policy.inputs["targetTrackingScalingPolicyConfiguration"]
        assert tracking["predefinedMetricSpecification"] == {
            "predefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        }
        assert tracking["targetValue"] == 6000


@pytest.mark.parametrize("variant", ["v1-0-0", "v1-1-0"])
def test_every_variant_is_watched_for_errors_and_latency(prod, variant):
    where = {"EndpointName": "flights-prod", "VariantName": variant}
    errors = prod.only(ALARM, f"flights-prod-{variant}-errors").inputs
    latency = prod.only(ALARM, f"flights-prod-{variant}-latency").inputs
    assert [query["metric"]["dimensions"] for query in errors["metricQueries"][1:]] == [where] * 4
    assert latency["dimensions"] == where
    assert (errors["threshold"], latency["threshold"]) == (0.01, 500_000)  # a share; microseconds


def test_the_error_alarm_knows_what_hangs_and_what_has_died(prod):
    """Time-outs and broken connections are in InvocationModelErrors only, and so are the client's own 4XX."""
    queries = prod.only(ALARM, "flights-prod-v1-1-0-errors").inputs["metricQueries"]
    assert {query["metric"]["metricName"]: query["metric"]["stat"] for query in queries[1:]} == dict.fromkeys(
        ("Invocations", "InvocationModelErrors", "Invocation4XXErrors", "Invocation5XXErrors"), "Sum"
    )
    assert [query["id"] for query in queries if query.get("returnData")] == ["rate"]


def test_every_alarm_tells_the_topic_when_it_goes_off_and_when_it_is_over(prod):
    topic = "arn:test:aws:sns/topic:Topic:flights-prod-alarms"
    assert {(*alarm.inputs["alarmActions"], *alarm.inputs["okActions"]) for alarm in prod.of_type(ALARM)} == {
        (topic, topic)
    }


def test_alarms_wait_until_the_topic_takes_what_they_tell(prod):
    policy = prod.only("aws:sns/topicPolicy:TopicPolicy")
    assert all(policy.urn in alarm.depends_on for alarm in prod.of_type(ALARM))


def test_the_topic_is_encrypted_and_named_so_that_people_can_subscribe(prod):
    topic = prod.only("aws:sns/topic:Topic")
    assert topic.inputs["name"] == "flights-prod-alarms"
    assert topic.inputs["kmsMasterKeyId"] == "arn:test:aws:kms/key:Key:flights-prod"


def test_only_this_accounts_alarms_may_publish(prod):
    (statement,) = prod.only("aws:sns/topicPolicy:TopicPolicy").document("policy")["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "222222222222"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:222222222222:alarm:*"},
    }


def test_the_key_lets_alarms_encrypt_what_they_tell(prod):
    statements = prod.only("aws:kms/key:Key").document("policy")["Statement"]
    (alarms,) = (each for each in statements if each["Principal"] == {"Service": "cloudwatch.amazonaws.com"})
    assert alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_a_topic_of_config_is_told_and_none_is_made(run):
    topic = "arn:aws:sns:eu-west-1:333333333333:pager"
    alarms = json.dumps({"maxErrorRatePercent": 1, "maxLatencyMs": 500, "topic": topic})
    program = run("prod", alarms=alarms)
    assert {*program.only(ALARM, "flights-prod-v1-1-0-errors").inputs["alarmActions"]} == {topic}
    assert program.of_type("aws:sns/topic:Topic") == []
    assert program.exports["alarmTopic"] == topic


def test_alarms_are_handed_out_by_version(prod):
    assert prod.exports["alarms"]["v1.1.0"] == {
        "errors": "flights-prod-v1-1-0-errors-0123456",
        "latency": "flights-prod-v1-1-0-latency-0123456",
    }
    assert set(prod.exports["alarms"]) == {"v1.0.0", "v1.1.0"}


def test_silence_is_no_pass(prod):
    """argo-rollouts#4479: success because nothing was measured."""
    assert [alarm.inputs["treatMissingData"] for alarm in prod.of_type(ALARM)] == ["missing"] * 4


def test_the_role_is_only_for_sagemaker_in_this_account(prod):
    (trust,) = prod.only(ROLE).document("assumeRolePolicy")["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "222222222222"}}


def test_the_role_names_every_action(prod):
    actions = [
        each for grant in prod.only(PERMISSIONS).document("policy")["Statement"] for each in grant["Action"]
    ]
    assert [action for action in actions if "*" in action] == []


def test_the_role_names_its_resources_where_aws_lets_it(prod):
    grants = prod.only(PERMISSIONS).document("policy")["Statement"]
    unbounded = {action for grant in grants if grant["Resource"] == "*" for action in grant["Action"]}
    assert unbounded == {"ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"}  # neither knows a resource


def test_the_role_cannot_read_records_or_write_anything_in_the_registry_but_what_is_captured(prod):
    grants = prod.only(PERMISSIONS).document("policy")["Statement"]
    s3 = {
        (action, str(grant["Resource"]))
        for grant in grants
        for action in grant["Action"]
        if action.startswith("s3:")
    }
    registry = "arn:aws:s3:::flights-prod-registry-222222222222-eu-west-1"
    assert s3 == {("s3:GetObject", f"{registry}/artifacts/*"), ("s3:PutObject", f"{registry}/capture/*")}


def test_nobody_is_given_a_managed_policy(prod):
    assert "managedPolicyArns" not in prod.only(ROLE).inputs
    assert prod.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment") == []


@pytest.fixture(scope="module")
def capturing(run):
    return run("prod", capture='{"percent": 20, "days": 14}')


def test_what_is_captured_goes_to_a_folder_of_the_registry_that_expires(capturing):
    bucket = "flights-prod-registry-222222222222-eu-west-1"
    assert capturing.only(ENDPOINT).inputs["capture"] == {
        "percent": 20,
        "destination": f"s3://{bucket}/capture",
    }
    lifecycle = capturing.only(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "flights-prod-registry"
    )
    assert {
        "id": "capture", "status": "Enabled", "filter": {"prefix": "capture/"}, "expiration": {"days": 14.0},
        "noncurrentVersionExpiration": {"noncurrentDays": 1.0},
    } in lifecycle.inputs["rules"]  # fmt: skip


def test_where_capture_has_ended_what_was_captured_goes_on_ending(run):
    ended = run("prod", capture='{"percent": 0, "days": 14}')
    assert "capture" not in ended.only(ENDPOINT).inputs
    lifecycle = ended.only(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "flights-prod-registry"
    )
    assert [rule["expiration"] for rule in lifecycle.inputs["rules"] if rule["id"] == "capture"] == [
        {"days": 14.0}
    ]


def test_only_where_something_is_captured_may_the_role_write_and_nothing_but_that(capturing, run):
    without = run("prod", capture=None)

    def statements(recorder):
        return {
            s["Sid"]: s
            for s in recorder.only(PERMISSIONS, "flights-prod-serving").document("policy")["Statement"]
        }

    added = {sid: s for sid, s in statements(capturing).items() if sid not in statements(without)}
    assert set(added) == {"Capture", "CaptureKey"}
    assert added["Capture"]["Action"] == ["s3:PutObject"]
    assert (
        added["Capture"]["Resource"] == "arn:aws:s3:::flights-prod-registry-222222222222-eu-west-1/capture/*"
    )
    assert added["CaptureKey"]["Action"] == ["kms:GenerateDataKey"]
    assert "capture" not in without.only(ENDPOINT).inputs


@pytest.mark.parametrize(("measured", "warned"), [(5999, True), (6000, False), (None, False)])
def test_a_target_of_autoscaling_above_what_an_instance_was_measured_to_serve_is_a_warning(
    run, measured, warned
):
    """Without a measurement nothing is known, and nothing is said."""
    warning = (
        "instances.targetInvocationsPerMinute is 6000, and one ml.c6i.large was measured in staging to serve 5999 requests a minute of "
        "v1.1.0 within the limit of latency (`modelctl verify --load`): autoscaling would add instances too late"
    )
    loads = {} if measured is None else {"v1.1.0": measured}
    messages = [message for message in run("prod", loads=loads).messages if "measured" in message]

    assert messages == ([warning] if warned else [])
