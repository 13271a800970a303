from hypothesis import given
from hypothesis import strategies as st

from sandbox.training.retries import EXCEPTIONS, LONGEST_INTERVAL, Failure, Policy, delay

INTERNAL, CAPACITY = "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"

policies = st.builds(
    Policy,
    st.lists(st.sampled_from(EXCEPTIONS), min_size=1, unique=True).map(tuple),
    st.integers(0, LONGEST_INTERVAL),
    st.floats(0, 10),
    st.none() | st.integers(1, 20),
    st.none() | st.integers(0, 14_400),
)


def tried(policies, exception, lasts=10.0, most=100):
    """The waits of a step every attempt of which fails with one exception after so many seconds."""
    failures, at, waits = [], 0.0, []
    while len(waits) < most:
        at += lasts
        failures.append(Failure(exception, at))
        wait = delay(policies, failures)
        if wait is None:
            break
        waits.append(wait)
        at += wait
    return waits


@given(policies, st.sampled_from(EXCEPTIONS))
def test_a_policy_gives_no_more_retries_than_it_names(policy, exception):
    if policy.attempts is not None and exception in policy.exceptions:
        assert len(tried([policy], exception)) <= policy.attempts


@given(policies, st.sampled_from(EXCEPTIONS), st.floats(1, 1_000))
def test_no_retry_begins_after_the_expiry(policy, exception, lasts):
    if policy.expiry is None or exception not in policy.exceptions:
        return
    at = 0.0
    for wait in tried([policy], exception, lasts):
        at += lasts + wait
        assert at <= policy.expiry * 60


@given(policies, st.sampled_from(EXCEPTIONS))
def test_each_wait_is_the_one_before_times_the_rate(policy, exception):
    if exception not in policy.exceptions:
        return
    waits = tried([policy], exception, most=6)
    for number, wait in enumerate(waits):
        assert wait == min(policy.interval * policy.backoff**number, LONGEST_INTERVAL)


@given(st.lists(policies))
def test_an_error_of_the_program_is_never_retried(all_policies):
    assert delay(all_policies, [Failure(None, 1.0)]) is None


def test_five_retries_with_doubling_waits_where_a_policy_names_nothing_else():
    assert tried([Policy((INTERNAL,))], INTERNAL) == [1, 2, 4, 8, 16]


def test_a_policy_is_for_the_exceptions_that_it_names():
    assert delay([Policy((INTERNAL,))], [Failure(CAPACITY, 1.0)]) is None


def test_what_pipelines_itself_retries_needs_no_policy():
    assert tried([], "Step.THROTTLING") == [1, 2, 4, 8, 16]
    assert tried([Policy(("Step.THROTTLING",), attempts=1)], "Step.THROTTLING") == [1]


def test_failures_under_another_policy_do_not_count():
    policies = [Policy((INTERNAL,), attempts=1), Policy((CAPACITY,), attempts=1)]
    assert delay(policies, [Failure(INTERNAL, 1.0), Failure(CAPACITY, 3.0)]) == 1
    assert delay(policies, [Failure(INTERNAL, 1.0), Failure(CAPACITY, 3.0), Failure(INTERNAL, 5.0)]) is None
