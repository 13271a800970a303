"""EventBridge: rules of the default bus, and what they tell.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

from sandbox.iam.permissions.rule import Rules, derived

_RULE = "arn:aws:events:{region}:{account}:rule/{}"
RULES: Rules = {
    **derived(
        "events", "events", {"Name": _RULE}, ("PutRule", "DescribeRule", "DeleteRule"), tagging="TagResource"
    ),
    **derived("events", "events", {"Rule": _RULE}, ("PutTargets", "RemoveTargets", "ListTargetsByRule")),
    **derived(
        "events", "events", {"ResourceARN": ""}, ("ListTagsForResource", "TagResource", "UntagResource")
    ),
}
