"""The newest verdicts on versions: which of two stays, and what is no such document."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from modeldelivery.release.errors import UpdateNeededError
from modeldelivery.release.operations.judgements import judgements
from modeldelivery.release.verdicts import MOST, Column, Drift, Measure, Quality, Verdicts, decode, encode
from modeldelivery.release.version import Version

V1, V2 = Version("v1.0.0"), Version("v1.1.0")
MONDAY = datetime(2013, 10, 21, tzinfo=UTC)
WEEK = timedelta(days=7)
AT = datetime(2026, 11, 30, 5, tzinfo=UTC)


def drift(severity="drift", week=0, at=AT):
    since = MONDAY + week * WEEK
    columns = (Column(name="temp", severity=severity, ratio=1.5),)
    return Drift(
        since=since, until=since + WEEK, at=at, severity=severity, reason="temp", rows=6000, columns=columns
    )


def quality(verdict="worse", month=10, at=AT):
    measures = (Measure(slice="overall", metric="auc", value=0.65, low=0.6, high=0.7, reference=0.71),)
    return Quality(
        first=date(2013, month, 1),
        last=date(2013, month, 30),
        at=at,
        verdict=verdict,
        reason="AUC is 0.651",
        cases=28_000,
        measures=measures,
    )


def test_versions_that_were_judged_in_the_same_window_have_a_verdict_each():
    both = Verdicts().with_drift(V1, drift("quiet")).with_drift(V2, drift()).with_quality(V2, quality())
    assert {version: each.severity for version, each in both.drift.items()} == {V1: "quiet", V2: "drift"}
    assert decode(encode(both), "verdicts.json") == both


def test_an_older_window_that_is_judged_again_does_not_take_the_place_of_the_newest():
    newest = Verdicts().with_drift(V1, drift("drift", week=1)).with_quality(V1, quality(month=10))
    assert newest.with_drift(V1, drift("quiet", week=0)) == newest
    assert newest.with_quality(V1, quality("as-good", month=9)) == newest
    again = newest.with_drift(V1, drift("moved", week=1)).with_quality(V1, quality("as-good", month=10))
    assert (again.drift[V1].severity, again.quality[V1].verdict) == ("moved", "as-good")


def test_the_versions_that_were_judged_last_stay():
    kept = Verdicts()
    for minor in range(MOST + 3):
        version = Version(f"v1.{minor}.0")
        kept = kept.with_drift(version, drift(at=AT + timedelta(days=minor)))
        kept = kept.with_quality(version, quality(at=AT + timedelta(days=minor)))
    assert len(kept.drift) == len(kept.quality) == MOST
    assert "v1.2.0" not in kept.drift
    assert f"v1.{MOST + 2}.0" in kept.quality


def test_what_a_newer_program_wrote_beside_is_kept_and_what_it_demands_is_refused():
    document = msgspec.json.decode(encode(Verdicts().with_drift(V1, drift())))
    document["drift"][V1]["colour"] = "red"
    again = decode(msgspec.json.encode(document), "verdicts.json").with_drift(V2, drift())
    assert msgspec.json.decode(encode(again))["drift"][V1]["colour"] == "red"
    with pytest.raises(UpdateNeededError, match=r"verdicts.json was written by a newer version"):
        decode(msgspec.json.encode(document | {"requires": ["wings"]}), "verdicts.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"until": "2013-10-20T00:00:00Z"}, "a window of v1.0.0 is -1 days long"),
        ({"until": "9013-10-20T00:00:00Z"}, "a window of v1.0.0 is"),
        ({"at": "9999-01-01T00:00:00Z"}, "judged 9999"),
        ({"at": "2026-11-30T05:00:00"}, "timezone"),
        ({"rows": "many"}, "Expected `int`"),
    ],
    ids=["backwards", "ages", "never", "no-zone", "text"],
)
def test_what_cannot_be_true_is_no_such_document(change, words):
    document = msgspec.json.decode(encode(Verdicts().with_drift(V1, drift())))
    document["drift"][V1] |= change
    with pytest.raises(ValueError, match=words):
        decode(msgspec.json.encode(document), "verdicts.json")


def test_a_verdict_is_missing_two_windows_after_the_last_one():
    kept = Verdicts().with_drift(V1, drift("quiet")).with_quality(V1, quality("as-good"))
    late = judgements(kept, AT + 2 * WEEK + timedelta(seconds=1), {V1: AT - WEEK})
    assert (late.drift[V1].word, late.quality[V1].word) == ("none since 2026-11-30", "as good, 2013-10-30")
    assert (late.drift[V1].calm, late.quality[V1].calm) == (False, True)
    assert late.drift[V1].sentence == (
        "none since 2026-11-30; the last one was quiet from 2013-10-21 to 2013-10-27: temp"
    )
    in_time = judgements(kept, AT + 2 * WEEK, {V1: None})
    assert (in_time.drift[V1].word, in_time.drift[V1].calm) == ("quiet, 2013-10-27", True)
    assert judgements(kept, None, {V1: AT}).drift[V1].missing is False


def test_of_a_version_that_came_back_the_next_verdict_is_missing_two_windows_after_it_did():
    kept = Verdicts().with_drift(V1, drift("quiet"))
    back = AT + 9 * WEEK
    in_time = judgements(kept, back + 2 * WEEK, {V1: back})
    assert (in_time.drift[V1].word, in_time.drift[V1].calm) == ("quiet, 2013-10-27", True)
    assert judgements(kept, back + 2 * WEEK + timedelta(seconds=1), {V1: back}).drift[V1].missing


def test_of_a_version_without_traffic_no_next_verdict_is_missed():
    kept = Verdicts().with_drift(V1, drift("quiet"))
    assert judgements(kept, AT + 9 * WEEK, {V2: AT}).drift[V1].word == "quiet, 2013-10-27"
