"""`modelctl rollback`: what it says, records and moves, and how it ends when something is in the way."""

import msgspec
import pytest

from modeldelivery.release.core.action import Timing
from modeldelivery.release.core.journal import EventKind, Intent, IntentKind
from modeldelivery.release.errors import LostError, UnreachableError

from .world import NOW, V1, V2, V3, endpoint, event, journal, rejection

DOWN = UnreachableError("s3:GetObject: no connection")


def raises(error):
    def now():
        raise error

    return now


def rollback_by(operation):
    """Someone's rollback to v1.0.0, pending."""
    return Intent(
        operation=operation,
        kind=IntentKind.ROLLBACK,
        actor="ada",
        reason="latency",
        since=NOW - 5,
        source={V1: 0, V2: 100},
        target={V1: 100, V2: 0},
        deadline=NOW - 1,
        fence=0.0,
    )


def test_traffic_goes_to_the_fallback_and_the_version_that_had_it_is_rejected(modelctl, world):
    ended = modelctl("rollback", "--reason", "errors doubled")

    assert (ended.status, ended.out) == (0, "rolled back to v1.0.0\n")
    assert world.hosting.calls == [("move", {V1: 100, V2: 0})]
    (rejected,) = world.store.journal.rejections
    assert (rejected.version, rejected.actor, rejected.reason) == (V2, "bob@operator", "errors doubled")


def test_json_has_the_outcome_and_the_operation(modelctl):
    ended = modelctl("rollback", "--reason", "errors doubled", "--json")

    assert ended.json == {
        "outcome": "done",
        "exit": 0,
        "summary": "rolled back to v1.0.0",
        "operation": "run-1",
    }


def test_a_second_rollback_is_already_done_and_moves_nothing(modelctl, world):
    modelctl("rollback", "--reason", "errors doubled", "--actor", "ada")
    world.time.sleep(Timing().lease + 2)
    world.hosting.calls.clear()

    ended = modelctl("rollback", "--reason", "again", "--json")

    assert (ended.status, ended.json["outcome"]) == (0, "already")
    assert "by ada: errors doubled" in ended.json["summary"]
    assert world.hosting.calls == []


def test_keep_rejects_nothing(modelctl, world):
    assert modelctl("rollback", "--reason", "a look", "--keep").status == 0
    assert world.store.journal.rejections == ()


def after_the_documented_way_back(modelctl):
    """Rolled back from v2, accepted, and given its traffic again."""
    modelctl("rollback", "--reason", "errors doubled")
    modelctl("accept", "v2.0.0", "--reason", "it was the feed")
    modelctl("rollback", "--to", "v2.0.0", "--keep", "--reason", "accepted again")


def fallback(modelctl):
    return modelctl("status", "--json").json["fallback"]


def test_a_version_that_was_given_its_traffic_again_can_be_rolled_back_from(modelctl, world):
    after_the_documented_way_back(modelctl)
    world.hosting.calls.clear()
    world.time.sleep(60)
    assert fallback(modelctl) == V1

    ended = modelctl("rollback", "--reason", "errors again", "--json")

    assert (ended.status, ended.json["outcome"]) == (0, "done")
    assert world.hosting.calls == [("move", {V1: 100, V2: 0})]
    assert [r.version for r in world.store.journal.rejections] == [V2]


def test_a_rollback_that_kept_is_confirmed_by_one_that_rejects_and_moves_nothing(modelctl, world):
    modelctl("rollback", "--keep", "--reason", "a look")
    world.hosting.calls.clear()
    world.time.sleep(60)

    ended = modelctl("rollback", "--reason", "sure now", "--json")

    assert (ended.status, ended.json["outcome"]) == (0, "done")
    assert world.hosting.calls == []
    assert [(r.version, r.reason) for r in world.store.journal.rejections] == [(V2, "sure now")]
    again = modelctl("rollback", "--reason", "again", "--json")
    assert (again.status, again.json["outcome"]) == (0, "already")
    assert "sure now" in again.json["summary"]


def test_keeping_twice_is_already_done(modelctl, world):
    modelctl("rollback", "--keep", "--reason", "a look")
    world.time.sleep(60)
    assert modelctl("rollback", "--keep", "--reason", "a look", "--json").json["outcome"] == "already"
    assert world.store.journal.rejections == ()


def test_accepting_what_was_rolled_back_from_does_not_make_a_second_rollback_move_anything(modelctl, world):
    modelctl("rollback", "--reason", "errors doubled")
    modelctl("accept", "v2.0.0", "--reason", "it was the feed")
    world.hosting.calls.clear()
    world.time.sleep(60)

    assert modelctl("rollback", "--reason", "again", "--json").json["outcome"] == "already"
    assert world.hosting.calls == []


