"""CloudWatch Logs: what a job's role writes, and the groups themselves.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
"""

from collections.abc import Iterator

from sandbox.iam.core.access import Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.rule import Estate, Rule, Rules, derived

_GROUP = "arn:aws:logs:{region}:{account}:log-group:{}"


def _on(call: str, *, stream: bool) -> Rule:
    def rule(operation: Operation, _: Estate) -> Iterator[Need]:
        where = {"region": operation.region, "account": operation.account}
        name = operation.text("logGroupName")
        of_stream = f":log-stream:{operation.text('logStreamName')}" if stream else ""
        yield Need(f"logs:{call}", _GROUP.format(name, **where) + of_stream)

    return rule


RULES: Rules = {
    **derived(
        "logs",
        "logs",
        {"logGroupName": _GROUP},
        (
            "CreateLogGroup",
            "DeleteLogGroup",
            "PutRetentionPolicy",
            "DeleteRetentionPolicy",
            "AssociateKmsKey",
        ),
        tagging="TagResource",
    ),
    **derived("logs", "logs", {"resourceArn": ""}, ("ListTagsForResource", "TagResource", "UntagResource")),
    **derived("logs", "logs", {}, ("DescribeLogGroups",)),  # a list
    "CreateLogStream": _on("CreateLogStream", stream=True),
    "PutLogEvents": _on("PutLogEvents", stream=True),
}
