"""`modelctl builds`: what has become of pushed tags, and why one stopped."""

import pytest

from modeldelivery.release.core.builds import Action, Listed, assemble
from modeldelivery.release.errors import Exit, LostError
from tests.fakes.builds import FakeBuilds
from tests.unit.release_cli.world import World

COMMIT = "c" * 40


def listed(identity, status, **more):
    return Listed(
        id=identity,
        status=status,
        started=100.0,
        changed=160.0,
        revision=COMMIT,
        summary="more trees",
        **more,
    )


def action(execution, stage, status, started=100.0, **more):
    return Action(
        execution=execution, stage=stage, status=status, started=started, changed=started + 10, **more
    )


DONE = (
    listed("first", "Succeeded"),
    [
        action("first", "Source", "Succeeded"),
        action("first", "Test", "Succeeded", 110.0, variables={"VERSION": "v1.2.0", "REASON": ""}),
    ],
)
STOPPED = (
    listed("second", "Failed"),
    [
        action("second", "Source", "Succeeded"),
        action(
            "second",
            "Test",
            "Failed",
            110.0,
            message="Build terminated with state: FAILED.",
            variables={"VERSION": "v1.3.0", "REASON": "lint: F401"},
        ),
    ],
)
RUNNING = listed("third", "InProgress"), [action("third", "Source", "InProgress")]


@pytest.fixture
def world():
    return World()


def test_each_build_is_shown_with_its_tag_its_stages_and_their_times(modelctl, world):
    world.builds = FakeBuilds([STOPPED, DONE])
    ended = modelctl("builds", "--model", "flights")
    assert ended.status == Exit.DONE
    assert "flights@v1.2.0" in ended.out
    assert "Test 10 s" in ended.out


def test_a_build_that_stopped_says_at_which_stage_and_why_in_one_sentence(modelctl, world):
    world.builds = FakeBuilds([STOPPED, DONE])
    ended = modelctl("builds", "--model", "flights")
    assert "flights@v1.3.0: Test: lint: F401" in ended.out
    (build, _) = modelctl("builds", "--model", "flights", "--json").json["builds"]
    assert build["stages"][-1]["reason"] == "lint: F401"


def test_a_build_that_left_no_sentence_has_codepipelines_own():
    silent = action("second", "Test", "Failed", 110.0, message="Build terminated with state: FAULT.")
    (build,) = assemble([STOPPED[0]], [silent])
    assert build.reason == "Test: Build terminated with state: FAULT."


def silent_build(message):
    """A build that exported nothing."""
    silent = action("second", "Test", "Failed", 110.0, message=message, build="flights-staging-test:1f0e")
    (build,) = assemble([STOPPED[0]], [silent])
    return build


def test_a_build_that_told_nothing_has_the_command_that_shows_its_log():
    assert silent_build("Build terminated with state: FAILED.").reason == (
        "Test: Build terminated with state: FAILED; "
        "aws logs tail /aws/codebuild/flights-staging-test --log-stream-names 1f0e shows its log"
    )


def test_of_a_build_that_ran_out_of_time_the_key_is_named_that_gives_it_more():
    told = "Build terminated with state: TIMED_OUT. Phase: BUILD, Code: BUILD_TIMED_OUT, Message: Build has timed out."
    assert "; minutes of the stage in model-delivery:build is its time; " in silent_build(told).reason
    assert "minutes of the stage" not in silent_build("Build terminated with state: FAULT.").reason


def test_what_the_making_of_the_pipeline_began_is_called_so_and_nothing_else_is(modelctl, world):
    connection = action("0a1b", "Source", "Failed", message="Connection c is not available")
    made = (listed("0a1b", "Failed", trigger="CreatePipeline"), [connection])
    world.builds = FakeBuilds([(listed("2c3d", "Failed", trigger="WebhookV2"), []), made, DONE])
    ended = modelctl("builds", "--model", "flights")
    assert "the pipeline was made: Source: Connection c is not available" in ended.out
    rows = [line.split("  ")[0].strip() for line in ended.out.splitlines()]
    assert rows[2:5] == ["2c3d", "the pipeline was made", "flights@v1.2.0"]


@pytest.mark.parametrize(
    ("stop", "told"), [("a wrong month", "somebody stopped it: a wrong month"), ("", "somebody stopped it")]
)
def test_one_that_somebody_stopped_says_so_and_why_where_that_was_said(modelctl, world, stop, told):
    world.builds = FakeBuilds([(listed("0a1b", "Stopped", stop=stop), [action("0a1b", "Test", "Abandoned")])])
    assert modelctl("builds", "--model", "flights").out.splitlines()[-1] == f"0a1b: {told}"


def test_no_control_character_of_a_commits_tests_reaches_the_terminal(modelctl, world):
    bad = action("third", "Test", "Failed", variables={"REASON": "assert '\x1b[2J\x07' == \u202e'x'"})
    world.builds = FakeBuilds([RUNNING], [(listed("third", "Failed"), [bad])])
    ended = modelctl("builds", "--model", "flights", "--follow")
    assert "Test: Failed, 10 s: assert '" in ended.err
    assert all(line.isprintable() for line in (ended.err + ended.out).splitlines())


def test_of_a_stage_that_was_tried_again_the_last_run_counts():
    again = action("second", "Test", "Succeeded", 130.0, variables={"VERSION": "v1.3.0"})
    (build,) = assemble([listed("second", "Succeeded")], [*STOPPED[1], again])
    assert [(stage.name, stage.status) for stage in build.stages] == [
        ("Source", "Succeeded"),
        ("Test", "Succeeded"),
    ]
    assert build.reason == ""


