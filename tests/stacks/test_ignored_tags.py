"""Tags that an organisation adds to everything: with `aws:ignoreTags` they are no drift, and no `up` removes them."""

import pytest

from tests.stacks.stack import Stack

pytestmark = pytest.mark.stacks

BUCKET = "flights-staging-registry-111111111111-eu-west-1"


@pytest.fixture(scope="module")
def tagged(module_sandbox, tmp_path_factory):
    """A registry whose bucket an organisation has tagged since."""
    stack = Stack("staging", module_sandbox, tmp_path_factory.mktemp("staging"))
    stack.without_data()
    stack.no_release()
    stack.up()
    s3 = module_sandbox.client("staging", "s3")
    tags = s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    theirs = [{"Key": "CostCenter", "Value": "7"}, {"Key": "acme:team", "Value": "x"}]
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags + theirs})
    return stack


def test_without_a_word_in_config_they_are_drift(tagged):
    (step,) = tagged.drift()
    assert step["urn"].endswith("::flights-staging-registry")


def test_from_the_next_up_on_they_are_neither_drift_nor_a_change_nor_removed(tagged):
    """A refresh works with the provider's config of the last `up`."""
    tagged.set("aws:ignoreTags", {"keys": ["CostCenter"], "keyPrefixes": ["acme:"]})
    tagged.up()
    assert tagged.drift() == []
    output = tagged.pulumi("up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes", config=True)
    assert " unchanged" in output
    tags = tagged.sandbox.client("staging", "s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert {"CostCenter", "acme:team", "owner"} <= {tag["Key"] for tag in tags}
