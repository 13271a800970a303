"""`.ci/aws-profile`: the profile that a stack file names, from what the platform says of the job."""

import base64
import json
import os
import stat
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import boto3
import botocore.session
import pytest

from tests.conftest import CHECKOUT

SCRIPT = CHECKOUT / ".ci" / "aws-profile"
ROLE = "arn:aws:iam::222222222222:role/ci/preview"
TOKEN, ALLOWED = "eyJ.platform.word", "let-me-ask"
KEYS = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "se/cr+et=", "SessionToken": "ses+sion/=="}
EXPIRATION = "2099-01-01T00:00:00Z"


class Cloud:
    """GitHub's token service and AWS's STS, as far as the script asks them; `asked` is what it sent."""

    def __init__(self):
        self.requests, self.trusts = [], True
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                cloud.requests.append((self.path, self.headers["Authorization"]))
                self.answer(200, json.dumps({"value": TOKEN}))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                cloud.requests.append({k: v for k, (v,) in parse_qs(body).items()})
                keys = "".join(f"<{k}>{v}</{k}>" for k, v in {**KEYS, "Expiration": EXPIRATION}.items())
                output = f"<AssumeRoleWithWebIdentityResponse xmlns='urn:x'><AssumeRoleWithWebIdentityResult><Credentials>{keys}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
                refused = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>"
                self.answer(*((200, output) if cloud.trusts else (403, refused)))

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def cloud():
    made = Cloud()
    yield made
    made.server.shutdown()


@pytest.fixture
def config(tmp_path):
    return tmp_path / "aws" / "config"


