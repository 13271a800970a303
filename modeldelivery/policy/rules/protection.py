"""What cannot be made again refuses to be deleted."""

from modeldelivery.policy.finding import Finding, Found, Level, ResourceRule
from modeldelivery.policy.stack import ENDPOINT, Environment, Resource

_IRREPLACEABLE = {
    ENDPOINT: "clients know it, and its traffic would have nowhere to go",
    "aws:s3/bucket:Bucket": "versions, artifacts and the journal are in it",
    "aws:kms/key:Key": "what it encrypted is lost with it",
    "aws:ecr/repository:Repository": "an image that is built again has another digest",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "the approvals are in it",
}


def _judge(resource: Resource, environment: Environment) -> Found:
    why = _IRREPLACEABLE.get(resource.type)
    if why is None or resource.protect or not environment.protects or _another_bucket(resource, environment):
        return
    yield Finding(
        resource=resource,
        what="protect",
        text=f"{resource.name} may be deleted: {why}.",
        fix="give it `protect=True` in its ResourceOptions (components take it as `protect`); an environment that may lose "
        f"it says `model-delivery:protect: false` in Pulumi.{environment.name}.yaml",
    )


def _another_bucket(resource: Resource, environment: Environment) -> bool:
    """Access logs, say, end by age anyway."""
    return (
        resource.type == "aws:s3/bucket:Bucket"
        and resource.props.get("bucket") != environment.registry_bucket
    )


PROTECTION = ResourceRule(
    name="protection",
    level=Level.MANDATORY,
    reason="A slip in the program must not delete what cannot be made again.",
    fix="`protect=True` on endpoint, registry bucket, key, repository and package group where config says `protect: true`",
    judge=_judge,
)
