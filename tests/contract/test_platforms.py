"""Every platform's adapter over its real library, and everything that can go wrong on the way: one sentence, one status."""

import json
import re
import socket
import ssl
import struct
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modeldelivery.review import cli, engine
from modeldelivery.review.commands import FAILED, UNREACHABLE
from modeldelivery.review.core.drift import Drift
from modeldelivery.review.folder import Folder, Look
from modeldelivery.review.platform import answers
from modeldelivery.review.platform.here import platform
from modeldelivery.review.platform.port import PlatformError, PlatformUnreachableError
from tests.unit.review.reviews import reviewed

MARKER = "<!-- model-delivery:review -->"
TOKEN = "a-token-that-no-message-shows"
PATIENCE = 1  # seconds, where nothing answers; else as long as it takes


def github(url):
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_API_URL": url,
        "CHANGE_ID": "5",
    }


def jenkins(url):
    return {**github(url), "GITHUB_ACTIONS": "", "JENKINS_URL": "http://jenkins.invalid"}


def gitlab(url):
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{url}/api/v4",
        "CI_PROJECT_ID": "3",
        "GITLAB_TOKEN": TOKEN,
        "CI_MERGE_REQUEST_IID": "5",
    }


ADAPTERS = (github, jenkins, gitlab)
OPERATIONS = {
    "comment": lambda place: place.comment(f"{MARKER}\nnew", MARKER),
    "issue": lambda place: place.issue("drift", f"{MARKER}\nnew", MARKER),
    "close": lambda place: place.issue("drift", None, MARKER),
}


def plain(status, body, kind="application/json", **headers):
    """An answer with this status and body."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def refusal(status, **headers):
    return plain(status, json.dumps({"message": f"why {status}"}).encode(), **headers)


def reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.shutdown(socket.SHUT_RD)
    handler.connection.close()


def hung_up(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def silent(handler):
    handler.server.ending.wait()


def truncated(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'[{"id": 1')
    handler.close_connection = True


def to_itself(status):
    def answer(handler):
        refusal(status, Location=f"{handler.server.url}{handler.path}")(handler)

    return answer


def in_a_circle(status):
    def answer(handler):
        path = (
            handler.path.removesuffix("/there")
            if handler.path.endswith("/there")
            else f"{handler.path}/there"
        )
        refusal(status, Location=f"{handler.server.url}{path}")(handler)

    return answer


PAGE = plain(200, b"<html><h1>Please sign in</h1></html>", "text/html")
# What a server may do instead of its work: how the sentence goes on, and whether the same command may succeed later.
ANSWERS = {
    "reset": (reset, "cannot be reached|broke off", True),
    "hung up": (hung_up, "cannot be reached|broke off", True),
    "truncated": (truncated, "broke off within its answer", True),
    "400": (refusal(400), r"answered 400 \(why 400\): it does not accept what was sent", False),
    "401": (refusal(401), r"answered 401 \(why 401\): it does not accept \w+_TOKEN, which may have expired", False),
    "403": (refusal(403), r"answered 403 \(why 403\): \w+_TOKEN may not do this", False),
    "404": (refusal(404), r"answered 404 \(why 404\): it is not there, or \w+_TOKEN may not see it", False),
    "410": (refusal(410), r"answered 410 \(why 410\)", False),
    "422": (refusal(422), r"answered 422 \(why 422\): it does not accept what was sent", False),
    "429": (refusal(429), r"answered 429 \(why 429\): it asks to slow down", True),
    "429 for a day": (refusal(429, Retry_After="86400"), "asks to slow down", True),
    "500": (refusal(500), r"answered 500 \(why 500\): the fault is on its side", True),
    "503": (plain(503, b"<html>down</html>", "text/html"), r"answered 503 \(Service Unavailable\)", True),
    "520": (plain(520, b"", "text/html"), r"answered 520 \(no reason given\): the fault is on its side", True),
    "a page": (PAGE, "does not answer as Git(Hub|Lab) does", False),
    "cut JSON": (plain(200, b'{"id": 1, '), "does not answer as Git(Hub|Lab) does", False),
    "no UTF-8": (plain(200, b'["\xff"]'), "does not answer as Git(Hub|Lab) does", False),
    "a number": (plain(200, b"7"), "does not answer as Git(Hub|Lab) does", False),
    "an empty object": (plain(200, b"{}"), "does not answer as Git(Hub|Lab) does", False),
    "a list of numbers": (plain(200, b"[7]"), "does not answer as Git(Hub|Lab) does", False),
    "301 to itself": (to_itself(301), "does not answer as Git(Hub|Lab) does|answered 301", False),
    "302 to itself": (to_itself(302), "does not answer as Git(Hub|Lab) does|answered 302", False),
    "301 to another host": (plain(301, b"", Location="http://elsewhere.invalid/"), "elsewhere.invalid|answered 301", None),
    "307 in a circle": (in_a_circle(307), "does not answer as Git(Hub|Lab) does|circle", False),
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.answer(self)

    do_GET = do_POST = do_PATCH = do_PUT = do_CONNECT = answer  # noqa: N815 - http.server's names

    def log_message(self, *_):
        """Quiet."""


@contextmanager
def serving(answer, context=None):
    """A server on a free port of loopback; its address is `url`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answer, server.ending = answer, threading.Event()
    server.handle_error = lambda *_: None  # a client that goes away is what is tried here
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No pauses, and no proxy or authority of this shell's."""
    monkeypatch.setattr(answers, "PAUSE", 0)
    monkeypatch.setattr(answers, "TIMEOUT", 60)
    monkeypatch.setattr(answers, "LONGEST_WAIT", 0)
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def failed(adapter, url, operation):
    """The error with which an operation ends, which names the platform and where it was looked for, and no secret."""
    environ = adapter(url)
    with pytest.raises(PlatformError) as raised:
        OPERATIONS[operation](platform(environ))
    sentence = str(raised.value)
    assert "\n" not in sentence
    assert "GitLab" in sentence if adapter is gitlab else "GitHub" in sentence
    assert url in sentence
    assert TOKEN not in sentence
    return raised.value


