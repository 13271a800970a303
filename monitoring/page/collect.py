"""What a page needs, read where it is. A part that cannot be read says why, and the others are shown all the same."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.aws.session import Account
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import Environment, Model
from monitoring.page import history, prometheus
from monitoring.page.subject import Missing, Subject
from pipelines import acts, places
from pipelines.acts import Taken
from pipelines.data_drift import report as drift
from pipelines.places import NothingThereError
from pipelines.quality import report as quality

Report = TypeVar("Report")
_ENDING = ".json"


def collect(
    model: Model,
    environment: Environment,
    *,
    drift_place: str | None,
    quality_place: str | None,
    acts_place: str | None,
    prometheus_address: str | None,
) -> Subject:
    """Look at an environment.

    Args:
        model: its model.
        environment: which.
        drift_place: reports of drift; None for the registry's.
        quality_place: reports of quality; None for the registry's.
        acts_place: the document of acts; None for the registry's.
        prometheus_address: of the Prometheus that watches it; None where there is none.

    Raises:
        UnreachableError: no credentials, no region, or STS does not answer.
    """
    opened = open_environment(model, environment)
    assert isinstance(opened.account, Account), "no dry run"
    bucket, endpoint, s3 = opened.endpoint.bucket, opened.endpoint.name, opened.account.patient.s3
    journal = _journal(opened.endpoint.patient_store.read)
    weights = {} if isinstance(journal, Missing) else journal.weights
    return Subject(
        model=model,
        environment=environment,
        at=datetime.now(UTC),
        serving=max(weights, key=lambda version: weights[version]) if any(weights.values()) else None,
        changes=journal if isinstance(journal, Missing) else history.changes(journal),
        drift=reports(
            drift_place or f"s3://{bucket}/drift/{endpoint}", drift.decode, lambda each: each.until, s3
        ),
        quality=reports(
            quality_place or f"s3://{bucket}/quality/{endpoint}",
            quality.decode,
            lambda each: (each.first, each.last, each.version),
            s3,
        ),
        acts=taken(acts_place or f"s3://{bucket}/{opened.place.acts_key}", s3),
        prometheus=prometheus.read(prometheus_address, model, environment),
    )


def _journal(read: Callable[[], Any]) -> Journal | Missing:
    try:
        journal: Journal = read().journal
    except DeliveryError as error:
        return Missing(str(error))
    return journal


def reports(
    place: str, decode: Callable[[bytes, str], Report], order: Callable[[Report], Any], client: Any
) -> Sequence[Report] | Missing:
    """Reports below a place, oldest first; a place that holds none is a part that is missing.

    Args:
        place: a folder or `s3://…`.
        decode: of a document and its name; raises ValueError.
        order: by which they are sorted.
        client: of S3.
    """
    if not places.exists(place):
        return Missing(f"{place}: there is no such folder")
    try:
        read = [decode(content, where) for where, content in places.below(place, _ENDING, client)]
    except (OSError, ValueError, NothingThereError, BotoCoreError, ClientError) as error:
        return Missing(str(error))
    return sorted(read, key=order) if read else Missing(f"there is no report below {place}")


def taken(place: str, client: Any) -> Sequence[Taken] | Missing:
    """Acts, oldest first; a document that there is not is a part that is missing. `place`: a file or `s3://…`."""
    try:
        return acts.decode(places.read(place, client), place).acts
    except FileNotFoundError:
        return Missing(f"{place}: there is no such file")
    except (OSError, ValueError, BotoCoreError, ClientError) as error:
        return Missing(
            f"nothing was acted upon yet: there is no {place}"
            if places.code_of(error) == "NoSuchKey"
            else str(error)
        )
