"""What a reviewer reads: the danger first, a release in a few lines, and a way back."""

from datetime import date

import msgspec
import pytest

from modeldelivery.release.core.drill_figures import Figures
from modeldelivery.release.operations.health import Code, Finding, Grade
from modeldelivery.release.operations.judgements import Judged, Judgement
from modeldelivery.release.operations.latest_drill import LatestDrill
from modeldelivery.release.operations.verified import GoesLive, VerifiedBits
from modeldelivery.release.version import Version
from modeldelivery.review.core.words import Name
from modeldelivery.review.report import markdown
from modeldelivery.review.report.page import Page, Section, Table
from modeldelivery.review.report.preview import tell
from tests.unit.review.reviews import AT, digest, proof, reviewed

STAGING = reviewed(
    "nothing-in-staging",
    proofs=[proof("v1.1.0", digest("traffic-only", "v1.1.0"), served=273_840.0, metrics={"auc": 0.64921})],
)


def comment(*reviews, limit=65_536):
    return markdown.draw(tell(reviews), limit)


def test_a_release_is_told_in_a_few_lines():
    """Which version, what evidence it has, what it replaces, how to take it back."""
    assert comment(STAGING, reviewed("traffic-only", before=STAGING)) == (
        """\
<!-- model-delivery:review -->
## Impact on `prod`: traffic only: `v1.1.0` 0 → 100 %, `v1.0.0` 100 → 0 %

- Evidence for `v1.1.0`: carried all traffic in `staging` for 3 d 4 h, first 2026-11-25 12:00 UTC, has traffic there now; `auc` `0.6492`.
- Take it back: `modelctl rollback --env prod --reason …` gives `v1.0.0` its traffic again, in seconds; it stays in the fleet at 0 %.

### `staging`: nothing changes
"""
    )


def test_what_is_destroyed_stands_at_the_top_in_capitals():
    lines = comment(reviewed("replace-endpoint-protected")).splitlines()
    assert lines[1] == "## ⛔ Impact on `prod`: REPLACES the endpoint `flights-prod`"
    assert lines[4] == (
        "> - **REPLACES the endpoint `flights-prod`, which is protected because of `endpointName`**"
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("fleet-add-candidate", "- Joins the fleet: `v1.2.0` at 0 %."),
        ("fleet-add-candidate", "- No traffic moves: `v1.0.0` goes on serving."),
        ("fleet-drop-fallback", "- Leaves the fleet: `v1.0.0`, to which a rollback goes now."),
        ("fleet-resize", "- Other instances: `v1.0.0` from 2 x `ml.c6i.large` to 3 x `ml.c6i.large`."),
        ("autoscaling-max", "- Autoscaling: `v1.0.0` 2 to 8 → 2 to 20 instances."),
        ("shift-and-drop", "- NO WAY BACK in seconds: `v1.0.0` leaves the fleet with this change."),
        ("endpoint-deleted", "- The endpoint `flights-staging` is GONE: someone deleted it, and this change makes it again."),
        ("rejected-live", "- Config asks for `v1.1.0` now, and it gets no traffic by this change."),
        ("live-follows-rollback", "- Config asks for `v1.0.0` now, which serves already."),
        ("iam-narrowed", "- Narrows `flights-prod-serving` `policy`."),
        ("versioning-suspended", "- WEAKENS bucket versioning `flights-prod-registry`: `replaced objects are no longer kept: versioning becomes Suspended`"),
        ("unpriced-type", "- Cost: UNPRICED `+4 ml.c7i.48xlarge`; the rest -$318 a month on the fewest instances, -$1,273 on the most (prices of 2025-10-01)."),
        ("autoscaling-max", "- Cost: +$0.00 a month on the fewest instances, +$1,910 on the most (prices of 2025-10-01)."),
    ],
)  # fmt: skip
def test_each_kind_of_change_has_its_sentence(name, line):
    assert line in comment(reviewed(name)).splitlines()


FAILED = Finding(
    code=Code.BROKEN,
    grade=Grade.BROKEN,
    sentence="the endpoint is Failed: no capacity",
    remedy="`delete-endpoint`",
)


@pytest.mark.parametrize("name", ["nothing", "traffic-only", "tags-only"])
def test_an_endpoint_that_is_broken_stands_in_the_title_and_at_the_top_whatever_changes(name):
    lines = comment(reviewed(name, health=(FAILED,))).splitlines()
    assert lines[1].endswith(", and its endpoint is broken")
    assert lines[4] == (
        "> - **Health (broken): `the endpoint is Failed: no capacity`. To mend it: `` `delete-endpoint` ``**"
    )


def test_a_finding_that_pulumi_warned_of_too_is_told_once():
    def edit(document):
        document["diagnostics"] = [{"message": FAILED.text, "prefix": "warning: ", "severity": "warning"}]

    assert "Pulumi warns" in comment(reviewed("nothing", edit=edit))
    assert "Pulumi warns" not in comment(reviewed("nothing", edit=edit, health=(FAILED,)))


