import msgspec
import pytest

from sandbox.faults import Fault, Faults


def test_a_fault_is_used_up():
    faults = Faults()
    faults.add(Fault("throttle", action="PutObject", count=2))
    assert [len(faults.of_call("1", "PutObject", "")) for _ in range(3)] == [1, 1, 0]


def test_a_fault_of_one_account_waits_for_it():
    faults = Faults()
    faults.add(Fault("lost", action="PutObject", account="2"))
    assert faults.of_call("1", "PutObject", "") == []
    assert [fault.kind for fault in faults.of_call("2", "PutObject", "")] == ["lost"]


def test_a_fault_of_hosting_hits_its_endpoint_only():
    faults = Faults()
    faults.add(Fault("fail_update", endpoint="e"))
    assert [faults.of_endpoint("fail_update", "1", name) for name in ("other", "e", "e")] == [
        False,
        True,
        False,
    ]


def test_a_fault_of_a_caller_spares_the_others():
    faults = Faults()
    faults.add(Fault("hold", caller="up-1"))
    assert [len(faults.of_call("1", "PutObject", caller)) for caller in ("", "up-2", "up-1")] == [0, 0, 1]


def test_a_fault_lets_as_many_calls_pass_as_it_is_told():
    faults = Faults()
    faults.add(Fault("throttle", action="PutObject", skip=1))
    hit = [
        len(faults.of_call("1", action, ""))
        for action in ("GetObject", "PutObject", "PutObject", "PutObject")
    ]
    assert hit == [0, 0, 1, 0]


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
    ],
)
def test_a_fault_that_means_nothing_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(wrong), type=Fault)
