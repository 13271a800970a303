"""`modelctl status` and `history`: what a person sees at a glance."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.core.journal import ClusterPlace, EventKind, Journal
from modeldelivery.release.core.verification import Verification, verify_name
from modeldelivery.release.errors import BusyError, LostError, UnreachableError
from modeldelivery.release.operations import status
from modeldelivery.release.verdicts import Verdicts
from modeldelivery.release.version import DigestSet
from tests.fakes.verdicts import FakeVerdicts
from tests.unit.release.test_verdicts import drift, quality

from .test_rollback import rollback_by
from .world import DIGEST, NOW, PLACE, V1, V2, V3, endpoint, event, journal, rejection


def status_of(modelctl):
    ended = modelctl("status", "--json")
    return ended.json | {"exit": ended.status}


def test_a_quiet_environment_at_a_glance(modelctl):
    ended = modelctl("status")

    assert ended.status == 0
    assert ended.out.splitlines() == [
        "prod: account 222222222222, eu-west-1",
        "endpoint flights-prod: InService",
        "serving v2.0.0, live v2.0.0, fallback v1.0.0, candidates none",
        "decided by ci, 2027-01-15 07:59:00Z (1 min ago): up to v2.0.0 100 %: live changed",
        "version  role           intended  actual  instances  serves since",
        "v2.0.0   serving, live  100 %     100 %   1          1 min ago",
        "v1.0.0   fallback       0 %       0 %     1          -",
    ]


def test_a_candidate_is_one_that_has_not_served(modelctl, world):
    world.hosting.endpoint = endpoint({V1: 0, V2: 100, V3: 0}, instances={V3: 0})
    world.store.journal = journal(fleet=(V3, V2, V1))

    report = status_of(modelctl)

    assert report["candidates"] == ["v3.0.0"]
    assert {v["version"]: v["roles"] for v in report["versions"]} == {
        "v3.0.0": ["candidate"],
        "v2.0.0": ["serving", "live"],
        "v1.0.0": ["fallback"],
    }
    assert report["versions"][0]["instances"] == 0
    assert report["divergence"] == []


def verifies(world, version, *, endpoint_arn="arn:endpoint", content=None):
    """As `modelctl verify` leaves it, a minute ago."""
    digests = DigestSet(image=DIGEST, model=DIGEST, data="d")
    made = Verification(
        environment="prod",
        endpoint=endpoint_arn,
        version=version,
        digests=digests,
        at=NOW - 60,
        by="ada",
        checks=("the self-check", "garbage"),
        latency=None,
    )
    key = world.store.journal.digests[version], verify_name("prod")
    world.registry.evidence[key] = msgspec.json.encode(made) if content is None else content


@pytest.fixture
def candidate(world):
    """v3.0.0, at weight 0."""
    world.hosting.endpoint = endpoint({V1: 0, V2: 100, V3: 0})
    world.store.journal = journal(
        fleet=(V3, V2, V1), digests={V1: "sha256:1", V2: "sha256:2", V3: "sha256:3"}
    )


def rows(ended):
    """The last cell of each version's row, by version."""
    return {
        line.split()[0]: line.split("  ")[-1].strip()
        for line in ended.out.splitlines()
        if line[:1] == "v" and "  " in line
    }


@pytest.mark.usefixtures("candidate")
def test_a_candidate_that_nobody_verified_says_so_and_what_to_type(modelctl):
    ended = modelctl("status")

    assert rows(ended) == {"version": "verified", "v3.0.0": "no", "v2.0.0": "-", "v1.0.0": "-"}
    assert (
        "not verified: v3.0.0, a candidate: `modelctl verify --env prod --version v3.0.0`"
        in ended.out.splitlines()
    )
    assert status_of(modelctl)["unverified"] == ["v3.0.0"]


