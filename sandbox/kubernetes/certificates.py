"""The cluster's own authority, the API server's certificate, and the keys of service accounts' tokens."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.home import write
from sandbox.kubernetes.layout import ADDRESS, NAME

_LIFE = timedelta(days=3650)
_EARLY = timedelta(hours=1)  # a clock that is set back a little refuses nothing
_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", NAME)
_ADDRESSES = ("127.0.0.1", ADDRESS)


def make(folder: Path) -> None:
    """Write `ca.crt`, `ca.key`, `apiserver.crt`, `apiserver.key`, `sa.key` and `sa.pub` in PEM, unless they are there."""
    if (folder / "sa.pub").exists() and _named(folder / "apiserver.crt"):
        return
    authority, server, tokens = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    name = _name("sandbox-kubernetes")
    authority_certificate = (
        _certificate(name, name, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority, hashes.SHA256())
    )
    names = [x509.DNSName(each) for each in _NAMES] + [
        x509.IPAddress(ip_address(each)) for each in _ADDRESSES
    ]
    certificate = (
        _certificate(_name("kube-apiserver"), name, server.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority, hashes.SHA256())
    )
    for file, key in (("ca.key", authority), ("apiserver.key", server), ("sa.key", tokens)):
        write(folder / file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write(folder / "ca.crt", authority_certificate.public_bytes(Encoding.PEM))
    write(folder / "apiserver.crt", certificate.public_bytes(Encoding.PEM))
    # The last one: where it is, all are.
    write(
        folder / "sa.pub", tokens.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def _named(certificate: Path) -> bool:
    """Whether an API server's certificate carries all names that it has today."""
    names = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return set(names.value.get_values_for_type(x509.DNSName)) == set(_NAMES)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + _LIFE)
    )
