"""The stage that verifies: what it makes of a version that is not on the endpoint."""

from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from modeldelivery.release.approval import APPROVED, PENDING, REJECTED, Approval
from modeldelivery.release.core.journal import Rejection
from modeldelivery.release.errors import Exit
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.version import parse_version
from tests.fakes.endpoint import an_endpoint
from tests.fakes.registry import FakeRegistry
from tests.unit.release_cli.world import V1, V3, journal, register
from tools.builds import verify
from tools.builds.absent import kept_away, overtaken
from tools.builds.modelctl import ModelctlError, Told
from tools.builds.subject import Subject

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
        (
            REJECTED,
            "v3.0.0 is Rejected in the registry: `modelctl approve v3.0.0 --overrule --env staging --reason …`; ",
        ),
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


@pytest.fixture
def stage(monkeypatch):
    """The stage of v2.0.0, where `modelctl verify` ends with these in turn and the endpoint has these weights; its commands."""

    def run(ends, weights):
        ends, commands = list(ends), []

        def modelctl(*command):
            commands.append(command[0:1] + command[7:])
            ended = ends.pop(0)
            if isinstance(ended, Exception):
                raise ended
            return ended

        record = SimpleNamespace(record=SimpleNamespace(package_arn="arn:package"))
        there = SimpleNamespace(
            endpoint=SimpleNamespace(
                patient_traffic=SimpleNamespace(describe=lambda: an_endpoint(weights)),
                patient_store=SimpleNamespace(read=lambda: SimpleNamespace(journal=journal())),
            ),
            registry=SimpleNamespace(entry=lambda _: record),
            place=SimpleNamespace(environment="staging"),
        )
        monkeypatch.setattr(verify, "modelctl", modelctl)
        monkeypatch.setattr(verify, "open_environment", lambda *_, **__: there)
        monkeypatch.setattr(verify, "approvals_in", Mock())
        monkeypatch.setattr(verify, "kept_away", lambda *_: None)
        of = Subject(model=parse_model("flights"), environment=parse_environment("staging"), version=OLDER)
        return verify.verify(of, {"LOAD": "yes"}), commands

    return run


REFUSED = ModelctlError("v2.0.0 has traffic, or is to get some", Exit.REFUSED)


def test_a_version_that_a_person_made_live_before_it_was_measured_is_verified_without_a_load_and_that_is_a_note(
    stage,
):
    told, commands = stage([REFUSED, Told("v2.0.0 was verified")], {LIVE: 0, OLDER: 100})
    assert commands == [("verify", "--load"), ("verify",)]
    assert told.summary == "v2.0.0 was verified"
    assert told.note == "v2.0.0 has traffic by now, so that what one instance of it serves is not measured"


def test_a_version_that_was_overtaken_is_a_note_too_and_no_failure(stage):
    told, _ = stage([ModelctlError("v2.0.0 is not on the endpoint", Exit.REFUSED)], {LIVE: 100, NEWER: 0})
    assert told.summary == told.note
    assert told.note.endswith("so that v2.0.0 is not verified")


def test_a_refusal_that_nothing_on_the_endpoint_explains_stops_the_stage(stage):
    with pytest.raises(ModelctlError, match="no Locust"):
        stage([ModelctlError("there is no Locust", Exit.REFUSED)], {LIVE: 100, OLDER: 0})
