"""What production would get that staging has not had."""

from modeldelivery.review.core.compare import Place, When, fingerprints, untested
from modeldelivery.review.core.document import read
from modeldelivery.review.core.touched import touched
from tests.unit.review.documents import document, step, text
from tests.unit.review.reviews import reviewed

PLACES = {
    "staging": Place(environment="staging", account="111111111111", region="eu-west-1"),
    "prod": Place(environment="prod", account="222222222222", region="eu-west-1"),
}
LATENCY = "flights-{}-v1-0-0-latency"


def prints(name, environment, edit=None):
    preview = document(name)
    if edit:
        edit(preview)
    return fingerprints(PLACES[environment], touched(read(text(preview)), "model-delivery"))


def threshold(environment, value):
    """An edit that sets the latency alarm's threshold as if config had changed."""

    def edit(preview):
        changed = step(preview, "aws:cloudwatch/metricAlarm:MetricAlarm", LATENCY.format(environment))
        changed["newState"]["inputs"]["threshold"] = value
        changed["op"] = "update"
        preview["changeSummary"] = {"same": 39, "update": 1}

    return edit


def test_two_environments_without_a_change_have_nothing_to_tell():
    assert untested(prints("nothing", "prod"), prints("nothing-in-staging", "staging")) == ()


def test_what_staging_has_already_is_not_told():
    """Tags aside, staging's alarm is as production's would be."""
    mine = prints("nothing", "prod", threshold("prod", 7e5))
    theirs = prints("nothing-in-staging", "staging", threshold("staging", 7e5))
    for each in theirs.values():
        assert each.after is not None
    settled = {
        key: type(each)(effect="none", words=each.words, name=each.name, before=each.after, after=each.after)
        for key, each in theirs.items()
    }
    assert untested(mine, settled) == ()


def test_what_staging_gets_by_the_same_change_is_said_to_come_together():
    mine = prints("nothing", "prod", threshold("prod", 7e5))
    theirs = prints("nothing-in-staging", "staging", threshold("staging", 7e5))
    (differences,) = untested(mine, theirs)
    assert (differences.when, differences.name, differences.properties) == (
        When.TOGETHER,
        LATENCY.format("prod"),
        ("threshold",),
    )


def test_what_staging_does_not_get_was_not_tried():
    mine = prints("nothing", "prod", threshold("prod", 7e5))
    (differences,) = untested(mine, prints("nothing-in-staging", "staging"))
    assert (differences.when, differences.properties) == (When.NEVER, ("threshold",))


def test_a_resource_that_staging_lacks_was_not_tried():
    differences = untested(prints("new-bucket", "prod"), prints("nothing-in-staging", "staging"))
    assert [(each.when, each.effect, each.name) for each in differences] == [
        (When.NEVER, "create", "captures")
    ]


def test_a_resource_that_staging_keeps_and_production_deletes_was_not_tried():
    differences = untested(prints("delete-protected-bucket", "prod"), prints("nothing-in-staging", "staging"))
    assert (When.NEVER, "delete", "bucket") in {(each.when, each.effect, each.words) for each in differences}


def test_alarms_and_scaling_of_a_new_version_are_tried_where_another_version_has_them():
    assert untested(prints("fleet-add-candidate", "prod"), prints("nothing-in-staging", "staging")) == ()


def test_a_permission_for_production_alone_was_not_tried():
    differences = untested(prints("iam-new-action", "prod"), prints("nothing-in-staging", "staging"))
    assert [(each.when, each.words, each.properties) for each in differences] == [
        (When.NEVER, "role policy", ("policy",))
    ]


def test_fingerprints_hold_no_value():
    shown = str(prints("secret-config", "prod")) + str(prints("nothing", "prod"))
    assert "222222222222" not in shown
    assert "[secret]" not in shown


def test_a_review_without_the_other_environment_says_that_it_cannot_tell():
    assert reviewed("traffic-only").untested is None
