"""A request as a caller sends it: whatever becomes of it is a reply, and nothing is raised."""

import io

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from modeldelivery.release.aws.sender import INFERENCE_ID, SageMakerSender
from modeldelivery.release.aws.session import MEASURED
from modeldelivery.release.core.probes import Request
from modeldelivery.release.stream import AT_ONCE
from modeldelivery.release.stream_ports import Reply

ROW = Request(body=b"1,2", content_type="text/csv")


class Runtime:
    def __init__(self, outcome=None):
        self.outcome, self.sent = outcome, []

    def invoke_endpoint(self, **parameters):
        self.sent.append(parameters)
        if self.outcome:
            raise self.outcome
        return {
            "Body": io.BytesIO(b"0.5"),
            "InvokedProductionVariant": "v1-0-0",
            "ResponseMetadata": {"HTTPStatusCode": 200},
        }


def sent(runtime, request=ROW):
    return SageMakerSender(runtime=runtime, endpoint="flights-staging").send(request)


def test_whoever_the_weights_choose_answers():
    """No variant is named: then it would be no caller's request."""
    runtime = Runtime()
    assert sent(runtime) == Reply(200, "v1-0-0")
    assert runtime.sent == [
        {
            "EndpointName": "flights-staging",
            "ContentType": "text/csv",
            "InferenceId": INFERENCE_ID,
            "Body": b"1,2",
        }
    ]


def test_what_it_accepts_is_said_where_it_says_so():
    runtime = Runtime()
    sent(runtime, Request(body=b"1", content_type="text/csv", accept="application/json"))
    assert runtime.sent[0]["Accept"] == "application/json"


@pytest.mark.parametrize("status", [400, 424, 429, 503])
def test_a_refusal_is_a_reply_with_its_status(status):
    error = ClientError(
        {"Error": {"Code": "ModelError"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "InvokeEndpoint"
    )
    assert sent(Runtime(error)) == Reply(status)


@pytest.mark.parametrize("kind", [ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError])
def test_silence_is_a_reply_without_a_status(kind):
    assert sent(Runtime(kind(endpoint_url="https://runtime", error="none"))) == Reply(0)


def test_its_client_sends_once_and_has_a_connection_for_each_request_on_its_way():
    """A second try would hide that the first was lost; one that waits for a connection would not be sent at its time."""
    assert MEASURED.retries["total_max_attempts"] == 1
    assert MEASURED.max_pool_connections == AT_ONCE
