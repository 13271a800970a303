"""One environment: a registry and, once a version is registered, the endpoint that serves it."""

import gc

# Imports make a million objects that all stay: collecting among them is a quarter of this program's CPU, and it ends in
# two seconds.
gc.disable()

from pathlib import Path

import pulumi

from components.build import BuildPipeline, key_statements
from components.data_bucket import DataBucket
from components.registry import ModelRegistry
from components.training import TrainingPipeline
from infra.serving import Instances
from infra.settings import load
from infra.tags import approval_tags, standard_tags, tag_everything
from modeldelivery.provider.sdk import get_fleet

DEFINITION = Path(__file__).parents[1] / "pipelines" / "definition.json"

settings = load()
place, release = settings.place, settings.release
tags = standard_tags(settings)
tag_everything(tags)

registry = ModelRegistry(
    place.endpoint,
    {
        "account": place.account,
        "region": place.region,
        "bucket": place.registry_bucket,
        "log_bucket": place.log_bucket,
        "repository": place.repository,
        "package_group": place.package_group,
        "package_group_tags": approval_tags(settings),
        "noncurrent_days": settings.retention.noncurrent_days,
        "log_days": settings.retention.log_days,
        "protect": settings.protect,
        "expiring": settings.expiring,
        "key_statements": key_statements(place.account, place.region, place.build_pipeline)
        if settings.build
        else [],
    },
)
pulumi.export("registryBucket", registry.bucket)
pulumi.export("repositoryUrl", registry.repository_url)
pulumi.export("keyArn", registry.key_arn)
pulumi.export("packageGroup", place.package_group)

if settings.data.bucket:
    data = DataBucket(
        place.data,
        {
            "account": place.account,
            "region": place.region,
            "bucket": place.data_bucket,
            "protect": settings.data.protect,
        },
    )
    pulumi.export("dataBucket", data.bucket)
    if settings.training:
        training = TrainingPipeline(
            place.pipeline,
            {
                "account": place.account,
                "region": place.region,
                "model": place.model,
                "environment": place.environment,
                "pipeline": place.pipeline,
                "definition": DEFINITION.read_text(encoding="utf-8"),
                "step_repository": place.step_repository,
                "registry_bucket": registry.bucket,
                "key_arn": registry.key_arn,
                "repository_arn": registry.repository_arn,
                "package_group": place.package_group,
                "data_bucket": data.bucket,
                "data_key_arn": data.key_arn,
                "instance": settings.training.instance,
                "network": settings.training.network.plain() if settings.training.network else None,
                "tags": tags,
                "protect": settings.protect,
            },
        )
        pulumi.export("pipeline", training.arn)
        pulumi.export("stepRepositoryUrl", training.step_repository_url)
        if settings.build:
            build = BuildPipeline(
                place.build_pipeline,
                {
                    "account": place.account,
                    "region": place.region,
                    "model": place.model,
                    "environment": place.environment,
                    "pipeline": place.build_pipeline,
                    "repository": settings.build.repository,
                    "branch": settings.build.branch,
                    "provider": settings.build.provider,
                    "connection_arn": settings.build.connection,
                    "stages": [stage.plain() for stage in settings.build.stages],
                    "topic": place.build_topic,
                    "registry_bucket": registry.bucket,
                    "folder": place.build_folder,
                    "key_arn": registry.key_arn,
                    "data_bucket": data.bucket,
                    "data_key_arn": data.key_arn,
                    "repository_name": place.repository,
                    "repository_arn": registry.repository_arn,
                    "step_repository_name": place.step_repository,
                    "step_repository_arn": training.step_repository_arn,
                    "training_pipeline": place.pipeline,
                    "package_group": place.package_group,
                    "base_image": settings.build.base_image,
                    "deploy_role_arn": settings.build.deploy_role,
                    "backend": settings.build.backend,
                    "endpoint": place.endpoint,
                    "log_days": settings.build.log_days,
                    "protect": settings.protect,
                },
            )
            pulumi.export("buildPipeline", build.arn)
            pulumi.export("buildConnection", build.connection_arn)
            pulumi.export("buildTopic", build.topic_arn)

fleet = get_fleet(
    model=place.model,
    environment=place.environment,
    account=place.account,
    region=place.region,
    profile=settings.profile,
    live=release.live if release else None,
    fleet=release.fleet if release else (),
    candidates=release.candidates if release else 0,
    instance_type=settings.instances.type if isinstance(settings.instances, Instances) else None,
    steps=bool(settings.drift or (settings.training and settings.training.schedule)),
)
versions = fleet.versions
judged = [version for version in versions if version.baseline]
if settings.drift and settings.training:
    from components.data_drift import DataDrift

    drift = DataDrift(
        place.endpoint,
        {
            "account": place.account,
            "region": place.region,
            "endpoint": place.endpoint,
            "bucket": registry.bucket,
            "key_arn": registry.key_arn,
            "versions": judged,
            "verdicts_key": place.verdicts_key,
            "image": fleet.step_image,
            "step_repository_arn": training.step_repository_arn,
            "schedule": settings.drift.schedule,
            "instance": settings.drift.instance,
            "network": settings.training.network.plain() if settings.training.network else None,
            "tags": tags,
        },
    )
    pulumi.export("driftSchedules", drift.schedules)
if settings.drift and versions and not fleet.step_image:
    pulumi.log.info(
        f"no image of the steps is in {place.step_repository}, so that data drift is not judged yet: push one "
        f"(docs/images.md), and run `pulumi up` again"
    )
elif settings.drift and len(judged) < len(versions):
    names = ", ".join(version.version for version in versions if not version.baseline)
    pulumi.log.info(
        f"{names}: no baseline among the evidence, so that data drift is not judged; a version that the training pipeline made has one"
    )
if settings.training and settings.training.schedule:
    from infra.proposing import propose

    propose(settings, registry, data, training, tags=tags, image=fleet.step_image if versions else None)
    if versions and not fleet.step_image:
        pulumi.log.info(
            f"no image of the steps is in {place.step_repository}, so that no model is proposed yet: push one (docs/images.md), and run "
            "`pulumi up` again"
        )
# What only the one target needs costs the other nothing.
if settings.serving.kubernetes is None:
    from infra.on_sagemaker import serve
else:
    from infra.on_kubernetes import serve
if not serve(settings, registry, versions):
    pulumi.log.info(
        f"no version is registered in {place.environment}, so there is no endpoint yet: "
        f"run `modelctl register --env {place.environment}`, name the version in Pulumi.{place.environment}.yaml "
        "under model-delivery:release, and run `pulumi up` again"
    )