@pytest.fixture
def job(cloud, config):
    """Runs the script in a job of which these variables are known: `job("prod", ROLE_ARN=…)`."""

    def run(*arguments, **variables):
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_CONFIG_FILE": str(config),
            "AWS_ENDPOINT_URL_STS": cloud.url,
        }
        return subprocess.run(
            [SCRIPT, *arguments],
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


@pytest.fixture
def on_github(cloud):
    return {
        "ROLE_ARN": ROLE,
        "GITHUB_RUN_ID": "17",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{cloud.url}/token?job=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ALLOWED,
    }


ON_GITLAB = {"ROLE_ARN": ROLE, "CI_JOB_ID": "18", "OIDC_TOKEN": TOKEN}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_without_a_role_nothing_is_written_and_the_runners_own_profile_stands(job, config, cloud):
    done = job("prod", ROLE_ARN="")

    assert done.returncode == 0
    assert "it is the runner's own" in done.stdout
    assert not config.exists()
    assert cloud.requests == []


def test_gitlabs_token_goes_to_a_private_file_that_the_profile_names(job, config):
    done = job("prod", **ON_GITLAB)

    token = config.with_name("prod.token")
    assert done.returncode == 0, done.stderr
    assert config.read_text().splitlines() == [
        "[profile prod]",
        "region = eu-west-1",
        f"role_arn = {ROLE}",
        f"web_identity_token_file = {token}",
        "role_session_name = ci-18",
    ]
    assert (token.read_text(), mode(token), mode(config), mode(config.parent)) == (TOKEN, 0o600, 0o600, 0o700)


def test_jenkins_token_stays_in_the_file_that_it_bound(job, config, tmp_path):
    bound = tmp_path / "bound"
    bound.write_text(f"{TOKEN}\n")

    done = job("staging", ROLE_ARN=ROLE, OIDC_TOKEN_FILE=str(bound), BUILD_TAG="jenkins-models/main-3")

    assert done.returncode == 0, done.stderr
    assert f"web_identity_token_file = {bound}" in config.read_text()
    assert "role_session_name = ci-jenkins-models-main-3" in config.read_text()
    assert list(config.parent.iterdir()) == [config]


def test_on_github_the_profile_asks_for_keys_when_they_are_needed_and_keeps_no_token(
    job, config, cloud, on_github, monkeypatch
):
    """GitHub's token lives five minutes, a deploy longer."""
    done = job("prod", **on_github)
    assert done.returncode == 0, done.stderr
    assert list(config.parent.iterdir()) == [config]
    assert TOKEN not in config.read_text()
    cloud.requests.clear()

    for name, value in {**on_github, "AWS_ENDPOINT_URL_STS": cloud.url}.items():
        monkeypatch.setenv(name, value)
    core = botocore.session.Session(profile="prod")
    core.set_config_variable("config_file", str(config))
    session = boto3.Session(botocore_session=core)
    credentials = session.get_credentials().get_frozen_credentials()

    assert (credentials.access_key, credentials.secret_key, credentials.token) == tuple(KEYS.values())
    assert session.region_name == "eu-west-1"
    assert cloud.requests == [
        ("/token?job=1&audience=sts.amazonaws.com", f"bearer {ALLOWED}"),
        {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": ROLE,
            "RoleSessionName": "ci-17",
            "WebIdentityToken": TOKEN,
        },
    ]


@pytest.mark.parametrize("uri", ["RELATIVE", "FULL"])
def test_a_build_of_codebuild_takes_the_role_on_by_the_one_that_it_has(job, config, cloud, uri):
    build = {
        f"AWS_CONTAINER_CREDENTIALS_{uri}_URI": "/v2/x",
        "CODEBUILD_BUILD_ID": "flights-staging-deploy:7",
    }
    done = job("staging", ROLE_ARN=ROLE, **build)

    assert done.returncode == 0, done.stderr
    assert config.read_text().splitlines() == [
        "[profile staging]",
        "region = eu-west-1",
        f"role_arn = {ROLE}",
        "credential_source = EcsContainer",
        "role_session_name = ci-flights-staging-deploy-7",
    ]
    assert cloud.requests == []  # the build's keys are the SDKs' to fetch


def test_a_job_with_a_token_that_runs_in_a_container_is_the_one_that_the_token_names(job, config):
    job("prod", **ON_GITLAB, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/x")

    assert "web_identity_token_file" in config.read_text()


@pytest.mark.parametrize("trusts", [True, False])
def test_no_token_and_no_key_is_ever_printed(job, cloud, on_github, trusts):
    cloud.trusts = trusts
    for variables in (on_github, ON_GITLAB):
        done = job("prod", **variables)
        for secret in (TOKEN, ALLOWED, *KEYS.values()):
            assert secret not in done.stdout + done.stderr


def test_the_section_is_replaced_and_the_others_stay(job, config):
    config.parent.mkdir()
    others = "# mine\n[default]\nregion = us-east-1\n\n[profile prod-old]\nrole_arn = x\n"
    config.write_text(f"{others}\n[profile prod]\nold = 1\ns3 =\n  deep = 2\n[services x]\na = 1\n")

    for _ in range(2):
        assert job("prod", **ON_GITLAB).returncode == 0

    text = config.read_text()
    assert text.startswith(others)
    assert "[services x]\na = 1\n" in text
    assert (text.count("[profile prod]"), "old = 1" in text, "deep" in text) == (1, False, False)


def test_a_role_that_does_not_trust_this_job_is_named_at_once(job, config, cloud):
    cloud.trusts = False

    done = job("prod", **ON_GITLAB)

    assert done.returncode == 1
    assert done.stderr == (
        f"aws-profile: AWS, asked for {ROLE}, says 403 AccessDenied: Not authorized to perform "
        "sts:AssumeRoleWithWebIdentity\n"
    )
    assert not config.exists()


def token(claims):
    """A token in the form that platforms sign, of these claims."""
    parts = ({"alg": "RS256"}, claims)
    return ".".join(
        [
            *(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts),
            "signature",
        ]
    )


@pytest.mark.parametrize(
    "sub",
    [
        "repo:acme/model-delivery:pull_request",
        "repo:acme@1234/model-delivery@56789:environment:prod",
        "project_path:acme/model-delivery:ref_type:branch:ref:ümlaut",
    ],
)
def test_when_it_is_refused_the_job_says_as_whom_it_asked_and_never_the_token(job, cloud, sub):
    cloud.trusts = False
    signed = token({"sub": sub, "aud": "sts.amazonaws.com"})

    done = job("prod", ROLE_ARN=ROLE, CI_JOB_ID="18", OIDC_TOKEN=signed)

    assert done.returncode == 1
    assert f"this job's sub is {sub!r}: the role's trust policy must allow it (docs/ci.md)" in done.stderr
    assert not any(part in done.stdout + done.stderr for part in signed.split("."))


@pytest.mark.parametrize(
    "odd", ["", "no-dots", "a.!!.c", f"a.{'W10'}.c", token({"aud": "x"}), token(["sub"])]
)
def test_a_token_that_names_no_job_adds_nothing(job, cloud, odd):
    cloud.trusts = False
    done = job("prod", ROLE_ARN=ROLE, CI_JOB_ID="18", OIDC_TOKEN=odd or "x")
    assert done.returncode == 1
    assert "Not authorized to perform" in done.stderr
    assert "sub is" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        ([], {}, "usage: .ci/aws-profile ENV"),
        (["prod", "staging"], {}, "usage: .ci/aws-profile ENV"),
        (["--help"], {}, "usage: .ci/aws-profile ENV"),
        (["../prod"], {}, "no environment's name"),
        (["nowhere"], {}, "Pulumi.nowhere.yaml is not there"),
        (["prod\n[default]"], {}, "no environment's name"),
        (["prod"], {"ROLE_ARN": "admin"}, "allowed: arn:aws:iam::ACCOUNT:role/NAME"),
        (["prod"], {"ROLE_ARN": f"{ROLE}\ncredential_process = rm"}, "allowed: arn:aws:iam::"),
        (["prod"], {"ROLE_ARN": ROLE}, "id-token: write"),
        (["prod"], {"ROLE_ARN": ROLE, "OIDC_TOKEN_FILE": "/nowhere/token"}, "OIDC_TOKEN_FILE"),
        (["prod"], {**ON_GITLAB, "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"}, "does not answer"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_changes_nothing(job, config, arguments, variables, sentence):
    done = job(*arguments, **variables)

    assert done.returncode == (2 if sentence.startswith("usage") else 1)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not config.exists()