def test_an_earlier_failure_that_needs_nobody_is_a_line_and_no_alarm():
    earlier = msgspec.structs.replace(FAILED, grade=Grade.NOTICE)
    comment_text = comment(reviewed("nothing", health=(earlier,)))
    assert comment_text.splitlines()[1] == "## Impact on `prod`: nothing"
    assert "- Health (notice): `the endpoint is Failed: no capacity`." in comment_text


@pytest.mark.parametrize("name", ["nothing", "nothing-in-staging", "traffic-only", "tags-only"])
def test_what_could_not_be_looked_at_is_said_whatever_changes(name):
    comment_text = comment(
        reviewed(name, problem="the endpoint cannot be seen: denied"), reviewed("tags-only")
    )
    assert (
        "- Not everything could be looked at: `the endpoint cannot be seen: denied`"
        in comment_text.splitlines()
    )
    assert "nothing changes" not in comment_text


@pytest.mark.parametrize("name", ["bad-config", "two-changes-refused", "bake-refused"])
def test_a_preview_that_failed_is_never_told_to_change_nothing(name):
    assert (
        comment(reviewed(name)).splitlines()[1]
        == "## ⛔ Impact on `prod`: cannot be told, for the preview FAILED"
    )


def test_a_policy_that_is_not_known_yet_cannot_be_told():
    comment_text = comment(reviewed("iam-unknown"))
    assert "- CANNOT TELL who may do what by `flights-prod-serving` `policy`" in comment_text


def test_a_rollback_that_stands_is_no_change_and_is_said():
    comment_text = comment(reviewed("nothing-after-rollback"))
    assert comment_text.splitlines()[1] == "## Impact on `prod`: nothing"
    assert "Pulumi warns: `` v1.1.0 was rejected by" in comment_text


def test_what_staging_has_not_had_is_said():
    comment_text = comment(STAGING, reviewed("iam-new-action", before=STAGING))
    assert "- NOT TRIED in `staging` (update): role policy `flights-prod-serving` (`policy`)" in comment_text


def test_without_staging_s_preview_it_is_said_that_it_cannot_be_told():
    assert "- Whether `staging` has had this cannot be told" in comment(reviewed("iam-new-action"))


@pytest.mark.parametrize("name", ["secret-config", "secret-changed", "iam-secret"])
def test_nothing_of_a_secret_is_in_a_comment(name):
    comment_text = comment(reviewed(name))
    assert "[secret]" not in comment_text


def big(rows):
    table = Table(headings=("a",), rows=tuple(((Name(f"name-{n}"),),) for n in range(rows)))
    return Page(
        title=("t",),
        sections=(
            Section(title=("first",), alarms=(("DELETES ", Name("x")),), lines=(("line",),)),
            Section(title=("details",), tables=(table,), folded=True),
        ),
        refused=True,
    )


def test_details_give_way_first():
    drawn = markdown.draw(big(1000), 2000)
    assert len(drawn) <= 2000
    assert "DELETES `x`" in drawn
    assert "Details are left out" in drawn


def test_what_still_does_not_fit_is_cut_at_a_line_and_says_so():
    page = Page(
        title=("t",),
        sections=(
            Section(alarms=(("DELETES ", Name("x")),), lines=tuple(("word " * 20,) for _ in range(100))),
        ),
        refused=True,
    )
    drawn = markdown.draw(page, 2000)
    assert len(drawn) <= 2000
    assert "DELETES `x`" in drawn
    assert drawn.endswith(
        "**This is not all: the rest would not fit. The build's `.review` artifact has it.**\n"
    )


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("plain", "`plain`"),
        ("a`b", "`` a`b ``"),
        ("``", "``` `` ```"),
        ("a\nb\tc", "`a b c`"),
        ("\u202eabc", "`\\u{202e}abc`"),
        ("", "`(empty)`"),
        ("x" * 500, "`" + "x" * 400 + "…`"),
    ],
)
def test_a_name_is_a_code_span_and_nothing_else(name, drawn):
    assert markdown.code(name) == drawn


@pytest.mark.parametrize("name", ["nothing", "nothing-in-staging", "traffic-only"])
def test_a_field_that_the_reader_does_not_know_is_told_whatever_changes(name):
    def edit(preview):
        preview["steps"][0]["newState"]["surprise"] = 1

    text = comment(reviewed(name, edit=edit), reviewed("tags-only"))
    assert (
        "- NOT READ: the engine wrote `steps[].newState.surprise`, which the reader of Pulumi 3.259" in text
    )
    assert "nothing changes" not in text


