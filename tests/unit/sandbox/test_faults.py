import msgspec
import pytest

from sandbox import faults as faults_module
from sandbox.call import Call
from sandbox.fault_codes import check_names, status_of, throttled
from sandbox.faults import KINDS, Fault, Faults, Occasion

MODELS = {"s3": "s3", "sagemaker": "sagemaker", "application-autoscaling": "application-autoscaling"}


def hit(faults, action="PutObject", *, account="1", service="s3", caller=""):
    """Kinds of the faults that such a call meets."""
    return list(faults.of_call(Occasion(account, service, action, caller), *KINDS))


def test_a_fault_is_used_up():
    faults = Faults()
    faults.add(Fault("throttle", action="PutObject", count=2))
    assert [hit(faults) for _ in range(3)] == [["throttle"], ["throttle"], []]


def test_a_fault_of_one_account_waits_for_it():
    faults = Faults()
    faults.add(Fault("lost", action="PutObject", account="2"))
    assert hit(faults, account="1") == []
    assert hit(faults, account="2") == ["lost"]


def test_a_fault_of_hosting_hits_its_endpoint_only():
    faults = Faults()
    faults.add(Fault("fail_update", endpoint="e"))
    met = [faults.of_endpoint("fail_update", "1", name) is not None for name in ("other", "e", "e")]
    assert met == [False, True, False]


def test_a_fault_of_a_caller_spares_the_others():
    faults = Faults()
    faults.add(Fault("hold", caller="up-1"))
    assert [hit(faults, caller=caller) for caller in ("", "up-2", "up-1")] == [[], [], ["hold"]]


def test_a_fault_of_a_service_spares_the_others():
    faults = Faults()
    faults.add(Fault("lost", service="s3"))
    met = [hit(faults, "ListTags", service="sagemaker"), hit(faults, "ListObjectsV2", service="s3")]
    assert met == [[], ["lost"]]


def test_a_fault_lets_as_many_calls_pass_as_it_is_told():
    faults = Faults()
    faults.add(Fault("throttle", action="PutObject", skip=1))
    met = [hit(faults, action) for action in ("GetObject", "PutObject", "PutObject", "PutObject")]
    assert met == [[], [], ["throttle"], []]


def chances(seed, probability=0.2, calls=1000):
    faults = Faults()
    faults.add(Fault("reset", action="PutObject", count=calls, probability=probability, seed=seed))
    return [bool(hit(faults)) for _ in range(calls)]


def test_a_fault_by_chance_hits_that_share_of_the_calls():
    assert 150 < sum(chances(seed=3)) < 250


def test_the_same_seed_hits_the_same_calls_and_another_seed_others():
    assert chances(seed=3) == chances(seed=3) != chances(seed=4)


def test_a_fault_by_chance_is_used_up_by_hits_alone():
    faults = Faults()
    faults.add(Fault("reset", action="PutObject", count=2, probability=0.2))
    assert sum(bool(hit(faults)) for _ in range(1000)) == 2


def test_a_quota_stands_until_it_is_cleared_and_the_latest_counts():
    faults = Faults()
    faults.add(Fault("quota", instance_type="ml.m5.large", instances=2))
    faults.add(Fault("quota", instance_type="ml.m5.large", instances=0, account="1"))
    quotas = [faults.quota(account, kind) for account in "12" for kind in ("ml.m5.large", "ml.c5.large")]
    assert quotas == [0, None, 2, None]
    faults.clear()
    assert faults.quota("1", "ml.m5.large") is None


def test_one_callers_faults_are_cleared_alone():
    faults = Faults()
    faults.add(Fault("hold", caller="up-1"))
    faults.add(Fault("hold", caller="up-2"))
    faults.clear("up-1")
    assert [fault.caller for fault in faults.pending()] == ["up-2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "delay", "action": "PutObject"},
        {"kind": "lost", "endpoint": "e"},
        {"kind": "hold"},
        {"kind": "fail_update", "endpoint": "e", "caller": "c"},
        {"kind": "hold", "caller": "c", "skip": -1},
        {"kind": "fail_update", "action": "UpdateEndpoint"},
        {"kind": "lost", "action": "PutObject", "count": 0},
        {"kind": "lost", "action": "PutObject", "when": "now"},
        {"kind": "fire", "action": "PutObject"},
        {"kind": "lost", "action": "PutObject", "seconds": 1},
        {"kind": "error", "action": "PutObject"},
        {"kind": "reset", "action": "PutObject", "probability": 0},
        {"kind": "reset", "action": "PutObject", "probability": 1.1},
        {"kind": "refuse_connections", "action": "PutObject"},
        {"kind": "unseen", "action": "CreateEndpoint", "seconds": 1},
        {"kind": "stale", "endpoint": "e"},
        {"kind": "quota", "instance_type": "ml.m5.large"},
        {"kind": "quota", "instance_type": "ml.m5.large", "instances": 1, "count": 2},
        {"kind": "quota", "instance_type": "ml.m5.large", "instances": -1},
    ],
)
def test_a_fault_that_means_nothing_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(wrong), type=Fault)


def test_a_fault_that_is_not_known_is_answered_with_those_that_are():
    with pytest.raises(ValueError, match=r"^'fire' is no fault; there are delay, .*, quota$"):
        Fault("fire")


def test_every_fault_is_explained_in_the_one_list():
    explained = faults_module.__doc__
    assert [kind for kind in KINDS if kind not in explained] == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault("lost", action="PutObjekt"), "no service has an action 'PutObjekt' here"),
        (Fault("lost", service="s3", action="CreateModel"), "no service has an action 'CreateModel' here"),
        (Fault("lost", action="InvokeEndpoint"), "none of the data plane's"),
        (Fault("lost", service="dynamodb"), "the sandbox answers no service 'dynamodb': application-auto"),
        (Fault("error", action="CreateModel", code="NoSuchKey"), "CreateModel has no error 'NoSuchKey'"),
    ],
)
def test_a_fault_that_could_never_hit_is_refused(fault, why):
    with pytest.raises(ValueError, match=why):
        check_names(fault, MODELS)


@pytest.mark.parametrize(
    ("service", "action", "code", "status"),
    [
        ("sagemaker", "UpdateEndpoint", "ResourceLimitExceeded", 400),
        ("application-autoscaling", "RegisterScalableTarget", "ConcurrentUpdateException", 400),
        ("sagemaker", "UpdateEndpoint", "InternalFailure", 500),
        ("s3", "PutObject", "SlowDown", 503),
        ("s3", "GetObject", "NoSuchKey", 404),
    ],
)
def test_an_error_is_one_that_the_action_has_with_its_status(service, action, code, status):
    check_names(Fault("error", service=service, action=action, code=code), MODELS)
    assert status_of(Call(service, action, "", "", "json"), code, MODELS) == status


@pytest.mark.parametrize(
    ("service", "protocol", "code", "status"),
    [
        ("s3", "rest-xml", "SlowDown", 503),
        ("sagemaker", "json", "ThrottlingException", 400),
        ("iam", "query", "Throttling", 400),
        ("tagging", "json", "ThrottledException", 400),
    ],
)
def test_each_service_throttles_in_its_own_words(service, protocol, code, status):
    refusal = throttled(Call(service, "Any", "", "", protocol))
    assert (refusal[0], refusal[2]) == (code, status)
