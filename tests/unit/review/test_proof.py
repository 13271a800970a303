"""What a journal proves about the versions that were on the endpoint."""

import pytest

from modeldelivery.release.core.journal import Event, EventKind, Journal, Rejection, Served
from modeldelivery.release.naming import Place
from modeldelivery.release.operations.proof import standing
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import DigestSet

PLACE = Place(model="flights", environment="staging", account="111111111111", region="eu-west-1")
DIGESTS = {"v1.0.0": "sha256:a", "v1.1.0": "sha256:b", "v1.2.0": "sha256:c"}


def event(at, kind, **target):
    weights = {name.replace("_", "."): weight for name, weight in target.items()}
    return Event(operation="x", kind=kind, at=at, actor="ada", reason="why", source={}, target=weights)


JOURNAL = Journal(
    digests=DIGESTS,
    weights={"v1.1.0": 100},
    served=(
        Served(version="v1.0.0", since=100.0, whole=100.0),
        Served(version="v1.1.0", since=160.0, whole=160.0),
    ),
    history=(
        event(100.0, EventKind.CREATE, v1_0_0=100),
        event(160.0, EventKind.UP, v1_0_0=0, v1_1_0=100),
        event(200.0, EventKind.FLEET, v1_0_0=0, v1_1_0=100, v1_2_0=0),
    ),
)


def proofs(journal=JOURNAL, records=None, now=1000.0):
    return {proof.version: proof for proof in standing(PLACE, journal, records or {}, now).proofs}


def test_a_version_served_as_long_as_it_had_traffic():
    proof = proofs()
    assert (proof["v1.0.0"].served_seconds, proof["v1.1.0"].served_seconds) == (60.0, 840.0)
    assert (proof["v1.0.0"].serving, proof["v1.1.0"].serving) == (False, True)


def test_a_candidate_that_never_had_traffic_has_proved_nothing():
    proof = proofs()["v1.2.0"]
    assert (proof.served_since, proof.served_seconds) == (None, 0.0)


def test_a_rejection_is_part_of_what_is_known():
    rejection = Rejection(version="v1.1.0", digest="sha256:b", at=300.0, actor="ada", reason="late flights")
    journal = Journal(digests=DIGESTS, rejections=(rejection,))
    assert proofs(journal)["v1.1.0"].rejected == "late flights"


def test_metrics_come_from_the_registry():
    record = VersionRecord(
        version="v1.0.0",
        digests=DigestSet(image="sha256:" + "0" * 64, model="sha256:" + "1" * 64, data="d"),
        image="i",
        model_data="m",
        registered_at=0.0,
        registered_by="ada",
        metrics={"auc": 0.72},
    )
    assert proofs(records={"v1.0.0": record})["v1.0.0"].metrics == {"auc": 0.72}


def test_of_two_names_of_the_same_bits_the_one_that_served_longest_counts():
    journal = Journal(
        digests={"v1.0.0": "sha256:a", "v2.0.0": "sha256:a"},
        history=(event(0.0, EventKind.CREATE, v1_0_0=100), event(10.0, EventKind.UP, v2_0_0=100)),
        served=(
            Served(version="v1.0.0", since=0.0, whole=0.0),
            Served(version="v2.0.0", since=10.0, whole=10.0),
        ),
    )
    assert standing(PLACE, journal, {}, 100.0).of("sha256:a").version == "v2.0.0"


@pytest.mark.parametrize("digest", ["sha256:z", ""])
def test_bits_that_were_never_there_are_not_known(digest):
    assert standing(PLACE, JOURNAL, {}, 0.0).of(digest) is None


def test_history_that_was_cut_off_leaves_when_a_version_first_served():
    journal = Journal(digests=DIGESTS, served=(Served(version="v1.0.0", since=100.0, whole=100.0),))
    assert proofs(journal)["v1.0.0"].served_since.timestamp() == 100.0
