from modeldelivery.awsmodels.models import input_of, operation
from sandbox.moto_ignores import IGNORED
from tests.unit.sandbox.calls_in_use import CALLS


def test_every_path_is_a_member_of_a_call_in_use():
    for service, calls in IGNORED.items():
        assert calls.keys() <= set(CALLS[service]), service
        for action, paths in calls.items():
            for path in paths:
                shape = input_of(operation(service, action))
                for name in path.split("."):
                    shape = shape.member if shape.type_name == "list" else shape
                    assert name in shape.members, (action, path)
                    shape = shape.members[name]
