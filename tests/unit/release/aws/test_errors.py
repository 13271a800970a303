"""What comes back from botocore is one of our errors, with a sentence that is true of it."""

import inspect
import string

import boto3.exceptions
import botocore.discovery
import botocore.exceptions
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker

from modeldelivery.release.aws.errors import AbsentError, ask, find, fresh, translated, translated_or_absent
from modeldelivery.release.errors import (
    BusyError,
    ConflictError,
    CredentialsError,
    DeliveryError,
    LostError,
    NotSentError,
    UncertainError,
    UnreachableError,
    UnseenError,
)

WHAT = "sagemaker:DescribeEndpoint flights-prod"
NOT_SENT = {"ConnectTimeoutError", "EndpointConnectionError", "ProxyConnectionError"}
LOST = {
    "ChecksumError",
    "ConnectionClosedError",
    "ConnectionError",
    "FlexibleChecksumError",
    "HTTPClientError",
    "IncompleteReadError",
    "ReadTimeoutError",
    "ResponseStreamingError",
    "SSLError",
}


def below(kind):
    return {each for sub in kind.__subclasses__() for each in (sub, *below(sub))}


TREE = sorted(below(BotoCoreError), key=lambda kind: kind.__name__)


def made(kind):
    """An error of the kind, with whatever its sentence needs."""
    parameters = inspect.signature(kind).parameters.values()
    named = {each.name: ["x"] for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD}
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        fields = {field for _, field, *_ in string.Formatter().parse(getattr(kind, "fmt", "")) if field}
        named |= {field.partition(".")[0].partition("[")[0]: "x" for field in fields}
    return kind(**named)


def translation_of(error):
    with pytest.raises(DeliveryError) as ours, translated(WHAT):
        raise error
    return ours.value


def refused(code, message="", status=400):
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call"
    )


def test_the_table_names_errors_that_botocore_has():
    assert {kind.__name__ for kind in TREE} >= NOT_SENT | LOST


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_of_botocore_is_one_of_ours_with_a_true_sentence(kind):
    expected, words = UnreachableError, "no request could be made"
    if kind.__name__ in NOT_SENT:
        expected, words = NotSentError, "no connection"
    elif kind.__name__ in LOST:
        expected, words = LostError, "no certain answer"

    ours = translation_of(made(kind))

    assert type(ours) is expected
    assert str(ours).startswith(f"{WHAT}: {words}")


def test_what_is_about_the_wire_is_in_the_table():
    """A new kind of failed connection would otherwise end a wait of minutes."""
    wire = below(botocore.exceptions.HTTPClientError) | below(botocore.exceptions.ConnectionError)

    assert {kind.__name__ for kind in wire} <= NOT_SENT | LOST


def test_an_answer_that_cannot_be_read_is_no_certain_answer():
    assert type(translation_of(ResponseParserError("<html>"))) is LostError


@pytest.mark.parametrize(
    ("error", "ours", "words"),
    [
        (
            refused("PreconditionFailed", status=412),
            ConflictError,
            "someone else changed it; reading it again",
        ),
        (refused("ConditionalRequestConflict", status=409), ConflictError, "someone else changed it"),
        (refused("ThrottlingException"), BusyError, "AWS asks to slow down"),
        (refused("SlowDown", status=503), BusyError, "AWS asks to slow down"),
        (refused("BadDigest"), BusyError, "not taken, the body was damaged on its way (BadDigest)"),
        (refused("RequestTimeout"), BusyError, "the body did not arrive in time"),
        (refused("ValidationException", "Cannot update in-progress endpoint"), BusyError, "is changing"),
        (refused("ConcurrentUpdateException"), BusyError, "its scaling is changing"),
        (refused("InternalFailure", status=500), LostError, "no certain answer (InternalFailure)"),
        (refused("", status=502), LostError, "no certain answer (502)"),
        (
            refused("AccessDeniedException", "no"),
            UnreachableError,
            "AccessDeniedException: no: look at the role",
        ),
        (refused("403", "Forbidden", status=403), UnreachableError, "403: Forbidden: look at the role"),
        (refused("ExpiredToken", "old"), CredentialsError, "ExpiredToken: old: log in again"),
    ],
)
def test_an_answer_that_means_the_same_from_every_service(error, ours, words):
    told = translation_of(error)

    assert type(told) is ours
    assert words in str(told)


def test_everything_that_botocore_calls_throttling_asks_to_slow_down():
    for code in ThrottledRetryableChecker._THROTTLED_ERROR_CODES:
        assert type(translation_of(refused(code))) is BusyError, code


@pytest.mark.parametrize(
    "words", ['Could not find model "x".', 'Cannot create already existing endpoint configuration "x".']
)
def test_what_was_made_or_deleted_a_moment_ago_is_not_seen_yet(words):
    with pytest.raises(UnseenError, match=f"{WHAT}: {words[:12]}"):
        fresh(WHAT, raises(refused("ValidationException", words)))
    with pytest.raises(UnreachableError, match="too long"):
        fresh(WHAT, raises(refused("ValidationException", "the name is too long")))


def test_any_other_answer_is_the_callers_to_know():
    error = refused("ValidationException", "Could not find endpoint")
    with pytest.raises(ClientError), translated(WHAT):
        raise error


def raises(error):
    def call():
        raise error

    return call


def test_asked_for_an_answer_every_failure_is_a_sentence():
    with pytest.raises(UnreachableError, match=f"{WHAT}: One variant is wrong"):
        ask(WHAT, raises(refused("ValidationException", "One variant is wrong")))
    assert ask(WHAT, lambda: 1) == 1


@pytest.mark.parametrize(
    "error",
    [
        refused("ValidationException", 'Could not find endpoint "x".'),
        refused("ResourceNotFound", "Could not find it"),
        refused("ObjectNotFoundException", "No scalable target found"),
    ],
)
def test_what_is_not_there_is_found_as_none(error):
    assert find(WHAT, raises(error)) is None


def test_another_refusal_is_not_taken_for_absence():
    with pytest.raises(UnreachableError, match="too long"):
        find(WHAT, raises(refused("ValidationException", "the name is too long")))


@pytest.mark.parametrize(
    "error",
    [refused("NoSuchKey"), refused("404"), refused("ValidationException", "ModelPackage does not exist")],
)
def test_absence_is_told_apart_with_its_response(error):
    with pytest.raises(AbsentError) as absent, translated_or_absent(WHAT):
        raise error
    assert absent.value.response is error.response


@pytest.fixture
def nowhere():
    """A client of a port where nobody listens."""
    session = botocore.session.Session()
    session.set_credentials("key", "secret")
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    return session.create_client(
        "sagemaker", region_name="eu-west-1", endpoint_url="http://127.0.0.1:9", config=once
    )


def test_a_real_refused_connection_was_not_sent(nowhere):
    with pytest.raises(NotSentError, match="Could not connect"):
        ask(WHAT, lambda: nowhere.describe_endpoint(EndpointName="flights-prod"))


def test_what_may_succeed_when_asked_again_is_uncertain_and_nothing_else():
    assert {BusyError, ConflictError, LostError, NotSentError} == set(UncertainError.__subclasses__())
    assert BusyError.__subclasses__() == [UnseenError]
    assert not issubclass(UnreachableError, UncertainError)
    assert issubclass(boto3.exceptions.ResourceNotExistsError, BotoCoreError)  # boto3's are in the tree too
