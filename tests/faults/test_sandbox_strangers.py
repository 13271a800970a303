"""Another user of the machine, a web page, and whoever knows an access key but not its secret get nowhere."""

import http.client
import io
import json
import os
import shutil
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.conftest import ROLES, Sandbox

pytestmark = pytest.mark.faults

NOBODY = 65_534
MOVE = "SageMaker.UpdateEndpointWeightsAndCapacities"
# What was committed once, and what a guess looks like.
GUESSES = [("AKIASANDBOXSTAGING00", "sandbox-staging"), (None, "sandbox-staging"), (None, "")]


@pytest.fixture(scope="module")
def open_folder():
    """A folder that everybody may enter and read, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="model-delivery-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared(open_folder):
    """A sandbox in a folder that its owner's umask left open to all."""
    before = os.umask(0)
    try:
        started = Sandbox(open_folder / "sandbox")
        started.run("up")
        yield started
        started.run("down", "--purge")
    finally:
        os.umask(before)


@pytest.fixture
def nobody():
    """Runs a function as another user, and gives its JSON value: `nobody(function)`."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user: run this test as root to try the attack")
    with ask(80):  # loads what the child, who cannot read root's Python, would load
        pass

    def run(work):
        reader, writer = os.pipe()
        if (child := os.fork()) == 0:
            try:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
                os.write(writer, json.dumps(work()).encode())
            except BaseException as error:  # noqa: BLE001 - told to the test
                os.write(writer, json.dumps(f"broke: {error!r}").encode())
            finally:
                os._exit(0)
        os.close(writer)
        os.waitpid(child, 0)
        with os.fdopen(reader) as answer:
            return json.load(answer)

    return run


@contextmanager
def ask(port, method="GET", path="/", body=b"", **headers):
    """The status that an HTTP request is answered with, and the text; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request(method, path, body, {n.replace("_", "-"): v for n, v in headers.items()})
        answer = connection.getresponse()
        yield answer.status, answer.read().decode()
    except ConnectionRefusedError:
        yield 0, ""
    finally:
        connection.close()


def send(*arguments, **headers):
    with ask(*arguments, **headers) as answer:
        return list(answer)


def signed(port, path, body, key, secret, **headers):
    """The headers of a SageMaker call that is signed with this secret."""
    request = AWSRequest("POST", f"http://127.0.0.1:{port}{path}", headers=headers, data=body)
    SigV4Auth(Credentials(key, secret), "sagemaker", "eu-west-1").add_auth(request)
    return dict(request.headers.items())


def access_key(sandbox, profile="staging"):
    return sandbox.session(profile).get_credentials()


def test_another_user_reads_nothing_of_the_folder(shared, nobody):
    def look():
        observed = []
        for path in (
            shared.home,
            shared.home / "keys.json",
            shared.home / "daemon.json",
            shared.home / "aws",
        ):
            try:
                observed.append(sorted(p.name for p in path.iterdir()) if path.is_dir() else path.read_text())
            except PermissionError:
                continue
        return observed

    assert nobody(look) == []


def test_everything_in_the_folder_is_its_owners_alone(shared):
    """Also where the owner's umask gives everything away. What a link leads to is elsewhere."""
    paths = [path for path in (shared.home, *shared.home.rglob("*")) if not path.is_symlink()]
    assert [path for path in paths if path.stat().st_mode & 0o077] == []


def test_a_folder_that_was_open_before_is_closed(open_folder):
    folder = open_folder / "was-open"
    folder.mkdir()
    folder.chmod(0o777)
    opened = Sandbox(folder)
    opened.run("up")
    mode = folder.stat().st_mode & 0o777
    opened.run("down", "--purge")
    assert mode == 0o700


def test_a_folder_of_another_user_is_refused(open_folder, nobody):  # noqa: ARG001 - skips where nobody can
    folder = open_folder / "foreign"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    refused = Sandbox(folder).run("up", check=False)
    assert (refused.returncode, f"belongs to user {NOBODY}" in refused.stderr) == (1, True)


def test_a_folder_with_other_things_is_neither_taken_nor_removed(open_folder):
    folder = open_folder / "precious"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years")
    refused = [Sandbox(folder).run(*words, check=False) for words in (("up",), ("down", "--purge"))]
    assert [done.returncode for done in refused] == [1, 1]
    assert "holds other things: name a new or an empty folder by SANDBOX_HOME" in refused[0].stderr
    assert [path.name for path in folder.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sandbox/status"),
        ("GET", "/sandbox/calls"),
        ("GET", "/sandbox/held"),
        ("GET", "/sandbox/faults"),
        ("POST", "/sandbox/faults"),
        ("DELETE", "/sandbox/faults"),
        ("POST", "/sandbox/release"),
    ],
)
def test_another_user_administers_nothing(shared, nobody, method, path):
    port, fault = shared.daemon["control"], b'{"kind": "throttle", "action": "GetCallerIdentity"}'
    answers = [
        nobody(lambda: send(port, method, path, fault)),
        nobody(lambda: send(port, method, path, fault, X_Sandbox_Token="a guess")),
    ]
    assert [status for status, _ in answers] == [403, 403]
    assert shared.client("staging", "sts").get_caller_identity()["Account"] == "111111111111"


