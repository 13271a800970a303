"""A newer image of the steps: an update of each schedule that says so, and endangers nothing."""

import json
from copy import deepcopy

import pytest

from modeldelivery.catalogue.tokens import SCHEDULE
from modeldelivery.review.core.change import Kind
from modeldelivery.review.core.document import UNKNOWN
from modeldelivery.review.report import markdown
from modeldelivery.review.report.preview import tell
from tests.unit.review.documents import change, step
from tests.unit.review.reviews import reviewed

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
NAME = "flights-staging-drift-v1-1-0"
REPOSITORY = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/flights-staging-steps@sha256:"
JOB = {
    "ProcessingJobName": f"{NAME}-<aws.scheduler.execution-id>",
    "AppSpecification": {
        "ImageUri": f"{REPOSITORY}{'5' * 64}",
        "ContainerArguments": ["--version", "v1.1.0"],
    },
}
NEWER = {**JOB, "AppSpecification": {**JOB["AppSpecification"], "ImageUri": f"{REPOSITORY}{'6' * 64}"}}


def scheduled(text):
    return {
        "description": "Data drift of v1.1.0 on flights-staging",
        "scheduleExpression": "cron(0 2 ? * MON *)",
        "target": {"arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob", "input": text},
    }


def updated(before, after):
    """An edit by which a schedule, which stands beside all else, becomes another."""

    def edit(preview):
        made = deepcopy(step(preview, ALARM, "flights-staging-v1-0-0-latency"))
        urn = f"urn:pulumi:staging::model-delivery::model-delivery:index:DataDrift${SCHEDULE}::{NAME}"
        for state, inputs in (("oldState", before), ("newState", after)):
            made[state] |= {"urn": urn, "type": SCHEDULE, "id": NAME, "inputs": inputs, "outputs": inputs}
        made |= {"op": "update", "urn": urn, "diffReasons": ["target"]}
        preview["steps"].append(made)
        preview["changeSummary"]["update"] = 1

    return edit


def test_a_newer_image_of_the_steps_is_a_setting_of_each_schedule_and_endangers_nothing():
    edit = updated(scheduled(json.dumps(JOB)), scheduled(json.dumps(NEWER)))
    review = reviewed("nothing-in-staging", edit=edit)
    assert review.change.kinds == (Kind.SETTINGS,)
    assert (review.change.losses, review.change.weakened, review.change.permissions) == ((), (), ())
    assert review.refusals == ()
    comment = markdown.draw(tell([review]), 65_536)
    assert "## Impact on `staging`: settings\n" in comment
    assert "all 1 resources that change" in comment
    (row,) = (line for line in comment.splitlines() if NAME in line)
    assert row == f"| update | schedule | `{NAME}` | `target.input.AppSpecification.ImageUri` |"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (scheduled(json.dumps(JOB)), scheduled(UNKNOWN), ("target.input",)),
        (scheduled("{"), scheduled(json.dumps(JOB)), ("target.input",)),
        (scheduled(json.dumps(JOB)), scheduled(json.dumps(JOB)), ("target",)),
        (
            scheduled(json.dumps(JOB)),
            {**scheduled(json.dumps({**NEWER, "RoleArn": "another"})), "scheduleExpression": "rate(1 day)"},
            ("scheduleExpression", "target.input.AppSpecification.ImageUri", "target.input.RoleArn"),
        ),
    ],
    ids=["known-after-the-update", "no-json", "the-providers-word-alone", "several"],
)
def test_what_a_schedule_starts_is_told_as_far_as_both_sides_can_be_read(before, after, told):
    (plain,) = change("nothing-in-staging", updated(before, after)).plain
    assert plain.properties == told
