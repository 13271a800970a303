"""Every way in which credentials are not to be had is a sentence with status 5, at once, and nobody is asked who cannot answer."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.provider.delivery import ModelDelivery
from modeldelivery.provider.fleet import TOKEN
from modeldelivery.release.aws import credentials
from modeldelivery.release.aws.session import open_account, profile_for
from modeldelivery.release.cli import main
from modeldelivery.release.errors import CredentialsError
from modeldelivery.review.credentials import lacking
from sandbox.pulumi_aws.calls import Calls
from sandbox.pulumi_aws.config import Config
from tests.conftest import CHECKOUT

KEYS = "aws_access_key_id = key\naws_secret_access_key = secret\n"
ROLE = "role_arn = arn:aws:iam::222222222222:role/operator\n"
PYTHON = sys.executable


def process(code):
    return f'[profile prod]\nregion = eu-west-1\ncredential_process = {PYTHON} -c "{code}"\n'


def profile(text, *others):
    return f"[profile prod]\nregion = eu-west-1\n{text}\n" + "\n".join(others)


BASE = f"[profile base]\n{KEYS}"
HANGS = "gave no answer within"
# What a machine may be like: its file of profiles, and what the sentence names.
KINDS = {
    "a role that asks for an MFA code": (
        profile(f"{ROLE}source_profile = base\nmfa_serial = arn:aws:iam::1:mfa/ada\n", BASE),
        "MFA code for arn:aws:iam::1:mfa/ada",
    ),
    "a role behind a role that asks for one": (
        profile(
            f"{ROLE}source_profile = middle\n",
            f"[profile middle]\n{ROLE}source_profile = base\nmfa_serial = arn:aws:iam::1:mfa/ada\n",
            BASE,
        ),
        "MFA code",
    ),
    "a login that was never made": (
        profile(
            "sso_session = team\nsso_account_id = 222222222222\nsso_role_name = operator\n",
            "[sso-session team]\nsso_region = eu-west-1\nsso_start_url = https://team.awsapps.com/start\n",
        ),
        "`aws sso login --profile prod`",
    ),
    "a login of the old kind that was never made": (
        profile(
            "sso_start_url = https://team.awsapps.com/start\nsso_region = eu-west-1\n"
            "sso_account_id = 222222222222\nsso_role_name = operator\n"
        ),
        "`aws sso login --profile prod`",
    ),
    "a login without its session": (
        profile("sso_session = gone\nsso_account_id = 222222222222\nsso_role_name = operator\n"),
        "gone",
    ),
    "a process that fails": (process("raise SystemExit('the vault is locked')"), "the vault is locked"),
    "a process that hangs": (process("import time; time.sleep(60)"), HANGS),
    "a process whose child hangs": (
        process("import subprocess; subprocess.run(['sleep', '60'])"),
        HANGS,
    ),
    "a process that asks a terminal": (
        profile('credential_process = sh -c "read answer < /dev/tty"'),
        "/dev/tty",
    ),
    "a process that asks its input": (
        profile('credential_process = sh -c "read answer || { echo nobody >&2; exit 1; }"'),
        "nobody",
    ),
    "a process that writes nothing": (process("pass"), "wrote no credentials"),
    "a process that writes no JSON": (process("print('Enter PIN')"), "wrote no credentials"),
    "a process that writes no text": (
        process("import sys; sys.stdout.buffer.write(bytes([255, 254]))"),
        "wrote no credentials",
    ),
    "a process that writes another document": (process("print([1])"), "wrote no credentials"),
    "a process that writes half": (process("print('{\\\"Version\\\": 1}')"), "AccessKeyId"),
    "a process that is not there": (profile("credential_process = /nowhere/vault get\n"), "/nowhere/vault"),
    "a process without a name": (profile("credential_process = ''\n"), "cannot be started"),
    "a role whose source's process hangs": (
        profile(
            f"{ROLE}source_profile = base\n",
            f'[profile base]\ncredential_process = {PYTHON} -c "import time; time.sleep(60)"\n',
        ),
        HANGS,
    ),
    "no such profile": ("[profile staging]\nregion = eu-west-1\n", "prod"),
    "profiles in a circle": (
        profile(f"{ROLE}source_profile = base\n", f"[profile base]\n{ROLE}source_profile = prod\n"),
        "Infinite loop",
    ),
    "a source that is not there": (profile(f"{ROLE}source_profile = gone\n"), "gone"),
    "a role without a source": (profile(ROLE), "source_profile"),
    "a source of an unknown kind": (profile(f"{ROLE}credential_source = Moon\n"), "Moon"),
    "a web identity whose file is missing": (
        profile(f"{ROLE}web_identity_token_file = /nowhere/token\n"),
        "/nowhere/token",
    ),
    "half a pair of keys": (profile("aws_access_key_id = key\n"), "aws_secret_access_key"),
    "no credentials": (profile(""), "no AWS credentials for prod"),
    "no region": (f"[profile prod]\naws_account_id = 222222222222\n{KEYS}", "AWS_REGION"),
    "a file that is none of profiles": ("what is this\n", "correct the file of profiles"),
    "a file that is no text": (b"[profile prod]\nregion = \xff\xfe\n", "correct the file of profiles"),
    "a service's address that is none": (
        profile(f"{KEYS}aws_account_id = 222222222222\nendpoint_url = nonsense\n"),
        "nonsense",
    ),
    "a region that is none": (
        f"[profile prod]\nregion = eu west\naws_account_id = 222222222222\n{KEYS}",
        "eu west",
    ),
}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with this file of profiles and nothing else; `machine(text, **environment)`.

    A process that answers has all the time that the product gives it, however slow the machine: what is to hang says so by
    `awaited`, the sentence that is awaited.
    """
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("somebody was asked"))

    def made(text, awaited="", **environment):
        if awaited == HANGS:
            monkeypatch.setattr(credentials, "PROCESS", 0.2)
        (tmp_path / "config").write_bytes(text if isinstance(text, bytes) else text.encode())
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return made


