"""Small changes of the program, as a pull request might make them."""

from tests.previews.program import MAIN, Edit, added

ON_SAGEMAKER = "infra/on_sagemaker.py"
ROLE = "components/serving_role.py"
EVERY_ROLE = "components/service_role.py"
STATEMENTS = "components/statements.py"
REPOSITORY = "components/image_repository.py"
KEY = "components/key.py"
BUCKET = "components/bucket.py"
REGISTRY = "components/registry.py"
ENDPOINT = "components/endpoint.py"
ALARMS = "components/alarms.py"

STRANGER = "arn:aws:iam::333333333333:root"
BY_HAND, ALSO_BY_HAND = "made-by-hand", "also-made-by-hand"  # buckets that no stack made
AWS = "import pulumi_aws as aws\n"

_BUCKET = """\
        bucket = aws.s3.Bucket(name, bucket=args["bucket"], force_destroy=args["disposable"], opts=inside)
"""


def _where(suffix, statement):
    """Another statement in place of the bucket's declaration, for one of the two buckets."""
    return Edit(
        BUCKET,
        _BUCKET,
        f'        if name.endswith("{suffix}"):\n            {statement}\n        else:\n    {_BUCKET}',
    )


# The endpoint
NO_ENDPOINT = Edit(ON_SAGEMAKER, "if not (release and versions):", "if True:")
OTHER_ENDPOINT_NAME = Edit(
    ON_SAGEMAKER,
    '"profile": settings.profile,\n            "endpoint": place.endpoint,',
    '"profile": settings.profile,\n            "endpoint": place.endpoint + "-x",',
)
NO_ALARMS_OF_V1_0_0 = Edit(
    ENDPOINT,
    "            alarms[version.version] = watch(",
    '            alarms[version.version] = {} if variant == "v1-0-0" else watch(',
)
SECRET_IN_ALARM = Edit(
    ALARMS,
    """alarm_description=f"{variant}'s p99 is above {limits['max_latency_ms']} ms",""",
    'alarm_description=pulumi.Config("notes").require_secret("pager"),',
)

# Buckets and key
NO_REGISTRY_BUCKET = _where(
    "-registry", 'bucket = __import__("types").SimpleNamespace(bucket=args["bucket"])'
)
REGISTRY_BUCKET_IS_READ = _where("-registry", 'bucket = aws.s3.Bucket.get(name, args["bucket"], opts=inside)')
LOG_BUCKET_IS_IMPORTED = _where(
    "-logs",
    f'bucket = aws.s3.Bucket(name, bucket="{BY_HAND}", force_destroy=args["disposable"], '
    f'opts=pulumi.ResourceOptions(parent=self, import_="{BY_HAND}"))',
)
LOG_BUCKET_IS_READ = _where("-logs", f'bucket = aws.s3.Bucket.get(name, "{BY_HAND}", opts=inside)')
OTHER_BUCKET_NAME = Edit(MAIN, '"bucket": place.registry_bucket,', '"bucket": place.registry_bucket + "-x",')
OTHER_LOG_BUCKET_NAME = Edit(
    MAIN, '"log_bucket": place.log_bucket,', '"log_bucket": place.log_bucket + "-x",'
)
RENAMED_BUCKETS = Edit(BUCKET, "aws.s3.Bucket(name,", 'aws.s3.Bucket(f"{name}-bucket",')
FORCE_DESTROY = Edit(BUCKET, 'force_destroy=args["disposable"]', "force_destroy=True")
NO_PUBLIC_ACCESS_BLOCK = (
    Edit(
        BUCKET,
        """\
        private = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=inside,
        )
""",
        "",
    ),
    Edit(BUCKET, "depends_on=[private]", "depends_on=[]"),
)
LOOSER_PUBLIC_ACCESS_BLOCK = Edit(BUCKET, "block_public_policy=True", "block_public_policy=False")
NO_ENCRYPTION = Edit(
    BUCKET,
    """\
        aws.s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.bucket, rules=[_encryption(args["key_arn"])], opts=inside
        )
""",
    "",
)
WEAKER_ENCRYPTION = Edit(BUCKET, 'rules=[_encryption(args["key_arn"])]', "rules=[_encryption(None)]")
VERSIONING_SUSPENDED = Edit(
    REGISTRY,
    'versioning_configuration={"status": "Enabled"}',
    'versioning_configuration={"status": "Suspended"}',
)
OTHER_KEY = Edit(KEY, "enable_key_rotation=True,", "enable_key_rotation=True,\n        multi_region=True,")
NO_ROTATION = Edit(KEY, "enable_key_rotation=True,", "enable_key_rotation=False,")
MUTABLE_TAGS = Edit(REPOSITORY, '"IMMUTABLE"', '"MUTABLE"')
RENAMED_KEY_ALIAS = Edit(
    REGISTRY,
    'aws.kms.Alias(name, name=f"alias/{name}", target_key_id=key.key_id, opts=inside)',
    'aws.kms.Alias(f"{name}-key", name=f"alias/{name}", target_key_id=key.key_id, '
    "opts=pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name=name)]))",
)

