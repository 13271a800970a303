"""Metric math: what the components' alarm means, and what is not known is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.alarms import ERROR_RATE
from sandbox.alarms.expression import UnknownExpressionError, check, evaluate

COUNTS = st.integers(min_value=0, max_value=1000)


def measured(good, bad4, bad5, silent):
    """What SageMaker measures of so many invocations: each kind of answer, and those without one."""
    return {
        "invocations": float(good + bad4 + bad5 + silent),
        "failed": float(bad4 + bad5 + silent),
        "errors4xx": float(bad4),
        "errors5xx": float(bad5),
    }


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_the_error_rate_counts_every_failure_of_the_model_once_and_none_of_the_client(
    good, bad4, bad5, silent
):
    points = measured(good, bad4, bad5, silent)
    rate = evaluate(ERROR_RATE, points)
    total = points["invocations"]
    assert rate == (pytest.approx((bad5 + silent) / total) if total else None)


@given(COUNTS.filter(bool), st.sets(st.sampled_from(["failed", "errors4xx", "errors5xx"])))
def test_an_error_metric_without_data_is_no_error(count, lacking):
    points = measured(count, 0, 0, 0) | dict.fromkeys(lacking)
    assert evaluate(ERROR_RATE, points) == 0


def test_without_invocations_there_is_no_rate():
    assert evaluate(ERROR_RATE, dict.fromkeys(measured(0, 0, 0, 0))) is None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7.0),
        ("-(a - b)", 1.0),
        ("a / 0", None),
        ("a + gone", None),
        ("FILL(gone, 5)", 5.0),
        ("FILL(a, 5)", 1.0),
        ("MAX([a, gone, b])", 2.0),
        ("MIN([a, b])", 1.0),
        ("SUM([a, b, gone])", 3.0),
        ("AVG([a, b])", 1.5),
        ("MAX([gone])", None),
    ],
)
def test_what_it_knows_it_evaluates(expression, value):
    assert evaluate(expression, {"a": 1.0, "b": 2.0, "gone": None}) == value


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("ANOMALY_DETECTION_BAND(a, 2)", "ANOMALY_DETECTION_BAND"),
        ("MAX(a)", "MAX(a)"),
        ("IF(a > 1, a, 0)", "IF"),
        ("a > 1", "a > 1"),
        ("a ** 2", "a ** 2"),
        ("strange / a", "strange"),
        ("a +", "not well-formed"),
        ("SELECT AVG(x) FROM y", "not well-formed"),
        ("True", "True"),
        ("__import__('os')", "__import__"),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(expression, named):
    with pytest.raises(UnknownExpressionError) as refused:
        check(expression, ["a"])
    assert named in str(refused.value)
