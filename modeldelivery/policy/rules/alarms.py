"""Every variant is watched, whether it has traffic or not: a candidate and a fallback may get it at any time."""

from collections.abc import Iterator, Mapping
from typing import Any

from modeldelivery.catalogue.tokens import ALARM, ENDPOINT
from modeldelivery.policy.finding import Finding, Found, Level, StackRule
from modeldelivery.policy.stack import Resource, Stack
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version

_WATCHED = {"errors": "Invocation5XXErrors", "latency": "ModelLatency"}


def variants(endpoint: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """SageMaker's name of each variant, and what the endpoint says of it."""
    for each in endpoint.props.get("variants", ()):
        yield variant_name(Version(each["version"])), each


def _judge(stack: Stack) -> Found:
    watched = {place for alarm in stack.of(ALARM) for place in _watches(alarm)}
    for endpoint in stack.of(ENDPOINT):
        for variant, _ in variants(endpoint):
            for what, metric in _WATCHED.items():
                if (endpoint.props["endpointName"], variant, metric) not in watched:
                    yield Finding(
                        resource=endpoint,
                        what=f"{what} of {variant}",
                        text=f"nothing watches the {what} of {variant} on {endpoint.props['endpointName']}.",
                        fix=f"`components.alarms.watch` it: a MetricAlarm on AWS/SageMaker {metric} whose dimensions are "
                        "EndpointName and VariantName",
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
    fix="`components.alarms.watch` for each variant: its 5XX rate and its latency",
    judge=_judge,
)
