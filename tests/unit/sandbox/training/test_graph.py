from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sandbox.training.graph import Node, State, Step, circle, end, ready, retry, start, status, stop


@st.composite
def graphs(draw):
    """Steps that need earlier ones; some are conditions, and later steps may be under them."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 7)))]
    graph, conditions = {}, set()
    for index, name in enumerate(names):
        jobs = [earlier for earlier in names[:index] if earlier not in conditions]
        needs = draw(st.sets(st.sampled_from(jobs))) if jobs else set()
        branch = (
            draw(st.none() | st.tuples(st.sampled_from(sorted(conditions)), st.booleans()))
            if conditions
            else None
        )
        graph[name] = Node(frozenset(needs), branch)
        if draw(st.booleans()):
            conditions.add(name)
    return graph, conditions


@st.composite
def runs(draw):
    """A graph and every state that one execution of it went through, until nothing can happen any more."""
    graph, conditions = draw(graphs())
    most = draw(st.none() | st.integers(1, 3))
    fails = draw(st.sets(st.sampled_from(sorted(graph))))
    stops = draw(st.integers(0, 20))
    state, states = State(), [State()]
    while True:
        if len(states) == stops:
            state = stop(state)
            states.append(state)
        for name in ready(graph, state, most):
            state = start(state, name)
            states.append(state)
        running = [name for name, step in state.steps.items() if step is Step.EXECUTING]
        if not running:
            return graph, most, states
        name = draw(st.sampled_from(running))
        outcome = draw(st.booleans()) if name in conditions and name not in fails else None
        state = end(state, name, Step.FAILED if name in fails else Step.SUCCEEDED, outcome)
        states.append(state)


@given(runs())
def test_a_step_starts_only_after_all_that_it_needs_has_succeeded(run):
    graph, _, states = run
    for before, after in pairwise(states):
        for name in after.steps.keys() - before.steps.keys():
            assert all(before.steps.get(needed) is Step.SUCCEEDED for needed in graph[name].needs)


@given(runs())
def test_a_step_of_a_branch_starts_only_where_its_condition_went_that_way(run):
    graph, _, states = run
    for name in states[-1].steps:
        if graph[name].branch:
            condition, wanted = graph[name].branch
            assert states[-1].outcomes[condition] is wanted


@given(runs())
def test_no_more_steps_run_at_once_than_are_allowed(run):
    _, most, states = run
    for state in states:
        running = sum(step is Step.EXECUTING for step in state.steps.values())
        assert most is None or running <= most


@given(runs())
def test_nothing_starts_after_a_failure_or_a_stop(run):
    _, _, states = run
    for before, after in pairwise(states):
        if before.stopping or Step.FAILED in before.steps.values():
            assert after.steps.keys() == before.steps.keys()


@given(runs())
def test_an_execution_always_ends(run):
    graph, _, states = run
    assert status(graph, states[-1]) in {"Succeeded", "Failed", "Stopped"}
    assert ready(graph, states[-1]) == []


@given(runs())
def test_a_success_leaves_out_only_steps_of_branches_not_taken_and_what_needs_them(run):
    graph, _, states = run
    last = states[-1]
    if status(graph, last) != "Succeeded":
        return
    for name in graph.keys() - last.steps.keys():
        branch = graph[name].branch
        assert any(needed not in last.steps for needed in graph[name].needs) or (
            branch is not None and last.outcomes.get(branch[0]) is not branch[1]
        )


@given(runs())
def test_a_retry_runs_again_exactly_what_had_not_succeeded(run):
    graph, _, states = run
    again = retry(states[-1])
    succeeded = {name for name, step in states[-1].steps.items() if step is Step.SUCCEEDED}
    assert set(again.steps) == succeeded
    assert not set(ready(graph, again)) & succeeded
    assert not again.stopping


def test_a_step_that_ends_makes_room_for_one():
    graph = {name: Node() for name in "abcd"}
    state = State()
    for name in ready(graph, state, 2):
        state = start(state, name)
    assert list(state.steps) == ["a", "b"]
    assert ready(graph, end(state, "a", Step.SUCCEEDED), 2) == ["c"]


def test_a_stop_waits_for_what_runs():
    graph = {"a": Node(), "b": Node(frozenset({"a"}))}
    state = stop(start(State(), "a"))
    assert status(graph, state) == "Stopping"
    assert status(graph, end(state, "a", Step.SUCCEEDED)) == "Stopped"


def test_a_failure_waits_for_what_runs_beside_it():
    graph = {"a": Node(), "b": Node()}
    state = end(start(start(State(), "a"), "b"), "a", Step.FAILED)
    assert status(graph, state) == "Executing"
    assert status(graph, end(state, "b", Step.SUCCEEDED)) == "Failed"


def test_steps_that_wait_for_each_other_are_named():
    around = circle({"a": Node(frozenset({"b"})), "b": Node(branch=("c", True)), "c": Node(frozenset({"a"}))})
    assert set(around) == {"a", "b", "c"}
    assert around[0] == around[-1]
