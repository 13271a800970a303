"""SageMaker's words, read as conditions."""

import pytest
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader

from modeldelivery.release.aws.traffic import CONDITIONS, MARK_TAG, OWNER_TAG, SageMakerTraffic
from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.errors import BrokenError, UnreachableError
from tests.fakes.aws import FakeAws, refusal

NAME = "flights-prod"


@pytest.fixture
def aws():
    """An endpoint on which v1.0.0 serves."""
    aws = FakeAws(looks=0)
    aws._create_endpoint_config("config", [variant("v1-0-0")], [])
    aws._create_endpoint(NAME, "config", [])
    aws._describe_endpoint(NAME)
    return aws


@pytest.fixture
def traffic(aws):
    return SageMakerTraffic(sagemaker=aws.account.fenced.sagemaker, name=NAME)


def variant(name):
    return {"VariantName": name, "InitialVariantWeight": 100.0, "InitialInstanceCount": 1}


def test_every_status_of_botocores_model_has_a_condition():
    shapes = Loader().load_service_model("sagemaker", "service-2")["shapes"]

    assert set(shapes["EndpointStatus"]["enum"]) == CONDITIONS.keys()


@pytest.mark.parametrize("status", [word for word, of in CONDITIONS.items() if of is Condition.BROKEN])
def test_a_broken_endpoint_has_its_word_reason_and_remedy(aws, traffic, status):
    aws.endpoints[NAME] |= {"EndpointStatus": status, "FailureReason": "no capacity"}

    endpoint = traffic.describe()

    assert (endpoint.broken, endpoint.word, endpoint.failure) == (True, status, "no capacity")
    assert "aws sagemaker delete-endpoint" in endpoint.remedy


def test_one_whose_rollback_failed_serves_and_is_never_to_be_deleted(aws, traffic):
    aws.endpoints[NAME] |= {"EndpointStatus": "UpdateRollbackFailed", "FailureReason": "no capacity"}

    endpoint = traffic.describe()

    assert (endpoint.broken, endpoint.impaired, endpoint.busy) == (False, True, False)
    assert "do not delete it" in endpoint.remedy
    assert "update-endpoint --endpoint-name flights-prod --endpoint-config-name config" in endpoint.remedy


def test_weights_that_such_a_one_does_not_take_name_the_remedy(aws, traffic):
    aws.endpoints[NAME] |= {"EndpointStatus": "UpdateRollbackFailed"}
    traffic.describe()
    aws.faults["sagemaker:UpdateEndpointWeightsAndCapacities"].append(
        refusal("ValidationException", "Cannot update endpoint in UpdateRollbackFailed status.")
    )

    with pytest.raises(BrokenError, match=r"UpdateRollbackFailed status\.: it serves a mix .* do not delete"):
        traffic.move({"v1.0.0": 100}, token="", operation="op")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            refusal("ExpiredTokenException", "The security token included in the request is expired"),
            "log in again",
        ),
        (refusal("AccessDeniedException", "not authorized"), "look at the role"),
        (NoCredentialsError(), "no request could be made"),
    ],
)
def test_credentials_that_are_not_taken_are_not_blamed_on_such_an_endpoint(aws, traffic, error, sentence):
    aws.endpoints[NAME] |= {"EndpointStatus": "UpdateRollbackFailed"}
    traffic.describe()
    aws.faults["sagemaker:UpdateEndpointWeightsAndCapacities"].append(error)

    with pytest.raises(UnreachableError, match=sentence):
        traffic.move({"v1.0.0": 100}, token="", operation="op")


def test_a_status_that_is_not_known_is_refused_rather_than_guessed(aws, traffic):
    aws.endpoints[NAME] |= {"EndpointStatus": "Pondering"}

    with pytest.raises(
        UnreachableError, match=r"'Pondering', which this version .* does not know: update modelctl"
    ):
        traffic.describe()


def test_a_variant_of_someone_else_keeps_this_project_off_the_endpoint(aws, traffic):
    aws.endpoints[NAME]["ProductionVariants"][0]["VariantName"] = "AllTraffic"

    with pytest.raises(
        UnreachableError, match="variant 'AllTraffic' of flights-prod is not named like a version"
    ):
        traffic.describe()


def test_a_mark_is_cut_to_what_a_tag_takes(aws, traffic):
    traffic.describe()
    traffic.mark("ada: moved, all (really)\n" + "x" * 300)

    kept = aws.tags[aws.arn("endpoint", NAME)][MARK_TAG]
    assert kept.startswith("ada: moved  all  really  xxx")
    assert len(kept) == 256


def test_an_endpoint_that_was_not_looked_at_has_no_mark(traffic):
    assert traffic.marked() is None


def test_an_endpoint_names_its_journal_by_its_tag(aws, traffic):
    assert traffic.owner() is None
    traffic.describe()
    assert traffic.owner() is None
    aws.tags[aws.arn("endpoint", NAME)][OWNER_TAG] = "s3://bucket/journal"
    assert traffic.owner() == "s3://bucket/journal"


def test_a_variant_that_shows_no_desired_weight_wants_what_it_has(aws, traffic):
    del aws.endpoints[NAME]["ProductionVariants"][0]["DesiredWeight"]

    assert traffic.describe().desired == {"v1.0.0": 100.0}
