"""An exception is read strictly, covers one thing, and ends."""

from datetime import date

import pytest

from modeldelivery.policy.judgement import Judge
from modeldelivery.policy.recorded import BadExceptionError, Register, parse_exception, read_register
from modeldelivery.policy.rules import JUDGED
from modeldelivery.policy.rules.iam import IAM_WILDCARDS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import PROD, STAGING, resource, stack
from tests.unit.policy.test_iam import PROJECT, document

NAMES = {rule.name for rule in JUDGED}
LAST_DAY = date(2027, 11, 24)
LOGIN = (PROJECT / "modeldelivery" / "policy" / "exceptions" / "image-login.toml").read_text()


def replaced(key, line):
    """A good exception with one line changed, or without it."""
    return "".join(
        (f"{line}\n" if line else "") if each.startswith(f"{key} =") else each
        for each in LOGIN.splitlines(keepends=True)
    )


def refused(text, file="x.toml"):
    with pytest.raises(BadExceptionError) as raised:
        parse_exception(file, text, rules=NAMES)
    return str(raised.value)


def recorded(text=LOGIN):
    return parse_exception("image-login.toml", text, rules=NAMES)


def judge(*texts, today=LAST_DAY, broken=()):
    return Judge(register=Register(recorded=tuple(map(recorded, texts)), refused=broken), today=today)


def role(name="flights-prod-serving", action="ecr:GetAuthorizationToken"):
    return resource("aws:iam/rolePolicy:RolePolicy", name, policy=document(Action=action, Resource="*"))


def left(judging, *resources, environment=PROD):
    """Findings of the rule that the exceptions leave."""
    over = IAM_WILDCARDS.over(stack(*resources, environment=environment))
    return [each.what for each in judging.open(IAM_WILDCARDS, over, environment)]


def about(judging, name, *resources, environment=PROD):
    (rule,) = (rule for rule in judging.about_exceptions if rule.name == name)
    return [each.message for each in rule.over(stack(*resources, environment=environment))]


def test_it_covers_what_it_says():
    assert left(judge(LOGIN), role()) == []


@pytest.mark.parametrize(
    "other",
    [
        role(action="ecr:CreateRepository"),
        role(name="flights-prod-training"),
        role(name="iris-prod-serving"),
        resource("aws:iam/policy:Policy", "flights-prod-serving", policy=document(Action="ecr:GetAuthorizationToken", Resource="*")),
    ],
)  # fmt: skip
def test_it_covers_nothing_else(other):
    assert len(left(judge(LOGIN), other)) == 1


def test_it_covers_no_other_environment():
    only_staging = replaced("environments", 'environments = ["staging"]')
    assert left(judge(only_staging), role()) == ["ecr:GetAuthorizationToken on *"]
    assert left(judge(only_staging), role("flights-staging-serving"), environment=STAGING) == []


def test_it_covers_no_other_rule():
    assert left(judge(replaced("rule", 'rule = "tags"')), role()) == ["ecr:GetAuthorizationToken on *"]


def test_it_holds_through_its_last_day():
    assert about(judge(LOGIN), "exceptions", role()) == []


def test_expired_it_covers_nothing_and_is_itself_a_violation_that_names_the_file():
    late = judge(LOGIN, today=date(2027, 11, 25))
    assert left(late, role()) == ["ecr:GetAuthorizationToken on *"]
    (message,) = about(late, "exceptions", role())
    assert message.startswith(
        "modeldelivery/policy/exceptions/image-login.toml, from iam-wildcards, expired on 2027-11-24"
    )


def test_expired_in_another_environment_it_is_that_ones_trouble():
    late = judge(replaced("environments", 'environments = ["staging"]'), today=date(2027, 11, 25))
    assert about(late, "exceptions", role()) == []


def test_one_that_matches_nothing_is_said_to():
    (message,) = about(judge(LOGIN), "unused-exceptions", role(action="ecr:CreateRepository"))
    assert message.startswith("modeldelivery/policy/exceptions/image-login.toml matches nothing")
    assert "fix: delete modeldelivery/policy/exceptions/image-login.toml" in message


