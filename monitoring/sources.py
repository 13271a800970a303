"""The sources of an environment on AWS, each with the kind of client that a look takes."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.aws.session import Account
from modeldelivery.release.aws.verdicts import verdicts_in
from modeldelivery.release.errors import DeliveryError, RefusedError
from modeldelivery.release.naming import Environment, Model
from modeldelivery.release.operations import status
from modeldelivery.release.version import Version
from monitoring import alarms, captured, cloudwatch, jobs, verdicts
from monitoring.collector import Source
from monitoring.series import Sample
from monitoring.traffic import Traffic

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient

LATE = 10 * cloudwatch.MINUTE  # seconds for which CloudWatch's minutes may still grow


def source(model: Model, environment: Environment, complain: Callable[[str], None]) -> Source:
    """Find the credentials of an environment.

    Raises:
        UnreachableError: no credentials, no region, or STS does not answer.
        RefusedError: the environment is on a cluster.
    """
    opened = open_environment(model, environment)
    account = opened.account
    assert isinstance(account, Account), "no dry run"
    _refuse_on_cluster(opened)
    endpoint, name, clients = opened.endpoint, opened.place.endpoint, account.patient
    # Here, and not by whoever asks first: threads that ask at the same time would make one each.
    metrics, sagemaker, s3 = clients.cloudwatch, clients.sagemaker, clients.s3
    return Source(
        place=opened.place,
        standing=partial(status.read, endpoint.patient_store, endpoint.patient_traffic, endpoint.scaling),
        measures={
            "cloudwatch": Measured(metrics, name),
            "alarms": lambda versions, _now: alarms.samples(metrics, name, versions),
            "capture": lambda versions, now: captured.samples(sagemaker, s3, name, versions, now),
            "verdicts": partial(verdicts.samples, verdicts_in(opened)),
            "jobs": lambda _versions, now: jobs.samples(metrics, *window(now)),
        },
        complain=complain,
    )


@dataclass
class Measured:
    """CloudWatch's figures of an endpoint, and its counters so far."""

    client: "CloudWatchClient"
    endpoint: str
    traffic: Traffic = field(default_factory=Traffic)

    def __call__(self, versions: Collection[Version], now: float) -> Iterable[Sample]:
        """Raises DeliveryError."""
        since, until = window(now)
        figures = cloudwatch.read(self.client, self.endpoint, versions, since, until)
        return self.traffic.samples(figures, since, now)


def _refuse_on_cluster(opened: AwsEnvironment) -> None:
    """Raises RefusedError. A journal that cannot be read now is told of by each scrape."""
    try:
        cluster = opened.endpoint.patient_store.read().journal.place
    except DeliveryError:
        return
    if cluster is not None:
        raise RefusedError(
            f"{opened.place.environment} serves in the cluster {cluster.server}, and what is measured here is of SageMaker's endpoints",
            hint="the model servers' own /metrics, and the gateway's, are for the cluster's Prometheus",
        )


def window(now: float) -> tuple[int, int]:
    """The whole minutes that are read, from and to, in seconds since the epoch: the one under way is among them."""
    until = int(now) // cloudwatch.MINUTE * cloudwatch.MINUTE + cloudwatch.MINUTE
    return until - LATE, until
