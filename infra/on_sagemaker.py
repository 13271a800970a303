"""What serves an environment on SageMaker: an endpoint, once a version is registered."""

from collections.abc import Sequence

import pulumi

from components.endpoint import ModelEndpoint
from components.monitoring import Monitoring
from components.registry import ModelRegistry
from infra.serving import Instances
from infra.settings import Settings
from modeldelivery.provider.sdk import RegisteredVersion


def serve(settings: Settings, registry: ModelRegistry, versions: Sequence[RegisteredVersion]) -> bool:
    """Declare the endpoint and what watches it; whether there is one yet."""
    place, release, instances, alarms = settings.place, settings.release, settings.instances, settings.alarms
    assert isinstance(instances, Instances)
    assert alarms is not None
    if not (release and versions):
        return False
    endpoint = ModelEndpoint(
        place.endpoint,
        {
            "account": place.account,
            "region": place.region,
            "profile": settings.profile,
            "endpoint": place.endpoint,
            "release": release.of(each.version for each in versions).plain(),
            "versions": versions,
            "rules": settings.rules.plain(),
            "capacity": {
                "type": instances.type,
                "min": instances.min,
                "max": instances.max,
                "target_invocations_per_minute": instances.target_invocations_per_minute,
            },
            "limits": {
                "max_error_rate_percent": alarms.max_error_rate_percent,
                "max_latency_ms": alarms.max_latency_ms,
            },
            "alarm_topic": alarms.topic,
            "alarm_topic_name": place.alarm_topic,
            "bucket": registry.bucket,
            "journal_key": place.journal_key,
            "repository_arn": registry.repository_arn,
            "key_arn": registry.key_arn,
            "capture_percent": settings.captured_percent,
            "ignore_tags": settings.ignored_tags.plain() if settings.ignored_tags else None,
            "protect": settings.protect,
        },
    )
    pulumi.export("endpoint", endpoint.name)
    pulumi.export("alarms", endpoint.alarms)
    pulumi.export("alarmTopic", endpoint.alarm_topic)
    if settings.monitoring.dashboard:
        monitoring = Monitoring(
            place.endpoint,
            {
                "account": place.account,
                "region": place.region,
                "endpoint": place.endpoint,
                "alarms": endpoint.alarms,
                "trains": settings.training is not None,
            },
        )
        pulumi.export("dashboard", monitoring.dashboard)
    return True
