"""The sources of an environment on AWS, each with the kind of client that a look takes."""

from collections.abc import Callable
from functools import partial

from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.aws.session import Account
from modeldelivery.release.naming import Environment, Model
from modeldelivery.release.operations import status
from monitoring import cloudwatch
from monitoring.collector import Source


def source(model: Model, environment: Environment, complain: Callable[[str], None]) -> Source:
    """Find the credentials of an environment.

    Raises:
        UnreachableError: no credentials, no region, or STS does not answer.
    """
    opened = open_environment(model, environment)
    account = opened.account
    assert isinstance(account, Account), "no dry run"
    endpoint = opened.endpoint
    return Source(
        place=opened.place,
        standing=partial(status.read, endpoint.patient_store, endpoint.patient_traffic, endpoint.scaling),
        figures=lambda versions, since, until: cloudwatch.read(
            account.patient.cloudwatch, opened.place.endpoint, list(versions), since, until
        ),
        complain=complain,
    )
