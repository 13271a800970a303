"""The stage that verifies: what it makes of a version that is not on the endpoint."""

import pytest

from modeldelivery.release.version import parse_version
from tests.fakes.endpoint import an_endpoint
from tools.builds.verify import overtaken

LIVE, OLDER, NEWER = (parse_version(each) for each in ("v1.1.0", "v2.0.0", "v2.0.1"))


def test_a_version_whose_place_a_newer_candidate_took_is_overtaken():
    """Two tags at once: the second was approved before the first was deployed."""
    assert overtaken(OLDER, an_endpoint({LIVE: 100, NEWER: 0})) == NEWER


@pytest.mark.parametrize(
    ("version", "weights"),
    [
        (NEWER, {LIVE: 100, NEWER: 0}),  # it is there
        (OLDER, {LIVE: 100}),  # nothing took its place: no candidate joins here
        (parse_version("v1.0.5"), {LIVE: 100}),  # it is older than what serves, and never was a candidate
        (OLDER, {LIVE: 50, NEWER: 50}),  # it serves, and is no candidate
        (NEWER, {LIVE: 100, OLDER: 0}),  # an older one is no reason
    ],
)
def test_any_other_version_that_is_not_there_is_not_overtaken(version, weights):
    assert overtaken(version, an_endpoint(weights)) is None
