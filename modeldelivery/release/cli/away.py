"""What stands for AWS where nothing of it is asked: an emergency on a cluster must not need what may be away whole."""

from collections.abc import Callable
from functools import cached_property
from typing import NoReturn

from modeldelivery.release.aws.session import Account
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.ports import Stored


class Away:
    """A JournalStore, and the clients of a registry; whoever asks one of them is told that AWS is left alone."""

    def read(self) -> Stored:
        self._refuse()

    def write(self, journal: Journal, etag: str | None) -> Stored:  # noqa: ARG002 - as `JournalStore` has it
        self._refuse()

    @property
    def s3(self) -> NoReturn:
        self._refuse()

    @property
    def ecr(self) -> NoReturn:
        self._refuse()

    @property
    def sagemaker(self) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UnreachableError("nothing of AWS is asked in an emergency on a cluster")


class LaterAccount:
    """Credentials that are looked for when a login to a cluster is to be signed with them, and not before.

    Args:
        opens: looks for them; raises CredentialsError, UnreachableError.
    """

    def __init__(self, opens: Callable[[], Account]) -> None:
        self._opens = opens

    @cached_property
    def _account(self) -> Account:
        return self._opens()

    @property
    def region(self) -> str:
        return self._account.region

    def eks_token(self, cluster: str, region: str | None = None) -> str:
        return self._account.eks_token(cluster, region)