@pytest.mark.parametrize("options", [["--reason", "errors doubled"], ["--keep", "--reason", "a look"]])
def test_traffic_that_someone_moved_back_goes_again_to_what_status_calls_the_fallback(
    modelctl, world, options
):
    modelctl("rollback", *options)
    world.hosting.endpoint = endpoint({V1: 0, V2: 100})
    world.hosting.calls.clear()
    world.time.sleep(60)
    assert fallback(modelctl) == V1

    assert modelctl("rollback", "--reason", "again").status == 0
    assert world.hosting.calls == [("move", {V1: 100, V2: 0})]


def test_a_pending_rollback_s_target_is_the_fallback_that_status_names(modelctl, world):
    world.store.journal = journal(intent=rollback_by("ada"), rejections=(rejection(V2),))
    assert fallback(modelctl) == V1


def test_a_target_with_too_few_instances_is_scaled_first(modelctl, world):
    world.hosting.endpoint = endpoint(instances={V1: 1, V2: 3})

    modelctl("rollback", "--reason", "errors doubled")

    assert world.hosting.calls[0] == ("scale", {V1: 3})


def test_now_moves_to_what_runs(modelctl, world):
    world.hosting.endpoint = endpoint(instances={V1: 1, V2: 3})

    modelctl("rollback", "--reason", "errors doubled", "--now")

    assert [name for name, *_ in world.hosting.calls] == ["move"]


