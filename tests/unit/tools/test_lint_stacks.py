import subprocess
import sys
from pathlib import Path

import pytest

from tools.lint_stacks import findings

CHECKOUT = Path(__file__).resolve().parents[3]
SALT = "encryptionsalt: v1:NTvf2A86Dck=:v1:rRxFViFJh5nKWNgl:GbdRJ82YCuBuZpMkcLEgTJQvncvqww==\n"
PROVIDER = (
    "secretsprovider: awskms:///arn:aws:kms:eu-west-1:111111111111:key/1\nencryptedkey: AQICAHhyYkPb+Zq=\n"
)
SECRET = "config:\n  app:token:\n    secure: v1:rRxFViFJh5nKWNgl:GbdRJ82YCuBuZpMkcLEgTJQvncvqww==\n"
# Assembled here, so that this file passes the scanners that look for keys.
ACCESS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYEXAMPLEKEY"


def test_the_projects_own_stack_files_pass():
    done = subprocess.run(
        [sys.executable, "-m", "tools.lint_stacks"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("head", [SALT, PROVIDER, ""])
def test_plain_config_passes_under_any_provider(head):
    assert list(findings(head + "config:\n  aws:region: eu-west-1\n  app:release: {live: v1.0.0}\n")) == []


def test_a_secret_under_a_committed_salt_is_refused_by_its_key():
    (finding,) = findings(SALT + SECRET)
    assert "config.app:token" in finding
    assert "change-secrets-provider" in finding


def test_a_secret_deep_in_an_object_is_found():
    (finding,) = findings(
        SALT + "config:\n  app:db:\n    hosts:\n      - password:\n          secure: v1:x:y\n"
    )
    assert "config.app:db.hosts[0].password" in finding


def test_a_secret_under_a_secrets_provider_passes():
    assert list(findings(PROVIDER + SECRET)) == []


def test_a_salt_beside_a_secrets_provider_is_refused():
    (finding,) = findings(SALT + PROVIDER)
    assert "remove the encryptionsalt" in finding


@pytest.mark.parametrize("key", [ACCESS_KEY, "ASIA" + ACCESS_KEY[4:], SECRET_KEY])
@pytest.mark.parametrize(
    "place", ["config:\n  app:key: {}\n", "# was {}\nconfig: {{}}\n", "config:\n  a:b: [x, '{}']\n"]
)
def test_an_aws_key_is_refused_wherever_it_stands_and_not_repeated(key, place):
    (finding,) = findings(place.format(key))
    assert "looks like an AWS key" in finding
    assert key not in finding


@pytest.mark.parametrize(
    "value",
    [
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/flights-prod",
    ],
)
def test_a_digest_a_commit_or_an_arn_is_no_key(value):
    assert list(findings(f"config:\n  app:value: {value}\n")) == []


@pytest.mark.parametrize(
    ("text", "told"), [("environment: [prod]\n", "'environment'"), ("- a\n", "mapping"), ("a: [\n", "YAML")]
)
def test_anything_else_in_a_stack_file_is_refused(text, told):
    assert any(told in finding for finding in findings(text))
