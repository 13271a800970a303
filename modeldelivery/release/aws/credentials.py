"""How credentials are come by: nothing hangs, nothing prompts where nobody can answer, and every failure is a sentence."""

import getpass
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NoReturn

import boto3
import botocore.session
import msgspec
from botocore.config import Config
from botocore.credentials import AssumeRoleProvider, ProcessProvider
from botocore.exceptions import (
    ClientError,
    ConfigParseError,
    ConnectionError,  # noqa: A004 - botocore's own
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    LoginError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from modeldelivery.release.errors import CredentialsError, DeliveryError, UncertainError, UnreachableError

PROCESS = 60.0  # seconds that a `credential_process` may take: it may ask for a fingerprint
# Of the calls by which credentials are come by: a role's, a login's, a web identity's.
ASKING = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 3})
_SERVER_ERROR = 500
_REACH = "look at the network and the region, then run the same command again"
_FILES = "correct the file of profiles (AWS_CONFIG_FILE, else ~/.aws/config)"


class _NobodyAnswersError(Exception):
    """Somebody would have to be asked."""


class _Given(msgspec.Struct):
    """What a `credential_process` writes (AWS SDKs reference, "Process credential provider")."""

    Version: int
    AccessKeyId: str
    SecretAccessKey: str
    SessionToken: str | None = None
    Expiration: str | None = None
    AccountId: str | None = None


def open_session(profile: str | None, region: str | None, *, prompts: bool) -> boto3.Session:
    """A session whose credentials can neither hang nor prompt.

    Args:
        profile: AWS profile; None for AWS_PROFILE or the default chain.
        region: overrides AWS_REGION, which overrides the profile's, as AWS' SDKs other than botocore have it.
        prompts: a person may be asked for an MFA code, where standard input and error are a terminal.
    """
    core = botocore.session.Session(profile=profile)
    core.set_default_client_config(ASKING)
    answered = prompts and _is_terminal(sys.stdin) and _is_terminal(sys.stderr)
    for provider in core.get_component("credential_provider").providers:
        _bound(core, provider, answered=answered)
    return boto3.Session(botocore_session=core, region_name=region or os.environ.get("AWS_REGION") or None)


def _bound(core: botocore.session.Session, provider: Any, *, answered: bool) -> None:
    """Hand it what asks and what starts a program: botocore takes both as parameters, and hands on only its own."""
    started = partial(_Process, answered=answered)
    if isinstance(provider, ProcessProvider):
        provider._popen = started  # type: ignore[attr-defined]  # noqa: SLF001
    if isinstance(provider, AssumeRoleProvider):
        provider._prompter = getpass.getpass if answered else _nobody  # type: ignore[attr-defined]  # noqa: SLF001
        # Of a source_profile.
        made: Callable[[str], Any] = lambda name: ProcessProvider(  # noqa: E731
            profile_name=name, load_config=lambda: core.full_config, popen=started
        )
        provider._profile_provider_builder._create_process_provider = made  # type: ignore[attr-defined]  # noqa: SLF001


def _is_terminal(stream: Any) -> bool:
    return stream is not None and stream.isatty()


def _nobody(question: str) -> NoReturn:
    raise _NobodyAnswersError(
        f"they ask a question ({question.strip().rstrip(':')}) that nobody can answer here"
    )


class _Process(subprocess.Popen[bytes]):
    """A `credential_process`, for a limited time; what it writes is what it should be, or an error of botocore's."""

    def __init__(self, command: list[str], stdout: int, stderr: int, *, answered: bool) -> None:
        self._own_group = not answered  # without a terminal that it could open
        try:
            super().__init__(
                command,
                stdin=None if answered else subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=self._own_group,
            )
        except (OSError, IndexError, ValueError) as error:
            _retrieval_failed(f"credential_process cannot be started: {error}", error)

    def communicate(self, input: bytes | None = None, timeout: float | None = None) -> tuple[bytes, bytes]:  # noqa: A002
        try:
            out, err = super().communicate(input, timeout or PROCESS)
        except subprocess.TimeoutExpired as error:
            self._end()
            _retrieval_failed(f"credential_process gave no answer within {PROCESS:.0f} s", error)
        except BaseException:
            self._end()
            raise
        if self.returncode == 0:
            try:
                msgspec.json.decode(out, type=_Given)
            except msgspec.DecodeError as error:
                _retrieval_failed(f"credential_process wrote no credentials: {error}", error)
        return out, err.decode(errors="replace").encode()

    def _end(self) -> None:
        """With what it started, where that is its own."""
        if self._own_group:
            with suppress(ProcessLookupError):  # it ended by itself, in this instant
                os.killpg(self.pid, signal.SIGKILL)
        else:
            self.kill()
        self.wait()


def _retrieval_failed(sentence: str, error: Exception) -> NoReturn:
    raise CredentialRetrievalError(provider=ProcessProvider.METHOD, error_msg=sentence) from error


def named(profile: str | None) -> str:
    """A profile in words."""
    return profile or os.environ.get("AWS_PROFILE") or "the default profile"


@contextmanager
def credentials_of(profile: str | None) -> Iterator[None]:
    """Make a sentence of whatever goes wrong while credentials are come by.

    Raises:
        UnreachableError: whoever gives them does not answer.
        CredentialsError: anything else.
    """
    what = f"AWS credentials of {named(profile)}"
    try:
        yield
    except UncertainError as error:
        raise UnreachableError(f"{what}: {error.message}", hint=_REACH) from error
    except DeliveryError:
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise UnreachableError(f"{what}: {error}", hint=_REACH) from error
    except ClientError as error:
        refused = error.response["ResponseMetadata"].get("HTTPStatusCode", 0) < _SERVER_ERROR
        raise (CredentialsError if refused else UnreachableError)(f"{what}: {error}") from error
    # What json, open and Popen raise comes out of botocore as it is.
    except Exception as error:
        raise CredentialsError(
            f"{what}: {str(error) or type(error).__name__}", hint=_hint(error, profile)
        ) from error


def _hint(error: Exception, profile: str | None) -> str:
    name = profile or os.environ.get("AWS_PROFILE") or "default"
    if isinstance(error, (SSOError, TokenRetrievalError, LoginError)):
        return f"`aws sso login --profile {name}`"
    if isinstance(error, _NobodyAnswersError):
        return f'answer it in this shell: `eval "$(aws configure export-credentials --profile {name} --format env)"`'
    if isinstance(error, ProfileNotFound):
        return "name another by --profile or AWS_PROFILE, or add it to ~/.aws/config (AWS_CONFIG_FILE)"
    if isinstance(error, (ConfigParseError, InvalidConfigError)):
        return _FILES
    return ""
