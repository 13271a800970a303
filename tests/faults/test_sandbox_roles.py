"""Roles in the sandbox: a session may do what its policies and the resources' allow, and is told as AWS tells it."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ACCOUNTS, VERSION

pytestmark = pytest.mark.faults

HERE = "arn:aws:sts::111111111111:assumed-role"


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def refusal(call, **parameters):
    """Code, HTTP status and message of a call that is refused."""
    with pytest.raises(ClientError) as error:
        call(**parameters)
    response = error.value.response
    return (
        response["Error"]["Code"],
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Message"],
    )


@pytest.fixture(scope="module")
def admin(sandbox):
    """The administrator's clients of staging, by service."""
    return lambda service, profile="staging": sandbox.client(profile, service)


@pytest.fixture(scope="module")
def acting(sandbox):
    """Clients of a role that has exactly these statements: `acting("reader", "s3", allow(…))`."""

    def made(name, service, *statements, profile="staging"):
        return sandbox.assumed(profile, sandbox.role(profile, name, *statements)).client(service)

    return made


@pytest.fixture(scope="module")
def bucket(admin):
    admin("s3").create_bucket(Bucket="owned", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    admin("s3").put_object(Bucket="owned", Key="k", Body=b"x")
    return "owned"


def shared(admin, bucket, *statements):
    admin("s3").put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": VERSION, "Statement": list(statements)})
    )


def test_what_no_policy_allows_is_denied_in_aws_s_words(acting, bucket):
    s3 = acting("nobody", "s3")
    message = (
        f'User: {HERE}/nobody/job is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::owned/k" '
        "because no identity-based policy allows the s3:GetObject action"
    )
    assert refusal(s3.get_object, Bucket=bucket, Key="k") == ("AccessDenied", 403, message)
    sagemaker = acting("nobody", "sagemaker")
    message = (
        f"User: {HERE}/nobody/job is not authorized to perform: sagemaker:DescribeEndpoint on resource: "
        "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e because no identity-based policy allows the "
        "sagemaker:DescribeEndpoint action"
    )
    assert refusal(sagemaker.describe_endpoint, EndpointName="e") == ("AccessDeniedException", 400, message)


def test_what_a_policy_allows_is_done_and_nothing_beside_it(acting, bucket):
    s3 = acting("reader", "s3", allow("s3:GetObject", "arn:aws:s3:::owned/*"))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"y")[0] == "AccessDenied"
    assert refusal(s3.get_bucket_policy, Bucket=bucket)[0] == "AccessDenied"


def test_who_may_not_list_is_not_told_that_an_object_is_absent(acting, bucket):
    blind = acting("blind", "s3", allow("s3:GetObject", "arn:aws:s3:::owned/*"))
    code, status, message = refusal(blind.get_object, Bucket=bucket, Key="absent")
    assert (code, status) == ("AccessDenied", 403)
    assert "s3:ListBucket" in message
    seeing = acting(
        "seeing",
        "s3",
        allow("s3:GetObject", "arn:aws:s3:::owned/*"),
        allow("s3:ListBucket", "arn:aws:s3:::owned"),
    )
    assert refusal(seeing.get_object, Bucket=bucket, Key="absent")[:2] == ("NoSuchKey", 404)


def test_to_compare_before_a_write_is_to_read(acting, admin, bucket):
    etag = admin("s3").put_object(Bucket=bucket, Key="compared", Body=b"1")["ETag"]
    writer = acting("writer", "s3", allow("s3:PutObject", "arn:aws:s3:::owned/*"))
    assert (
        "s3:GetObject"
        in refusal(writer.put_object, Bucket=bucket, Key="compared", Body=b"2", IfMatch=etag)[2]
    )


def test_a_call_whose_permissions_are_not_known_is_refused_by_name(acting):
    logs = acting("logger", "logs", allow("*"))
    assert "logs DescribeExportTasks" in refusal(logs.describe_export_tasks)[2]


def test_a_condition_that_cannot_be_judged_is_refused_by_name(acting, bucket):
    s3 = acting(
        "sometimes",
        "s3",
        allow("s3:GetObject", Condition={"DateLessThan": {"aws:CurrentTime": "2100-01-01"}}),
    )
    code, _, message = refusal(s3.get_object, Bucket=bucket, Key="k")
    assert code == "NotImplemented"
    assert "the condition operator DateLessThan" in message


