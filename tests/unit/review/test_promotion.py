"""The environment that evidence comes from is the one that config names, whatever it is called; with none, nothing is asked."""

import pytest

from modeldelivery.release.core.journal import Event, EventKind, Journal, Served
from modeldelivery.release.naming import Place
from modeldelivery.release.operations.proof import standing
from modeldelivery.review.core.evidence import Verdict
from modeldelivery.review.report import markdown
from modeldelivery.review.report.preview import tell
from tests.unit.review.reviews import digest, proof, reviewed

RELEASED = "traffic-only"
PLACE = Place(model="flights", environment="canary", account="111111111111", region="eu-west-1")


def canary(*proofs):
    return reviewed("nothing-in-staging", staging="canary", proofs=proofs)


def prod(name, before, **changes):
    """Production, which takes its versions from canary."""
    return reviewed(name, staging="canary", before=before, **changes)


def without_promotion(document):
    del document["config"]["model-delivery:promotion"]


def comment(*reviews):
    return markdown.draw(tell(reviews), 65_536)


def journal_of(*shares):
    """Canary's journal: v1.1.0 has had these shares of the traffic, one after another, and v1.0.0 the rest."""
    weights = [{"v1.0.0": 100 - share, "v1.1.0": share} for share in shares]
    events = [
        Event(
            operation=str(at), kind=EventKind.UP, at=float(at), actor="a", reason="r", source={}, target=each
        )
        for at, each in enumerate(weights)
    ]
    whole = next((float(at) for at, share in enumerate(shares) if share == 100), None)
    return Journal(
        digests={"v1.0.0": digest(RELEASED, "v1.0.0"), "v1.1.0": digest(RELEASED, "v1.1.0")},
        weights=weights[-1],
        served=(Served(version="v1.1.0", since=0.0, whole=whole),),
        history=tuple(events),
    )


def served(*shares):
    return canary(*standing(PLACE, journal_of(*shares), {}, 1000.0).proofs)


def test_evidence_is_of_the_environment_that_config_names():
    before = canary(proof("v1.1.0", digest(RELEASED, "v1.1.0")))
    outcome = prod(RELEASED, before)
    assert [(each.source, each.verdict) for each in outcome.evidence] == [("canary", Verdict.CARRIED_ALL)]
    assert outcome.refusals == ()


@pytest.mark.parametrize("name", [RELEASED, "iam-new-action", "fleet-add-candidate", "tags-only"])
def test_no_sentence_names_another_environment(name):
    before = canary()
    comment_text = comment(before, prod(name, before)) + comment(prod(name, None))
    assert "`canary`" in comment_text
    assert "staging" not in comment_text


def test_a_refusal_says_what_to_do_where_the_version_comes_from():
    (refusal,) = prod(RELEASED, canary()).refusals
    assert "canary" in str(refusal.fix)


def test_what_is_not_tried_is_said_of_that_environment():
    before = canary()
    assert "- NOT TRIED in `canary` (update): role policy" in comment(before, prod("iam-new-action", before))


def test_a_review_of_another_environment_is_no_evidence_and_nothing_is_compared_with_it():
    other = reviewed("nothing-in-staging", proofs=[proof("v1.1.0", digest(RELEASED, "v1.1.0"))])
    outcome = prod(RELEASED, other)
    assert [each.verdict for each in outcome.evidence] == [Verdict.UNKNOWN]
    assert outcome.untested is None


def test_an_environment_that_promotes_from_none_is_compared_with_none():
    document = reviewed("iam-new-action", edit=without_promotion, before=canary())
    assert (document.evidence, document.untested) == ((), None)
    assert "NOT TRIED" not in comment(canary(), document)


@pytest.mark.parametrize("shares", [(5,), (5, 0), (95,), (60, 40, 0)])
def test_a_version_that_only_ever_had_a_part_of_the_traffic_has_no_evidence(shares):
    outcome = prod(RELEASED, served(*shares))
    assert [each.verdict for each in outcome.evidence] == [Verdict.NEVER_CARRIED_ALL]
    assert [refusal.rule for refusal in outcome.refusals] == ["no-evidence"]
    assert "in `canary` it was there and never carried all traffic" in comment(outcome)


@pytest.mark.parametrize("shares", [(100,), (5, 100), (100, 5), (5, 100, 0)])
def test_a_version_that_once_carried_all_traffic_has_evidence(shares):
    outcome = prod(RELEASED, served(*shares))
    assert [each.verdict for each in outcome.evidence] == [Verdict.CARRIED_ALL]
    assert outcome.refusals == ()
    assert "Evidence for `v1.1.0`: carried all traffic in `canary` for " in comment(outcome)


@pytest.mark.parametrize(("shares", "has"), [((100, 5), True), ((100, 0), False), ((5,), True)])
def test_whether_it_has_traffic_there_now_is_said_whatever_it_has_carried(shares, has):
    assert ("has traffic there now" in comment(prod(RELEASED, served(*shares)))) is has
