"""A cluster and who logs in to it, from a kubeconfig: the address, whom to trust, and a certificate or a token.

Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/. A program that gives out tokens is not run: what it
would do belongs to whoever wrote the file. EKS's (`aws eks get-token`) is known by its arguments, and signed here instead.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

import msgspec
import yaml

from modeldelivery.release.errors import CredentialsError, InvalidError

_BLOCK = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----[\x00-\x7f]*?-----END [A-Z0-9 ]+-----")
_OF_A_TEXT = ("\n", "apiVersion", "current-context")  # no path has these
_LOGINS = ("token", "tokenFile", "client-certificate", "client-certificate-data", "exec")
_OTHERS = ("username", "password", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra")


class KubeconfigError(InvalidError):
    """A kubeconfig that says less than is needed, or what is not done here."""


class Eks(msgspec.Struct, frozen=True, kw_only=True):
    """A login by a URL of STS that is signed with AWS credentials; None where the kubeconfig leaves it to the default chain."""

    cluster: str
    region: str | None = None
    profile: str | None = None


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A client's certificate and key, both PEM."""

    certificate: str
    key: str


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token, from the kubeconfig, or from a file that somebody else writes anew before it ends."""

    token: str = ""
    file: str = ""

    def read(self) -> str:
        """As it is now. Raises CredentialsError."""
        return _token(_text(self.file), self.file) if self.file else self.token


Login = Eks | Certificate | Token


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Where an API server is, and how one logs in.

    Attributes:
        server: its address, `https://…`: where a connection goes.
        ca: PEM of who signs its certificate; "" for those that the machine trusts.
        name: that its certificate carries, where that is not the address's; "" for the address's.
        login: as whom.
        context: of the kubeconfig, for messages.
        namespace: that the context names; "" for none.
    """

    server: str
    ca: str
    login: Login
    context: str
    name: str = ""
    namespace: str = ""


class _Named(msgspec.Struct):
    name: str
    cluster: dict[str, Any] | None = None
    user: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class _File(msgspec.Struct):
    clusters: list[_Named] | None = None
    users: list[_Named] | None = None
    contexts: list[_Named] | None = None
    current: str | None = msgspec.field(default=None, name="current-context")


class Kubeconfig(msgspec.Struct, frozen=True, kw_only=True):
    """One or several files, read together: of two entries of one name the earlier counts, as for kubectl.

    Attributes:
        where: the files.
        clusters, users, contexts: by name, with paths made absolute.
        current: name of the context in force; "" for none.
    """

    where: str
    clusters: Mapping[str, Mapping[str, Any]]
    users: Mapping[str, Mapping[str, Any]]
    contexts: Mapping[str, Mapping[str, Any]]
    current: str

    def cluster(self, context: str | None = None, *, server: str | None = None) -> Cluster:
        """The cluster of a context.

        Args:
            context: its name; None for the one in force, or for any that leads to `server`.
            server: that it must be: its address, or `https://` and the name that its certificate carries.

        Raises:
            KubeconfigError: there is no such context, it leads elsewhere, or it logs in by what is not done here.
            CredentialsError: a file that it names cannot be read.
        """
        name = context or self._context_of(server)
        entry = self.contexts.get(name)
        if entry is None:
            raise KubeconfigError(
                f"{self.where}: there is no context {name!r}",
                hint=f"its contexts are {_listed(self.contexts)}",
            )
        cluster = self._entry("cluster", self.clusters, entry.get("cluster"), name)
        address = _server(cluster, self.where, str(entry.get("cluster")))
        if server is not None and not _leads(cluster, server):
            raise KubeconfigError(
                f"{self.where}: context {name!r} leads to {' as '.join(_names(cluster))}, and only {server} may be touched",
                hint="name another context, or check `server` in config",
            )
        user = self._entry("user", self.users, entry.get("user"), name)
        return Cluster(
            server=address,
            ca=_pem(cluster, "certificate-authority"),
            name=str(cluster.get("tls-server-name") or ""),
            login=_login(user, f"{self.where}: user {entry.get('user')!r}"),
            context=name,
            namespace=str(entry.get("namespace") or ""),
        )

    def _context_of(self, server: str | None) -> str:
        """The context in force, or, where that leads elsewhere, the first by name that leads to the server."""
        if server is None:
            if not self.current:
                raise KubeconfigError(
                    f"{self.where}: no current-context", hint=f"name one of {_listed(self.contexts)}"
                )
            return self.current
        leading = [
            name
            for name, entry in sorted(self.contexts.items())
            if _leads(self.clusters.get(str(entry.get("cluster")), {}), server)
        ]
        if not leading:
            raise KubeconfigError(
                f"{self.where}: no context leads to {server}",
                hint="get one from whoever runs the cluster, or set KUBECONFIG to the file that has it",
            )
        return self.current if self.current in leading else leading[0]

    def _entry(
        self, kind: str, entries: Mapping[str, Mapping[str, Any]], name: object, context: str
    ) -> Mapping[str, Any]:
        if not isinstance(name, str) or name not in entries:
            raise KubeconfigError(
                f"{self.where}: context {context!r} names the {kind} {name!r}, which is not there",
                hint=f"there are {_listed(entries)}",
            )
        return entries[name]


