"""What a build is refused for, and what to do about it."""

import pytest

from modeldelivery.review.core.evidence import Verdict
from modeldelivery.review.core.rules import Violation
from modeldelivery.review.report.terminal import text as words
from tests.unit.review.reviews import digest, proof, reviewed


def rules(review):
    return {refusal.rule for refusal in review.refusals}


def staging(*proofs):
    """Staging as it is without a change, having proved this."""
    return reviewed("nothing-in-staging", proofs=proofs)


def served(name="traffic-only", version="v1.1.0", **how):
    return staging(proof(version, digest(name, version), **how))


@pytest.mark.parametrize(
    "name",
    [
        "delete-endpoint-protected",
        "delete-protected-bucket",
        "replace-endpoint-protected",
        "replace-key-protected",
    ],
)
def test_replacing_or_deleting_what_production_holds_is_refused(name):
    assert "destroys" in rules(reviewed(name))


@pytest.mark.parametrize("name", ["delete-endpoint", "delete-bucket", "replace-endpoint", "replace-key"])
def test_an_environment_that_protects_nothing_may_be_taken_apart(name):
    assert rules(reviewed(name)) == set()


def test_taking_the_protection_and_what_it_protects_in_one_change_is_refused():
    """The engine looks at the protection before the change, and so does the rule; config alone would be fooled."""

    def edit(document):
        document["config"]["model-delivery:protect"] = "false"

    assert "destroys" in rules(reviewed("delete-protected-bucket", edit=edit))


def under_data(document, protect):
    """Make the bucket of access logs the bucket of data, which has protection of its own."""
    for step in document["steps"]:
        if step["urn"].endswith("bucket:Bucket::flights-staging-logs"):
            step["urn"] = step["urn"].replace(":index:ModelRegistry$", ":index:DataBucket$")
            for state in (step.get("oldState"), step.get("newState")):
                if state:
                    state["urn"] = step["urn"]
                    state["protect"] = protect


def test_data_that_is_protected_does_not_protect_its_environment():
    review = reviewed("replace-endpoint", edit=lambda document: under_data(document, protect=True))
    assert rules(review) == set()


def test_data_that_is_protected_is_not_lost_where_nothing_else_is_protected():
    (refusal,) = reviewed("replace-bucket", edit=lambda document: under_data(document, protect=True)).refusals
    assert refusal.rule == "destroys"
    assert "sets model-delivery:data.protect to false" in words(refusal.fix)


@pytest.mark.parametrize("name", ["fleet-drop-fallback", "fleet-replace-fallback"])
def test_dropping_what_a_rollback_would_go_to_is_refused(name):
    before = served(name, "v1.1.0")
    assert "drops-fallback" in rules(reviewed(name, before=before))


def test_dropping_a_candidate_or_a_rejected_version_is_not():
    for name in ("fleet-drop-candidate", "fleet-drop-rejected"):
        assert rules(reviewed(name, before=staging())) == set()


def test_traffic_to_a_version_that_served_in_staging_may_go_on():
    assert rules(reviewed("traffic-only", before=served())) == set()


@pytest.mark.parametrize(
    ("before", "verdict", "fix"),
    [
        (None, Verdict.UNKNOWN, "make preview ENV=staging"),
        (reviewed("nothing-in-staging"), Verdict.UNKNOWN, "make preview ENV=staging"),
        (staging(), Verdict.ABSENT, "make v1.1.0 live in staging"),
        (served(served=0.0), Verdict.NEVER_CARRIED_ALL, "make v1.1.0 live in staging"),
        (served(rejected="wrong"), Verdict.REJECTED, "modelctl accept v1.1.0 --env staging"),
        (staging(proof("v1.1.0", "sha256:other")), Verdict.ABSENT, "with the same bits"),
    ],
)
def test_traffic_to_a_version_without_evidence_is_refused_with_what_to_do(before, verdict, fix):
    outcome = reviewed("traffic-only", before=before)
    (refusal,) = outcome.refusals
    assert (refusal.rule, outcome.evidence[0].verdict) == ("no-evidence", verdict)
    assert fix in words(refusal.fix)


def test_evidence_follows_the_bits_whatever_they_are_called():
    before = staging(proof("v7.0.0", digest("traffic-only", "v1.1.0")))
    outcome = reviewed("traffic-only", before=before)
    assert (outcome.evidence[0].verdict, outcome.evidence[0].proof.version) == (Verdict.CARRIED_ALL, "v7.0.0")


def test_a_candidate_at_weight_0_needs_no_evidence_and_its_evidence_is_told():
    outcome = reviewed("fleet-add-candidate", before=staging())
    assert rules(outcome) == set()
    assert [(each.version, each.verdict) for each in outcome.evidence] == [("v1.2.0", Verdict.ABSENT)]


def test_the_same_name_with_other_bits_is_no_evidence():
    """staging's v1.5.0 and prod's differ: what served there is not what would serve here."""
    before = staging(proof("v1.5.0", digest("bits-differ-in-staging", "v1.5.0")))
    assert reviewed("bits-differ", before=before).evidence[0].verdict is Verdict.ABSENT


def test_an_environment_that_promotes_from_none_needs_no_evidence():
    assert rules(reviewed("traffic-only-in-staging")) == set()


@pytest.mark.parametrize("name", ["bad-config", "bad-config-value", "two-changes-refused", "release-removed"])
def test_a_preview_that_failed_is_refused_with_what_the_engine_said(name):
    (refusal,) = reviewed(name).refusals
    assert refusal.rule == "preview-failed"
    assert "Pulumi.prod.yaml" in words(refusal.why) or "flights-prod" in words(refusal.why)


def test_a_mandatory_policy_is_a_refusal_and_advice_is_not():
    must = Violation(policy="encrypted", resource="b", why="no key", fix="", mandatory=True)
    may = Violation(policy="tagged", resource="b", why="no tag", fix="", mandatory=False)
    assert rules(reviewed("nothing-in-staging", violations=[must, may])) == {"policy encrypted"}


@pytest.mark.parametrize(
    "name", ["nothing", "nothing-after-rollback", "tags-only", "fleet-resize", "iam-new-action", "unprotect"]
)
def test_what_only_needs_a_reader_is_not_refused(name):
    assert rules(reviewed(name, before=staging())) == set()
