"""`modelctl reject`: a version without traffic gets none until it is accepted; what has some is a rollback's."""

import msgspec
import pytest

from modeldelivery.release.approval import APPROVED, REJECTED, Approval
from modeldelivery.release.core.journal import EventKind, Intent, IntentKind, Journal, Served
from modeldelivery.release.errors import LostError, UnreachableError

from .world import NOW, V1, V2, V3, endpoint, journal, register, rejection

OLD = "v0.9.0"


@pytest.fixture
def registered(world):
    """All versions are registered, the digest set of each in the journal; v3.0.0 is a candidate, v1.0.0 the fallback."""
    for version in (OLD, V1, V2, V3):
        register(world.registry, version, version.encode())
        record, etag = world.registry.records[version]
        world.registry.records[version] = msgspec.structs.replace(record, package_arn=f"arn:{version}"), etag
    digests = {v: world.registry.records[v][0].digests.id for v in (V1, V2, V3)}
    world.store.journal = journal(digests=digests, fleet=(V3, V2, V1), weights={V1: 0, V2: 100, V3: 0})
    world.hosting.endpoint = endpoint({V1: 0, V2: 100, V3: 0})
    return digests


@pytest.fixture
def reject(modelctl):
    def run(version, *more):
        return modelctl("reject", version, "--reason", "bad data", "--actor", "ada", *more)

    return run


def changes(world, **changed):
    world.store.journal = msgspec.structs.replace(world.store.journal, **changed)


def refused(world, ended):
    """It was refused, and nothing was changed."""
    nothing = (world.approvals.written, world.store.journal.rejections, world.hosting.calls) == ([], (), [])
    return ended.status == 1 and nothing


def intent(kind, source, target, **more):
    made = {
        "operation": "up-2",
        "actor": "ci",
        "reason": "live",
        "since": NOW,
        "deadline": NOW + 5,
        "fence": NOW,
    }
    return Intent(kind=kind, source=source, target=target, **made | more)


def test_a_candidate_is_rejected_in_the_journal_and_in_the_registry_and_no_traffic_moves(
    world, registered, reject
):
    before = world.store.journal
    ended = reject(V3)

    after = world.store.journal
    assert ended.status == 0
    assert [(r.version, r.digest, r.actor, r.reason) for r in after.rejections] == [
        (V3, registered[V3], "ada", "bad data")
    ]
    assert (after.weights, after.decision, world.hosting.calls) == (before.weights, before.decision, [])
    assert (after.history[-1].kind, after.history[-1].reason) == (EventKind.REJECT, "v3.0.0: bad data")
    assert world.approvals.current[V3] == Approval(status=REJECTED, description="rejected by ada: bad data")


@pytest.mark.usefixtures("registered")
def test_it_prints_the_commands_that_undo_it(reject):
    ended = reject(V3)
    assert "next: modelctl accept v3.0.0 --env prod --model flights --reason …" in ended.out
    assert "next: modelctl approve v3.0.0 --overrule --env prod --model flights --reason …" in ended.out


@pytest.mark.usefixtures("registered")
def test_what_is_rejected_is_accepted_and_approved_again(world, modelctl, reject):
    reject(V3)
    first = modelctl("approve", V3, "--reason", "it was fine", "--overrule")
    assert (first.status, "modelctl accept v3.0.0" in first.err) == (1, True)

    assert modelctl("accept", V3, "--reason", "it was fine").status == 0
    assert modelctl("approve", V3, "--reason", "it was fine", "--overrule").status == 0
    assert (world.store.journal.rejections, world.approvals.current[V3].status) == ((), APPROVED)


@pytest.mark.usefixtures("registered")
def test_a_version_that_was_never_in_the_fleet_is_rejected_with_its_bits(world, reject):
    assert reject(OLD).status == 0
    (made,) = world.store.journal.rejections
    assert (made.version, made.digest) == (OLD, world.registry.records[OLD][0].digests.id)


@pytest.mark.usefixtures("registered")
def test_a_version_is_rejected_once(world, reject):
    reject(V3)
    before, written = world.store.journal, list(world.approvals.written)
    ended = reject(V3)

    assert (ended.status, world.store.journal, world.approvals.written) == (0, before, written)
    assert "v3.0.0 is already rejected by ada: bad data" in ended.out


def test_bits_that_were_rejected_under_another_name_are_rejected(world, registered, reject):
    changes(world, rejections=(rejection("v9.0.0", registered[V3]),))
    assert "v3.0.0 is already rejected by ada: errors doubled" in reject(V3).out
    assert world.approvals.current[V3].status == REJECTED


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("by the journal", lambda world: changes(world, weights={V1: 0, V2: 90, V3: 10})),
        (
            "on the endpoint",
            lambda world: setattr(world.hosting, "endpoint", endpoint({V1: 0, V2: 999, V3: 1})),
        ),
        (
            "requested of the endpoint",
            lambda world: setattr(
                world.hosting, "endpoint", endpoint({V1: 0, V2: 100, V3: 0}, desired={V1: 0, V2: 0, V3: 100})
            ),
        ),
        (
            "in a move of ci under way",
            lambda world: changes(world, intent=intent(IntentKind.UP, {V2: 100}, {V2: 0, V3: 100})),
        ),
        (
            "in a move of ci under way",
            lambda world: changes(world, intent=intent(IntentKind.ROLLBACK, {V3: 100}, {V2: 100, V3: 0})),
        ),
    ],
)
def test_a_version_that_has_traffic_or_is_to_get_some_is_refused_with_the_command_that_takes_it(
    world, reject, where, change
):
    change(world)
    ended = reject(V3)

    assert refused(world, ended)
    assert f"v3.0.0 has traffic ({where}), and reject moves none: `modelctl rollback --reason …`" in ended.err


