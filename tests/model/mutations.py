"""Ways to get the protocol wrong: each leaves out, or swaps, one thing that it relies on."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from modeldelivery.release.core import capacity, history, intent, resolve, rollback, up, weights
from modeldelivery.release.core.action import CLOCK_STEP, Action, Done, Timing, View, Write
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Intent, IntentKind, Journal
from tests.model.steps import AS_IT_IS, Hooks

Plant = Callable[[pytest.MonkeyPatch], Hooks]
CORE = (history, intent, resolve, rollback, up)
replace = msgspec.structs.replace


def conduct(**hooks: bool) -> Plant:
    """Another conductor."""
    return lambda _: Hooks(**hooks)


def swap(**made: Callable[..., Any]) -> Plant:
    """Put other functions in the place of the core's, wherever they were imported to."""

    def plant(patch: pytest.MonkeyPatch) -> Hooks:
        for name, function in made.items():
            for module in CORE:
                if hasattr(module, name):
                    patch.setattr(module, name, function)
        return AS_IT_IS

    return plant


def put(place: object, name: str, made: object) -> Plant:
    """Put something else in one place."""

    def plant(patch: pytest.MonkeyPatch) -> Hooks:
        patch.setattr(place, name, made)
        return AS_IT_IS

    return plant


def both(*plants: Plant) -> Plant:
    return lambda patch: [plant(patch) for plant in plants][-1]


def _looks_older_than_they_are(decide: Callable[..., Action], command: object, view: View) -> Action:
    return decide(command, replace(view, described=view.now))


def _unfenced(journal: Journal, new: Intent, now: float, opened: Any = intent.opened) -> Journal:
    return opened(journal, replace(new, fence=0.0), now)  # type: ignore[no-any-return]


def _fence_of_the_last(journal: Journal, new: Intent, now: float, opened: Any = intent.opened) -> Journal:
    made: Journal = opened(journal, new, now)
    return replace(made, fence=new.deadline)


def _forgetful(journal: Journal, new: Intent, now: float, opened: Any = intent.opened) -> Journal:
    made: Journal = opened(journal, new, now)
    return replace(made, drops=new.drops, drops_until=new.deadline if new.drops else 0.0)


def _shortest(view: View) -> float:
    return view.now + view.timing.call + CLOCK_STEP


def _believed(view: View, *, scale: bool, pursue: Any = intent.pursue) -> Action:
    assert view.endpoint is not None
    if view.taken:
        return Write(intent.settled(view.journal, view.endpoint, view.now))
    return pursue(view, scale=scale)  # type: ignore[no-any-return]


def _lifting(journal: Journal, now: float, why: str, closed: Any = intent.closed) -> Journal:
    made: Journal = closed(journal, now, why)
    return replace(made, rejections=())


def _answered(view: View, finished: Any = intent.finished) -> Journal:
    return finished(replace(view, answered=True))  # type: ignore[no-any-return]


def _of_weights_only(
    command: Any, view: View, *rest: Any, rejected: Any = rollback.rejected
) -> tuple[Any, ...]:
    return rejected(command, replace(view, journal=replace(view.journal, intent=None)), *rest)  # type: ignore[no-any-return]


def _awaiting_nothing(
    view: View, pending: Intent, endpoint: Endpoint, more: Any = capacity.more_instances
) -> Any:
    return more(replace(view, timing=replace(view.timing, awaits=False)), pending, endpoint)


def _desired(pending: Intent, endpoint: Endpoint) -> bool:
    return weights.same(endpoint.desired, pending.target)


def _current(pending: Intent, endpoint: Endpoint) -> bool:
    return weights.same(endpoint.current, pending.target)


def _at_rest(_: Intent, endpoint: Endpoint) -> bool:
    return weights.same(endpoint.current, endpoint.desired)


def by_the_journal(view: View, _: Endpoint) -> Action:
    return Done(f"rolled back to {weights.main_version(view.journal.weights)}")


# A rollback looks at the endpoint once more before it reports: the second guard, taken out with the first.
UNREPORTED = put(rollback, "_reported", by_the_journal)
# So does a change of the fleet, at what it is to drop.
UNLOOKED = swap(_dropped_serving=lambda *_: ())
BLIND_TO_ROLLBACKS = SimpleNamespace(**{**IntentKind.__members__, "ROLLBACK": "no such kind"})

SHIFT = "an up shifts while an operator rolls back to what served"
UNANSWERED = "an up shifts by a call that nobody answered while an operator rolls back"
TAKEN_BACK = "an up shifts and is taken back by SageMaker while an operator rolls back"
FEWER = "a rollback to fewer instances than serve while an up adds a candidate"
ASKED = "a rollback whose request for instances nobody answered while another rolls back"
DROP = "a rollback while an up drops its target"
ALL = "an up adds, shifts and drops in one change while an operator rolls back"
UPS = "two ups of different configs"
CONSOLE = "an up with nothing to do while the console and an operator move traffic"
KILLED = "an up killed with its call on the way, a rollback, and the same up again"
KILLED_TWICE = "two rollbacks after an up killed with its call on the way"
DROP_TWICE = "two rollbacks while an up's call that drops a version is on its way"


