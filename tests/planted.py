"""Variables that a person's shell may hold, each leading elsewhere, and what would be seen if one of them did."""

import contextlib
import hashlib
import os
import socket
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import CHECKOUT

# A stack of this project in a backend that is not the sandbox's.
_STATE = '{"version": 3, "checkpoint": {"stack": "organization/model-delivery/NAME", "latest": null}}'


@dataclass
class Traps:
    """Files and ports outside of the sandbox that nothing inside may touch."""

    folder: Path
    met: list[str] = field(default_factory=list)  # first lines of what was sent to the port
    port: int = 0

    def __post_init__(self):
        write(self.modules / "sitecustomize.py", self._mark("sitecustomize"))
        write(self.modules / "usercustomize.py", self._mark("usercustomize"))
        write(self.modules / "boto3.py", self._mark("boto3"))
        write(self.modules / "sandbox" / "__init__.py", self._mark("sandbox"))
        write(self.folder / "startup.py", self._mark("startup"))
        write(self.folder / "startup.sh", f"touch {self.marks}/shell\n")
        write(self.folder / "bin" / "false", "#!/bin/sh\nexit 1\n").chmod(0o755)
        for name in ("staging", "prod"):
            state = self.backend / ".pulumi" / "stacks" / "model-delivery" / f"{name}.json"
            write(state, _STATE.replace("NAME", name))
        write(self.backend / ".pulumi" / "meta.yaml", "version: 1\n")
        write(self.folder / "aws", "[default]\nregion = us-east-1\n[profile staging]\nregion = us-east-1\n")
        write(self.folder / "passphrase", "another")
        write(self.folder / "repository" / "HEAD", "ref: refs/heads/none\n")
        write(self.folder / "pulumi-home" / "credentials.json", '{"current": "https://api.example"}')
        (self.folder / "pycache").mkdir()
        self.marks.mkdir()

    modules = property(lambda self: self.folder / "modules")
    backend = property(lambda self: self.folder / "backend")
    marks = property(lambda self: self.folder / "marks")

    def _mark(self, name):
        return f"open({str(self.marks / name)!r}, 'a').close()\n"

    @classmethod
    def names(cls):
        """Of what is planted, before there are any traps."""
        with tempfile.TemporaryDirectory() as folder:
            return sorted(cls(Path(folder)).variables())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def listening(self):
        """Note who connects to a port that would be a proxy, an endpoint or a collector of traces."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
            threading.Thread(target=self._note, args=(server,), daemon=True).start()
            yield self
            server.shutdown(socket.SHUT_RDWR)

    def _note(self, server):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(1)
                    with contextlib.suppress(OSError):
                        self.met.append(connection.recv(200).decode("latin-1").partition("\r\n")[0])

    def fingerprint(self):
        """Every file outside, with what it holds."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def variables(self):
        """What is planted, by name."""
        nowhere, folder, url = str(self.folder / "nowhere"), self.folder, self.url
        return {
            # AWS
            "AWS_PROFILE": "mycompany",
            "AWS_DEFAULT_PROFILE": "mycompany",
            "AWS_ACCESS_KEY_ID": "AKIAMYCOMPANY0000000",
            "AWS_SECRET_ACCESS_KEY": "of-my-company",
            "AWS_SESSION_TOKEN": "of-my-company",
            "AWS_ACCOUNT_ID": "999999999999",
            "AWS_REGION": "us-gov-west-1",
            "AWS_DEFAULT_REGION": "us-gov-west-1",
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ENDPOINT_URL_STS": url,
            "AWS_ENDPOINT_URL_SAGEMAKER": url,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/admin",
            "AWS_ROLE_SESSION_NAME": "mycompany",
            "AWS_WEB_IDENTITY_TOKEN_FILE": nowhere,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": url,
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_CONFIG_FILE": str(folder / "aws"),
            "AWS_SHARED_CREDENTIALS_FILE": nowhere,
            "AWS_CA_BUNDLE": nowhere,
            "AWS_DATA_PATH": str(folder),
            "AWS_USE_FIPS_ENDPOINT": "true",
            "AWS_USE_DUALSTACK_ENDPOINT": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_RETRY_MODE": "adaptive",
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_SDK_UA_APP_ID": "mycompany",
            "BOTO_CONFIG": str(folder / "aws"),
            "MOTO_S3_CUSTOM_ENDPOINTS": url,
            # Kubernetes
            "KUBECONFIG": nowhere,
            "KUBE_CONFIG_PATH": nowhere,
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            # Pulumi
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_HOME": str(folder / "pulumi-home"),
            "PULUMI_STACK": "prod",
            "PULUMI_ACCESS_TOKEN": "pul-0000",
            "PULUMI_CREDENTIALS_PATH": str(folder / "pulumi-home"),
            "PULUMI_CONFIG_PASSPHRASE": "another",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase"),
            "PULUMI_CONFIG": '{"model-delivery:model": "trains"}',
            "PULUMI_EXPERIMENTAL": "true",
            "PULUMI_OPTION_STACK": "prod",
            "PULUMI_OPTION_REFRESH": "true",
            "PULUMI_OPTION_CONFIG_FILE": nowhere,
            "PULUMI_PYTHON_CMD": str(folder / "bin" / "false"),
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "false",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "false",
            "PULUMI_ERROR_ON_DEPENDENCY_CYCLES": "true",
            # Python
            "PYTHON": str(folder / "bin" / "false"),
            "PYTHONPATH": str(self.modules),
            "PYTHONHOME": str(folder),
            "PYTHONSTARTUP": str(folder / "startup.py"),
            "PYTHONINSPECT": "1",
            "PYTHONSAFEPATH": "1",
            "PYTHONNOUSERSITE": "",
            "PYTHONUSERBASE": str(self.modules),
            "PYTHONPYCACHEPREFIX": str(folder / "pycache"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONOPTIMIZE": "2",
            "PYTHONWARNINGS": "error",
            "PYTHONIOENCODING": "utf-16",
            "PYTHONUTF8": "0",
            "VIRTUAL_ENV": str(folder),
            # The network
            "HTTP_PROXY": url,
            "HTTPS_PROXY": url,
            "ALL_PROXY": url,
            "http_proxy": url,
            "https_proxy": url,
            "all_proxy": url,
            "Http_Proxy": url,
            "grpc_proxy": url,
            "NO_PROXY": "only.example",
            "no_proxy": "only.example",
            "SSL_CERT_FILE": nowhere,
            "SSL_CERT_DIR": nowhere,
            "REQUESTS_CA_BUNDLE": nowhere,
            "CURL_CA_BUNDLE": nowhere,
            "SSLKEYLOGFILE": str(folder / "keys.log"),
            "GRPC_TRACE": "all",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            # Programs
            "LD_LIBRARY_PATH": str(folder),
            "BASH_ENV": str(folder / "startup.sh"),
            "ENV": str(folder / "startup.sh"),
            "GIT_DIR": str(folder / "repository"),
            "GIT_WORK_TREE": str(folder),
            "GIT_INDEX_FILE": nowhere,
            # The project's, and the person's
            "MODELCTL_MODEL": "trains",
            "SANDBOX_AWS_PROVIDER": "official",
            "SANDBOX_INCARNATION": "another",
            "HOME": nowhere,
            "TMPDIR": nowhere,
        }


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def plain(**more):
    """A shell's environment with nothing in it that leads anywhere."""
    kept = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "USER": "ada"}
    return kept | more


COMMAND = CHECKOUT / ".venv" / "bin" / "sandbox"
