"""The official release of the Pulumi CLI, from its download site, checked against the published checksums."""

import hashlib
import platform
import ssl
import tarfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path

from modeldelivery.terminal.steps import SetupError, Step

SITE = "https://github.com/pulumi/pulumi/releases/download"

_CONNECT = 5.0  # seconds without a byte before the site counts as unreachable
_PROBE = 10.0  # seconds for the checksums, which name resolution may eat unbounded
_CHUNK = 1 << 20
_TRUST = (
    " (this Python trusts nobody who vouches for it: with Python from python.org on a Mac run `Install Certificates.command` "
    "in its folder of Applications; behind a company's proxy name its certificates by SSL_CERT_FILE)"
)


class UnreachableError(Exception):
    """The site did not answer, or does not have this release for this machine."""


def archive_name(version: str, system: str, machine: str) -> str:
    """The file's name in the release, for `platform.system()` and `platform.machine()`.

    Raises:
        UnreachableError: Pulumi publishes none for this machine.
    """
    systems = {"Linux": "linux", "Darwin": "darwin"}
    machines = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    if system not in systems or machine.lower() not in machines:
        raise UnreachableError(f"there is no release of Pulumi for {system} on {machine}")
    return f"pulumi-v{version}-{systems[system]}-{machines[machine.lower()]}.tar.gz"


def expected_digest(checksums: str, name: str) -> str:
    """The sha256 (hex) of the file `name` in the text of a checksums file.

    Raises:
        SetupError: the file is not named there.
    """
    for line in checksums.splitlines():
        digest, _, file = line.partition(" ")
        if file.strip().lstrip("*") == name:
            return digest.lower()
    raise SetupError(f"the published checksums do not name {name}: install Pulumi by hand, then run it again")


def download(version: str, into: Path, step: Step, site: str = SITE, authorities: Path | None = None) -> None:
    """Unpack the CLI and its Python parts of release `version` into the new folder `into`.

    Args:
        version: without a `v`.
        into: does not exist yet.
        step: where to show progress.
        site: where releases are.
        authorities: certificates to trust where this Python trusts none that vouches for the site.

    Raises:
        UnreachableError: the site does not answer in seconds, or has no such release.
        SetupError: what it sent is not what its checksums say.
    """
    name = archive_name(version, platform.system(), platform.machine())
    step.say(f"trying the official release at {site} ({_CONNECT:.0f} s)")
    checksums = _within(
        _PROBE, lambda: _fetch(f"{site}/v{version}/pulumi-{version}-checksums.txt", authorities)
    ).decode()
    expected = expected_digest(checksums, name)
    archive = into.with_suffix(".tar.gz")
    digest = hashlib.sha256()
    try:
        with (
            _open(f"{site}/v{version}/{name}", authorities) as answer,
            archive.open("wb") as file,
        ):
            received = 0
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                digest.update(chunk)
                received += len(chunk)
                step.status(f"downloading {name}, {received >> 20} MB")
    except OSError as error:
        archive.unlink(missing_ok=True)
        raise UnreachableError(f"the download broke off: {error}") from error
    if digest.hexdigest() != expected:
        archive.unlink()
        raise SetupError(
            f"{name} has the sha256 {digest.hexdigest()}, but its checksums file says {expected}: "
            "do not use it; try again, and tell Pulumi if it stays so"
        )
    unpack(archive, into)
    archive.unlink()


def unpack(archive: Path, into: Path) -> None:
    """The files of the archive that running Python programs takes, executable, in the new folder `into`."""
    into.mkdir(parents=True)
    with tarfile.open(archive) as members:
        for member in members:
            name = Path(member.name).name
            if not member.isfile() or (name != "pulumi" and "python" not in name):
                continue
            source = members.extractfile(member)
            assert source is not None
            target = into / name
            with source, target.open("wb") as file:
                while chunk := source.read(_CHUNK):
                    file.write(chunk)
            target.chmod(0o755)


def _fetch(address: str, authorities: Path | None) -> bytes:
    try:
        with _open(address, authorities) as answer:
            content: bytes = answer.read()
    except OSError as error:
        reason = getattr(error, "reason", error)
        hint = _TRUST if isinstance(reason, ssl.SSLCertVerificationError) else ""
        raise UnreachableError(f"{address}: {reason}{hint}") from error
    return content


def _open(address: str, authorities: Path | None) -> HTTPResponse:
    """Trusting what this Python trusts, and where that is not enough, `authorities` too.

    Python from python.org trusts nobody on a Mac until its "Install Certificates" was run.
    """
    try:
        return _request(address, ssl.create_default_context())
    except urllib.error.URLError as error:
        if authorities is None or not isinstance(error.reason, ssl.SSLCertVerificationError):
            raise
    context = ssl.create_default_context()
    context.load_verify_locations(authorities)
    return _request(address, context)


def _request(address: str, context: ssl.SSLContext) -> HTTPResponse:
    answer: HTTPResponse = urllib.request.urlopen(address, timeout=_CONNECT, context=context)  # noqa: S310 - SITE is https
    return answer


def _within(seconds: float, work: Callable[[], bytes]) -> bytes:
    """The result of `work`, or UnreachableError after `seconds`: name resolution takes no time-out of its own."""
    results: list[bytes | UnreachableError] = []

    def attempt() -> None:
        try:
            results.append(work())
        except UnreachableError as error:
            results.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise UnreachableError(f"no answer within {seconds:.0f} s")
    if isinstance(results[0], UnreachableError):
        raise results[0]
    return results[0]