def test_the_newest_build_is_followed_to_its_end_whatever_a_look_meets(modelctl, world):
    ended_well = (listed("third", "Succeeded"), [action("third", "Source", "Succeeded")])
    world.builds = FakeBuilds([RUNNING, DONE], LostError("no answer"), [ended_well, DONE])
    ended = modelctl("builds", "--model", "flights", "--follow")
    assert ended.status == Exit.DONE
    assert "Source: InProgress" in ended.err
    assert "Source: Succeeded, 10 s" in ended.err


def test_what_became_of_the_others_meanwhile_is_shown_too(modelctl, world):
    ended_well = (listed("third", "Succeeded"), [action("third", "Source", "Succeeded")])
    before = listed("second", "InProgress"), [action("second", "Test", "InProgress")]
    world.builds = FakeBuilds([RUNNING, before], [ended_well, STOPPED])
    ended = modelctl("builds", "--model", "flights", "--follow", "--json")
    assert [(build["id"], build["status"]) for build in ended.json["builds"]] == [
        ("third", "Succeeded"),
        ("second", "Failed"),
    ]


def test_the_one_that_is_followed_is_shown_whatever_began_meanwhile(modelctl, world):
    ended_well = (listed("third", "Succeeded"), [action("third", "Source", "Succeeded")])
    world.builds = FakeBuilds([RUNNING], [(listed("fourth", "InProgress"), []), ended_well])
    ended = modelctl("builds", "--model", "flights", "--follow", "--limit", "1", "--json")
    assert [build["id"] for build in ended.json["builds"]] == ["third"]


def of_version(identity, status, version):
    return (
        listed(identity, status),
        [action(identity, "Test", "Succeeded", variables={"VERSION": version, "REASON": ""})],
    )


def test_the_build_of_a_version_is_waited_for_until_the_git_host_has_told_of_the_push(modelctl, world):
    """Typed right after `git push`: what is there yet is the build before."""
    begun = listed("third", "InProgress"), []
    world.builds = FakeBuilds([DONE], [DONE], [begun, DONE], [of_version("third", "Failed", "v1.3.0"), DONE])
    ended = modelctl("builds", "--model", "flights", "--follow", "--version", "v1.3.0")
    assert ended.status == Exit.FAILED
    assert "flights@v1.3.0" in ended.out
    assert any("of flights@v1.3.0" in why for why, _ in world.time.waits)


def test_without_a_version_it_is_said_that_the_newest_build_has_ended(modelctl, world):
    world.builds = FakeBuilds([DONE])
    ended = modelctl("builds", "--model", "flights", "--follow")
    assert ended.status == Exit.DONE
    (note,) = world.time.notes
    assert note.startswith("flights@v1.2.0 is the newest and has ended; ")


def test_a_version_whose_tag_was_pushed_again_is_followed_by_its_newest_build(modelctl, world):
    first = of_version("first", "Failed", "v1.2.0")
    running, done = (of_version("third", status, "v1.2.0") for status in ("InProgress", "Succeeded"))
    world.builds = FakeBuilds([running, first], [done, first])
    assert modelctl("builds", "--model", "flights", "--follow", "--version", "v1.2.0").status == Exit.DONE


def test_a_version_that_no_build_is_of_is_refused_after_two_minutes(modelctl, world):
    world.builds = FakeBuilds([DONE])
    ended = modelctl("builds", "--model", "flights", "--follow", "--version", "v1.3.0")
    assert ended.status == Exit.REFUSED
    assert (
        "no build of flights@v1.3.0 began within 120 s: push the tag; `modelctl builds --env prod`"
        in ended.err
    )
    assert 100 < world.time.monotonic() <= 120


def test_a_build_that_waits_for_its_turn_may_be_of_the_version_and_is_waited_for(modelctl, world):
    queued = listed("third", "InProgress"), []
    looks = [[queued, DONE]] * 100
    world.builds = FakeBuilds(*looks, [of_version("third", "Succeeded", "v1.3.0"), DONE])
    assert modelctl("builds", "--model", "flights", "--follow", "--version", "v1.3.0").status == Exit.DONE
    assert world.time.monotonic() > 120


def test_a_version_alone_says_what_it_is_about(modelctl):
    ended = modelctl("builds", "--model", "flights", "--version", "v1.3.0")
    assert (ended.status, "--version is about --follow: name both" in ended.err) == (Exit.USAGE, True)


def test_what_to_know_of_a_version_that_went_through_is_shown_below_the_table(modelctl, world):
    note = "v1.2.0 is not on staging: v1.2.1 is newer and has its place"
    passed = action("first", "Verify", "Succeeded", 130.0, variables={"VERSION": "v1.2.0", "NOTE": note})
    world.builds = FakeBuilds([(DONE[0], [*DONE[1], passed])])
    assert f"flights@v1.2.0: Verify: {note}" in modelctl("builds", "--model", "flights").out
    (build,) = modelctl("builds", "--model", "flights", "--json").json["builds"]
    assert (build["stages"][-1]["note"], build["stages"][-1]["reason"]) == (note, "")


def test_following_one_that_stops_ends_with_a_status_of_its_own(modelctl, world):
    stopped = (listed("third", "Failed"), [action("third", "Source", "Failed", message="no such commit")])
    world.builds = FakeBuilds([RUNNING], [stopped])
    ended = modelctl("builds", "--model", "flights", "--follow")
    assert ended.status == Exit.FAILED
    assert "Source: Failed, 10 s: no such commit" in ended.err


def test_an_environment_without_a_build_pipeline_is_refused_with_what_to_set(modelctl, world):
    world.builds = FakeBuilds(None)
    ended = modelctl("builds", "--model", "flights")
    assert ended.status == Exit.REFUSED
    assert "model-delivery:build in Pulumi.prod.yaml" in ended.err
