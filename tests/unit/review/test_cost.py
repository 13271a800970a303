"""What a month costs more or less, and what has no price."""

import pytest

from modeldelivery.review.core.cost import HOURS
from tests.unit.review.documents import PRICES, change

HOUR = PRICES.instance_hour["eu-west-1"]
LARGE, XLARGE = HOUR["ml.c6i.large"] * HOURS, HOUR["ml.c6i.xlarge"] * HOURS
# One of latency, and one by an expression of four metrics, which is paid for by metric.
ALARMS = 5 * PRICES.month["aws:cloudwatch/metricAlarm:MetricAlarm"]


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("nothing", 0, 0),
        ("traffic-only", 0, 0),
        ("tags-only", 0, 0),
        ("fleet-add-candidate", 2 * LARGE + ALARMS, 8 * LARGE + ALARMS),
        ("fleet-drop-candidate", -2 * LARGE - ALARMS, -8 * LARGE - ALARMS),
        ("fleet-resize", 2 * LARGE, 0),
        ("autoscaling-max", 0, 24 * LARGE),
        ("fleet-instance-type", 4 * (XLARGE - LARGE), 16 * (XLARGE - LARGE)),
        ("replace-endpoint", 0, 0),
    ],
)
def test_the_difference_is_that_of_the_instances_and_what_goes_with_them(name, least, most):
    cost = change(name).cost
    assert (cost.least, cost.most) == (pytest.approx(least, abs=0.01), pytest.approx(most, abs=0.01))
    assert cost.unpriced == ()


def test_a_type_that_the_table_does_not_have_is_listed_and_never_free():
    assert change("unpriced-type").cost.unpriced == ("+4 ml.c7i.48xlarge",)


def test_a_resource_of_a_type_that_is_not_known_is_listed():
    def edit(document):
        for each in document["steps"]:
            if each["urn"].endswith("::captures"):
                for part in (each, each["newState"]):
                    part["urn"] = part["urn"].replace("aws:s3/bucket:Bucket", "aws:new/store:Store")
                each["newState"]["type"] = "aws:new/store:Store"

    assert change("new-bucket", edit).cost.unpriced == ("+1 aws:new/store:Store",)


def test_storage_costs_by_use_and_is_said_not_to_be_counted():
    assert change("new-bucket").cost.by_use == ("bucket",)


def test_the_table_says_its_date():
    assert change("nothing").cost.date == PRICES.date
    assert len(PRICES.date.split("-")) == 3
