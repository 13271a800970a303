"""Drift: an operator's decision is told from what others did past the journal."""

import re

import msgspec
import pytest

from modeldelivery.release.operations.health import Code, Finding, Grade
from modeldelivery.release.version import Version
from modeldelivery.review.core.document import read
from modeldelivery.review.core.drift import By, drifted
from modeldelivery.review.report import drift as report
from modeldelivery.review.report import markdown
from tests.unit.review.documents import record, text
from tests.unit.review.statuses import FOREIGN, QUIET, STATUS


def drift_of(name, decided=QUIET):
    scenario = record(name)
    return drifted(scenario["environment"], read(text(scenario["document"])), decided, commit="abc")


def test_an_environment_as_it_was_deployed_has_no_drift():
    assert drift_of("drift-none").is_none


def waiting(waits):
    scenario = record("drift-none")
    return drifted("staging", read(text(scenario["document"])), QUIET, commit="abc", waiting=waits)


def test_a_candidate_that_waits_is_told_of_and_is_no_drift():
    drift = waiting((Version("v1.2.0"),))
    assert drift.is_none
    page = report.tell([drift])
    assert not page.refused
    body = markdown.draw(page, 65_536, report.MARKER)
    assert "none, a candidate waits" in body
    assert "`v1.2.0` joins the fleet at weight 0 by the next `make preview ENV=staging`" in body


def test_that_candidates_cannot_be_told_of_is_a_problem():
    drift = waiting("whether a candidate waits cannot be told: denied")
    assert (drift.waiting, drift.problem) == ((), "whether a candidate waits cannot be told: denied")


def test_a_rollback_on_record_is_an_operator_s_and_holds():
    drift = drift_of("drift-operator", STATUS)
    (traffic,) = drift.resources
    assert (traffic.by, traffic.why) == (By.OPERATOR, "rollback by ada: 5xx")
    assert drift.foreign == ()
    assert drift.hold == STATUS.hold


def test_traffic_that_the_journal_does_not_explain_is_someone_else_s():
    (traffic,) = drift_of("drift-console-traffic", FOREIGN).resources
    assert (traffic.by, traffic.why) == (By.OTHERS, "traffic was moved by someone else")


def test_traffic_of_which_the_journal_cannot_be_asked_is_nobody_s_yet():
    drift = drift_of("drift-operator", "no credentials")
    assert (drift.resources[0].by, drift.problem) == (By.UNKNOWN, "no credentials")
    assert drift.foreign == drift.resources


@pytest.mark.parametrize(
    ("name", "words", "gone", "properties"),
    [
        ("drift-alarm-deleted", "alarm", True, ()),
        ("drift-bucket-policy-changed", "bucket policy", False, ("policy",)),
        ("drift-console-tag", "bucket", False, ("tags",)),
        ("drift-endpoint-deleted", "endpoint", True, ()),
    ],
)
def test_what_others_changed_is_named(name, words, gone, properties):
    (other,) = drift_of(name, STATUS).resources
    assert (other.words, other.gone, other.properties, other.by) == (words, gone, properties, By.OTHERS)


def test_the_issue_tells_both_apart():
    body = markdown.draw(report.tell([drift_of("drift-operator", STATUS)]), 65_536, report.MARKER)
    assert "by an operator, on record (`rollback by ada: 5xx`)" in body
    assert "> [!CAUTION]" not in body
    foreign = markdown.draw(report.tell([drift_of("drift-alarm-deleted", QUIET)]), 65_536, report.MARKER)
    assert re.search(
        r"^> - \*\*the alarm `flights-prod-v1-1-0-\w+` is GONE, by someone else\*\*$", foreign, re.MULTILINE
    )


FAILED = Finding(
    code=Code.BROKEN,
    grade=Grade.BROKEN,
    sentence="the endpoint is Failed: no capacity",
    remedy="`delete-endpoint`",
)
EARLIER = msgspec.structs.replace(
    FAILED, code=Code.CHANGE_FAILED, grade=Grade.NOTICE, sentence="it failed once"
)


def test_an_endpoint_that_is_not_healthy_is_drift_with_what_to_type():
    drift = drift_of("drift-none", msgspec.structs.replace(QUIET, findings=(FAILED,)))
    assert not drift.is_none
    assert report.summary(drift) == "1 of the endpoint's health"
    page = report.tell([drift])
    assert page.refused
    assert (
        "> - **Health (broken): `the endpoint is Failed: no capacity`. To mend it: `` `delete-endpoint` ``**"
        in markdown.draw(page, 65_536, report.MARKER)
    )


def test_what_needs_nobody_is_no_drift():
    assert drift_of("drift-none", msgspec.structs.replace(QUIET, findings=(EARLIER,))).is_none


def test_what_could_not_be_looked_at_is_said():
    drift = drift_of(
        "drift-none", msgspec.structs.replace(QUIET, problems=("the endpoint cannot be seen: denied",))
    )
    assert "Not everything could be looked at: `the endpoint cannot be seen: denied`" in markdown.draw(
        report.tell([drift]), 65_536, report.MARKER
    )


def test_no_issue_is_due_where_nothing_differs():
    assert not report.tell([drift_of("drift-none")]).refused


def test_a_decision_that_holds_is_due_even_when_the_state_knows_it():
    assert report.tell([drift_of("drift-none", STATUS)]).refused


def test_a_field_that_the_reader_does_not_know_is_told():
    scenario = record("drift-none")
    scenario["document"]["surprise"] = 1
    drift = drifted(scenario["environment"], read(text(scenario["document"])), QUIET, commit="abc")
    drawn = markdown.draw(report.tell([drift]), 65_536, report.MARKER)
    assert "- NOT READ: the engine wrote `surprise`" in drawn


def test_of_a_tag_that_somebody_added_it_is_told_how_to_ignore_it():
    drawn = markdown.draw(report.tell([drift_of("drift-console-tag", QUIET)]), 65_536, report.MARKER)
    assert "- Tags that others manage are no drift once `aws:ignoreTags` in `Pulumi." in drawn
    assert "aws:ignoreTags" not in markdown.draw(
        report.tell([drift_of("drift-bucket-policy-changed", QUIET)]), 65_536
    )


def test_drift_says_what_is_less_safe_by_it():
    """Who may do more, and which guard is weaker, in the issue too."""
    (changed,) = drift_of("drift-bucket-policy-changed").resources
    assert any(risk.startswith("permissions are wider: ") for risk in changed.risks)
    page = report.tell([drift_of("drift-bucket-policy-changed")])
    assert "permissions are wider" in markdown.draw(page, 65_536, report.MARKER)


@pytest.mark.parametrize(
    ("name", "risk"),
    [
        ("drift-edge-network", "pods may be reached from anywhere"),
        ("drift-edge-role", "permissions are wider: it may * *.*"),
        ("drift-edge-git-self-heal", "selfHeal is off: what somebody else changes stays"),
    ],
)
def test_drift_on_a_cluster_says_it_too(name, risk):
    (changed,) = drift_of(name).resources
    assert changed.risks == (risk,)


@pytest.mark.parametrize("name", ["drift-edge-none", "drift-edge-git-none"])
def test_a_cluster_as_it_was_deployed_has_no_drift(name):
    assert drift_of(name).is_none
