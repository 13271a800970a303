"""Where images are pushed: tags that never move, scanned, encrypted under the environment's key."""

import pulumi
import pulumi_aws as aws


def image_repository(
    name: str, *, repository: str, key_arn: pulumi.Input[str], protect: bool, parent: pulumi.Resource
) -> aws.ecr.Repository:
    """Declare one, without a lifecycle policy.

    ECR cannot know which digests an endpoint or a pipeline runs, and an instance that autoscaling adds pulls its image again.

    Args:
        name: the resource's.
        repository: ECR's name of it.
        key_arn: ARN of the KMS key.
        protect: refuse to delete it; without it, destroying the stack empties it.
        parent: the component that it belongs to.
    """
    return aws.ecr.Repository(
        name,
        name=repository,
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True},
        encryption_configurations=[{"encryption_type": "KMS", "kms_key": key_arn}],
        force_delete=not protect,
        opts=pulumi.ResourceOptions(parent=parent, protect=protect),
    )
