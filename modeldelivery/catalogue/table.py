"""The types of resources: a row each, by service. Whoever uses a new type adds its row, and review and policies know it.

A type without a row is taken for one that holds something, has a price and must carry tags: nothing unknown is ever shown as
harmless. Tests hold the rows to pulumi_aws's own classes; the program, the sandbox and the recorded previews to the rows.
"""

from modeldelivery.catalogue.kind import Cost, Nature, ResourceKind

_HOLDS, _GUARDS, _PLAIN = Nature.HOLDS, Nature.GUARDS, Nature.PLAIN
_FREE, _BY_USE, _BY_MONTH, _BY_INSTANCE = Cost.FREE, Cost.BY_USE, Cost.BY_MONTH, Cost.BY_INSTANCE

# A type's words, nature and cost; then what it is besides. (kind.py says what each means.)
# fmt: off
TABLE = {
    "modeldelivery:index:Endpoint": ResourceKind(
        "endpoint", _HOLDS, _BY_INSTANCE, encryption_key="kmsKeyArn",
        irreplaceable="clients know it, and its traffic would have nowhere to go",
    ),
    "modeldelivery:index:Route": ResourceKind(
        "route", _HOLDS, _FREE, taggable=False, irreplaceable="its traffic would have nowhere to go",
    ),

    "aws:s3/bucket:Bucket": ResourceKind(
        "bucket", _HOLDS, _BY_USE, data_policy=True,
        irreplaceable="versions, artifacts and the journal are in it",
    ),
    "aws:s3/bucketV2:BucketV2": ResourceKind(
        "bucket", _HOLDS, _BY_USE, data_policy=True,
        irreplaceable="versions, artifacts and the journal are in it",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": ResourceKind("bucket policy", _GUARDS, _FREE, taggable=False, data_policy=True),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ResourceKind(
        "public access block", _GUARDS, _FREE, taggable=False
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ResourceKind(
        "bucket ownership", _GUARDS, _FREE, taggable=False
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ResourceKind(
        "bucket encryption", _GUARDS, _FREE, taggable=False
    ),
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": ResourceKind(
        "bucket encryption", _GUARDS, _FREE, taggable=False
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ResourceKind("bucket versioning", _GUARDS, _FREE, taggable=False),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ResourceKind(
        "bucket lifecycle", _GUARDS, _FREE, taggable=False
    ),
    "aws:s3/bucketLogging:BucketLogging": ResourceKind("access logging", _GUARDS, _FREE, taggable=False),
    "aws:s3/bucketAcl:BucketAcl": ResourceKind("bucket ACL", _GUARDS, _FREE, taggable=False),
    "aws:s3/bucketNotification:BucketNotification": ResourceKind("bucket notification", _PLAIN, _FREE, taggable=False),

    "aws:kms/key:Key": ResourceKind(
        "encryption key", _HOLDS, _BY_MONTH, data_policy=True, star_is_itself=True,
        irreplaceable="what it encrypted is lost with it",
    ),
    "aws:kms/replicaKey:ReplicaKey": ResourceKind("replica key", _HOLDS, _BY_MONTH, star_is_itself=True),
    "aws:kms/keyPolicy:KeyPolicy": ResourceKind(
        "key policy", _GUARDS, _FREE, taggable=False, data_policy=True, star_is_itself=True
    ),
    "aws:kms/grant:Grant": ResourceKind(
        "key grant", _PLAIN, _FREE, taggable=False, grants=("granteePrincipal", "operations")
    ),
    "aws:kms/alias:Alias": ResourceKind("key alias", _PLAIN, _FREE, taggable=False),

    "aws:secretsmanager/secretVersion:SecretVersion": ResourceKind("secret version", _HOLDS, _FREE, taggable=False),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ResourceKind(
        "secret policy", _GUARDS, _FREE, taggable=False, star_is_itself=True
    ),

    "aws:ecr/repository:Repository": ResourceKind(
        "image repository", _HOLDS, _BY_USE,
        irreplaceable="an image that is built again has another digest",
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ResourceKind(
        "repository policy", _GUARDS, _FREE, taggable=False, data_policy=True
    ),
    "aws:ecr/registryPolicy:RegistryPolicy": ResourceKind("registry policy", _GUARDS, _FREE, taggable=False),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ResourceKind("repository lifecycle", _GUARDS, _FREE, taggable=False),

    # This project makes no users and no groups: what theirs grant nobody has looked at.
    "aws:iam/role:Role": ResourceKind("role", _PLAIN, _FREE, grants=("managedPolicyArns",)),
    "aws:iam/rolePolicy:RolePolicy": ResourceKind("role policy", _PLAIN, _FREE, taggable=False, grants=()),
    "aws:iam/policy:Policy": ResourceKind("IAM policy", _PLAIN, _FREE, grants=()),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ResourceKind(
        "policy attachment", _PLAIN, _FREE, taggable=False, grants=("policyArn",)
    ),
    "aws:iam/policyAttachment:PolicyAttachment": ResourceKind(
        "policy attachment", _PLAIN, _FREE, taggable=False, grants=("policyArn", "roles", "users", "groups")
    ),
    "aws:iam/groupPolicy:GroupPolicy": ResourceKind("group policy", _PLAIN, _FREE, taggable=False),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": ResourceKind("policy attachment", _PLAIN, _FREE, taggable=False),
    "aws:iam/userPolicy:UserPolicy": ResourceKind("user policy", _PLAIN, _FREE, taggable=False),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ResourceKind("policy attachment", _PLAIN, _FREE, taggable=False),

    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": ResourceKind(
        "model package group", _HOLDS, _FREE, irreplaceable="the approvals are in it"
    ),
    # An endpoint whose configuration is gone can replace no instance.
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": ResourceKind(
        "endpoint configuration", _HOLDS, _FREE, encryption_key="kmsKeyArn"
    ),
    # Its executions are gone with it; the versions that they made are in the registry.
    "aws:sagemaker/pipeline:Pipeline": ResourceKind("training pipeline", _PLAIN, _BY_USE),
    "aws:sagemaker/model:Model": ResourceKind("model", _PLAIN, _FREE, per_version=True),

    "aws:cloudwatch/metricAlarm:MetricAlarm": ResourceKind("alarm", _GUARDS, _BY_MONTH, per_version=True),
    "aws:cloudwatch/dashboard:Dashboard": ResourceKind("dashboard", _PLAIN, _BY_MONTH, taggable=False),
    "aws:cloudwatch/logGroup:LogGroup": ResourceKind(
        "log group", _HOLDS, _BY_USE, encryption_key="kmsKeyId"
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ResourceKind("log metric filter", _GUARDS, _BY_USE, taggable=False),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": ResourceKind("log policy", _GUARDS, _FREE, taggable=False),
    "aws:cloudwatch/eventPermission:EventPermission": ResourceKind(
        "event bus permission", _PLAIN, _FREE, taggable=False, grants=("principal", "action")
    ),
    # It may be what tells people of failures.
    "aws:cloudwatch/eventRule:EventRule": ResourceKind("event rule", _GUARDS, _FREE),
    "aws:cloudwatch/eventTarget:EventTarget": ResourceKind("event target", _PLAIN, _FREE, taggable=False),
    # It starts jobs, which cost by the second; what it no longer starts is judged by nobody.
    "aws:scheduler/schedule:Schedule": ResourceKind("schedule", _GUARDS, _BY_USE, taggable=False),

    "aws:appautoscaling/target:Target": ResourceKind("scaling target", _PLAIN, _FREE, per_version=True),
    "aws:appautoscaling/policy:Policy": ResourceKind("scaling policy", _PLAIN, _FREE, taggable=False, per_version=True),

    # Who subscribed may be outside the stack, and an address that was confirmed has to be confirmed again.
    "aws:sns/topic:Topic": ResourceKind(
        "topic", _HOLDS, _BY_USE, encryption_key="kmsMasterKeyId", data_policy=True
    ),
    "aws:sns/topicPolicy:TopicPolicy": ResourceKind("topic policy", _GUARDS, _FREE, taggable=False, data_policy=True),
    "aws:sns/topicSubscription:TopicSubscription": ResourceKind("topic subscription", _GUARDS, _BY_USE, taggable=False),

    "aws:sqs/queue:Queue": ResourceKind(
        "queue", _HOLDS, _BY_USE, encryption_key="kmsMasterKeyId", data_policy=True
    ),
    "aws:sqs/queuePolicy:QueuePolicy": ResourceKind("queue policy", _GUARDS, _FREE, taggable=False, data_policy=True),

    "aws:lambda/permission:Permission": ResourceKind(
        "function permission", _PLAIN, _FREE, taggable=False, grants=("principal", "action", "sourceArn")
    ),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": ResourceKind(
        "function invocation settings", _PLAIN, _FREE, taggable=False
    ),

    # Their executions are gone with them; what they made is in the registry.
    "aws:codepipeline/pipeline:Pipeline": ResourceKind("build pipeline", _PLAIN, _BY_USE),
    "aws:codebuild/project:Project": ResourceKind("build project", _PLAIN, _BY_USE, encryption_key="encryptionKey"),
    # A person authorised it, and would have to do it again.
    "aws:codeconnections/connection:Connection": ResourceKind("Git connection", _HOLDS, _FREE),
    # Its filters say whose pushes are built.
    "aws:codebuild/webhook:Webhook": ResourceKind("build webhook", _GUARDS, _FREE, taggable=False),

    # Objects of a cluster have labels, and what they cost is on the bill of its nodes.
    "kubernetes:core/v1:Namespace": ResourceKind(
        "namespace", _HOLDS, _FREE, taggable=False, irreplaceable="all that serves is in it"
    ),
    "kubernetes:core/v1:ResourceQuota": ResourceKind("resource quota", _GUARDS, _FREE, taggable=False),
    "kubernetes:core/v1:LimitRange": ResourceKind("limit range", _GUARDS, _FREE, taggable=False),
    "kubernetes:core/v1:ServiceAccount": ResourceKind("service account", _PLAIN, _FREE, taggable=False),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": ResourceKind("network policy", _GUARDS, _FREE, taggable=False),
    "kubernetes:rbac.authorization.k8s.io/v1:Role": ResourceKind("role of the cluster", _PLAIN, _FREE, taggable=False),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": ResourceKind("role binding", _PLAIN, _FREE, taggable=False),
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": ResourceKind("cluster role", _PLAIN, _FREE, taggable=False),
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": ResourceKind(
        "cluster role binding", _PLAIN, _FREE, taggable=False
    ),
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy": ResourceKind(
        "admission policy", _GUARDS, _FREE, taggable=False
    ),
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding": ResourceKind(
        "admission policy binding", _GUARDS, _FREE, taggable=False
    ),
    "kubernetes:apps/v1:Deployment": ResourceKind(
        "deployment", _PLAIN, Cost.BY_NODE, taggable=False, per_version=True
    ),
    "kubernetes:core/v1:Service": ResourceKind("service", _PLAIN, _FREE, taggable=False, per_version=True),
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": ResourceKind(
        "pod autoscaler", _PLAIN, _FREE, taggable=False, per_version=True
    ),
    "kubernetes:policy/v1:PodDisruptionBudget": ResourceKind(
        "disruption budget", _GUARDS, _FREE, taggable=False, per_version=True
    ),
    # Its rules are traffic.
    "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": ResourceKind("HTTP route", _HOLDS, _FREE, taggable=False),
    # What it delivers may go with it.
    "kubernetes:argoproj.io/v1alpha1:Application": ResourceKind(
        "application of Argo CD", _HOLDS, _FREE, taggable=False, irreplaceable="what it delivers may go with it"
    ),
    "kubernetes:argoproj.io/v1alpha1:AppProject": ResourceKind(
        "project of Argo CD", _GUARDS, _FREE, taggable=False
    ),
}
# fmt: on

_PROVIDER = ResourceKind("provider", _PLAIN, _FREE, taggable=False)
WORDS = frozenset({kind.words for kind in (*TABLE.values(), _PROVIDER)})

_GRAVEST_FIRST = list(Nature)
_BY_NATURE = sorted(TABLE, key=lambda type_: _GRAVEST_FIRST.index(TABLE[type_].nature))
_RANKS = {type_: 2 * place for place, type_ in enumerate(_BY_NATURE)}
_UNKNOWN_RANK = 1  # behind the endpoint, which is first


def kind_of(type_: str) -> ResourceKind:
    """A type's row, or what is assumed of a type that has none; the engine's own are in no account and on no bill."""
    if type_.startswith("pulumi:providers:"):
        return _PROVIDER
    engine = type_.startswith("pulumi:")
    return TABLE.get(type_) or ResourceKind(
        type_, _HOLDS, _FREE if engine else Cost.UNKNOWN, taggable=not engine, is_known=False
    )


def rank(type_: str) -> int:
    """What a reviewer wants to read of first: the endpoint, then what is not known, then by nature, in the table's order."""
    return _RANKS.get(type_, _UNKNOWN_RANK)
