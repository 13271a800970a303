"""Variants asked through boto3: what is an answer of the container, and what is AWS' own."""

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from modeldelivery.release.aws.errors import AnsweredError
from modeldelivery.release.aws.invocations import INFERENCE_ID, SageMakerInvocations
from modeldelivery.release.core.probes import Request
from modeldelivery.release.errors import LostError, UnreachableError

REQUEST = Request(body=b"1,2", content_type="text/csv", accept="application/json")


class Body:
    def read(self):
        return b"[3]"


class Runtime:
    """Answers, or fails, once."""

    def __init__(self, outcome):
        self.outcome, self.parameters = outcome, None

    def invoke_endpoint(self, **parameters):
        self.parameters = parameters
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def answered(variant="v1-2-0", status=200):
    return {
        "Body": Body(),
        "InvokedProductionVariant": variant,
        "ResponseMetadata": {"HTTPStatusCode": status},
    }


def refused(code, message="", status=400, **more):
    metadata = {"HTTPStatusCode": status}
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata, **more}, "InvokeEndpoint"
    )


def invoke(outcome):
    runtime = Runtime(outcome)
    invocations = SageMakerInvocations(runtime=runtime, endpoint="flights-staging")
    return invocations.invoke("v1.2.0", REQUEST), runtime.parameters


def test_the_very_variant_is_asked_and_the_request_can_be_told_from_callers():
    answer, parameters = invoke(answered())

    assert (answer.status, answer.body) == (200, b"[3]")
    assert answer.seconds > 0
    assert parameters == {
        "EndpointName": "flights-staging",
        "TargetVariant": "v1-2-0",
        "ContentType": "text/csv",
        "Accept": "application/json",
        "Body": b"1,2",
        "InferenceId": INFERENCE_ID,
    }


def test_another_variants_answer_is_none():
    with pytest.raises(AnsweredError, match="v1-1-0 answered"):
        invoke(answered("v1-1-0"))


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            refused("ModelError", "Received client error (400) from v1", 424, OriginalStatusCode=400, OriginalMessage="bad row"),
            400,
            b"bad row",
        ),
        (
            refused("ModelError", "Received server error (500) from v1", 424, OriginalStatusCode=500, OriginalMessage=""),
            500,
            b"Received server error (500) from v1",
        ),
        (
            refused("ModelError", 'Received server error (0) from v1 with message "timed out"', 424, OriginalStatusCode=500, OriginalMessage="timed out"),
            0,
            b"timed out",
        ),
        (refused("ModelNotReadyException", "not ready", 429), 503, b"not ready"),
        (refused("413", "Request Entity Too Large", 413), 413, b"Request Entity Too Large"),
    ],
)  # fmt: skip
def test_what_the_container_makes_of_a_request_is_an_answer(error, status, body):
    answer, _ = invoke(error)
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused("ValidationError", "Variant v1-2-0 not found"), AnsweredError),
        (refused("AccessDeniedException", "no", 403), UnreachableError),
        (refused("InternalFailure", "", 500), LostError),
        (ConnectionClosedError(endpoint_url="http://x"), LostError),
    ],
)
def test_what_is_aws_own_is_no_answer_of_the_container(error, kind):
    with pytest.raises(kind, match="sagemaker:InvokeEndpoint flights-staging v1-2-0"):
        invoke(error)
