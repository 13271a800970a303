"""Where an environment serves is in its journal, is decided once, and is known to nobody who does not know such places."""

import msgspec
import pytest

from modeldelivery.release import formats
from modeldelivery.release.core import sanity, up
from modeldelivery.release.core.journal import ClusterPlace, Journal, decode, encode
from modeldelivery.release.errors import RefusedError, UpdateNeededError
from tests.unit.release.bench import Bench
from tests.unit.release.kubernetes.bench import A, B, C, ClusterBench

PLACE = ClusterPlace(
    server="https://prod.example.com", namespace="flights-prod", route="flights-prod", ca="-- CA --"
)
OTHERS = ("server", "namespace", "route")


def begin(bench, operation, live, fleet, place):
    """An `up` of a config with that target."""
    command = msgspec.structs.replace(bench.an_up(operation, live, fleet), place=place)
    return bench.run(lambda view: up.decide(command, view), operation=operation)


class Placed(Bench):
    """An environment whose config says where it serves."""

    def __init__(self, place=PLACE):
        self.place = place
        super().__init__()

    def up(self, operation, live, fleet=(A, B), **_):
        return begin(self, operation, live, fleet, self.place)


def test_the_first_up_records_where_and_that_a_reader_must_know_such_places():
    journal = Placed().journal

    assert (journal.place, journal.requires) == (PLACE, ("kubernetes",))


def test_an_older_reader_refuses_with_a_sentence_and_this_one_reads_it_back():
    written = encode(Placed().journal)

    with pytest.raises(UpdateNeededError, match="requires kubernetes, which this one does not know"):
        formats.decode(written, Journal, "the journal")
    assert decode(written, "the journal").place == PLACE


def test_a_rollback_keeps_it():
    bench = Placed()

    bench.rollback()

    assert (bench.journal.place, bench.journal.requires) == (PLACE, ("kubernetes",))


def test_an_environment_on_sagemaker_names_no_place_and_requires_nothing():
    journal = Placed(place=None).journal

    assert (journal.place, journal.requires) == (None, ())


@pytest.mark.parametrize(
    ("lives", "asks"),
    [
        (PLACE, None),
        (None, PLACE),
        *((PLACE, msgspec.structs.replace(PLACE, **{name: "https://other"})) for name in OTHERS),
    ],
)
def test_config_moves_no_living_environment_elsewhere(lives, asks):
    bench = Placed(lives)
    before = bench.journal

    with pytest.raises(RefusedError, match="make another environment there, and promote into it"):
        begin(bench, "op3", A, (A, B), asks)
    assert bench.journal == before
    assert bench.host.calls == []


def test_another_certificate_authority_is_no_other_place_and_is_recorded():
    bench = Placed()
    renewed = msgspec.structs.replace(PLACE, ca="-- another CA --")

    begin(bench, "op3", B, (A, B), renewed)

    assert bench.journal.place == renewed


def test_a_place_that_is_no_address_cannot_be_true():
    journal = Placed(msgspec.structs.replace(PLACE, server="http://prod.example.com")).journal

    assert "begins with https://" in sanity.fault(journal, 1e12)


def test_an_up_on_a_cluster_is_one_of_the_cores():
    """The place goes with the very operations that move its traffic."""
    bench = ClusterBench()
    command = msgspec.structs.replace(bench.an_up("op3", C, (A, B, C)), place=PLACE)

    with pytest.raises(RefusedError, match="serves on SageMaker"):  # this bench's journal names none
        bench.runner(bench.traffic(), "op3").run(lambda view: up.decide(command, view))
