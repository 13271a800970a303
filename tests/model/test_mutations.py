"""What the search is worth: each way to get the protocol wrong is found."""

import pytest

from tests.model.mutations import MUTATIONS
from tests.model.scenarios import SCENARIOS
from tests.model.search import ViolationError, explore
from tests.model.steps import Hooks


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_search_finds_that(mutation, monkeypatch):
    scenario, plant = MUTATIONS[mutation]
    with pytest.raises(ViolationError):
        explore(SCENARIOS[scenario], plant(monkeypatch))


def test_a_journal_kept_over_a_wait_is_caught_by_its_condition_and_its_deadline():
    """Reading again after a wait saves a needless move; safety rests on the conditional write and the deadline."""
    explore(SCENARIOS["a rollback while an up drops its target"], Hooks(keeps_journal_after_wait=True))
