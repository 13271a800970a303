"""The sources of an environment: of one on a cluster there are none."""

import pytest

from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.target import placed
from modeldelivery.release.errors import RefusedError
from monitoring import sources
from tests.fakes.aws import FakeAws
from tests.unit.release.core.test_target import PLACE as CLUSTER
from tests.unit.release.stored import PLACE


def source(monkeypatch, aws, journal=None):
    """As the exporter opens an environment with that journal."""
    opened = AwsEnvironment(account=aws.account, place=PLACE)
    if journal:
        opened.endpoint.store.write(journal, None)
    monkeypatch.setattr(sources, "open_environment", lambda *_: opened)
    return sources.source(PLACE.model, PLACE.environment, pytest.fail)


def test_an_environment_on_a_cluster_is_refused_by_the_exporter_with_where_it_is(monkeypatch):
    aws = FakeAws(id=PLACE.account, buckets={PLACE.registry_bucket})

    with pytest.raises(RefusedError, match=f"prod serves in the cluster {CLUSTER.server}"):
        source(monkeypatch, aws, placed(Journal(), CLUSTER))


@pytest.mark.parametrize("buckets", [set(), {PLACE.registry_bucket}], ids=["no registry", "no journal"])
def test_one_that_serves_nothing_yet_is_watched_until_it_does(monkeypatch, buckets):
    assert source(monkeypatch, FakeAws(id=PLACE.account, buckets=buckets)).place == PLACE