def read_kubeconfig(paths: Iterable[Path]) -> Kubeconfig:
    """Read the files that are there.

    Raises:
        KubeconfigError: there is none, or one is no kubeconfig.
        CredentialsError: one cannot be read.
    """
    named = list(paths)
    where = ", ".join(str(path) for path in named)
    entries: dict[str, dict[str, Mapping[str, Any]]] = {"cluster": {}, "user": {}, "context": {}}
    current, files = "", 0
    for path in named:
        file = _parsed(path)
        if file is None:
            continue
        files += 1
        current = current or file.current or ""
        for kind, listed in (("cluster", file.clusters), ("user", file.users), ("context", file.contexts)):
            for each in listed or []:
                entry = getattr(each, kind) or {}
                entries[kind].setdefault(each.name, _absolute(entry, path.parent))
    if not files:
        raise KubeconfigError(
            f"there is no kubeconfig {where}", hint="set KUBECONFIG, or log in to the cluster first"
        )
    return Kubeconfig(
        where=where,
        clusters=entries["cluster"],
        users=entries["user"],
        contexts=entries["context"],
        current=current,
    )


def kubeconfig_paths(environ: Mapping[str, str]) -> list[Path]:
    """The files that kubectl would read: those of KUBECONFIG, else ~/.kube/config.

    Raises:
        KubeconfigError: KUBECONFIG holds a kubeconfig itself. What it holds is not shown: there may be a token in it.
    """
    value = environ.get("KUBECONFIG", "")
    if any(part in value for part in _OF_A_TEXT):
        raise KubeconfigError(
            "KUBECONFIG holds the text of a kubeconfig",
            hint="write that to a file, and set KUBECONFIG to the file's path (a CI variable of the type File holds a path)",
        )
    listed = [Path(each) for each in value.split(":") if each]
    return listed or [Path(environ.get("HOME") or "~") / ".kube" / "config"]


def _parsed(path: Path) -> _File | None:
    """What a file says; None where there is none."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return msgspec.convert(raw, _File)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise KubeconfigError(f"{path} is no kubeconfig: {_fault(error)}") from error
    except (UnicodeError, msgspec.ValidationError) as error:
        raise KubeconfigError(f"{path} is no kubeconfig: {' '.join(str(error).split())}") from error


def _fault(error: yaml.YAMLError) -> str:
    """What is wrong with YAML, and where; PyYAML's own words quote the line, which may hold a token."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "it is not YAML"
    return f"it is not YAML ({error.problem}, line {error.problem_mark.line + 1})"