each_adapter = pytest.mark.parametrize("adapter", [github, gitlab])


@each_adapter
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_wrong_answer_is_a_sentence_that_says_whether_to_try_again(adapter, operation, kind):
    answer, sentence, again = ANSWERS[kind]
    with serving(answer) as server:
        error = failed(adapter, server.url, operation)
    assert re.search(sentence, str(error))
    assert again is None or isinstance(error, PlatformUnreachableError) is again


@each_adapter
@pytest.mark.parametrize(
    "kind", ["reset", "truncated", "403", "429", "500", "a page", "an empty object", "302 to itself"]
)
def test_what_goes_wrong_when_it_is_written_is_no_success(adapter, kind):
    answer, sentence, again = ANSWERS[kind]

    def only_reads(handler):
        if handler.command != "GET":
            answer(handler)
        elif handler.path.endswith(("/user", "/merge_requests/5")):
            plain(200, b'{"id": 7, "iid": 5, "web_url": "u", "login": "l"}')(handler)
        else:
            plain(200, b"[]")(handler)

    with serving(only_reads) as server:
        for operation in ("comment", "issue"):
            error = failed(adapter, server.url, operation)
            assert re.search(sentence, str(error))
            assert isinstance(error, PlatformUnreachableError) is again


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_page_that_answers_an_edit_on_github_is_no_success(operation):
    def only_reads(handler):
        if handler.command != "GET":
            PAGE(handler)
        elif handler.path.endswith("/user"):
            plain(200, b'{"login": "l"}')(handler)
        else:
            url = f"{handler.server.url}/repos/o/r/issues/1"
            ours = {
                "id": 1,
                "body": MARKER,
                "user": {"login": "l"},
                "url": url,
                "html_url": "h",
                "state": "open",
            }
            plain(200, json.dumps([ours]).encode())(handler)

    with serving(only_reads) as server:
        assert "does not confirm what was written" in str(failed(github, server.url, operation))


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_platform_that_nobody_is_at_is_unreachable(adapter):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and listens not
        error = failed(adapter, f"http://127.0.0.1:{unused.getsockname()[1]}", "comment")
    assert "cannot be reached (Connection refused)" in str(error)
    assert isinstance(error, PlatformUnreachableError)


