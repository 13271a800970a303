"""The official release: named, fetched, checked and unpacked, from a site on this machine."""

import hashlib
import http.server
import io
import ipaddress
import os
import ssl
import tarfile
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modeldelivery.terminal.steps import SetupError, Step
from tools.setup import release
from tools.setup.release import UnreachableError, archive_name, download, expected_digest

VERSION = "3.259.0"


@pytest.fixture
def under_way():
    return Step("Pulumi", io.StringIO())


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "pulumi-v3.259.0-linux-x64.tar.gz"),
        ("Linux", "aarch64", "pulumi-v3.259.0-linux-arm64.tar.gz"),
        ("Darwin", "arm64", "pulumi-v3.259.0-darwin-arm64.tar.gz"),
    ],
)
def test_the_archive_is_named_as_pulumi_names_it(system, machine, name):
    assert archive_name(VERSION, system, machine) == name


def test_a_machine_without_a_release_goes_on_to_the_build():
    with pytest.raises(UnreachableError, match="riscv64"):
        archive_name(VERSION, "Linux", "riscv64")


def test_checksums_that_do_not_name_the_file_vouch_for_nothing():
    with pytest.raises(SetupError, match=r"do not name a\.tar\.gz"):
        expected_digest("00ff  b.tar.gz\n", "a.tar.gz")


class ReleaseSite:
    """A download site on this machine."""

    def __init__(self, files, certificate=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def archive(members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def linux(monkeypatch):
    monkeypatch.setattr(release.platform, "system", lambda: "Linux")
    monkeypatch.setattr(release.platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def published(content, digest=None):
    name = archive_name(VERSION, "Linux", "x86_64")
    checksums = f"{digest or hashlib.sha256(content).hexdigest()}  {name}\n".encode()
    return {f"/v{VERSION}/{name}": content, f"/v{VERSION}/pulumi-{VERSION}-checksums.txt": checksums}


@pytest.mark.usefixtures("linux")
def test_a_release_is_unpacked_to_what_python_programs_take(tmp_path, under_way):
    content = archive(
        {
            "pulumi/pulumi": b"cli",
            "pulumi/pulumi-language-python": b"host",
            "pulumi/pulumi-language-nodejs": b"not ours",
            "pulumi/../../escape-python": b"stays inside",
        }
    )
    with ReleaseSite(published(content)) as site:
        download(VERSION, tmp_path / "official", under_way, site.address)
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "escape-python", "official", "pulumi", "pulumi-language-python",
    ]  # fmt: skip
    assert (tmp_path / "official" / "escape-python").is_file()
    assert os.access(tmp_path / "official" / "pulumi", os.X_OK)


@pytest.mark.usefixtures("linux")
def test_a_release_that_is_not_what_its_checksum_says_is_never_unpacked(tmp_path, under_way):
    files = published(archive({"pulumi/pulumi": b"evil"}), digest="0" * 64)
    with ReleaseSite(files) as site, pytest.raises(SetupError, match="do not use it"):
        download(VERSION, tmp_path / "official", under_way, site.address)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("linux")
def test_a_site_without_the_release_goes_on_to_the_build(tmp_path, under_way):
    with ReleaseSite({}) as site, pytest.raises(UnreachableError):
        download(VERSION, tmp_path / "official", under_way, site.address)


@pytest.fixture
def certificate(tmp_path_factory):
    """A file with the certificate of a site on this machine, which nobody vouches for, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a site")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("site") / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.mark.usefixtures("linux")
def test_a_python_that_trusts_nobody_takes_the_authorities_of_the_project(tmp_path, under_way, certificate):
    """As Python from python.org on a Mac does before its "Install Certificates" was run."""
    with ReleaseSite(published(archive({"pulumi/pulumi": b"cli"})), certificate) as site:
        download(VERSION, tmp_path / "official", under_way, site.address, authorities=certificate)
    assert (tmp_path / "official" / "pulumi").read_bytes() == b"cli"


@pytest.mark.usefixtures("linux")
def test_a_site_that_nobody_vouches_for_is_not_believed_and_it_is_said_what_to_do(
    tmp_path, under_way, certificate
):
    with (
        ReleaseSite(published(archive({"pulumi/pulumi": b"cli"})), certificate) as site,
        pytest.raises(UnreachableError, match=r"Install Certificates\.command.*SSL_CERT_FILE"),
    ):
        download(VERSION, tmp_path / "official", under_way, site.address)
    assert list(tmp_path.iterdir()) == []