def _absolute(entry: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The entry with the files that it names found beside the kubeconfig, as kubectl finds them."""
    files = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
    return {
        key: str(folder / str(value)) if key in files and value else value for key, value in entry.items()
    }


def _names(cluster: Mapping[str, Any]) -> list[str]:
    """What a cluster is called: its address, and the name that its certificate carries where that is another.

    An API server behind a tunnel or a bastion is reached at an address that says nothing; who answers there is proved by
    the certificate (`tls-server-name`).
    """
    name = cluster.get("tls-server-name")
    return [str(cluster.get("server") or "").rstrip("/"), *([f"https://{name}"] if name else [])]


def _leads(cluster: Mapping[str, Any], server: str) -> bool:
    """Whether a cluster is the one that is called so."""
    return server.rstrip("/") in _names(cluster)


def _server(cluster: Mapping[str, Any], where: str, name: str) -> str:
    server = str(cluster.get("server") or "").rstrip("/")
    if not server.startswith("https://"):
        raise KubeconfigError(f"{where}: cluster {name!r} has the server {server!r}; it begins with https://")
    for key in ("insecure-skip-tls-verify", "proxy-url"):
        if cluster.get(key):
            raise KubeconfigError(
                f"{where}: cluster {name!r} sets {key}, which is not done here",
                hint="name the authority that signs its certificate in certificate-authority-data"
                if key.startswith("insecure")
                else "reach the API server directly",
            )
    return server


def _login(user: Mapping[str, Any], where: str) -> Login:
    others = sorted(key for key in user if key in _OTHERS)
    if others:
        raise KubeconfigError(
            f"{where} logs in by {', '.join(others)}, which is not done here",
            hint=f"what is: {', '.join(_LOGINS)}",
        )
    if user.get("exec"):
        return _eks(user["exec"], where)
    if user.get("token"):
        return Token(token=_token(str(user["token"]), where))
    if user.get("tokenFile"):
        login = Token(file=str(user["tokenFile"]))
        login.read()  # what cannot be read is told before anything is sent
        return login
    certificate, key = _pem(user, "client-certificate"), _pem(user, "client-key")
    if not certificate or not key:
        raise KubeconfigError(f"{where} has no login", hint=f"what is read: {', '.join(_LOGINS)}")
    return Certificate(certificate=certificate, key=key)


def _eks(plugin: Any, where: str) -> Eks:
    """What `aws eks get-token` or aws-iam-authenticator would be asked. Raises KubeconfigError for any other program."""
    command = str(plugin.get("command", "")) if isinstance(plugin, Mapping) else ""
    arguments = [str(each) for each in (plugin.get("args") or [])] if isinstance(plugin, Mapping) else []
    kind = PurePath(command).name
    given = _options(arguments)
    clusters = {"aws": ("--cluster-name",), "aws-iam-authenticator": ("-i", "--cluster-id")}.get(kind, ())
    cluster = next((given[name] for name in clusters if given.get(name)), "")
    words = [each for each in arguments if each in {"eks", "get-token", "token"}]
    if not cluster or words != {"aws": ["eks", "get-token"]}.get(kind, ["token"]):
        raise KubeconfigError(
            f"{where} logs in by the program {command!r}, which is not run here",
            hint="use a token or a client's certificate; of programs only EKS's (`aws eks get-token`) is known",
        )
    role = next((name for name in ("--role-arn", "-r", "--role") if given.get(name)), None)
    if role:
        raise KubeconfigError(
            f"{where} logs in to EKS with {role}, which is not done here",
            hint="name a profile that assumes the role (`role_arn` in ~/.aws/config) in AWS_PROFILE",
        )
    environ = {str(each.get("name")): str(each.get("value")) for each in plugin.get("env") or []}
    return Eks(
        cluster=cluster,
        region=given.get("--region") or environ.get("AWS_REGION"),
        profile=given.get("--profile") or environ.get("AWS_PROFILE"),
    )


def _options(arguments: list[str]) -> dict[str, str]:
    """Options with their values, written with a space or with `=`."""
    pairs = dict(pairwise(arguments))
    joined = dict(each.split("=", 1) for each in arguments if each.startswith("--") and "=" in each)
    return {key: value for key, value in {**pairs, **joined}.items() if key.startswith("-")}


def _pem(entry: Mapping[str, Any], key: str) -> str:
    """The text of a certificate or key, inline or in a file; "" where the entry has neither."""
    data = entry.get(f"{key}-data")
    if data:
        try:
            return _blocks(base64.b64decode(str(data), validate=True))
        except (binascii.Error, UnicodeError) as error:
            raise KubeconfigError(f"{key}-data is not PEM in base64") from error
    if not entry.get(key):
        return ""
    try:
        return _blocks(_bytes(str(entry[key])))
    except UnicodeError as error:
        raise KubeconfigError(f"{key}: {entry[key]} is not PEM") from error


def _blocks(pem: bytes) -> str:
    """The text; of one with words that are not ASCII, which may stand between the blocks, the blocks (RFC 7468). Raises UnicodeError."""
    kept = pem if pem.isascii() else b"".join(each + b"\n" for each in _BLOCK.findall(pem)) or pem
    return kept.decode("ascii")


def _token(text: str, where: str) -> str:
    """Raises CredentialsError for what no request can carry."""
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise CredentialsError(f"{where}: the token is empty, or has characters that no token has")
    return token


def _text(path: str) -> str:
    """Raises CredentialsError."""
    try:
        return _bytes(path).decode()
    except UnicodeError as error:
        raise CredentialsError(f"the kubeconfig names {path}, which cannot be read: {error}") from error


def _bytes(path: str) -> bytes:
    """Raises CredentialsError."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CredentialsError(f"the kubeconfig names {path}, which cannot be read: {error}") from error


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