@pytest.mark.usefixtures("candidate")
def test_a_version_that_is_verified_says_when_by_whom_how_and_by_which_evidence(modelctl, world):
    verifies(world, V3)
    ended = modelctl("status")

    assert rows(ended) == {"version": "verified", "v3.0.0": "1 min ago", "v2.0.0": "-", "v1.0.0": "-"}
    assert (
        "verified: v3.0.0, 2027-01-15 07:59:00Z (1 min ago) by ada: 2 checks, and nothing served beside it to compare with "
        "(evidence/sha256/3/verify-prod.json)"
    ) in ended.out.splitlines()
    assert "not verified" not in ended.out
    report = status_of(modelctl)
    assert report["unverified"] == []
    assert report["versions"][0]["verified"] == {
        "environment": "prod",
        "version": "v3.0.0",
        "by": "ada",
        "at": "2027-01-15T07:59:00Z",
        "held": "2 checks, and nothing served beside it to compare with",
        "evidence": "evidence/sha256/3/verify-prod.json",
    }
    assert report["versions"][1]["verified"] is None


@pytest.mark.usefixtures("candidate")
def test_bits_that_were_verified_under_another_name_are_said_to_be_so(modelctl, world):
    world.store.journal.digests[V3] = world.store.journal.digests[V2]
    verifies(world, V2)
    lines = modelctl("status").out.splitlines()

    assert any(line.startswith("verified: the bits of v3.0.0, as v2.0.0, 2027-01-15") for line in lines)
    assert any(line.startswith("verified: v2.0.0, 2027-01-15") for line in lines)


@pytest.mark.usefixtures("candidate")
@pytest.mark.parametrize(
    ("content", "arn", "why"),
    [(b"{", "arn:endpoint", "cannot be understood"), (None, "arn:stagings", "was measured on arn:stagings")],
)
def test_evidence_that_cannot_be_believed_is_told_and_is_neither_yes_nor_no(
    modelctl, world, content, arn, why
):
    verifies(world, V3, content=content, endpoint_arn=arn)
    ended = modelctl("status")

    assert ended.status == 0
    (line,) = (line for line in ended.out.splitlines() if line.startswith("cannot be told: "))
    assert line.startswith(
        "cannot be told: whether v3.0.0 is verified: verify-prod.json among the evidence of sha256:3 "
    )
    assert why in line
    assert "not verified" not in ended.out


@pytest.mark.usefixtures("candidate")
def test_evidence_that_is_denied_stops_no_status_and_is_looked_for_once(modelctl, world, monkeypatch):
    looks = []

    def denied(*look):
        looks.append(look)
        raise UnreachableError("s3:GetObject: AccessDenied")

    monkeypatch.setattr(world.registry, "read_evidence", denied)
    ended = modelctl("status")

    assert (ended.status, len(looks)) == (0, 1)
    assert "cannot be told: which versions are verified: s3:GetObject: AccessDenied" in ended.out.splitlines()
    assert "not verified" not in ended.out


@pytest.mark.usefixtures("candidate")
def test_a_rejected_candidate_is_not_to_be_verified(modelctl, world):
    world.store.journal = msgspec.structs.replace(
        world.store.journal, rejections=(rejection(V3, "sha256:3"),)
    )
    assert status_of(modelctl)["unverified"] == []


@pytest.mark.usefixtures("candidate")
def test_in_a_cluster_where_no_version_can_be_asked_by_itself_nothing_is_said_of_it(world):
    """`modelctl verify` refuses there."""
    place = ClusterPlace(server="https://cluster.example", namespace="models", route="flights-prod")
    world.store.journal = msgspec.structs.replace(world.store.journal, place=place)
    reading = status.read(world.store, world.hosting, world.scaling)
    report = status.assess(PLACE, status.with_verifications(PLACE, reading, world.registry))
    assert (report.candidates, report.unverified) == ((V3,), ())


def test_a_rollback_that_stands_is_a_hold_with_what_to_type(modelctl):
    modelctl("rollback", "--reason", "errors doubled", "--actor", "ada")

    report = status_of(modelctl)

    assert (report["serving"], report["live"], report["fallback"]) == ("v1.0.0", "v2.0.0", None)
    assert "v2.0.0 was rejected by ada: errors doubled" in report["hold"]
    assert "modelctl accept v2.0.0" in report["hold"]
    assert report["versions"][0]["rejected"]["reason"] == "errors doubled"
    assert f"hold: {report['hold']}" in modelctl("status").out