@each_adapter
def test_redirects_in_a_circle_are_a_sentence(adapter):
    """The library of GitHub follows them as deep as Python lets it."""
    with serving(in_a_circle(301)) as server:
        error = failed(adapter, server.url, "comment")
    assert "it redirects in a circle" in str(error)


@each_adapter
def test_a_platform_that_never_answers_is_waited_for_within_bounds(adapter, monkeypatch):
    monkeypatch.setattr(answers, "TRIES", 1)
    monkeypatch.setattr(answers, "TIMEOUT", PATIENCE)
    with serving(silent) as server:
        error = failed(adapter, server.url, "comment")
    assert f"did not answer within {PATIENCE} s" in str(error)
    assert isinstance(error, PlatformUnreachableError)


@each_adapter
def test_a_server_without_tls_is_told_from_one_that_is_not_there(adapter):
    with serving(PAGE) as server:
        error = failed(adapter, server.url.replace("http:", "https:"), "comment")
    assert "has no certificate that this machine trusts" in str(error)


@pytest.fixture(scope="session")
def nobodys_certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that no authority signed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@each_adapter
def test_a_certificate_of_an_unknown_authority_is_told_with_how_to_name_it(adapter, nobodys_certificate):
    with serving(PAGE, nobodys_certificate) as server:
        error = failed(adapter, server.url, "comment")
    assert "has no certificate that this machine trusts" in str(error)
    assert "REQUESTS_CA_BUNDLE names a file" in str(error)


@each_adapter
def test_authorities_that_are_not_there_are_a_sentence(adapter, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/authorities.pem")
    assert "/nowhere/authorities.pem" in str(failed(adapter, "https://127.0.0.1:1", "comment"))


@each_adapter
def test_a_proxy_that_refuses_is_named(adapter, monkeypatch):
    with serving(plain(407, b"")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = failed(adapter, "https://forge.invalid", "comment")
    assert "the proxy on the way to" in str(error)
    assert "407" in str(error)


@each_adapter
@pytest.mark.parametrize("url", ["forge", "http://", "ftp://forge.invalid", "http://forge.invalid:port"])
def test_an_address_that_is_none_is_a_sentence(adapter, url):
    error = failed(adapter, url, "comment")
    assert re.search("GITHUB_API_URL|CI_API_V4_URL", str(error))


@pytest.mark.parametrize("event", ["", "{", "[]", '{"pull_request": 5}', '{"pull_request": {"number": "5"}}'])
def test_an_event_that_is_none_of_github_s_is_a_sentence(tmp_path, event):
    path = tmp_path / "event.json"
    path.write_text(event)
    environ = {**github("http://127.0.0.1:1"), "CHANGE_ID": "", "GITHUB_EVENT_PATH": str(path)}
    with pytest.raises(PlatformError, match="GITHUB_EVENT_PATH"):
        platform(environ)


def test_a_merge_request_s_number_that_is_none_is_a_sentence():
    with pytest.raises(PlatformError, match="CI_MERGE_REQUEST_IID is 'five'"):
        platform({**gitlab("http://127.0.0.1:1"), "CI_MERGE_REQUEST_IID": "five"})


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("command", ["comment", "report"])
def test_a_build_whose_platform_cannot_be_told_ends_with_a_sentence_and_a_status(
    adapter, command, tmp_path, monkeypatch, capsys
):
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL"):
        monkeypatch.delenv(name, raising=False)
    folder = Folder(tmp_path / ".review")
    monkeypatch.setattr(engine, "commit", lambda: "abc")
    for environment in ("staging", "prod"):
        drift = Drift(
            environment=environment,
            commit="abc",
            resources=(),
            hold=None,
            findings=(),
            unread=(),
            problem=None,
        )
        folder.write(folder.left(Look.DRIFT, environment), drift)
    folder.write(folder.left(Look.PREVIEW, "prod"), reviewed("traffic-only"))
    for answer, status in ((refusal(403), FAILED), (refusal(503), UNREACHABLE)):
        with serving(answer) as server:
            for name, value in adapter(server.url).items():
                monkeypatch.setenv(name, value)
            assert cli.main(["--folder", str(folder.path), command]) == status
        assert re.fullmatch(r"review: Git\w+ at .* answered \d+ .*\n", capsys.readouterr().err)
