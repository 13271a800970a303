"""Connections to an API server: whom they trust, and as whom they log in, over real TLS on loopback."""

import datetime as dt
import http.server
import ipaddress
import json
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from modeldelivery.release.errors import CredentialsError, LostError, NotSentError, UnreachableError
from modeldelivery.release.kubernetes import connection
from modeldelivery.release.kubernetes.connection import connect
from modeldelivery.release.kubernetes.kubeconfig import Certificate, Cluster, KubeconfigError, Token

PATH = "/apis/gateway.networking.k8s.io/v1/namespaces/flights/httproutes/flights-prod"


HELD = "/held"
REFUSED = "ended"  # a token


class Authority:
    """Who signs certificates."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cluster")])
        self.certificate = self._signed(self.name, self.key.public_key(), authority=True)

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issues(self, name, *, addresses=()):
        """Certificate and key, both PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._signed(subject, key.public_key(), addresses=addresses)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()

    def _signed(self, subject, key, *, authority=False, addresses=()):
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if authority:
            usage = dict.fromkeys(
                (
                    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
                    *("key_agreement", "encipher_only", "decipher_only"),
                ),
                False,
            )
            builder = builder.add_extension(
                x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True
            )
        if addresses:
            names = [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())


class ApiServer(http.server.BaseHTTPRequestHandler):
    """Says who asks; of what is held it says nothing."""

    ended = threading.Event()

    def do_GET(self):
        if self.path == HELD:
            self.ended.wait()
            return
        if self.headers.get("Authorization") == f"Bearer {REFUSED}":
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        certificate = self.connection.getpeercert()
        subject = [value for part in certificate["subject"] for _, value in part] if certificate else []
        body = {"token": self.headers.get("Authorization"), "certificate": subject}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Nobody reads along."""


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def address(authority, tmp_path_factory):
    certificate, key = authority.issues("api", addresses=("127.0.0.1",))
    chain = tmp_path_factory.mktemp("tls") / "chain.pem"
    chain.write_text(certificate + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.pem)
    context.load_cert_chain(chain)
    context.verify_mode = ssl.CERT_OPTIONAL
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    ApiServer.ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """What is claimed here is no time: a fenced call's few seconds are too few on a busy machine."""
    monkeypatch.setattr(connection, "FENCED", connection.urllib3.Timeout(60.0))


def cluster(address, ca, login):
    return Cluster(server=address, ca=ca, login=login, context="prod")


def test_a_token_logs_in_to_a_server_that_the_authority_signed(address, authority):
    server = connect(cluster(address, authority.pem, Token(token="secret")), patient=False)

    assert server.get(PATH).body == {"token": "Bearer secret", "certificate": []}


def test_a_certificate_and_a_key_that_do_not_belong_together_are_said_to(address, authority):
    login = Certificate(certificate=authority.issues("ada")[0], key=authority.issues("ada")[1])
    with pytest.raises(KubeconfigError, match="do not belong together"):
        connect(cluster(address, authority.pem, login), patient=False)


def test_a_certificate_logs_in(address, authority):
    certificate, key = authority.issues("ada")
    login = Certificate(certificate=certificate, key=key)

    server = connect(cluster(address, authority.pem, login), patient=True)

    assert server.get(PATH).body == {"token": None, "certificate": ["ada"]}


def test_a_server_that_another_authority_signed_is_not_trusted(address):
    server = connect(cluster(address, Authority().pem, Token(token="secret")), patient=False)

    with pytest.raises(UnreachableError, match="cannot be trusted"):
        server.get(PATH)


def test_a_server_of_another_name_is_not_trusted(address, authority):
    elsewhere = address.replace("127.0.0.1", "localhost")

    with pytest.raises(UnreachableError, match="cannot be trusted"):
        connect(cluster(elsewhere, authority.pem, Token(token="secret")), patient=False).get(PATH)


def test_a_certificate_may_be_of_the_name_that_the_kubeconfig_gives(address, authority):
    named = Cluster(
        server=address.replace("127.0.0.1", "localhost"),
        ca=authority.pem,
        login=Token(token="secret"),
        context="prod",
        name="127.0.0.1",
    )

    assert connect(named, patient=False).get(PATH).body["token"] == "Bearer secret"


@pytest.mark.parametrize("ca", ["no certificate", "für"])
def test_what_is_no_certificate_is_said_of_the_context(ca):
    with pytest.raises(KubeconfigError, match="context 'prod'"):
        connect(cluster("https://127.0.0.1:1", ca, Token(token="secret")), patient=False)


def test_a_clients_certificate_that_is_none_is_said_of_the_context(authority):
    login = Certificate(certificate="für", key="für")
    with pytest.raises(KubeconfigError, match="context 'prod'"):
        connect(cluster("https://127.0.0.1:1", authority.pem, login), patient=False)


def test_a_token_of_a_file_is_read_again_when_it_is_refused(address, authority, tmp_path):
    file = tmp_path / "token"
    file.write_text(REFUSED)
    server = connect(cluster(address, authority.pem, Token(file=str(file))), patient=False)
    with pytest.raises(CredentialsError):
        server.get(PATH)
    file.write_text("newer\n")

    assert server.get(PATH).body["token"] == "Bearer newer"


def test_where_nobody_listens_nothing_was_sent(authority):
    server = connect(cluster("https://127.0.0.1:1", authority.pem, Token(token="secret")), patient=False)

    with pytest.raises(NotSentError, match=r"no connection to https://127\.0\.0\.1:1"):
        server.get(PATH)


def test_a_server_that_does_not_answer_in_time_leaves_it_open(address, authority, monkeypatch):
    monkeypatch.setattr(connection, "FENCED", connection.urllib3.Timeout(connect=60.0, read=0.2))
    server = connect(cluster(address, authority.pem, Token(token="secret")), patient=False)

    with pytest.raises(LostError, match="no certain answer"):
        server.get(HELD)


@pytest.mark.parametrize(
    ("name", "agent"),
    [
        ("", "modelctl"),
        ("nightly", "modelctl app/nightly"),
        ("two words", "modelctl"),
        ("a\r\nAuthorization: b", "modelctl"),
        ("é", "modelctl"),
    ],
)
def test_a_client_calls_itself_in_the_clusters_log_as_it_does_in_that_of_aws(name, agent):
    assert connection.user_agent({"AWS_SDK_UA_APP_ID": name}) == agent
