"""CloudWatch, its alarms' topics in SNS.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from collections.abc import Iterator

from sandbox.iam.core.access import Context, Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.rule import Estate, Rules, derived

_ALARM = "arn:aws:cloudwatch:{region}:{account}:alarm:{}"
_DASHBOARD = "arn:aws:cloudwatch::{account}:dashboard/{}"  # of no region: an account's are one list


def _describe_alarms(operation: Operation, _: Estate) -> Iterator[Need]:
    """Whatever names are asked for, it is a list of all alarms that AWS judges (API_DescribeAlarms.html)."""
    where = {"region": operation.region, "account": operation.account}
    yield Need("cloudwatch:DescribeAlarms", _ALARM.format("*", **where))


def _put_metric_data(operation: Operation, _: Estate) -> Iterator[Need]:
    namespace = Context({"cloudwatch:namespace": operation.text("Namespace")})
    yield Need("cloudwatch:PutMetricData", "*", namespace)


CLOUDWATCH: Rules = {
    **derived(
        "cloudwatch",
        "cloudwatch",
        {
            "AlarmName": _ALARM,
            "AlarmNames": _ALARM,
            "ResourceARN": "",
        },
        (
            *("PutMetricAlarm", "DeleteAlarms", "ListTagsForResource", "TagResource", "UntagResource"),
            *("GetMetricData", "GetMetricStatistics", "ListMetrics"),
        ),
        tagging="TagResource",
    ),
    # A dashboard's tags are refused: what it would take to set them, AWS' reference does not say.
    **derived(
        "cloudwatch",
        "cloudwatch",
        {"DashboardName": _DASHBOARD, "DashboardNames": _DASHBOARD},
        ("PutDashboard", "GetDashboard", "DeleteDashboards", "ListDashboards"),
    ),
    "DescribeAlarms": _describe_alarms,
    "PutMetricData": _put_metric_data,
}
SNS: Rules = derived(
    "sns",
    "sns",
    {"Name": "arn:aws:sns:{region}:{account}:{}", "TopicArn": "", "ResourceArn": ""},
    (
        *("CreateTopic", "DeleteTopic", "GetTopicAttributes", "SetTopicAttributes", "Publish"),
        *("ListTagsForResource", "TagResource", "UntagResource"),
    ),
    tagging="TagResource",
)
