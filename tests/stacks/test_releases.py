"""The suite of releases (tests/contract) on AWS' sandbox: SageMaker's endpoint, S3's journal.

Without its kills, which wait for deadlines here: tests/faults kills real processes at every call.
"""

import itertools
import time

import pytest

from modeldelivery.release.aws.environment import AwsEndpoint
from modeldelivery.release.aws.session import Account
from modeldelivery.release.naming import variant_name
from tests.contract.conftest import A, B, C, on_sagemaker
from tests.contract.test_releases import (  # noqa: F401 - fixtures, and the tests themselves
    releases,
    shifted,
    test_a_rejected_version_may_be_gone_back_to_once_it_is_accepted,
    test_a_rejected_version_that_somebody_else_gave_traffic_is_moved_off_by_an_up,
    test_a_rollback_goes_to_what_served_before_and_rejects_what_serves,
    test_a_second_rollback_moves_nothing_and_says_so,
    test_a_version_that_config_newly_asks_to_serve_gets_the_traffic,
    test_an_up_after_a_rollback_leaves_traffic_alone_and_says_who_rejected,
    test_dropping_the_version_that_serves_is_refused,
    test_one_change_adds_a_version_shifts_to_it_and_drops_another,
    test_the_first_version_gets_everything_and_one_that_joins_gets_nothing,
    test_what_somebody_else_moved_is_left_alone_and_adopted,
)

pytestmark = pytest.mark.stacks
ACCOUNT = "111111111111"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def models(hosting):
    """A, B and C can be served."""
    for version in (A, B, C):
        hosting.model(variant_name(version))


@pytest.fixture
def target(hosting, models):  # noqa: ARG001 - its endpoints serve them
    """An endpoint that is not there yet, with a journal that is not there either."""
    name = f"releases-{next(_numbers)}"
    account = Account(hosting.sandbox.session(hosting.profile), ACCOUNT)
    endpoint = AwsEndpoint(account=account, name=name, bucket=hosting.bucket, key=f"journal/{name}.json")
    made = on_sagemaker(endpoint, "SageMaker", lambda: time.sleep(0.02))
    made.clock, made.store = time, endpoint.store
    yield made
    if made.settled() is not None:
        hosting.sagemaker.delete_endpoint(EndpointName=name)