def test_a_rollback_that_rejected_nothing_holds_too(modelctl):
    modelctl("rollback", "--reason", "a look", "--keep", "--actor", "ada")

    assert "ada decided otherwise (rollback: a look)" in status_of(modelctl)["hold"]


def test_a_pending_move_is_shown_with_whose_it_is(modelctl, world):
    world.store.journal = journal(intent=rollback_by("run-ada"))
    world.hosting.endpoint = endpoint(desired={V1: 100, V2: 0}, status="Updating")

    report = status_of(modelctl)

    assert (report["endpoint_status"], report["pending"]["by"], report["pending"]["reason"]) == (
        "Updating",
        "ada",
        "latency",
    )
    assert {v["version"]: (v["intended"], v["actual"]) for v in report["versions"]} == {
        "v2.0.0": (0, 100),
        "v1.0.0": (100, 0),
    }
    assert report["divergence"] == []


@pytest.mark.parametrize(
    ("recorded", "endpoint_shown", "sentence"),
    [
        (journal(), endpoint({V1: 30, V2: 70}), "traffic was moved by someone else"),
        (journal(), endpoint({V1: 0, V2: 100, V3: 0}), "the fleet was changed by someone else"),
        (journal(), endpoint(life=Incarnation("arn:endpoint", 2.0)), "deleted and made again"),
        (journal(), None, "the journal knows an endpoint and there is none"),
        (
            journal(rejections=(rejection(V2),)),
            endpoint(),
            "v2.0.0 was rejected by ada: errors doubled, and it has",
        ),
    ],
)
def test_what_does_not_fit_together_is_a_sentence(modelctl, world, recorded, endpoint_shown, sentence):
    world.store.journal, world.hosting.endpoint = recorded, endpoint_shown

    report = status_of(modelctl)

    assert report["exit"] == 0
    (only,) = report["divergence"]
    assert sentence in only
    assert f"divergence: {only}" in modelctl("status").out


UNHEALTHY = [
    (
        "Failed",
        {"status": "Failed", "failure": "no capacity"},
        "endpoint-broken",
        "the endpoint is Failed (no capacity)",
    ),
    ("OutOfService", {"status": "OutOfService"}, "endpoint-broken", "the endpoint is OutOfService"),
    (
        "no instance",
        {"instances": {V2: 0}},
        "no-instance",
        "v2.0.0, which has traffic, runs on 0 of 1 instances",
    ),
    (
        "no fallback",
        {"weights": {V2: 100}},
        "fallback-away",
        "a rollback would go to v1.0.0, which is not on the",
    ),
]


@pytest.mark.parametrize(
    ("endpoint_shown", "code", "sentence"), [row[1:] for row in UNHEALTHY], ids=[row[0] for row in UNHEALTHY]
)
def test_a_script_learns_that_something_needs_a_person(modelctl, world, endpoint_shown, code, sentence):
    world.hosting.endpoint = unhealthy(**endpoint_shown)
    world.store.journal = journal(fleet=tuple(world.hosting.endpoint.variants))

    checked = modelctl("status", "--check", "--json")

    assert checked.status == 7
    (only,) = checked.json["findings"]
    assert (only["code"], only["sentence"][: len(sentence)]) == (code, sentence)
    assert only["remedy"]
    assert f"health: {only['sentence']}" in modelctl("status").out
    assert modelctl("status").status == 0


def unhealthy(*, instances=None, **properties):
    """An endpoint each of whose versions asks for one instance."""
    shown = endpoint(**properties, instances=instances)
    variants = {v: msgspec.structs.replace(each, instances_desired=1) for v, each in shown.variants.items()}
    return msgspec.structs.replace(shown, variants=variants)


def test_a_healthy_environment_checks_as_0(modelctl):
    assert modelctl("status", "--check").status == 0
    assert status_of(modelctl)["findings"] == []


def test_a_rollback_that_stands_needs_nobody(modelctl):
    modelctl("rollback", "--reason", "errors doubled", "--actor", "ada")

    assert modelctl("status", "--check").status == 0


def test_the_reason_of_an_earlier_failure_is_told_and_needs_nobody(modelctl, world):
    world.hosting.endpoint = endpoint(failure="rolled back: /ping")

    assert modelctl("status", "--check").status == 0
    assert "health: the last change failed: rolled back: /ping" in modelctl("status").out