DRILLED = LatestDrill(
    by="ada@desk",
    at=AT,
    open=False,
    home=Version("v1.1.0"),
    away=Version("v1.0.0"),
    rollbacks=10,
    wrong=Figures(p50=1.02, p99=1.4, max=1.4),
    requests=1800,
    lost=0,
    late=0,
    passed=True,
    why="",
)


@pytest.mark.parametrize("name", ["traffic-only", "fleet-add-candidate"])
def test_a_change_of_traffic_or_fleet_tells_whether_the_way_back_was_tried(name):
    assert (
        "- Latest drill: `2026-11-25 12:00 UTC`, `v1.1.0 ⇄ v1.0.0 by ada@desk: 10 rollbacks, last wrong answer after 1.02 s (p50), "
        "1.40 s at most, 0 of 1800 requests lost`."
    ) in comment(reviewed(name, drill=DRILLED)).splitlines()
    assert "Latest drill" not in comment(reviewed(name))


def verified_in(environment, version="v1.1.0"):
    return VerifiedBits(
        environment=environment,
        version=Version(version),
        by="ada@desk",
        at=AT,
        held="15 checks, median latency 1.02 times and 99th percentile 1.1 times that of v1.0.0",
        evidence=f"evidence/sha256/0/verify-{environment}.json",
    )


@pytest.mark.parametrize(
    ("of", "told", "warned"),
    [((), (), True), (("staging",), ("staging",), True), (("prod", "staging"), ("prod", "staging"), False)],
)
def test_whether_the_version_that_goes_live_is_verified_is_told_by_environment(of, told, warned):
    goes_live = GoesLive(version=Version("v1.1.0"), verified=tuple(verified_in(each) for each in of))
    lines = comment(reviewed("traffic-only", goes_live=goes_live)).splitlines()
    for each in told:
        assert (
            f"- `v1.1.0` was verified in `{each}` on 2026-11-25 12:00 UTC `by ada@desk: 15 checks, median latency 1.02 times and 99th "
            f"percentile 1.1 times that of v1.0.0 (evidence/sha256/0/verify-{each}.json)`."
        ) in lines
    unverified = (
        "- `v1.1.0` is NOT VERIFIED in `prod`, and is to serve there. While it stands at 0 %: `modelctl verify --env prod --version "
        "v1.1.0`."
    )
    assert (unverified in lines) == warned


def test_bits_that_were_verified_under_another_name_are_told_with_that_name():
    goes_live = GoesLive(version=Version("v1.1.0"), verified=(verified_in("staging", "v1.0.9"),))
    told = comment(reviewed("traffic-only", goes_live=goes_live))
    assert "- The bits of `v1.1.0` were verified as `v1.0.9` in `staging` on 2026-11-25 12:00 UTC" in told
    assert "`v1.1.0` was verified" not in told


def test_a_change_that_moves_no_live_tells_of_no_verification():
    assert "verified" not in comment(reviewed("traffic-only")).lower()


def test_a_change_of_neither_tells_of_no_drill():
    assert "Latest drill" not in comment(reviewed("tags-only", drill=DRILLED))


def judged_as(drift, quality, *, missing=False):
    def judgement(verdict):
        days = {"first": date(2013, 10, 21), "last": date(2013, 10, 27)}
        return Judgement(verdict=verdict, at=AT, missing=missing, reason="temp is beyond its limit", **days)

    return (
        Judged(version=Version("v1.1.0"), drift=judgement(drift), quality=quality and judgement(quality)),
    )


def test_an_environments_section_tells_whether_what_serves_drifts_and_is_worse():
    lines = comment(reviewed("traffic-only", judged=judged_as("drift", "worse"))).splitlines()
    assert (
        "- Data drift of `v1.1.0`: `drift from 2013-10-21 to 2013-10-27: temp is beyond its limit`." in lines
    )
    assert "- Quality of `v1.1.0`: `worse from 2013-10-21 to 2013-10-27: temp is beyond its limit`." in lines
    calm = comment(reviewed("traffic-only", judged=judged_as("quiet", None)))
    assert "- Data drift of `v1.1.0`: `quiet, 2013-10-27`." in calm.splitlines()
    assert "Quality of" not in calm


@pytest.mark.parametrize(
    "judged",
    [judged_as("drift", None), judged_as("quiet", "worse"), judged_as("quiet", None, missing=True)],
    ids=["drift", "worse", "missing"],
)
def test_a_verdict_that_somebody_should_look_at_is_told_where_nothing_changes(judged):
    assert "Data drift of `v1.1.0`" in comment(reviewed("traffic-only"), reviewed("nothing", judged=judged))


def test_calm_verdicts_add_nothing_where_nothing_changes():
    calm = judged_as("quiet", "as-good")
    assert comment(reviewed("traffic-only"), reviewed("nothing", judged=calm)) == comment(
        reviewed("traffic-only"), reviewed("nothing")
    )
