"""Who pays, who answers: on everything that can say so."""

from collections.abc import Mapping

from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, ResourceRule
from modeldelivery.policy.stack import ENDPOINT, UNKNOWN, Environment, Resource

REQUIRED = ("model", "environment", "owner", "managed-by")

# AWS types without tags. Every other `aws:` type must carry them, so one that this list forgets is found, never passed
# over; tests/unit/policy/test_tags.py holds the list to pulumi_aws's own classes.
CANNOT_CARRY = {
    "aws:appautoscaling/policy:Policy",
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/eventPermission:EventPermission",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "aws:codebuild/webhook:Webhook",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/registryPolicy:RegistryPolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:kms/alias:Alias",
    "aws:kms/grant:Grant",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    "aws:lambda/permission:Permission",
    "aws:s3/bucketAcl:BucketAcl",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketLogging:BucketLogging",
    "aws:s3/bucketNotification:BucketNotification",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:secretsmanager/secretPolicy:SecretPolicy",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:sqs/queuePolicy:QueuePolicy",
}


def _judge(resource: Resource, _: Environment) -> Found:
    if not (resource.type.startswith("aws:") or resource.type == ENDPOINT) or resource.type in CANNOT_CARRY:
        return
    tags = resource.props.get("tags")
    if tags is UNKNOWN:
        yield NotKnown(resource=resource, what="tags")
        return
    for tag in REQUIRED:
        if not (isinstance(tags, Mapping) and tags.get(tag)):
            yield Finding(
                resource=resource,
                what=f"tag {tag}",
                text=f"{resource.name} has no tag {tag}.",
                fix="`infra.tags.tag_everything` tags what passes `tags` (a class of one's own passes `tags: None`); if AWS "
                f"knows no tags on {resource.type}, add it to CANNOT_CARRY in modeldelivery/policy/rules/tags.py",
            )


TAGS = ResourceRule(
    name="tags",
    level=Level.MANDATORY,
    reason="A bill, an inventory and an alarm at night begin with whose it is.",
    fix="the tags model, environment, owner and managed-by, which `infra.tags.tag_everything` adds",
    judge=_judge,
)