def test_what_could_not_be_looked_at_is_no_health(modelctl, world):
    world.scaling.unreachable = UnreachableError("application-autoscaling:DescribeScalableTargets: denied")

    checked = modelctl("status", "--check", "--json")

    assert checked.status == 5
    assert checked.json["problems"] == [
        "autoscaling cannot be looked at: application-autoscaling:DescribeScalableTargets: denied"
    ]


def test_what_is_known_to_be_wrong_counts_more_than_what_could_not_be_looked_at(modelctl, world):
    world.store.unreachable = UnreachableError("s3:GetObject: no connection")
    world.hosting.endpoint = endpoint(status="Failed")

    assert modelctl("status", "--check").status == 7
    assert modelctl("status").status == 5


def test_a_version_that_nothing_scales_is_named(modelctl, world):
    world.scaling.missing = {V1}

    checked = modelctl("status", "--check", "--json")

    assert (checked.status, checked.json["findings"][0]["code"]) == (7, "no-autoscaling")
    assert "v1.0.0" in checked.json["findings"][0]["sentence"]


def test_help_documents_what_a_check_ends_with(modelctl):
    output = " ".join(modelctl("status", "--help").out.split())
    assert "7 with --check: something needs a person; the output says what to type" in output
    assert "5 AWS unreachable or access denied: what is shown is not all" in output


def test_a_move_without_the_journal_is_said_first(modelctl, world):
    world.hosting.endpoint, world.hosting.tag = endpoint({V1: 100, V2: 0}), "ada moved all to v1.0.0"

    assert (
        "traffic was moved without the journal (ada moved all to v1.0.0)"
        in status_of(modelctl)["divergence"][0]
    )


def test_nothing_made_yet_is_no_error(modelctl, world):
    world.store.journal, world.hosting.endpoint = Journal(), None

    ended = modelctl("status")

    assert ended.status == 0
    assert "endpoint flights-prod: there is none" in ended.out
    assert "serving nothing, live none, fallback none, candidates none" in ended.out


def test_an_unreachable_journal_still_shows_the_endpoint(modelctl, world):
    world.store.unreachable = UnreachableError("s3:GetObject: no connection")

    report = status_of(modelctl)

    assert (report["exit"], report["endpoint_status"], report["serving"]) == (5, "InService", "v2.0.0")
    assert {v["version"]: v["actual"] for v in report["versions"]} == {"v2.0.0": 100, "v1.0.0": 0}
    assert report["problems"] == ["the journal cannot be read: s3:GetObject: no connection"]
    assert report["candidates"] == []


def test_an_endpoint_that_cannot_be_seen_is_unknown_and_serves_nothing_for_sure(modelctl, world):
    world.hosting.unreachable = LostError("sagemaker:DescribeEndpoint flights-prod")

    report = status_of(modelctl)

    assert (report["exit"], report["endpoint_status"], report["serving"]) == (5, "unknown", None)
    assert report["divergence"] == []
    assert {v["version"]: v["intended"] for v in report["versions"]} == {"v2.0.0": 100, "v1.0.0": 0}


def test_history_is_newest_first_and_limited(modelctl, world):
    world.store.journal = journal(
        history=tuple(event(operation=f"up-{n}", reason=f"reason {n}") for n in range(30))
    )

    assert [line["reason"] for line in modelctl("history", "--json", "--limit", "2").json] == [
        "reason 29",
        "reason 28",
    ]
    assert len(modelctl("history").out.splitlines()) == 21


def test_history_says_who_what_when_and_why(modelctl, world):
    world.store.journal = journal(history=(event(EventKind.ROLLBACK, target={V1: 100, V2: 0}, actor="ada"),))

    line = modelctl("history").out.splitlines()[1]

    assert line.split("  ") == ["2027-01-15 07:59:00Z", "rollback", "v1.0.0:100", "ada", "live changed"]


def test_an_empty_history_says_so(modelctl, world):
    world.store.journal = Journal()

    assert modelctl("history").out == "nothing was decided yet\n"
    assert modelctl("history", "--json").json == []


