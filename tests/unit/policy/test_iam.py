"""A permission names what it allows, on what, to whom."""

import json
from pathlib import Path

import pytest

from components.key import key_policy
from components.service_role import trust
from modeldelivery.policy.rules.iam import IAM_WILDCARDS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import findings, not_known, resource, whats

PROJECT = Path(__file__).parents[3]
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
NAMED = "arn:aws:s3:::flights/artifacts/*"


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def role_policy(**statement):
    return resource(ROLE_POLICY, policy=document(**statement))


@pytest.mark.parametrize("action", ["*", "s3:*", "s3:Get*", "*:*", "s3:Get?bject"])
def test_a_wildcard_in_an_action_is_found(action):
    assert whats(IAM_WILDCARDS, role_policy(Action=action, Resource=NAMED)) == [f"{action} on {NAMED}"]


@pytest.mark.parametrize(
    "on",
    [
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::*/*",
        "arn:aws:iam::222222222222:role/*",
        "arn:aws:logs:eu-west-1:222222222222:log-group:*",
        "arn:aws:sqs:eu-west-1:222222222222:*",
        "arn:aws:sqs:*:222222222222:jobs",
        "arn:aws:sqs:eu-west-1:*:jobs",
        "arn:*",
    ],
)
def test_a_resource_that_names_nothing_is_found(on):
    assert whats(IAM_WILDCARDS, role_policy(Action="x:Do", Resource=on)) == [f"x:Do on {on}"]


@pytest.mark.parametrize(
    "on",
    [
        "arn:aws:s3:::flights",
        NAMED,
        "arn:aws:s3:::flights/*",
        "arn:aws:ecr:eu-west-1:222222222222:repository/flights",
        "arn:aws:logs:eu-west-1:222222222222:log-group:/aws/sagemaker/Endpoints/flights:*",
        "arn:aws:lambda:eu-west-1:222222222222:function:guard:*",
    ],
)
def test_a_resource_that_has_a_name_is_not(on):
    assert whats(IAM_WILDCARDS, role_policy(Action="x:Do", Resource=on)) == []


def test_each_action_on_everything_is_found_by_itself_so_that_an_exception_covers_one():
    results = whats(IAM_WILDCARDS, role_policy(Action=["a:B", "c:D"], Resource="*"))
    assert results == ["a:B on *", "c:D on *"]


def test_a_denial_may_be_as_wide_as_it_likes():
    assert whats(IAM_WILDCARDS, role_policy(Effect="Deny", Action="*", Resource="*")) == []


@pytest.mark.parametrize(
    ("element", "value", "rest"),
    [
        ("NotAction", "iam:*", {"Resource": NAMED}),
        ("NotResource", NAMED, {"Action": "s3:GetObject"}),
        ("NotPrincipal", {"AWS": "arn:aws:iam::1:root"}, {"Action": "s3:GetObject", "Resource": NAMED}),
    ],
)
def test_everything_but_is_found(element, value, rest):
    results = whats(IAM_WILDCARDS, role_policy(**{element: value}, **rest))
    assert any(what.startswith(element) for what in results)


@pytest.mark.parametrize(("principal", "expected"), [("*", ["principal *"]), ("events.amazonaws.com", [])])
def test_a_function_that_anybody_may_call_is_found(principal, expected):
    permission = resource(
        "aws:lambda/permission:Permission", principal=principal, action="lambda:InvokeFunction"
    )
    assert whats(IAM_WILDCARDS, permission) == expected


def test_a_role_that_anybody_may_assume_is_found():
    trust = document(Principal={"AWS": "*"}, Action="sts:AssumeRole")
    results = whats(IAM_WILDCARDS, resource("aws:iam/role:Role", assumeRolePolicy=trust))
    assert results == ["principal *: sts:AssumeRole"]


@pytest.mark.parametrize(
    ("kind", "props"),
    [
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("aws:iam/role:Role", {"managedPolicyArns": ["arn:aws:iam::aws:policy/PowerUserAccess"]}),
        ("aws:iam/userPolicyAttachment:UserPolicyAttachment", {"policyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"policyArn": "arn:aws-cn:iam::aws:policy/job-function/AdministratorAccess"}),
    ],
)  # fmt: skip
def test_a_managed_policy_that_allows_whole_services_is_found(kind, props):
    assert len(whats(IAM_WILDCARDS, resource(kind, **props))) == 1


def test_a_narrow_managed_policy_and_one_of_ones_own_are_not():
    for arn in (
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        "arn:aws:iam::222222222222:policy/TeamFullAccess",
    ):
        attached = resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", policyArn=arn)
        assert whats(IAM_WILDCARDS, attached) == []


def test_in_a_keys_own_policy_the_resource_star_is_the_key():
    key = resource("aws:kms/key:Key", policy=json.dumps(key_policy("222222222222", "eu-west-1")))
    assert whats(IAM_WILDCARDS, key) == []


def test_in_a_keys_own_policy_the_action_star_is_still_a_wildcard():
    key = resource("aws:kms/key:Key", policy=document(Action="kms:*", Resource="*"))
    assert whats(IAM_WILDCARDS, key) == ["kms:* on *"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("aws:kms/key:Key", []),
        ("aws:kms/keyPolicy:KeyPolicy", []),
        ("aws:kms/replicaKey:ReplicaKey", []),
        ("aws:secretsmanager/secretPolicy:SecretPolicy", []),
        ("aws:sqs/queuePolicy:QueuePolicy", ["x:Read on *"]),
        ("aws:new/store:Store", ["x:Read on *"]),
    ],
)
def test_only_in_a_keys_or_a_secrets_policy_the_resource_star_is_no_wildcard(kind, expected):
    assert whats(IAM_WILDCARDS, resource(kind, policy=document(Action="x:Read", Resource="*"))) == expected


def test_the_serving_roles_trust_is_narrow():
    role = resource("aws:iam/role:Role", assumeRolePolicy=json.dumps(trust("222222222222")))
    assert whats(IAM_WILDCARDS, role) == []


def test_a_document_is_found_wherever_it_is():
    role = resource(
        "aws:iam/role:Role", inlinePolicies=[{"name": "x", "policy": document(Action="*", Resource="*")}]
    )
    assert whats(IAM_WILDCARDS, role) == ["* on *"]
    other = resource("aws:vpc/endpoint:Endpoint", anything={"deep": document(Action="*", Resource="*")})
    assert whats(IAM_WILDCARDS, other) == ["* on *"]


def test_elements_in_another_case_do_not_slip_through():
    raw = json.dumps({"statement": {"effect": "Allow", "action": "*", "resource": "*"}})
    assert whats(IAM_WILDCARDS, resource(ROLE_POLICY, policy=raw)) == ["* on *"]


def test_a_document_that_cannot_be_read_is_found():
    assert whats(IAM_WILDCARDS, resource(ROLE_POLICY, policy="{oops")) == ["policy unreadable"]
    assert whats(IAM_WILDCARDS, resource(ROLE_POLICY, policy="oops")) == ["policy unreadable"]
    assert whats(IAM_WILDCARDS, resource(ROLE_POLICY, policy='{"Statement": ["oops"]}')) == [
        "policy unreadable"
    ]


def test_json_that_is_no_document_is_not():
    lifecycle = resource("aws:ecr/lifecyclePolicy:LifecyclePolicy", policy='{"rules": []}')
    assert whats(IAM_WILDCARDS, lifecycle) == []


def test_a_document_that_is_not_known_yet_is_said_to_be():
    waiting = resource(ROLE_POLICY, policy=UNKNOWN)
    assert whats(IAM_WILDCARDS, waiting) == []
    assert not_known(IAM_WILDCARDS, waiting) == ["policy"]


def test_the_message_names_resource_and_fix():
    (finding,) = findings(IAM_WILDCARDS, role_policy(Action="s3:*", Resource=NAMED))
    assert "it allows s3:* on" in finding.message
    assert "\nfix: name the actions" in finding.message
    assert f"\nwhat: s3:* on {NAMED}" in finding.message