def test_the_first_version_that_an_up_is_making_an_endpoint_for_is_refused(world, registered, reject):
    making = intent(IntentKind.CREATE, {}, {V3: 100}, config="config", fleet=(V3,))
    world.store.journal = Journal(live=None, digests=registered, intent=making)
    world.hosting.endpoint = None
    assert refused(world, reject(V3))


def test_bits_that_have_traffic_under_another_name_are_refused(world, registered, reject):
    changes(world, digests=registered | {V2: registered[V3]})
    ended = reject(V3)

    assert refused(world, ended)
    assert "v3.0.0 has traffic as v2.0.0 (by the journal)" in ended.err


@pytest.mark.usefixtures("registered")
def test_the_fallback_is_refused_with_what_to_do(world, reject):
    ended = reject(V1)

    assert refused(world, ended)
    assert "v1.0.0 is the fallback" in ended.err
    assert "take v1.0.0 out of release.fleet, `pulumi up`, and reject it then" in ended.err


@pytest.mark.usefixtures("registered")
def test_what_served_before_and_is_not_on_the_endpoint_any_more_is_rejected(world, reject):
    world.hosting.endpoint = endpoint({V2: 100, V3: 0})
    assert reject(V1).status == 0


@pytest.mark.usefixtures("registered")
def test_what_served_earlier_than_the_fallback_is_rejected(world, reject):
    changes(world, served=(Served(version=V3, since=NOW - 900, whole=NOW - 900), *world.store.journal.served))
    assert reject(V3).status == 0


@pytest.mark.usefixtures("registered")
def test_a_move_without_the_journal_is_adopted_first(world, reject):
    world.hosting.tag = "v2.0.0 by bob"
    ended = reject(V3)
    assert (ended.status, world.store.journal.rejections) == (1, ())
    assert "`modelctl adopt --reason …`" in ended.err


@pytest.mark.usefixtures("registered")
def test_an_earlier_call_is_waited_out(world, reject):
    changes(world, fence=NOW + 6)
    assert reject(V3).status == 0
    assert world.time.seconds >= 6


@pytest.mark.usefixtures("registered")
def test_where_the_journal_was_lost_nothing_begins_a_new_one(world, reject):
    world.store.journal, world.hosting.owned = Journal(), "s3://bucket/journal"
    ended = reject(V3)
    assert (ended.status, world.store.journal) == (6, Journal())


@pytest.mark.usefixtures("registered")
def test_a_version_is_rejected_where_there_is_no_endpoint(world, reject):
    world.store.journal, world.hosting.endpoint = Journal(), None
    assert reject(V3).status == 0
    assert [r.version for r in world.store.journal.rejections] == [V3]


def test_a_version_that_is_not_registered_is_refused(world, reject):
    assert refused(world, reject(V3))


@pytest.mark.usefixtures("registered")
def test_a_run_that_ended_between_the_two_writes_is_gone_on_with_by_the_next(world, reject, monkeypatch):
    def away(*_):
        raise UnreachableError("sagemaker:UpdateModelPackage: access denied")

    with monkeypatch.context() as patched:
        patched.setattr(world.approvals, "set", away)
        ended = reject(V3)
    assert ended.status == 5
    assert "v3.0.0 is rejected: it gets no traffic until `modelctl accept`" in ended.err
    assert "Its model package is not Rejected yet: sagemaker:UpdateModelPackage: access denied" in ended.err
    assert ([r.version for r in world.store.journal.rejections], world.approvals.current) == ([V3], {})

    again = reject(V3)
    assert (again.status, world.approvals.current[V3].status) == (0, REJECTED)
    assert len(world.store.journal.rejections) == 1
    assert "its model package is now Rejected" in again.out


@pytest.mark.usefixtures("registered")
def test_a_write_that_was_carried_out_without_an_answer_is_recognised(world, reject):
    write = world.store.write

    def lost(stored, etag):
        world.store.write = write
        write(stored, etag)
        raise LostError("s3:PutObject")

    world.store.write = lost
    assert reject(V3).status == 0
    assert [e.kind for e in world.store.journal.history].count(EventKind.REJECT) == 1


@pytest.mark.usefixtures("registered")
def test_someone_elses_move_in_between_is_seen(world, reject):
    """The write is conditional on the journal that was read."""

    def other():
        changes(world, intent=intent(IntentKind.UP, {V2: 100}, {V2: 0, V3: 100}))
        world.store.version += 1

    world.store.faults.append(other)
    assert refused(world, reject(V3))


@pytest.mark.usefixtures("registered")
def test_what_somebody_else_said_of_a_rejected_package_stays(world, reject):
    world.approvals.current[V3] = before = Approval(status=REJECTED, description="rejected by bob: biased")
    assert reject(V3).status == 0
    assert world.approvals.current[V3] == before
    assert world.approvals.written == []
