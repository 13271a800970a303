"""Every variant is watched, whether it has traffic or not, by alarms that tell somebody: a candidate may get it at any time."""

from collections.abc import Iterator, Mapping
from typing import Any

from modeldelivery.catalogue.tokens import ALARM, ENDPOINT
from modeldelivery.policy.finding import Finding, Found, Level, StackRule
from modeldelivery.policy.stack import Resource, Stack
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version

# A container that hangs or has died gives no 5XX: time-outs and broken connections are in InvocationModelErrors only.
_WATCHED = {"errors": ("Invocation5XXErrors", "InvocationModelErrors"), "latency": ("ModelLatency",)}


def variants(endpoint: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """SageMaker's name of each variant, and what the endpoint says of it."""
    for each in endpoint.props.get("variants", ()):
        yield variant_name(Version(each["version"])), each


def _judge(stack: Stack) -> Found:
    watched = {place for alarm in stack.of(ALARM) for place in _watches(alarm)}
    for endpoint in stack.of(ENDPOINT):
        name = endpoint.props["endpointName"]
        for variant, _ in variants(endpoint):
            for what, metrics in _WATCHED.items():
                lacking = [metric for metric in metrics if (name, variant, metric) not in watched]
                if lacking:
                    yield Finding(
                        resource=endpoint,
                        what=f"{what} of {variant}",
                        text=f"nothing watches the {what} of {variant} on {name} ({' and '.join(lacking)}).",
                        fix=f"`components.alarms.watch` it: a MetricAlarm on AWS/SageMaker {' and '.join(metrics)} whose dimensions "
                        "are EndpointName and VariantName",
                    )
    for alarm in stack.of(ALARM):
        if not alarm.props.get("alarmActions") or alarm.props.get("actionsEnabled") is False:
            yield Finding(
                resource=alarm,
                what="alarmActions",
                text=f"{alarm.name} tells nobody when it goes off.",
                fix="give it `alarm_actions`, such as the topic of `components.alarm_topic.AlarmTopic`",
            )


def _watches(alarm: Resource) -> Iterator[tuple[str, str, str]]:
    """Endpoint, variant and metric of an alarm's metric, and of those in its expression."""
    queries = alarm.props.get("metricQueries") or ()
    for metric in (alarm.props, *(query.get("metric") or {} for query in queries)):
        where = metric.get("dimensions")
        name = metric.get("metricName")
        if metric.get("namespace") == "AWS/SageMaker" and isinstance(where, Mapping) and name:
            yield str(where.get("EndpointName")), str(where.get("VariantName")), str(name)


ALARMS = StackRule(
    name="alarms",
    level=Level.MANDATORY,
    reason="A variant that nobody watches can only be rolled back when customers complain.",
    fix="`components.alarms.watch` for each variant: the share of invocations that fail, its latency, and a topic that is told",
    judge=_judge,
)