def _sealed_or_not(_: View, __: Intent) -> bool:
    return True


def of_earlier_ones(view: View, pending: Intent) -> bool:
    return view.described > pending.fence


def _unconfirmed(view: View, pending: Intent) -> bool:
    return view.timing.may_send(pending.deadline, view.now)


# On a platform with compare-and-swap; calls land whenever, so that only its own means keep an older one out.
SWAP_MUTATIONS: dict[str, tuple[str, Plant]] = {
    "it settles unsealed": (SHIFT, swap(certain=_sealed_or_not)),
    "a call is sent with a token that is newer than the journal read": (SHIFT, swap(_may_send=_unconfirmed)),
    "an up does not notice a newer decision": (SHIFT, swap(_refuse_unseen=lambda *_: None)),
    "config lifts a rejection": (KILLED, swap(_forbidden=lambda *_: None, overruled=intent.closed)),
    "a target that is gone is not noticed": (DROP, swap(vanished=lambda *_: ())),
    "pods that were requested are not awaited": (FEWER, swap(more_instances=_awaiting_nothing)),
    "a version is dropped before its traffic is moved": (
        ALL,
        both(UNLOOKED, put(resolve.Plan, "shifts", property(lambda _: False))),
    ),
    "the journal is written over whatever is there": (SHIFT, conduct(unconditional_write=True)),
}

MUTATIONS: dict[str, tuple[str, Plant]] = {
    "no intent is written": (DROP, conduct(skips_intent=True)),
    "calls are sent and land whenever": (KILLED, conduct(ignores_deadline=True)),
    "a call is sent after its deadline": (
        KILLED,
        put(Timing, "may_send", lambda _self, _deadline, _now: True),
    ),
    "the journal is written over whatever is there": (DROP, conduct(unconditional_write=True)),
    "Desired is compared, not Current": (TAKEN_BACK, both(UNREPORTED, swap(arrived=_desired))),
    "Desired is not looked at": (TAKEN_BACK, swap(arrived=_current)),
    "any endpoint at rest has arrived": (DROP, both(UNREPORTED, swap(arrived=_at_rest))),
    "a move is done when SageMaker took the call": (TAKEN_BACK, both(UNREPORTED, swap(pursue=_believed))),
    "an outcome is written from a stale describe": (
        KILLED,
        both(*(put(m, "decide", partial(_looks_older_than_they_are, m.decide)) for m in (rollback, up))),
    ),
    "the fence of earlier intents is ignored": (KILLED_TWICE, swap(opened=_unfenced)),
    "a deadline may be before an earlier one": (
        KILLED_TWICE,
        both(put(rollback, "lease", _shortest), swap(opened=_fence_of_the_last)),
    ),
    "a request for instances that nobody answered is not outwaited by who comes later": (
        ASKED,
        both(UNREPORTED, swap(opened=_unfenced)),
    ),
    "an up acts while others still may": (UPS, put(up, "_others_may_act", lambda _asked, _view: False)),
    "a call without an answer is taken for answered": (UNANSWERED, swap(finished=_answered)),
    "what a fleet change may still drop is ignored": (DROP, swap(dropping_until=lambda *_: None)),
    "what a superseded fleet change may still drop is forgotten": (DROP_TWICE, swap(opened=_forgetful)),
    "traffic of a dropped version is not looked at": (
        DROP,
        both(UNLOOKED, swap(_refuse_dropping_traffic=lambda *_: None)),
    ),
    "a version is dropped before its traffic is moved": (
        ALL,
        both(UNLOOKED, put(resolve.Plan, "shifts", property(lambda _: False))),
    ),
    "a target that is gone is not noticed": (DROP, swap(vanished=lambda *_: ())),
    "config lifts a rejection": (KILLED, swap(_forbidden=lambda *_: None, overruled=intent.closed)),
    "superseding an intent lifts rejections": (DROP, swap(closed=_lifting)),
    "a rollback rejects nothing": (DROP, swap(rejected=lambda _asked, view, *_: view.journal.rejections)),
    "a rollback rejects only what has weight": (KILLED, swap(rejected=_of_weights_only)),
    "an up does not notice a newer decision": (SHIFT, swap(_refuse_unseen=lambda *_: None)),
    "an up supersedes a rollback instead of finishing it": (
        CONSOLE,
        both(put(up, "IntentKind", BLIND_TO_ROLLBACKS), swap(carried_out=lambda *_: False)),
    ),
}