@pytest.mark.parametrize(
    ("arguments", "changed", "sentence"),
    [
        (["--to", "v3.0.0"], {}, "v3.0.0 is not on the endpoint (there: v1.0.0, v2.0.0)"),
        (["--to", "v1.0.0"], {"rejections": (rejection(V1, "sha256:1"),)}, "modelctl accept v1.0.0"),
        ([], {"served": ()}, "name one with --to"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_to_do_and_nothing_recorded(
    modelctl, world, arguments, changed, sentence
):
    world.store.journal = before = journal(**changed)

    ended = modelctl("rollback", "--reason", "errors doubled", *arguments)

    assert (ended.status, ended.out) == (1, "")
    assert sentence in ended.err
    assert world.store.journal == before
    assert world.hosting.calls == []


@pytest.mark.parametrize("status", ["Failed", "OutOfService"])
def test_a_broken_endpoint_is_refused_before_anything_is_recorded(modelctl, world, status):
    before = world.store.journal
    world.hosting.endpoint = endpoint(status=status, failure="no capacity")

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 1
    assert f"the endpoint is {status}" in ended.err
    assert "no capacity" in ended.err
    assert world.store.journal == before


def test_weights_are_tried_on_an_endpoint_that_serves_a_mix(modelctl, world):
    world.hosting.endpoint = endpoint(status="UpdateRollbackFailed", failure="no capacity")

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 0
    assert world.hosting.calls == [("move", {V1: 100, V2: 0})]


def test_an_endpoint_that_is_updating_has_the_rejection_recorded_and_giving_up_says_not_moved(
    modelctl, world
):
    world.hosting.endpoint = endpoint(status="Updating")

    ended = modelctl("rollback", "--reason", "errors doubled", "--timeout", "30", "--json")

    assert (ended.status, ended.json["outcome"]) == (3, "not moved")
    assert "NOT seen to move" in ended.err
    assert "Gave up after 31 s: endpoint is changing" in ended.err
    assert [r.version for r in world.store.journal.rejections] == [V2]
    assert world.time.waits[0][0] == "endpoint is changing"
    assert world.hosting.calls == []


def test_traffic_moves_as_soon_as_sagemaker_allows(modelctl, world):
    world.hosting.endpoint = endpoint(status="Updating")

    def in_service():
        world.hosting.endpoint = endpoint()

    world.time.on_wait.extend([lambda: None, lambda: None, in_service])
    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 0
    assert world.hosting.calls == [("move", {V1: 100, V2: 0})]


def test_an_endpoint_that_breaks_after_the_record_is_not_moved(modelctl, world):
    def breaks():
        world.hosting.endpoint = endpoint(status="Failed", failure="no capacity")

    world.hosting.faults.extend([raises(LostError("UpdateEndpointWeightsAndCapacities"))])
    world.time.on_wait.extend([breaks])

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 3
    assert "no capacity" in ended.err


def test_weights_that_sagemaker_keeps_taking_back_are_not_moved(modelctl, world):
    world.hosting.ignores = True

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 3
    assert "took them back" in ended.err
    assert world.store.journal.rejection(V2)


def test_an_unreachable_journal_is_said_so_and_nothing_is_known_to_have_changed(modelctl, world):
    world.store.unreachable = DOWN

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 5
    assert ended.err == "modelctl: s3:GetObject: no connection\n"


def test_aws_that_goes_silent_after_the_record_is_not_moved(modelctl, world):
    world.hosting.slow = 60

    def silent():
        world.hosting.unreachable = UnreachableError("sagemaker:DescribeEndpoint: denied")

    world.time.on_wait.extend([silent])

    assert modelctl("rollback", "--reason", "errors doubled").status == 3


def test_a_write_without_an_answer_counts_as_recorded(modelctl, world):
    def lost():
        world.store.unreachable = DOWN
        raise LostError("s3:PutObject")

    world.store.faults.extend([lost])

    assert modelctl("rollback", "--reason", "errors doubled").status == 3


def test_an_interrupt_before_the_record_says_that_nothing_was_recorded(modelctl, world):
    before = world.store.journal
    world.store.unreachable = KeyboardInterrupt()

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 130
    assert "nothing was recorded in the journal" in ended.err
    assert world.store.journal == before


def test_an_interrupt_while_the_record_is_on_its_way_does_not_say_that_nothing_was_recorded(modelctl, world):
    world.store.faults.extend([raises(KeyboardInterrupt())])

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 3
    assert "nothing was recorded" not in ended.err


def test_an_interrupt_after_the_record_says_that_a_rerun_goes_on_and_it_does(modelctl, world):
    world.hosting.slow = 5
    world.time.on_wait.extend([raises(KeyboardInterrupt())])

    interrupted = modelctl("rollback", "--reason", "errors doubled")
    rerun = modelctl("rollback", "--reason", "errors doubled")

    assert interrupted.status == 3
    assert "run the same command again, it goes on" in interrupted.err
    assert (rerun.status, rerun.out) == (0, "rolled back to v1.0.0\n")


def test_a_rollback_that_another_superseded_is_not_moved(modelctl, world):
    world.hosting.slow = 5

    def superseded():
        mine = world.store.journal
        world.store.journal = msgspec.structs.replace(
            mine,
            intent=rollback_by("run-ada"),
            history=(
                *mine.history,
                event(EventKind.CLOSED, operation="run-1", reason="not moved: superseded by ada"),
            ),
        )
        world.store.version += 1

    world.time.on_wait.extend([superseded])

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 3
    assert "superseded by ada" in ended.err


def superseded_at_once(world):
    world.hosting.slow = 5

    def closes():
        event_ = event(EventKind.CLOSED, operation="run-1", reason="not moved: superseded by ada")
        mine = world.store.journal
        world.store.journal = msgspec.structs.replace(
            mine, intent=rollback_by("run-ada"), history=(*mine.history, event_)
        )
        world.store.version += 1

    world.time.on_wait.append(closes)


def stays_as_it_is(_):
    pass


def takes_no_change(world):
    world.hosting.endpoint = endpoint(status="Failed", failure="no capacity")


def takes_it_back(world):
    world.hosting.ignores = True


def without_s3(world):
    world.store.unreachable = DOWN


R7 = {
    0: [stays_as_it_is],
    1: [takes_no_change],
    3: [superseded_at_once, takes_it_back],
    5: [without_s3],
}


@pytest.mark.parametrize(
    ("status", "happens"), [(status, each) for status, all_ in R7.items() for each in all_]
)
def test_r7_the_status_says_what_serves_and_what_is_recorded(modelctl, world, status, happens):
    happens(world)

    ended = modelctl("rollback", "--reason", "errors doubled")

    serves, recorded = world.hosting.endpoint.current == {V1: 100, V2: 0}, world.store.journal.rejection(V2)
    assert ended.status == status
    assert serves == (status == 0) or status == 3  # traffic may be on its way to another's target
    assert bool(recorded) == (status in {0, 3})


# --- without the journal


def without_journal(modelctl, *more):
    return modelctl(
        "rollback", "--without-journal", "--to", "v1.0.0", "--reason", "S3's down, (really)", *more
    )


def test_without_the_journal_the_endpoint_is_tagged_before_traffic_moves(modelctl, world):
    world.store.unreachable = DOWN

    ended = without_journal(modelctl)

    assert ended.status == 4
    assert "THE JOURNAL DOES NOT KNOW" in ended.err
    assert "modelctl adopt --env prod --model flights" in ended.err
    assert world.hosting.calls == [
        ("mark", "run-1: bob@operator moved all to v1.0.0: S3's down, (really)"),
        ("move", {V1: 1, V2: 0}),
    ]


def test_without_the_journal_the_call_is_told_by_the_id_that_the_platforms_log_has(modelctl, world):
    world.store.unreachable = DOWN

    without_journal(modelctl)

    assert world.time.notes[-1] == "the platform's log has this call as receipt-2"


def test_without_the_journal_a_call_that_was_on_its_way_is_moved_over(modelctl, world):
    world.store.unreachable = DOWN

    def late_call():
        world.hosting.endpoint = endpoint({V1: 0, V2: 100})

    world.time.on_wait.extend([lambda: None, lambda: None, late_call])

    assert without_journal(modelctl).status == 4
    assert [name for name, *_ in world.hosting.calls] == ["mark", "move", "move"]
    assert world.time.seconds > Timing().lease
    assert world.hosting.endpoint.current == {V1: 1, V2: 0}


def test_without_the_journal_giving_up_says_that_the_tag_stands(modelctl, world):
    world.hosting.endpoint = endpoint(status="Updating")

    ended = without_journal(modelctl, "--timeout", "10")

    assert ended.status == 3
    assert "tagged as moved without the journal" in ended.err
    assert world.hosting.tag


def test_without_the_journal_an_interrupt_after_the_tag_says_that_the_tag_stands(modelctl, world):
    world.time.on_wait.extend([raises(KeyboardInterrupt())])

    ended = without_journal(modelctl)

    assert ended.status == 3
    assert "tagged as moved without the journal" in ended.err
    assert "interrupted" in ended.err


@pytest.mark.parametrize("ends", [LostError("no answer"), KeyboardInterrupt()], ids=["lost", "interrupted"])
def test_without_the_journal_a_tag_that_nobody_answered_for_may_stand_and_that_is_said(modelctl, world, ends):
    """It stops everybody else."""
    mark = world.hosting.mark

    def unanswered(text):
        mark(text)
        raise ends

    world.hosting.mark = unanswered

    ended = without_journal(modelctl)

    assert ended.status == 3
    assert "the endpoint may be tagged as moved without the journal" in ended.err
    assert "modelctl adopt --env prod --model flights" in ended.err


def test_without_the_journal_a_version_that_is_not_there_is_refused_and_nothing_tagged(modelctl, world):
    ended = modelctl("rollback", "--without-journal", "--to", "v3.0.0", "--reason", "S3 is down")

    assert ended.status == 1
    assert f"{V3} is not on the endpoint" in ended.err
    assert world.hosting.calls == []


def test_without_the_journal_an_environment_on_a_cluster_must_be_named(modelctl, world):
    """There is no endpoint of SageMaker's, and `pulumi up` in the middle of an outage would not make one."""
    world.hosting.endpoint = None

    ended = without_journal(modelctl)

    assert ended.status == 1
    assert "--kubernetes CONTEXT/NAMESPACE" in ended.err
    assert "pulumi up" not in ended.err


def test_while_the_tag_stands_a_rollback_is_refused(modelctl):
    without_journal(modelctl)

    ended = modelctl("rollback", "--to", "v2.0.0", "--reason", "back")

    assert ended.status == 1
    assert "modelctl adopt --reason" in ended.err


def test_while_the_tag_stands_a_rollback_is_refused_even_where_the_traffic_is_as_the_journal_says(
    modelctl, world
):
    """The version served already: the weights alone do not show that somebody has pinned it."""
    modelctl("rollback", "--without-journal", "--to", "v2.0.0", "--reason", "S3 is down")
    world.hosting.calls.clear()
    world.time.sleep(60)

    ended = modelctl("rollback", "--reason", "back")

    assert (ended.status, world.hosting.calls) == (1, [])
    assert "modelctl adopt --reason" in ended.err
    modelctl("adopt", "--reason", "S3 was down")
    assert modelctl("rollback", "--reason", "back").status == 0


def test_without_the_journal_a_call_of_whoever_described_the_endpoint_just_before_the_move_is_outwaited(
    modelctl, world
):
    """What they described may be acted on within a lease; so a lease is waited from when the move was taken."""
    move, slow = world.hosting.move, 4.0

    def slowly(*args, **more):
        world.time.sleep(slow)
        move(*args, **more)

    world.hosting.move = slowly
    assert without_journal(modelctl).status == 4
    assert world.time.seconds > slow + Timing().lease