def test_one_for_a_resource_that_is_not_there_may_be_early():
    (message,) = about(judge(LOGIN), "unused-exceptions", role("another"))
    assert "there is no aws:iam/rolePolicy:RolePolicy" in message
    assert "fix: nothing while the resource is still to come" in message


def test_one_that_matches_something_is_not():
    assert about(judge(LOGIN), "unused-exceptions", role()) == []


def test_one_for_what_is_not_known_yet_may_match_later():
    waiting = resource("aws:iam/rolePolicy:RolePolicy", "flights-prod-serving", policy=UNKNOWN)
    assert about(judge(LOGIN), "unused-exceptions", waiting) == []


def test_a_file_that_cannot_be_read_is_a_violation():
    (message,) = about(
        judge(broken=("modeldelivery/policy/exceptions/x.toml is not TOML: oops",)), "exceptions"
    )
    assert message.startswith("modeldelivery/policy/exceptions/x.toml is not TOML")


def test_what_a_preview_cannot_judge_is_said():
    waiting = resource("aws:iam/rolePolicy:RolePolicy", "new", policy=UNKNOWN)
    (message,) = about(judge(), "not-known-yet", waiting)
    assert message.startswith("policy of new is not known yet, so iam-wildcards was not judged.")


def test_an_unknown_key_is_refused_with_file_key_value_and_what_is_allowed():
    output = refused(LOGIN + 'until = "forever"\n')
    assert output == (
        "modeldelivery/policy/exceptions/x.toml: until is 'forever', but an exception has no such key; allowed: rule, type, name, what, "
        "environments, owner, reason, expires"
    )


@pytest.mark.parametrize(
    "key", ["rule", "type", "name", "what", "environments", "owner", "reason", "expires"]
)
def test_a_missing_key_is_refused(key):
    assert refused(replaced(key, "")).startswith(
        f"modeldelivery/policy/exceptions/x.toml: {key} is missing; allowed: "
    )


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("rule", '"iam"', "'iam'"),
        ("rule", '"exceptions"', "'exceptions'"),
        ("type", '"aws:iam/*:RolePolicy"', "'aws:iam/*:RolePolicy'"),
        ("type", '"RolePolicy"', "'RolePolicy'"),
        ("name", '"flights-*"', "'flights-*'"),
        ("name", '"{stack}-serving"', "'{stack}-serving'"),
        ("what", '" "', "' '"),
        ("environments", "[]", "[]"),
        ("environments", '["*"]', "['*']"),
        ("environments", '"prod"', "'prod'"),
        ("owner", '""', "''"),
        ("reason", "3", "3"),
        ("expires", '"2027-11-24"', "'2027-11-24'"),
        ("expires", "2027-11-24T00:00:00Z", "2027-11-24T00:00:00+00:00"),
        ("expires", "9999", "9999"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(key, value, shown):
    output = refused(replaced(key, f"{key} = {value}"))
    assert output.startswith(f"modeldelivery/policy/exceptions/x.toml: {key} is {shown}; allowed: ")


def test_a_file_that_is_not_toml_is_refused_by_name():
    assert refused("rule: iam").startswith("modeldelivery/policy/exceptions/x.toml is not TOML")
    assert refused(LOGIN, "x.yaml").startswith("modeldelivery/policy/exceptions/x.yaml is no exception")


def test_a_folder_keeps_what_is_good_and_says_what_is_not(tmp_path):
    (tmp_path / "a.toml").write_text(LOGIN)
    (tmp_path / "b.toml").write_text("")
    register = read_register(tmp_path, rules=NAMES)
    assert [each.file for each in register.recorded] == ["a.toml"]
    assert register.refused[0].startswith("modeldelivery/policy/exceptions/b.toml: rule is missing")


def test_no_folder_is_no_exceptions(tmp_path):
    assert read_register(tmp_path / "exceptions", rules=NAMES) == Register()


def test_the_committed_exceptions_are_good():
    register = read_register(PROJECT / "modeldelivery" / "policy" / "exceptions", rules=NAMES)
    assert register.refused == ()
    assert {each.rule for each in register.recorded} == {"iam-wildcards", "training-jobs"}
