import pytest

from sandbox.training.conditions import ConditionError, holds


def compare(kind, left, right):
    return {"Type": kind, "LeftValue": left, "RightValue": right}


TRUE, FALSE = compare("Equals", 1, 1), compare("Equals", 1, 2)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([TRUE], True),
        ([TRUE, FALSE], False),
        ([compare("Equals", "a", "a")], True),
        ([compare("Equals", 1, 1.0)], True),
        ([compare("GreaterThan", 2, 2)], False),
        ([compare("GreaterThanOrEqualTo", 2, 2)], True),
        ([compare("LessThan", 2, 2.5)], True),
        ([compare("LessThanOrEqualTo", 3, 2)], False),
        ([{"Type": "Not", "Expression": FALSE}], True),
        ([{"Type": "Or", "Conditions": [FALSE, TRUE]}], True),
        ([{"Type": "Or", "Conditions": []}], False),
        ([{"Type": "In", "QueryValue": "a", "Values": ["b", "a"]}], True),
        ([{"Type": "In", "QueryValue": "a", "Values": ["b"]}], False),
    ],
)
def test_a_condition_step_holds_where_all_its_conditions_do(conditions, expected):
    assert holds({"Conditions": conditions}) is expected


@pytest.mark.parametrize(("left", "right"), [(True, 1), ("1", 1), ("true", True)])
def test_values_of_different_types_are_not_compared(left, right):
    with pytest.raises(ConditionError, match="cannot compare"):
        holds({"Conditions": [compare("Equals", left, right)]})
