"""The stage that verifies: what it makes of a version that is not on the endpoint."""

import pytest

from modeldelivery.release.approval import APPROVED, PENDING, REJECTED, Approval
from modeldelivery.release.core.journal import Rejection
from modeldelivery.release.version import parse_version
from tests.fakes.endpoint import an_endpoint
from tests.fakes.registry import FakeRegistry
from tests.unit.release_cli.world import V1, V3, journal, register
from tools.builds.absent import kept_away, overtaken

LIVE, OLDER, NEWER = (parse_version(each) for each in ("v1.1.0", "v2.0.0", "v2.0.1"))


def test_a_version_whose_place_a_newer_candidate_took_is_overtaken():
    """Two tags at once: the second was approved before the first was deployed."""
    assert overtaken(OLDER, an_endpoint({LIVE: 100, NEWER: 0})) == NEWER


@pytest.mark.parametrize(
    ("version", "weights"),
    [
        (OLDER, {LIVE: 100}),  # nothing took its place: no candidate joins here
        (parse_version("v1.0.5"), {LIVE: 100}),  # it is older than what serves, and never was a candidate
        (OLDER, {LIVE: 50, NEWER: 50}),  # it serves, and is no candidate
        (NEWER, {LIVE: 100, OLDER: 0}),  # an older one is no reason
    ],
)
def test_any_other_version_that_is_not_there_is_not_overtaken(version, weights):
    assert overtaken(version, an_endpoint(weights)) is None


def away(version=V3, status=APPROVED, **stored):
    """Why a version is kept away from the endpoint on which config has v2.0.0 live."""
    registry = FakeRegistry()
    register(registry, version, b"bits")
    record, _ = registry.records[version]
    return kept_away(record, Approval(status=status), journal(**stored), "staging")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (
            PENDING,
            "v3.0.0 waits for approval: `modelctl approve v3.0.0 --env staging --reason …`; the next deploy",
        ),
        (REJECTED, "v3.0.0 is Rejected in the registry: `modelctl approve v3.0.0 --env staging "),
    ],
)
def test_a_version_that_nobody_approved_is_said_to_wait_for_that_and_not_for_config(status, sentence):
    assert away(status=status).startswith(sentence)


def test_a_version_that_was_rejected_meanwhile_says_by_whom_and_what_takes_that_back():
    rejection = Rejection(version=V3, digest=None, at=1.0, actor="ada", reason="errors doubled")
    assert away(rejections=(rejection,)).startswith(
        "v3.0.0 was rejected by ada: errors doubled: `modelctl accept v3.0.0 --env staging --reason …` takes that back; "
    )


def test_a_version_below_the_live_one_is_told_that_it_joins_by_name_alone():
    assert away(V1).startswith(
        "v1.0.0 is below v2.0.0, which config has live, so that it joins by no rule: name it in release.fleet of Pulumi.staging.yaml"
    )


def test_an_approved_version_above_the_live_one_is_kept_away_by_nothing():
    assert away() is None
