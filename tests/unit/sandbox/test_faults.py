import msgspec
import pytest

from sandbox.faults import Fault, Faults


def test_a_fault_is_used_up():
    faults = Faults()
    faults.add(Fault("throttle", action="PutObject", count=2))
    assert [len(faults.of_call("1", "PutObject")) for _ in range(3)] == [1, 1, 0]


def test_a_fault_of_one_account_waits_for_it():
    faults = Faults()
    faults.add(Fault("lost", action="PutObject", account="2"))
    assert faults.of_call("1", "PutObject") == []
    assert [fault.kind for fault in faults.of_call("2", "PutObject")] == ["lost"]


def test_a_fault_of_hosting_hits_its_endpoint_only():
    faults = Faults()
    faults.add(Fault("fail_update", endpoint="e"))
    assert [faults.of_endpoint("fail_update", "1", name) for name in ("other", "e", "e")] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "delay", "action": "PutObject"},
        {"kind": "lost", "endpoint": "e"},
        {"kind": "fail_update", "action": "UpdateEndpoint"},
        {"kind": "lost", "action": "PutObject", "count": 0},
        {"kind": "lost", "action": "PutObject", "when": "now"},
        {"kind": "fire", "action": "PutObject"},
    ],
)
def test_a_fault_that_means_nothing_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(wrong), type=Fault)