def test_a_permissions_boundary_is_refused_by_name(acting, admin, sandbox):
    sandbox.role("staging", "bounded", allow("s3:*"))
    boundary = admin("iam").create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps({"Version": VERSION, "Statement": [allow("*")]})
    )["Policy"]["Arn"]
    admin("iam").put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)
    s3 = acting("bounded", "s3", allow("s3:*"))
    assert "the permissions boundary of role bounded" in refusal(s3.list_buckets)[2]


def test_an_attached_managed_policy_counts_and_its_deny_wins(acting, admin, bucket):
    s3 = acting("managed", "s3")
    attached = {}
    for name, effect in (("reads", "Allow"), ("never", "Deny")):
        statement = {**allow("s3:GetObject", "arn:aws:s3:::owned/*"), "Effect": effect, "Sid": name.title()}
        document = json.dumps({"Version": VERSION, "Statement": [statement]})
        attached[name] = admin("iam").create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
    admin("iam").attach_role_policy(RoleName="managed", PolicyArn=attached["reads"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    admin("iam").attach_role_policy(RoleName="managed", PolicyArn=attached["never"])
    message = refusal(s3.get_object, Bucket=bucket, Key="k")[2]
    assert "with an explicit deny in an identity-based policy" in message
    assert "(Never of the managed policy never of role managed)" in message


@pytest.mark.parametrize(
    "more", [{"Policy": "{}"}, {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}]
)
def test_a_session_that_is_limited_further_is_refused_by_name(sandbox, admin, more):
    role = sandbox.role("staging", "limited", allow("*"))
    message = refusal(admin("sts").assume_role, RoleArn=role, RoleSessionName="one", **more)[2]
    assert f"sessions with {next(iter(more))}" in message


def test_a_role_is_taken_on_only_by_whom_it_trusts(sandbox, acting, admin):
    role = sandbox.role(
        "staging", "trusting", allow("*"), trusts={"AWS": "arn:aws:iam::111111111111:role/friend"}
    )
    assert (
        "no resource-based policy"
        in refusal(admin("sts").assume_role, RoleArn=role, RoleSessionName="one")[2]
    )
    friend = acting("friend", "sts")
    assert (
        friend.assume_role(RoleArn=role, RoleSessionName="one")["AssumedRoleUser"]["Arn"]
        == f"{HERE}/trusting/one"
    )
    absent = refusal(admin("sts").assume_role, RoleArn=f"{role}-not", RoleSessionName="one")
    assert absent[:2] == ("AccessDenied", 403)


def test_another_accounts_role_takes_both_sides(sandbox, acting):
    role = sandbox.role("prod", "abroad", allow("*"), trusts={"AWS": ACCOUNTS["staging"]})
    assert (
        "no identity-based"
        in refusal(acting("stayer", "sts").assume_role, RoleArn=role, RoleSessionName="one")[2]
    )
    traveller = acting("traveller", "sts", allow("sts:AssumeRole", role))
    assert traveller.assume_role(RoleArn=role, RoleSessionName="one")["AssumedRoleUser"]["Arn"].endswith(
        "abroad/one"
    )


def test_another_accounts_bucket_takes_both_sides(acting, admin, bucket):
    s3 = acting("guest", "s3", allow("s3:GetObject", "arn:aws:s3:::owned/*"), profile="prod")
    assert "no resource-based" in refusal(s3.get_object, Bucket=bucket, Key="k")[2]
    shared(admin, bucket, allow("s3:GetObject", "arn:aws:s3:::owned/*", Principal={"AWS": ACCOUNTS["prod"]}))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert (
        "no identity-based"
        in refusal(acting("idler", "s3", profile="prod").get_object, Bucket=bucket, Key="k")[2]
    )
    admin("s3").delete_bucket_policy(Bucket=bucket)


def test_in_its_own_account_a_bucket_policy_alone_allows_a_role_that_it_names(acting, admin, bucket):
    s3 = acting("named", "s3")
    shared(
        admin,
        bucket,
        allow(
            "s3:GetObject", "arn:aws:s3:::owned/*", Principal={"AWS": "arn:aws:iam::111111111111:role/named"}
        ),
    )
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    admin("s3").delete_bucket_policy(Bucket=bucket)


@pytest.fixture(scope="module")
def key(admin):
    """A key that leaves its administration to the account, and its use only through S3."""
    root = {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}
    statements = [
        allow(["kms:DescribeKey", "kms:PutKeyPolicy", "kms:CreateAlias"], **root),
        allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            **root,
            Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
        ),
    ]
    made = admin("kms").create_key(
        Policy=json.dumps({"Version": VERSION, "Statement": statements}),
        Tags=[{"TagKey": "environment", "TagValue": "staging"}],
    )
    admin("kms").create_alias(AliasName="alias/owned", TargetKeyId=made["KeyMetadata"]["KeyId"])
    return made["KeyMetadata"]["Arn"]


def test_a_keys_own_policy_decides_what_identity_policies_can_give(acting, admin, key):
    everything = acting("keymaster", "kms", allow("kms:*", key))
    assert everything.describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
    assert "no resource-based" in refusal(everything.schedule_key_deletion, KeyId=key)[2]
    assert "no resource-based" in refusal(everything.generate_data_key, KeyId=key, KeySpec="AES_256")[2]
    assert "no resource-based" in refusal(admin("kms").generate_data_key, KeyId=key, KeySpec="AES_256")[2]


def test_a_key_is_found_by_its_tag_and_by_its_alias(acting, key):
    for name, operator, condition in (
        ("tagged", "StringEquals", {"aws:ResourceTag/environment": "staging"}),
        ("aliased", "ForAnyValue:StringEquals", {"kms:ResourceAliases": "alias/owned"}),
    ):
        kms = acting(
            name, "kms", allow("kms:DescribeKey", "arn:aws:kms:*:*:key/*", Condition={operator: condition})
        )
        assert kms.describe_key(KeyId="alias/owned")["KeyMetadata"]["Arn"] == key
    elsewhere = {"StringEquals": {"aws:ResourceTag/environment": "prod"}}
    kms = acting("astray", "kms", allow("kms:DescribeKey", "arn:aws:kms:*:*:key/*", Condition=elsewhere))
    assert "no identity-based" in refusal(kms.describe_key, KeyId=key)[2]


def test_an_encrypted_object_takes_the_key_as_well(acting, admin, key):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    admin("s3").create_bucket(Bucket="sealed", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    admin("s3").put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [rule]})
    objects = allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::sealed/*")
    keyless = acting("keyless", "s3", objects)
    assert "kms:GenerateDataKey" in refusal(keyless.put_object, Bucket="sealed", Key="k", Body=b"x")[2]
    admin("s3").put_object(Bucket="sealed", Key="k", Body=b"x")
    assert "kms:Decrypt" in refusal(keyless.get_object, Bucket="sealed", Key="k")[2]
    opener = acting("opener", "s3", objects, allow(["kms:Decrypt", "kms:GenerateDataKey"], key))
    opener.put_object(Bucket="sealed", Key="k", Body=b"y")
    assert opener.get_object(Bucket="sealed", Key="k")["Body"].read() == b"y"


def test_a_repository_policy_counts(acting, admin):
    admin("ecr").create_repository(repositoryName="policied")
    lister = {"AWS": "arn:aws:iam::111111111111:role/lister"}
    admin("ecr").set_repository_policy(
        repositoryName="policied",
        policyText=json.dumps(
            {
                "Version": VERSION,
                "Statement": [{"Effect": "Allow", "Principal": lister, "Action": "ecr:ListImages"}],
            }
        ),
    )
    ecr = acting("lister", "ecr")
    assert ecr.list_images(repositoryName="policied")["imageIds"] == []
    assert refusal(ecr.describe_images, repositoryName="policied")[0] == "AccessDeniedException"


def test_a_topic_policy_counts(acting, admin):
    topic = admin("sns").create_topic(Name="policied")["TopicArn"]
    publisher = {"AWS": "arn:aws:iam::111111111111:role/publisher"}
    statements = [
        allow("sns:Publish", topic, Principal=publisher),
        {**allow("sns:GetTopicAttributes", topic, Principal=publisher), "Effect": "Deny"},
    ]
    admin("sns").set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": VERSION, "Statement": statements}),
    )
    sns = acting("publisher", "sns", allow("sns:GetTopicAttributes", topic))
    assert sns.publish(TopicArn=topic, Message="m")["MessageId"]
    assert refusal(sns.get_topic_attributes, TopicArn=topic)[0] == "AuthorizationError"


def test_tags_that_are_given_on_creation_take_a_permission_of_their_own(acting):
    tags = [{"Key": "environment", "Value": "staging"}]
    group = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/tagged"
    create = allow("sagemaker:CreateModelPackageGroup", group)
    plain = acting("plain", "sagemaker", create)
    assert (
        "sagemaker:AddTags"
        in refusal(plain.create_model_package_group, ModelPackageGroupName="tagged", Tags=tags)[2]
    )
    only = {"StringEquals": {"aws:RequestTag/environment": "staging"}}
    tagger = acting("tagger", "sagemaker", create, allow("sagemaker:AddTags", group, Condition=only))
    wrong = [{"Key": "environment", "Value": "prod"}]
    assert (
        "sagemaker:AddTags"
        in refusal(tagger.create_model_package_group, ModelPackageGroupName="tagged", Tags=wrong)[2]
    )
    tagger.create_model_package_group(ModelPackageGroupName="tagged", Tags=tags)


def test_calls_are_recorded_with_the_role_and_what_they_needed(sandbox, acting, bucket):
    s3 = acting("recorded", "s3", allow("s3:GetObject", "arn:aws:s3:::owned/*"))
    before = sandbox.last_call()
    s3.get_object(Bucket=bucket, Key="k")
    refusal(s3.list_objects_v2, Bucket=bucket, Prefix="p")
    read, listed = sandbox.calls(before)
    assert (read["role"], read["denied"]) == ("arn:aws:iam::111111111111:role/recorded", False)
    assert [(need["action"], need["resource"]) for need in read["needs"]] == [
        ("s3:GetObject", "arn:aws:s3:::owned/k")
    ]
    assert listed["denied"]
    assert listed["needs"][0]["keys"]["s3:prefix"] == "p"


def test_everybody_may_ask_who_they_are(acting):
    assert acting("anyone", "sts").get_caller_identity()["Arn"] == f"{HERE}/anyone/job"


def test_another_accounts_key_repository_and_topic_are_used_in_place_when_both_sides_allow(admin, sandbox):
    friend = {"Principal": {"AWS": ACCOUNTS["prod"]}}
    document = {
        "Version": VERSION,
        "Statement": [
            allow("kms:*", Principal={"AWS": ACCOUNTS["staging"]}),
            allow("kms:DescribeKey", **friend),
        ],
    }
    lent = admin("kms").create_key(Policy=json.dumps(document))["KeyMetadata"]["Arn"]
    admin("ecr").create_repository(repositoryName="lent")
    lists = {"Effect": "Allow", "Action": "ecr:ListImages", **friend}
    admin("ecr").set_repository_policy(
        repositoryName="lent", policyText=json.dumps({"Version": VERSION, "Statement": [lists]})
    )
    topic = admin("sns").create_topic(Name="lent")["TopicArn"]
    publishes = {"Version": VERSION, "Statement": [allow("sns:Publish", topic, **friend)]}
    admin("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(publishes)
    )
    role = sandbox.role("prod", "borrower", allow(["kms:*", "ecr:*", "sns:*"]))
    kms, ecr, sns = (sandbox.assumed("prod", role).client(service) for service in ("kms", "ecr", "sns"))
    assert kms.describe_key(KeyId=lent)["KeyMetadata"]["AWSAccountId"] == ACCOUNTS["staging"]
    assert ecr.list_images(registryId=ACCOUNTS["staging"], repositoryName="lent")["imageIds"] == []
    assert sns.publish(TopicArn=topic, Message="m")["MessageId"]
    for call, parameters in (
        (kms.get_key_policy, {"KeyId": lent}),
        (ecr.describe_images, {"registryId": ACCOUNTS["staging"], "repositoryName": "lent"}),
        (sns.get_topic_attributes, {"TopicArn": topic}),
    ):
        assert "no resource-based policy" in refusal(call, **parameters)[2]


def test_a_header_of_moto_s_own_names_no_other_account(admin):
    admin("ecr", "prod").create_repository(repositoryName="prods")
    ecr = admin("ecr")

    def elsewhere(request, **_):
        request.headers["x-moto-account-id"] = ACCOUNTS["prod"]

    ecr.meta.events.register("before-sign.ecr", elsewhere)
    try:
        assert (
            refusal(ecr.describe_repositories, repositoryNames=["prods"])[0] == "RepositoryNotFoundException"
        )
    finally:
        ecr.meta.events.unregister("before-sign.ecr", elsewhere)
