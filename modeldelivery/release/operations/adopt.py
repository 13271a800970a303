"""Adopt: record what someone else did, then take away the mark that said it was not recorded."""

from modeldelivery.release.core import adopt, history, weights
from modeldelivery.release.core.action import Action, Done, Question, View
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.runner import Runner


def run(command: adopt.Adopt, runner: Runner) -> Done:
    """The journal first: killed in between, the mark still stands and a rerun takes it away.

    Only the mark by which was decided goes, and only while what is recorded is what serves; another that came since stays. Where
    the endpoint is, the journal says, so nothing is looked at before that was read.

    Raises:
        RefusedError, BrokenError: from the decision; or traffic was moved since, and the mark stands.
        GaveUpError, UncertainError, UnreachableError: from the runner.
    """
    mark: str | None = None
    journal = Journal()

    def decide(view: View) -> Action:
        nonlocal mark, journal
        mark = view.mark if Question.MARK in view.answers else mark
        journal = view.journal
        return adopt.decide(command, view)

    done = runner.run(decide)
    if mark:
        _take_away(mark, journal, runner)
    return done


def _take_away(mark: str, journal: Journal, runner: Runner) -> None:
    """Raises RefusedError where whoever left the mark, or someone else, moved traffic after it was looked at."""
    traffic = runner.traffic
    endpoint = history.as_recorded(journal, traffic.describe())
    if endpoint is None or traffic.marked() != mark:
        return
    if endpoint.busy or not weights.same(endpoint.current, journal.weights):
        raise RefusedError(
            f"recorded as decided: {weights.shown(journal.weights)}, and traffic is moved still: what was moved without the journal "
            f"is not all recorded",
            hint="`modelctl adopt --reason …` again, once the endpoint is ready",
        )
    traffic.unmark()