@pytest.mark.parametrize(("key", "secret"), GUESSES)
def test_an_access_key_alone_calls_nothing(shared, nobody, key, secret):
    """It travels in the clear with every call, and was the same in every clone."""
    port, key = shared.daemon["control"], key or access_key(shared).access_key
    headers = signed(port, "/", b"{}", key, secret, **{"X-Amz-Target": MOVE})
    status, text = nobody(lambda: send(port, "POST", "/", b"{}", **headers))
    assert (status, json.loads(text)["__type"]) in [
        (403, "InvalidSignatureException"),
        (403, "UnrecognizedClientException"),
    ]


@pytest.mark.parametrize(("key", "secret"), GUESSES)
def test_an_access_key_alone_invokes_nothing(shared, nobody, key, secret):
    port, key = shared.daemon["runtime"], key or access_key(shared).access_key
    headers = signed(port, "/endpoints/any/invocations", b"row", key, secret)
    status, text = nobody(lambda: send(port, "POST", "/endpoints/any/invocations", b"row", **headers))
    assert (status, "is invalid" in text or "does not match" in text) == (403, True)


def test_a_signature_for_one_call_is_none_for_another(shared):
    port, own = shared.daemon["control"], access_key(shared)
    headers = signed(
        port, "/", b"{}", own.access_key, own.secret_key, **{"X-Amz-Target": "SageMaker.ListModels"}
    )
    assert send(port, "POST", "/", b"{}", **headers)[0] == 200
    assert send(port, "POST", "/", b'{"MaxResults": 9}', **headers)[0] == 403
    assert send(port, "POST", "/", b"{}", **(headers | {"X-Amz-Target": MOVE}))[0] == 403


def test_two_homes_have_two_keys(shared, sandbox):
    mine, theirs = access_key(shared), access_key(sandbox)
    assert mine.access_key != theirs.access_key
    assert mine.secret_key != theirs.secret_key
    assert shared.daemon["token"] != sandbox.daemon["token"]


def test_no_secret_is_in_a_command_line(shared, nobody):
    """Every user sees those."""
    daemon = psutil.Process(shared.daemon["pid"])
    pids = [daemon.pid, *(child.pid for child in daemon.children(recursive=True))]
    observed = nobody(lambda: [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids])
    secrets = {shared.daemon["token"], access_key(shared).secret_key, access_key(shared, "prod").secret_key}
    assert len(observed) >= 2
    assert not [word for word in secrets if word in "".join(observed)]


@pytest.fixture(params=["control", "runtime"])
def port(request, shared):
    """Of the gateway, then of the data plane."""
    return shared.daemon[request.param]


@pytest.mark.parametrize(
    "page",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:{port}", "Origin": "http://evil.example"},
        {"Host": "localhost:{port}", "Origin": "null"},
        {"Host": "127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_web_page_is_refused_on_both_ports_whatever_else_it_knows(shared, port, page):
    headers = {name: value.format(port=port) for name, value in page.items()}
    for method, path in (("GET", "/sandbox/status"), ("POST", "/endpoints/e/invocations"), ("OPTIONS", "/")):
        status, text = send(port, method, path, b"", **headers, X_Sandbox_Token=shared.daemon["token"])
        assert status == 403, text
        assert "the sandbox" in text


def test_an_answer_gives_no_web_page_leave_to_read_it(shared):
    """moto allows every origin."""
    port = shared.daemon["control"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("OPTIONS", "/", headers={"Origin": "http://evil.example"})
    answer = connection.getresponse()
    assert answer.status == 403
    assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-control-")]
    connection.close()


@pytest.mark.parametrize(
    "name", ["PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD", "PATH", "BASH_ENV", "NODE_OPTIONS"]
)
def test_a_model_brings_no_code_by_its_environment(hosting, name):
    with pytest.raises(ClientError, match=f"takes no {name} in a container's Environment"):
        hosting.sagemaker.create_model(
            ModelName="loader",
            ExecutionRoleArn=ROLES["staging"],
            PrimaryContainer={"Image": hosting.image, "Environment": {name: "/tmp/other"}},  # noqa: S108
        )


@pytest.mark.parametrize("part", ["config", "layers"])
def test_a_manifest_reads_no_file_outside_the_folder(hosting, open_folder, part):
    """Anyone with keys may push one: its digests are names of files."""
    import hashlib  # noqa: PLC0415

    evil = open_folder / f"evil-{part}"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz"):
        pass
    evil.write_bytes(archive.getvalue())
    ecr, repository = (
        hosting.sandbox.client("staging", "ecr"),
        hosting.image.partition("/")[2].partition("@")[0],
    )
    response = ecr.batch_get_image(
        repositoryName=repository, imageIds=[{"imageDigest": hosting.image.partition("@")[2]}]
    )
    manifest = json.loads(response["images"][0]["imageManifest"])
    wrong = f"sha256:{os.path.relpath(evil, hosting.sandbox.home / 'images' / 'blobs' / 'sha256')}"
    (manifest["config"] if part == "config" else manifest["layers"][0])["digest"] = wrong
    text = json.dumps(manifest)
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    ecr.put_image(repositoryName=repository, imageManifest=text, imageTag=f"evil-{part}", imageDigest=digest)
    with pytest.raises(ClientError, match="is no digest"):
        hosting.sagemaker.create_model(
            ModelName=f"evil-{part}",
            ExecutionRoleArn=ROLES["staging"],
            PrimaryContainer={"Image": f"{hosting.image.partition('@')[0]}@{digest}"},
        )