# Who may do what
_ARTIFACTS = '"Action": ["s3:GetObject"],'
IAM_NEW_ACTION = Edit(STATEMENTS, _ARTIFACTS, '"Action": ["s3:GetObject", "s3:PutObject"],')
IAM_WILDCARD = Edit(STATEMENTS, _ARTIFACTS, '"Action": ["s3:*"],')
IAM_NARROWED = Edit(ROLE, '                "logs:DescribeLogStreams",\n', "")
IAM_WIDER_RESOURCE = Edit(STATEMENTS, 'objects_arn(bucket, "artifacts/*")', 'objects_arn(bucket, "*")')
IAM_NO_CONDITION = Edit(
    EVERY_ROLE, '                "Condition": {"StringEquals": {"aws:SourceAccount": account}},\n', ""
)
IAM_STRANGER_ASSUMES = Edit(
    EVERY_ROLE,
    '"Principal": {"Service": f"{service}.amazonaws.com"},',
    f'"Principal": {{"Service": f"{{service}}.amazonaws.com", "AWS": "{STRANGER}"}},',
)
IAM_STRANGER_USES_KEY = Edit(
    KEY,
    '            "Sid": "UseThroughServices",\n            "Effect": "Allow",\n            "Principal": the_account,',
    '            "Sid": "UseThroughServices",\n            "Effect": "Allow",\n'
    f'            "Principal": {{"AWS": [the_account["AWS"], "{STRANGER}"]}},',
)


def _bucket_statement(principal):
    old = '                    _only_conditional(args["bucket"]),\n'
    return Edit(
        REGISTRY,
        old,
        old + '                    {"Sid": "Readers", "Effect": "Allow", "Action": "s3:GetObject", '
        f'"Principal": {principal}, "Resource": f"arn:aws:s3:::{{args[\'bucket\']}}/*"}},\n',
    )


IAM_STRANGER_READS_BUCKET = _bucket_statement(f'{{"AWS": "{STRANGER}"}}')
IAM_EVERYONE_READS_BUCKET = _bucket_statement('"*"')
IAM_NO_DENIAL = Edit(BUCKET, '[_only_over_tls(args["bucket"]), *args["statements"]]', '[*args["statements"]]')
IAM_UNKNOWN = Edit(
    ROLE,
    "_statements(args), inside)",
    '[*_statements(args), {"Sid": "Captures", "Effect": "Allow", "Action": ["s3:PutObject"], '
    '"Resource": __import__("pulumi_aws").s3.Bucket(f"{name}-captures", opts=inside).arn}], inside)',
)
IAM_SECRET = Edit(
    EVERY_ROLE,
    'policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})',
    'policy=pulumi.Output.secret(pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}))',
)
IAM_NOT_ACTION = Edit(STATEMENTS, _ARTIFACTS, '"NotAction": ["s3:DeleteObject"],')
IAM_RESPELLED = Edit(STATEMENTS, _ARTIFACTS, '"Action": "s3:GetObject",')
IAM_NEW_ROLE = added(
    "import json\n"
    + AWS
    + f"""\
deployer = aws.iam.Role("deployer", assume_role_policy=json.dumps({{
    "Version": "2012-10-17",
    "Statement": [{{"Effect": "Allow", "Principal": {{"AWS": "{STRANGER}"}}, "Action": "sts:AssumeRole"}}],
}}))
aws.iam.RolePolicy("deployer", role=deployer.name, policy=json.dumps({{
    "Version": "2012-10-17",
    "Statement": [{{"Effect": "Allow", "Action": "*", "Resource": "*"}}],
}}))
"""
)

# New resources
TOPIC = added(AWS + 'aws.sns.Topic("alarms")\n')
NEW_BUCKET = added(AWS + 'aws.s3.Bucket("captures")\n')
IMPORTED = added(
    AWS + f'aws.s3.Bucket("kept", bucket="{BY_HAND}", opts=pulumi.ResourceOptions(import_="{BY_HAND}"))\n'
)
READ = added(AWS + f'aws.s3.Bucket.get("outside", "{BY_HAND}")\n')


def extras(*, outside=f'aws.s3.Bucket.get("outside", "{BY_HAND}")', kept=True):
    """A bucket that is only read, one that a deletion leaves alone, and a topic with a secret in it."""
    keeps = 'aws.s3.Bucket("kept", opts=pulumi.ResourceOptions(retain_on_delete=True))\n' if kept else ""
    topic = 'aws.sns.Topic("pager", display_name=pulumi.Config("notes").require_secret("pager"))\n'
    return added(AWS + outside + "\n" + keeps + topic)


READS_ANOTHER = extras(outside=f'aws.s3.Bucket.get("outside", "{ALSO_BY_HAND}")')
READS_NONE = extras(outside="")
MANAGES_WHAT_IT_READ = extras(outside='aws.s3.Bucket("outside")')
KEEPS_NONE = extras(kept=False)