def test_a_reason_cannot_steer_the_terminal(modelctl, world):
    world.store.journal = journal(history=(event(reason="\x1b[2Jgone\nforged line"),))

    out = modelctl("history").out

    assert "\x1b" not in out
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize(
    "error", [LostError("s3:GetObject: no answer"), BusyError("s3:GetObject: no answer")]
)
def test_an_answer_that_does_not_come_is_a_sentence(modelctl, world, error):
    world.store.unreachable = error

    ended = modelctl("history")

    assert ended.status == 5
    assert ended.err == "modelctl: s3:GetObject: no answer: run the same command again\n"
    assert "the journal cannot be read: s3:GetObject" in modelctl("status").out


def test_the_journal_is_not_changed_by_looking(modelctl, world):
    before = msgspec.json.encode(world.store.journal)
    modelctl("status")
    modelctl("history")

    assert msgspec.json.encode(world.store.journal) == before
    assert world.hosting.calls == []


def test_tags_that_may_not_be_read_are_no_endpoint_that_cannot_be_seen(modelctl, world, monkeypatch):
    def denied():
        raise UnreachableError("sagemaker:ListTags: not authorized")

    monkeypatch.setattr(world.hosting, "marked", denied)

    report = status_of(modelctl)

    assert report["problems"] == [
        "the endpoint's tags cannot be looked at: sagemaker:ListTags: not authorized"
    ]
    assert report["serving"] == "v2.0.0"


TODAY = datetime.fromtimestamp(NOW, UTC)
JUDGED = (
    Verdicts()
    .with_drift(V2, drift("drift", at=TODAY))
    .with_drift(V1, drift("quiet", at=TODAY))
    .with_quality(V2, quality("worse", at=TODAY))
)


def test_each_version_shows_whether_it_drifts_and_is_worse_with_the_last_day_judged(modelctl, world):
    world.verdicts = FakeVerdicts(JUDGED)
    lines = modelctl("status").out.splitlines()
    assert lines[4:] == [
        "version  role           intended  actual  instances  serves since  data drift         quality",
        "v2.0.0   serving, live  100 %     100 %   1          1 min ago     drift, 2013-10-27  worse, 2013-10-30",
        "v1.0.0   fallback       0 %       0 %     1          -             quiet, 2013-10-27  -",
        "data drift: v2.0.0: drift from 2013-10-21 to 2013-10-27: temp",
        "quality: v2.0.0: worse from 2013-10-01 to 2013-10-30: AUC is 0.651",
    ]
    serving, fallback = status_of(modelctl)["versions"]
    assert (serving["drift"]["verdict"], serving["quality"]["verdict"]) == ("drift", "worse")
    assert (fallback["drift"]["last"], fallback["quality"]) == ("2013-10-27", None)


def test_what_was_judged_of_a_version_without_traffic_is_in_the_table_alone(modelctl, world):
    world.verdicts = FakeVerdicts(Verdicts().with_drift(V1, drift("drift", at=TODAY - timedelta(days=99))))
    out = modelctl("status").out
    assert "drift, 2013-10-27" in out
    assert "data drift: " not in out


def test_nobody_judging_is_told_and_is_no_fault(modelctl, world):
    world.verdicts = FakeVerdicts()
    ended = modelctl("status", "--check")
    assert (ended.status, ended.out.splitlines()[-1]) == (
        0,
        "data drift, quality: nobody judged them here yet",
    )
    report = status_of(modelctl)
    assert (report["judged"], report["versions"][0]["drift"]) == (False, None)


def test_verdicts_that_cannot_be_read_take_nothing_else_of_the_status_along(modelctl, world):
    world.verdicts = FakeVerdicts(fails=UnreachableError("AccessDenied"))
    ended = modelctl("status")
    assert ended.status == 5
    assert "v2.0.0   serving, live  100 %     100 %   1          1 min ago" in ended.out.splitlines()
    assert "problem: verdicts on drift and quality cannot be read: AccessDenied" in ended.out
    assert status_of(modelctl)["judged"] is None


def test_a_rollback_reads_no_verdicts(modelctl, world):
    world.verdicts = FakeVerdicts(fails=AssertionError("read"))
    assert modelctl("rollback", "--reason", "errors doubled").status == 0
    assert world.verdicts.reads == 0
