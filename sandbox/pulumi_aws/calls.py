"""Calls to AWS's API over boto3: only to this machine, only in the accounts allowed, each failure in one line."""

import ipaddress
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.release.errors import UnreachableError
from sandbox.pulumi_aws.config import Config

_TIMEOUT_SECONDS = 60


class AwsError(ProviderError):
    """What a service answered: `service: code: message`."""

    def __init__(self, service: str, code: str, message: str) -> None:
        super().__init__(f"{service}: {code}: {message}")
        self.code = code


class Calls:
    """AWS in one account; clients are made when first needed, since importing boto3 takes longer than a whole preview."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.RLock()
        self._session: Any = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._identity: dict[str, str] | None = None

    @property
    def region(self) -> str:
        """The region of everything that names none itself."""
        region = self._config.region or self._boto().region_name
        if not region:
            raise ProviderError(
                "no AWS region is set: type `pulumi config set aws:region REGION`, or set AWS_REGION"
            )
        return str(region)

    def identity(self) -> dict[str, str]:
        """Whose credentials these are: Account, Arn, UserId.

        Raises:
            ProviderError: the account is not one of those allowed.
        """
        with self._lock:
            if self._identity is None:
                answer = self._send("sts", "get_caller_identity", self.region, {})
                allowed = self._config.allowed_accounts
                if allowed and answer["Account"] not in allowed:
                    raise ProviderError(
                        f"the credentials of {self._config.profile or 'the default chain'} belong to account "
                        f"{answer['Account']}, and aws:allowedAccountIds allows {', '.join(allowed)}: "
                        "check aws:profile, AWS_PROFILE and the stack you have selected"
                    )
                self._identity = answer
            return self._identity

    def __call__(
        self, service: str, operation: str, *, region: str = "", **parameters: Any
    ) -> dict[str, Any]:
        """Call one operation and give its answer.

        Raises:
            AwsError: what the service answered.
            ProviderError: the account is not allowed, or the endpoint is not on this machine.
        """
        if self._config.allowed_accounts:
            self.identity()  # before reads too: in the wrong account a refresh would find nothing and forget all
        return self._send(service, operation, region or self.region, parameters)

    def pages(
        self, service: str, operation: str, key: str, *, region: str = "", **parameters: Any
    ) -> list[dict[str, Any]]:
        """All items that a paged operation lists under `key`."""
        if self._config.allowed_accounts:
            self.identity()
        client = self._client(service, region or self.region)
        pages = self._named_failures(
            service, lambda: list(client.get_paginator(operation).paginate(**parameters))
        )
        return [item for page in pages for item in page.get(key) or ()]

    def region_description(self, region: str) -> str:
        """AWS's name of a region, such as "Europe (Ireland)"."""
        data = self._boto()._session.get_data("endpoints")  # noqa: SLF001 - boto3 has no public way to the names
        for partition in data["partitions"]:
            if region in partition["regions"]:
                return str(partition["regions"][region]["description"])
        raise ProviderError(f"AWS has no region {region!r}")

    def _send(self, service: str, operation: str, region: str, parameters: dict[str, Any]) -> dict[str, Any]:
        client = self._client(service, region)
        answer: dict[str, Any] = self._named_failures(
            service, lambda: getattr(client, operation)(**parameters)
        )
        answer.pop("ResponseMetadata", None)
        return answer

    def _named_failures(self, service: str, call: Callable[[], Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see the class

        try:
            return call()
        except ClientError as failure:
            error = failure.response.get("Error", {})
            raise AwsError(service, str(error.get("Code")), str(error.get("Message"))) from failure
        except BotoCoreError as failure:
            raise ProviderError(f"{service}: {type(failure).__name__}: {failure}") from failure

    def _boto(self) -> Any:
        # See the class.
        from modeldelivery.release.aws.credentials import credentials_of, open_session  # noqa: PLC0415

        with self._lock:
            if self._session is None:
                profile = self._config.profile or None
                try:
                    with credentials_of(profile):
                        session = open_session(profile, self._config.region or None, prompts=False)
                        if credentials := session.get_credentials():
                            credentials.get_frozen_credentials()
                except UnreachableError as error:
                    raise ProviderError(
                        f'{error}. Inside the sandbox\'s environment (type `eval "$(sandbox env)"`) there are some'
                    ) from error
                self._session = session
            return self._session

    def _client(self, service: str, region: str) -> Any:
        from botocore.config import Config as BotoConfig  # noqa: PLC0415 - see the class

        with self._lock:
            if (service, region) not in self._clients:
                client = self._boto().client(
                    service,
                    region_name=region,
                    # An answer that is lost is looked up by the next run; a retry could do a thing twice.
                    config=BotoConfig(
                        retries={"max_attempts": 0}, read_timeout=_TIMEOUT_SECONDS, max_pool_connections=32
                    ),
                )
                refuse_unless_loopback(service, client.meta.endpoint_url)
                self._clients[service, region] = client
            return self._clients[service, region]


def refuse_unless_loopback(service: str, endpoint: str) -> None:
    """Raise unless the endpoint is on this machine: the sandbox's provider must never touch a real account."""
    host = urlsplit(endpoint).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise ProviderError(
            f"the sandbox's aws provider talks to this machine only, and {service}'s endpoint is {endpoint}: "
            'enter the sandbox (`eval "$(sandbox env)"`), or use the real pulumi-aws plugin for real accounts'
        )
