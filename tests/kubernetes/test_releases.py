"""The suite of releases (tests/contract) on the cluster's own API server and gateway: some of it; test_all_releases.py has it whole."""

from tests.contract.test_releases import (  # noqa: F401 - fixtures, and the tests themselves
    releases,
    shifted,
    test_a_rollback_goes_to_what_served_before_and_rejects_what_serves,
    test_a_rollback_takes_back_an_up_that_was_killed_at_its_move,
    test_an_up_after_a_rollback_leaves_traffic_alone_and_says_who_rejected,
    test_one_change_adds_a_version_shifts_to_it_and_drops_another,
    test_what_somebody_else_moved_is_left_alone_and_adopted,
)
from tests.kubernetes.target import target, versions  # noqa: F401 - what it is about here
