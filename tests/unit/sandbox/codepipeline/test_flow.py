"""The flow of a pipeline, through whatever happens to it: who runs when, and that nobody is forgotten."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.codepipeline.flow import (
    Begin,
    Ended,
    Execution,
    FlowError,
    Stage,
    advance,
    end,
    latest,
    push,
    retry,
    status_of,
    stop,
)

MODES = ("FAILED_ACTIONS", "ALL_ACTIONS")


@st.composite
def plans(draw):
    """Stages of one to three actions, some of which run at once; some are retried by themselves."""
    return tuple(
        Stage(
            f"s{number}",
            {f"a{index}": draw(st.integers(1, 2)) for index in range(draw(st.integers(1, 3)))},
            draw(st.none() | st.sampled_from(MODES)),
        )
        for number in range(draw(st.integers(1, 3)))
    )


def running(state):
    return [(identity, name) for identity, each in state.items() for name in each.running]


@st.composite
def runs(draw):
    """Every state of a pipeline through pushes, ends of actions, stops and retries, until nothing runs any more."""
    plan, state, states, acts = draw(plans()), {}, [{}], []
    left = draw(st.integers(1, 12))
    while left or running(state):
        left -= bool(left)
        over = [identity for identity, each in state.items() if each.over and each.status != "Succeeded"]
        choices = ["push"] * (left > 0 and len(state) < 4) + ["end"] * 3 * bool(running(state))
        choices += ["stop"] * bool(left and state) + ["retry"] * bool(left and over)
        if not choices:
            break
        match draw(st.sampled_from(choices)):
            case "push":
                state = push(state, f"e{len(state)}", plan)
            case "end":
                identity, name = draw(st.sampled_from(running(state)))
                state = end(state, identity, name, draw(st.sampled_from([Ended.SUCCEEDED, Ended.FAILED])))
            case "stop":
                identity = draw(st.sampled_from(sorted(state)))
                if not state[identity].over:
                    state = stop(state, identity, abandon=draw(st.booleans()))
            case "retry":
                identity = draw(st.sampled_from(over))
                try:
                    state = retry(state, identity, state[identity].place, draw(st.sampled_from(MODES)))
                except FlowError:
                    continue
        state, begun = advance(state)
        states.append(state)
        acts.append(begun)
    return plan, states, acts


@given(runs())
def test_every_execution_ends_or_waits_for_one_that_runs(run):
    _, states, _ = run
    for state in states:
        for each in state.values():
            waits_for_action = bool(each.running)
            waits_for_stage = not each.inside and any(
                other.running for other in state.values() if other is not each
            )
            assert each.over or waits_for_action or waits_for_stage
    assert all(each.over for each in states[-1].values())


@given(runs())
def test_an_execution_that_nobody_stopped_and_nothing_failed_in_has_succeeded(run):
    _, states, _ = run
    for each in states[-1].values():
        if not each.stop and Ended.FAILED not in each.actions.values():
            assert each.status in {"Succeeded", "Stopped"}
            assert each.status == "Succeeded" or Ended.ABANDONED in each.actions.values()


@given(runs())
def test_a_stage_carries_one_execution_at_a_time(run):
    _, states, _ = run
    for state in states:
        places = [each.place for each in state.values() if each.inside and not each.over]
        assert len(places) == len(set(places))


@given(runs())
def test_nobody_overtakes_and_nobody_is_dropped(run):
    """Those that run a stage for the first time do so in the order in which they began."""
    plan, states, acts = run
    for stage in plan:
        begun = [act.execution for step in acts for act in step if act.stage == stage.name]
        first = list(dict.fromkeys(begun))
        assert first == sorted(first)
    for before, after in pairwise(states):
        assert before.keys() <= after.keys()


@given(runs())
def test_an_action_begins_once_those_of_earlier_run_orders_have_succeeded(run):
    plan, states, acts = run
    orders = {stage.name: stage.orders for stage in plan}
    for state, begun in zip(states[1:], acts, strict=True):
        for act in begun:
            actions, own = state[act.execution].actions, orders[act.stage]
            earlier = [name for name, order in own.items() if order < own[act.action]]
            assert all(actions.get(name) is Ended.SUCCEEDED for name in earlier)


@given(runs())
def test_what_follows_is_found_at_once_and_found_again_changes_nothing(run):
    _, states, _ = run
    for state in states:
        assert advance(state) == (state, [])


@given(runs(), st.data())
def test_whoever_begins_again_what_ran_when_it_was_killed_comes_to_the_same_end(run, data):
    """The state holds all that is to be known: an action that ran is one without an end."""
    _, states, _ = run
    state = data.draw(st.sampled_from(states))
    fails = data.draw(st.sets(st.sampled_from(running(state)))) if running(state) else set()

    def finished(state, *, backwards):
        while left := sorted(running(state), reverse=backwards):
            identity, name = left[0]
            ended = Ended.FAILED if (identity, name) in fails else Ended.SUCCEEDED
            state, _ = advance(end(state, identity, name, ended))
        return state

    assert finished(state, backwards=False) == finished(state, backwards=True)


PLAN = (Stage("Source", {"Source": 1}), Stage("Build", {"Test": 1, "Image": 1, "Train": 2}))


def moved(state, *events):
    """The state after ends of actions: `(execution, action, end)`."""
    state, _ = advance(state)
    for identity, action, ended in events:
        state, _ = advance(end(state, identity, action, ended))
    return state


def failed():
    """One execution that failed in Build: Test succeeded, Image failed."""
    return moved(
        push({}, "e0", PLAN),
        ("e0", "Source", Ended.SUCCEEDED),
        ("e0", "Image", Ended.FAILED),
        ("e0", "Test", Ended.SUCCEEDED),
    )


def test_a_stage_fails_once_all_that_ran_beside_has_ended():
    state = moved(push({}, "e0", PLAN), ("e0", "Source", Ended.SUCCEEDED), ("e0", "Image", Ended.FAILED))
    assert state["e0"].status == "InProgress"
    assert failed()["e0"].status == "Failed"


@pytest.mark.parametrize(
    ("mode", "begun"), [("FAILED_ACTIONS", ["Image"]), ("ALL_ACTIONS", ["Test", "Image"])]
)
def test_a_retry_begins_what_failed_or_all(mode, begun):
    _, acts = advance(retry(failed(), "e0", "Build", mode))
    assert acts == [Begin("e0", "Build", action) for action in begun]


def test_a_stage_that_another_execution_entered_since_is_not_retried():
    state = moved(push(failed(), "e1", PLAN), ("e1", "Source", Ended.SUCCEEDED))
    with pytest.raises(FlowError, match="another execution has entered the stage Build since: e1"):
        retry(state, "e0", "Build", "FAILED_ACTIONS")


@pytest.mark.parametrize("stage", ["Source", "Deploy"])
def test_only_the_stage_that_failed_is_retried(stage):
    with pytest.raises(FlowError, match="did not fail in the execution e0, which is Failed"):
        retry(failed(), "e0", stage, "ALL_ACTIONS")


def test_a_stage_is_retried_once_by_itself():
    plan = (Stage("Source", {"Source": 1}, "ALL_ACTIONS"),)
    once = moved(push({}, "e0", plan), ("e0", "Source", Ended.FAILED))
    assert (once["e0"].status, once["e0"].retries) == ("InProgress", 1)
    assert moved(once, ("e0", "Source", Ended.FAILED))["e0"].status == "Failed"


def test_a_stop_lets_what_runs_end_and_begins_nothing():
    state, acts = advance(stop(moved(push({}, "e0", PLAN)), "e0", abandon=False))
    assert (state["e0"].status, acts) == ("Stopping", [])
    assert moved(state, ("e0", "Source", Ended.SUCCEEDED))["e0"].status == "Stopped"


def test_a_stop_within_a_stage_begins_none_of_its_later_actions():
    state = moved(push({}, "e0", PLAN), ("e0", "Source", Ended.SUCCEEDED), ("e0", "Test", Ended.SUCCEEDED))
    state, acts = advance(end(stop(state, "e0", abandon=False), "e0", "Image", Ended.SUCCEEDED))
    assert (state["e0"].status, acts) == ("Stopped", [])


def test_an_abandoned_execution_stops_at_once_and_the_late_end_of_its_action_changes_nothing():
    state, _ = advance(stop(moved(push({}, "e0", PLAN)), "e0", abandon=True))
    assert state["e0"].status == "Stopped"
    assert end(state, "e0", "Source", Ended.SUCCEEDED) == state


def test_what_is_over_is_not_stopped():
    with pytest.raises(FlowError, match="is Failed, so there is nothing to stop"):
        stop(failed(), "e0", abandon=True)


def test_a_stage_tells_who_entered_it_last_and_what_became_of_it():
    state = moved(push(failed(), "e1", PLAN))
    assert (latest(state, "Source"), latest(state, "Build")) == ("e1", "e0")
    assert [status_of(state["e0"], name) for name in ("Source", "Build")] == ["Succeeded", "Failed"]
    assert status_of(state["e1"], "Build") is None
    assert Execution(PLAN).status == "InProgress"
