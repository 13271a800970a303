"""docs/ci.md: who may take on which role, judged as AWS judges it."""

import re

import pytest

from sandbox.iam.core.access import Caller, Context, Need, Owned, Principal
from sandbox.iam.core.document import read
from sandbox.iam.core.judge import judge
from tests.conftest import CHECKOUT
from tools.roles.flows import ROLES

TEXT = (CHECKOUT / "docs" / "ci.md").read_text()
ACCOUNT = "222222222222"
GITHUB = "token.actions.githubusercontent.com"
OLD, NEW = "repo:acme/model-delivery", "repo:acme@1234567/model-delivery@76543210"
PREVIEW, DEPLOY = (
    read(block, name)
    for name, block in zip(
        ("preview", "deploy"), re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL), strict=True
    )
)


def trusted(policy, sub, aud="sts.amazonaws.com", provider=GITHUB):
    """Whether a job whose token says this may take on a role."""
    caller = Caller(Principal(f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}", "", kind="Federated"))
    need = Need(
        "sts:AssumeRoleWithWebIdentity",
        f"arn:aws:iam::{ACCOUNT}:role/model-delivery",
        Context({f"{GITHUB}:sub": sub, f"{GITHUB}:aud": aud}),
    )
    decision = judge(caller, need, Owned(ACCOUNT, policy, gated=True))
    assert not decision.unclear
    return decision.allowed


@pytest.mark.parametrize("repository", [OLD, NEW])
def test_both_forms_of_github_s_sub_are_trusted(repository):
    assert trusted(PREVIEW, f"{repository}:pull_request")
    assert trusted(PREVIEW, f"{repository}:ref:refs/heads/main")
    assert trusted(DEPLOY, f"{repository}:environment:prod")


@pytest.mark.parametrize("repository", [OLD, NEW])
@pytest.mark.parametrize(
    "job", ["pull_request", "ref:refs/heads/main", "environment:staging", "environment:prod2"]
)
def test_only_a_job_of_the_environment_may_deploy(repository, job):
    assert not trusted(DEPLOY, f"{repository}:{job}")


@pytest.mark.parametrize(
    "sub",
    [
        "repo:acme/other:pull_request",
        "repo:acme@1/model-delivery@76543210:pull_request",
        "repo:acme@1234567/model-delivery@1:pull_request",
        f"{OLD}:ref:refs/heads/feature",
        f"{OLD}:environment:prod",
    ],
)
def test_nobody_else_may_preview(sub):
    assert not trusted(PREVIEW, sub)


def test_a_token_for_another_audience_or_from_another_provider_is_not_taken():
    for policy, sub in ((PREVIEW, f"{OLD}:pull_request"), (DEPLOY, f"{OLD}:environment:prod")):
        assert trusted(policy, sub)
        assert not trusted(policy, sub, aud="other")
        assert not trusted(policy, sub, provider="gitlab.example.com")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_told_of_with_its_policy(role):
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| {role} |"))
    assert f"[{role}.json](roles/{role}.json)" in row
    assert (CHECKOUT / "docs" / "roles" / f"{role}.json").exists()