@pytest.fixture
def sts():
    """STS on this machine: `sts.answers` is the status and code of its next answers; its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            status, code = server.answers
            body = (
                f"<ErrorResponse><Error><Code>{code}</Code><Message>no\x85way</Message></Error></ErrorResponse>"
            ).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    server.address = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hurried(monkeypatch):
    """Retries without their pauses."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(
        "botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0
    )  # it took `sleep` as it was imported


def modelctl(capsys, *more):
    status = main(["status", "--env", "prod", "--model", "flights", *more])
    return status, capsys.readouterr().err


@pytest.mark.parametrize("kind", KINDS)
def test_modelctl_ends_with_5_and_a_sentence(machine, capsys, kind):
    text, named = KINDS[kind]
    machine(text, named)

    status, output = modelctl(capsys, "--profile", "prod")

    assert status == 5, output
    assert named in output
    assert "Traceback" not in output
    assert len(output.splitlines()) == 1


# With a terminal that a program could open by name, while its input and output are elsewhere.
AT_A_TERMINAL = """
import os, sys
ours, theirs = os.openpty()
out, err = os.dup(1), os.dup(2)
child = os.fork()
if not child:
    os.login_tty(theirs)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.execv(sys.executable, [sys.executable, "-m", "modeldelivery.release.cli", *sys.argv[1:]])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("kind", ["a role that asks for an MFA code", "a process that asks a terminal"])
def test_a_terminal_that_nobody_looks_at_is_not_asked(machine, kind):
    """As in `pulumi preview`: the question would stand nowhere, and the command would hang."""
    text, named = KINDS[kind]
    machine(text, named)

    ended = subprocess.run(
        [
            PYTHON,
            "-c",
            AT_A_TERMINAL,
            *["status", "--env", "prod", "--model", "flights", "--profile", "prod"],
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=CHECKOUT,
    )

    assert (ended.returncode, named in ended.stderr) == (5, True), ended.stderr


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ((403, "AccessDenied"), "AccessDenied"),
        ((400, "ExpiredToken"), "ExpiredToken"),
        ((403, "InvalidClientTokenId"), "InvalidClientTokenId"),
        ((503, "ServiceUnavailable"), "ServiceUnavailable"),
    ],
)
@pytest.mark.parametrize(
    "text", [profile(f"{ROLE}source_profile = base\n", BASE), profile(KEYS)], ids=["a role", "keys"]
)
@pytest.mark.usefixtures("hurried")
def test_so_does_whatever_sts_refuses(machine, sts, capsys, *, text, answer, named):
    sts.answers = answer
    machine(text, AWS_ENDPOINT_URL_STS=sts.address)

    status, output = modelctl(capsys, "--profile", "prod")

    assert (status, named in output, "Traceback" in output) == (5, True, False), output


@pytest.mark.usefixtures("hurried")
def test_so_does_sts_that_cannot_be_reached_and_a_review_does_not_blame_the_credentials(machine, capsys):
    machine(profile(KEYS), AWS_ENDPOINT_URL_STS="http://127.0.0.1:9")

    status, output = modelctl(capsys, "--profile", "prod")

    assert status == 5
    assert "look at the network and the region" in output
    assert lacking("prod", "prod") is None


def test_so_does_a_profile_of_the_environment_that_is_not_there(machine, capsys):
    machine("[profile staging]\nregion = eu-west-1\n", AWS_PROFILE="absent")

    status, output = modelctl(capsys)

    assert status == 5
    assert "absent" in output


@pytest.mark.usefixtures("hurried")
def test_so_does_a_container_without_its_service(machine, capsys):
    machine("", AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:9/", AWS_REGION="eu-west-1")

    assert modelctl(capsys)[0] == 5


def test_so_does_half_a_pair_of_keys_in_the_environment(machine, capsys):
    machine("", AWS_ACCESS_KEY_ID="key", AWS_REGION="eu-west-1")

    status, output = modelctl(capsys)

    assert status == 5
    assert "AWS_SECRET_ACCESS_KEY" in output


@pytest.mark.parametrize("kind", KINDS)
def test_the_provider_says_the_same(machine, kind):
    """In `pulumi preview` and `up`: its arguments name the region."""
    text, named = KINDS[kind]
    if kind == "no region":
        named = ""
        text = profile("")
    machine(text, named)

    arguments = {
        "model": "flights",
        "environment": "prod",
        "account": "222222222222",
        "region": "eu west" if kind == "a region that is none" else "eu-west-1",
        "profile": "prod",
        "live": "v1.0.0",
        "fleet": ["v1.0.0"],
    }
    with pytest.raises(ProviderError) as refused:
        ModelDelivery(log=None).invoke(TOKEN, arguments, preview=True)

    assert named in str(refused.value)


@pytest.mark.parametrize(
    "kind", ["a role that asks for an MFA code", "a process that hangs", "no such profile"]
)
def test_the_sandboxs_plugin_says_the_same(machine, kind):
    text, named = KINDS[kind]
    machine(text, named)

    with pytest.raises(ProviderError, match=named):
        _ = Calls(Config(profile="prod", region="")).region


@pytest.mark.parametrize(
    "kind", ["a role that asks for an MFA code", "a process that hangs", "no such profile"]
)
def test_a_review_says_the_same(machine, kind):
    text, named = KINDS[kind]
    machine(text, named)

    assert named in lacking("prod", "prod")


@pytest.mark.parametrize("text", ["what is this\n", b"\xff"])
def test_a_review_says_that_the_file_of_profiles_cannot_be_read(machine, text):
    machine(text)

    assert "correct the file of profiles" in lacking("prod", None)
    with pytest.raises(CredentialsError):
        profile_for("prod")


@pytest.mark.parametrize(
    ("terminal", "prompts"),
    [((True, True), False), ((False, True), True), ((True, False), True), ((None, True), True)],
)
def test_nobody_is_asked_who_is_not_at_a_terminal_or_does_not_expect_it(
    machine, monkeypatch, terminal, prompts
):
    machine(KINDS["a role that asks for an MFA code"][0])
    at(monkeypatch, *terminal)

    with pytest.raises(CredentialsError, match="nobody can answer here"):
        open_account("prod", None, prompts=prompts)


def test_whoever_is_at_a_terminal_is_asked(machine, monkeypatch):
    machine(KINDS["a role that asks for an MFA code"][0])
    at(monkeypatch, *(True, True))
    prompts = []

    def ask(question):
        prompts.append(question)
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ask)
    with pytest.raises(CredentialsError, match="EOFError"):
        open_account("prod", None, prompts=True)

    assert prompts == ["Enter MFA code for arn:aws:iam::1:mfa/ada: "]


def at(monkeypatch, stdin, stderr):
    class Stream:
        def __init__(self, terminal):
            self.terminal = terminal

        def isatty(self):
            return self.terminal

    monkeypatch.setattr("sys.stdin", None if stdin is None else Stream(stdin))
    monkeypatch.setattr("sys.stderr", Stream(stderr))


def test_credentials_that_a_process_gives_are_taken(machine):
    given = '{"Version": 1, "AccessKeyId": "key", "SecretAccessKey": "secret", "AccountId": "222222222222"}'
    quoted = given.replace('"', '\\"')
    machine(process(f"print('{quoted}')"))

    account = open_account("prod", None)

    assert (account.id, account.region) == ("222222222222", "eu-west-1")


@pytest.mark.parametrize(
    ("argument", "environment", "region"),
    [
        (None, {}, "eu-west-1"),
        (None, {"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        (None, {"AWS_REGION": "eu-west-3", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-3"),
        (None, {"AWS_REGION": ""}, "eu-west-1"),
        ("eu-north-1", {"AWS_REGION": "eu-west-3"}, "eu-north-1"),
    ],
)
def test_the_region_is_the_arguments_else_the_environments_else_the_profiles(
    machine, argument, environment, region
):
    machine(profile(f"{KEYS}aws_account_id = 222222222222\n"), **environment)

    account = open_account("prod", argument)

    assert account.region == region
    assert account.fenced.sagemaker.meta.region_name == region


def test_a_process_that_ends_by_itself_while_it_is_ended_is_no_error_of_modelctl(monkeypatch):
    def gone(*_):
        raise ProcessLookupError

    started = credentials._Process(["true"], subprocess.PIPE, subprocess.PIPE, answered=False)
    monkeypatch.setattr(credentials.os, "killpg", gone)

    started._end()

    assert started.returncode == 0
