"""What proposes models by schedule, where config has `training.schedule`."""

from collections.abc import Mapping
from pathlib import Path

import pulumi
import yaml

from components.data_bucket import DataBucket
from components.proposals import Proposals
from components.registry import ModelRegistry
from components.training import TrainingPipeline
from infra.settings import Settings

PARAMETERS = Path(__file__).parents[1] / "params.yaml"
_GIVEN = ("fit", "evaluation")  # the months are those that are there when the schedule is due


def propose(
    settings: Settings,
    registry: ModelRegistry,
    data: DataBucket,
    training: TrainingPipeline,
    *,
    tags: Mapping[str, str],
    image: str | None,
) -> None:
    """Declare the schedule; `image` is of the steps, None where none is pushed yet, or nothing serves."""
    place, alarms = settings.place, settings.alarms
    assert settings.training is not None
    assert settings.training.schedule is not None
    assert alarms is not None
    parameters = yaml.safe_load(PARAMETERS.read_text(encoding="utf-8"))
    proposals = Proposals(
        place.pipeline,
        {
            "account": place.account,
            "region": place.region,
            "model": place.model,
            "environment": place.environment,
            "endpoint": place.endpoint,
            "pipeline": place.pipeline,
            "bucket": registry.bucket,
            "key_arn": registry.key_arn,
            "data_bucket": data.bucket,
            "data_key_arn": data.key_arn,
            "repository_arn": registry.repository_arn,
            "step_repository_arn": training.step_repository_arn,
            "acts_key": place.acts_key,
            "image": image,
            "topic_arn": alarms.topic or f"arn:aws:sns:{place.region}:{place.account}:{place.alarm_topic}",
            "schedule": settings.training.schedule,
            "parameters": {name: parameters[name] for name in _GIVEN if name in parameters},
            "network": settings.training.network.plain() if settings.training.network else None,
            "tags": tags,
        },
    )
    if proposals.schedule is not None:
        pulumi.export("proposalSchedule", proposals.schedule)
