"""Credentials, and the two kinds of client that are made of them."""

import boto3
import pytest

from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.aws.session import FENCED, PATIENT, WrongAccountError, open_account, profile_for
from modeldelivery.release.aws.traffic import TIMING
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.naming import parse_environment, parse_model
from tests.fakes.aws import FakeAws

WHOSE = """
[profile prod]
region = eu-west-1
aws_access_key_id = key
aws_secret_access_key = secret
aws_account_id = 222222222222

[profile nowhere]
aws_access_key_id = key
aws_secret_access_key = secret
aws_account_id = 222222222222

[profile nobody]
region = eu-west-1
"""


@pytest.fixture
def aws_config(tmp_path, monkeypatch):
    """A machine with these profiles, and no other credentials."""
    for name in (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
    ):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "config"
    path.write_text(WHOSE)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def test_a_fenced_call_is_sent_once_and_has_failed_within_the_time_that_traffic_allows_it():
    assert FENCED.retries["total_max_attempts"] == 1
    assert FENCED.connect_timeout + FENCED.read_timeout <= TIMING.call


def test_a_patient_call_is_tried_again_and_may_take_long():
    assert (PATIENT.retries["mode"], PATIENT.retries["total_max_attempts"]) == ("standard", 5)
    assert PATIENT.read_timeout > TIMING.lease


def test_clients_are_made_when_they_are_first_used_and_then_kept():
    aws = FakeAws()
    account = aws.account
    assert aws.made == []

    for _ in range(2):
        _ = account.fenced.s3, account.patient.ecr, account.patient.autoscaling
    assert aws.made == [("fenced", "s3"), ("patient", "ecr"), ("patient", "application-autoscaling")]


def test_the_account_is_known_from_the_profile_without_a_call(aws_config):  # noqa: ARG001
    account = open_account("prod", None)

    assert (account.id, account.region, account.profile) == ("222222222222", "eu-west-1", "prod")
    account.refuse_unless(["222222222222"])


def test_keys_that_do_not_say_whose_they_are_are_asked_for_it(aws_config, monkeypatch):
    aws_config.setenv("AWS_ACCESS_KEY_ID", "key")
    aws_config.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    aws_config.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(boto3.Session, "client", lambda _, *what, **how: FakeAws(id="3").client(*what, **how))

    assert open_account(None, None).id == "3"


@pytest.mark.parametrize(
    ("profile", "sentence"),
    [
        ("nobody", "no AWS credentials for nobody: set AWS_PROFILE or log in"),
        ("nowhere", "no AWS region: set `region` in the profile nowhere, or AWS_REGION"),
        ("absent", "AWS credentials of absent: The config profile .absent. could not be found"),
    ],
)
def test_a_profile_that_leads_nowhere_is_a_sentence(aws_config, profile, sentence):  # noqa: ARG001
    with pytest.raises(UnreachableError, match=sentence):
        open_account(profile, None)


def test_an_environment_has_the_profile_of_its_name_unless_another_is_set(aws_config):
    assert (profile_for("prod"), profile_for("staging")) == ("prod", None)
    aws_config.setenv("AWS_PROFILE", "default")
    assert profile_for("prod") == "prod"

    aws_config.setenv("AWS_PROFILE", "nobody")
    assert profile_for("prod") is None


def test_an_environment_opens_with_its_names_and_guards_its_account(aws_config):  # noqa: ARG001
    flights, prod = parse_model("flights"), parse_environment("prod")

    opened = open_environment(flights, prod, allowed=["222222222222"])
    assert opened.endpoint.name == "flights-prod"
    assert opened.endpoint.bucket == "flights-prod-registry-222222222222-eu-west-1"
    assert open_environment(flights, prod).place == opened.place
    with pytest.raises(
        WrongAccountError, match=r"of profile prod are of account 222222222222, .* only touch 1"
    ):
        open_environment(flights, prod, allowed=["1"])
    with pytest.raises(WrongAccountError):
        open_environment(flights, prod, allowed=[])


def test_what_changes_is_held_to_aws_own_word():
    aws = FakeAws(id="111111111111", caller="222222222222")

    aws.account.refuse_unless(["111111111111"])
    with pytest.raises(WrongAccountError, match="of account 222222222222"):
        aws.account.refuse_unless(["111111111111"], verified=True)
