"""What a killed engine was about to create is looked for by its name before it is created again."""

import pytest

from tools.demo import pending

BUCKET = "urn:pulumi:staging::model-delivery::aws:s3/bucket:Bucket::flights-staging-registry"
KEY = "urn:pulumi:staging::model-delivery::aws:kms/key:Key::flights-staging"
STACK = {"urn": "urn:pulumi:staging::model-delivery::pulumi:pulumi:Stack::model-delivery-staging"}
CREATING = {
    "type": "creating",
    "resource": {"urn": BUCKET, "type": "aws:s3/bucket:Bucket", "inputs": {"bucket": "flights-registry"}},
}
UNNAMED = {"type": "creating", "resource": {"urn": KEY, "type": "aws:kms/key:Key", "inputs": {}}}


def exported(*operations, resources=(STACK,)):
    return {
        "version": 3,
        "deployment": {"resources": list(resources), "pending_operations": list(operations)},
    }


def resources(*operations, **given):
    closed = pending.closed(exported(*operations, **given))
    assert "pending_operations" not in closed["deployment"]
    return closed["deployment"]["resources"]


def test_a_name_that_was_about_to_be_taken_is_looked_for_under_it():
    assert resources(CREATING) == [STACK, {**CREATING["resource"], "id": "flights-registry", "outputs": {}}]


def test_what_has_no_name_is_made_again():
    assert resources(UNNAMED) == [STACK]


def test_what_was_changed_or_is_in_the_state_already_stays_as_it_is():
    before = {**CREATING["resource"], "id": "flights-registry", "outputs": {"arn": "there"}}
    assert resources(CREATING, resources=[before]) == [before]
    assert resources({**CREATING, "type": "updating"}) == [STACK]


@pytest.mark.parametrize(
    "stack",
    [{}, {"deployment": None}, {"deployment": {"resources": []}}, exported()],
    ids=["no deployment", "never made", "made", "nothing open"],
)
def test_where_nothing_is_open_the_state_is_left_alone(stack):
    assert pending.closed(stack) is None
