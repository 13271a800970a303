"""Random histories of many operations: every seed is one, and every rule holds in each."""

import re
from collections.abc import Iterable
from itertools import pairwise, takewhile

import pytest

from modeldelivery.release.core.action import Timing
from tests.model.histories.cloud import Faults
from tests.model.histories.history import FAULTS, SETTLES, BrokenHistoryError, History, run, with_faults
from tests.model.histories.plants import PLANTS, SHOWN_BY, WEATHER

FEW = 250  # histories in `make check`, the same each time
MANY = 20_000  # in `make soak`, at another place by SEED
CHUNK = 1_000  # of them in one test
ENOUGH = 1_000  # within which a planted mutation is found
_SIGNS = {
    "an up ends well": r"up\d+ ends: (?!\w+Error)",
    "an up is refused": r"up\d+ ends: RefusedError",
    "a rollback ends well": r"rollback\d+ ends: (?!\w+Error)",
    "a rollback is refused": r"rollback\d+ ends: RefusedError",
    "a rollback gives up": r"rollback\d+ ends: GaveUpError",
    "an accept ends well": r"accept\d+ ends: (?!\w+Error)",
    "a reject ends well": r"reject\d+ ends: (?!\w+Error)",
    "a reject is refused": r"reject\d+ ends: RefusedError",
    "an adopt ends well": r"adopt\d+ ends: (?!\w+Error)",
    "a move without the journal ends well": r"emergency\d+ ends: well",
    "a process is killed": r"is killed before",
    "the console moves traffic": r"the console moves",
    "a call arrives late": r"a late call of",
    "SageMaker takes a change back": r"SageMaker takes it back",
    "the journal is deleted": r"the journal is deleted",
    "the journal is damaged": r"the journal is damaged",
    "the journal is put back": r"copy is put back",
    "a newer program writes": r"a newer program writes",
    "a version is scaled": r"  taken: scales",
    "a fleet changes": r"  taken: updates to",
}
PAUSED = "a pause outlasts a lease"


@pytest.mark.parametrize("first", range(0, FEW, FEW // 4))
def test_no_random_history_breaks_a_rule(first):
    _all_of(range(first, first + FEW // 4))


def test_nor_does_one_in_which_config_changes_how_many_instances_a_version_has():
    _all_of(range(FEW // 4), with_faults(recounted=0.7, killed=0.06))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, MANY, 5 * CHUNK))
def test_nor_one_of_many_more_in_which_it_does(first):
    _all_of(range(first, first + CHUNK), with_faults(recounted=0.7, killed=0.06))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, MANY, CHUNK))
def test_nor_does_one_of_many_more(first, request):
    place = int(request.config.getoption("--hypothesis-seed") or 0) * MANY
    _all_of(range(place + first, place + first + CHUNK))


def test_a_seed_brings_its_history_back():
    assert run(7).cloud.trace == run(7).cloud.trace


def test_random_histories_cover_every_operation_and_fault():
    missing = {*_SIGNS, PAUSED}
    for seed in range(FEW):
        history = run(seed)
        trace = "\n".join(history.cloud.trace)
        missing -= {name for name in missing & _SIGNS.keys() if re.search(_SIGNS[name], trace)}
        if _longest_pause(history) > Timing().lease:
            missing.discard(PAUSED)
        if not missing:  # of those that `make check` runs, the others could only show it again
            break
    assert missing == set()


def _longest_pause(history: History) -> float:
    """Seconds, while things still go wrong: what follows is waited for on purpose."""
    lines = takewhile(lambda line: SETTLES not in line, history.cloud.trace)
    times = [float(line.split(" s ")[0]) for line in lines]
    return max((after - before for before, after in pairwise(times)), default=0.0)


@pytest.mark.parametrize("mutation", PLANTS)
def test_random_histories_find_that(mutation, monkeypatch):
    plant, rule = PLANTS[mutation]
    plant(monkeypatch)
    with pytest.raises(BrokenHistoryError, match=rule):
        _all_of((SHOWN_BY.get(mutation, 0), *range(ENOUGH)), WEATHER.get(mutation, FAULTS))


def _all_of(seeds: Iterable[int], faults: Faults = FAULTS) -> None:
    for seed in seeds:
        run(seed, faults)
