"""botocore's signers against the sandbox's judge: what they sign is believed, and nothing else is."""

import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sandbox.signature import Credential, Fault, Message, SignatureError, judge

KEY, SECRET, TOKEN = "AKIAEXAMPLEEXAMPLE00", "s3cr3t/+with=signs", "a-session-token"
OWN = {KEY: Credential("111111111111", SECRET)}
ASSUMED = {KEY: Credential("111111111111", SECRET, TOKEN)}
HOST = "127.0.0.1:4566"
SIGNERS = [
    pytest.param(SigV4Auth, "sagemaker", id="header"),
    pytest.param(S3SigV4Auth, "s3", id="header of S3"),
    pytest.param(SigV4QueryAuth, "sts", id="presigned"),
    pytest.param(S3SigV4QueryAuth, "s3", id="presigned of S3"),
]


def signed(signer, service, *, method="GET", path="/", body=b"", headers=(), token=None, secret=SECRET):
    """A request as botocore sends it."""
    request = AWSRequest(method, f"http://{HOST}{path}", headers=dict(headers), data=body)
    request.context["payload_signing_enabled"] = True
    signer(Credentials(KEY, secret, token), service, "eu-west-1").add_auth(request)
    url = urlsplit(request.url)
    sent = {name.lower(): value for name, value in request.headers.items()} | {"host": HOST}
    target = f"{url.path}?{url.query}" if url.query else url.path
    return Message(method, target, sent, request.data or b"")


def fault_of(message, keys=OWN, now=None, service=""):
    try:
        judge(message, keys.get, time.time() if now is None else now, service)
    except SignatureError as error:
        return error.fault
    return None


@pytest.mark.parametrize(("signer", "service"), SIGNERS)
def test_what_botocore_signs_is_believed(signer, service):
    message = signed(signer, service, path="/bucket/a%20key%2B?prefix=a%2Fb&empty=")
    assert judge(message, OWN.get, time.time()).account == "111111111111"


@pytest.mark.parametrize(("signer", "service"), SIGNERS)
def test_another_secret_is_not(signer, service):
    message = signed(signer, service, secret="a guess")
    assert fault_of(message) is Fault.MISMATCH


@pytest.mark.parametrize(("signer", "service"), SIGNERS)
@pytest.mark.parametrize(
    "changed",
    [
        lambda m: replace(m, method="DELETE"),
        lambda m: replace(m, target=m.target.replace("/one", "/two")),
        lambda m: replace(m, target=m.target.replace("which=a", "which=b")),
        lambda m: replace(m, target=m.target.replace("?", "?more=1&")),
        lambda m: replace(m, headers={**m.headers, "host": "127.0.0.1:1"}),
    ],
    ids=["method", "path", "query", "another parameter", "host"],
)
def test_a_request_that_was_changed_on_the_way_is_refused(signer, service, changed):
    message = signed(signer, service, path="/one?which=a")
    assert fault_of(changed(message)) is Fault.MISMATCH


def test_a_changed_body_is_refused():
    message = signed(SigV4Auth, "sagemaker", method="POST", body=b'{"Weight": 1}')
    assert fault_of(replace(message, body=b'{"Weight": 9}')) is Fault.MISMATCH
    message = signed(S3SigV4Auth, "s3", method="PUT", body=b"one")
    assert fault_of(replace(message, body=b"two")) is Fault.BODY


@pytest.mark.parametrize(("signer", "service"), SIGNERS)
def test_an_assumed_role_shows_its_token(signer, service):
    assert fault_of(signed(signer, service, token=TOKEN), ASSUMED) is None
    assert fault_of(signed(signer, service, token="another"), ASSUMED) is Fault.WRONG_TOKEN
    assert fault_of(signed(signer, service), ASSUMED) is Fault.WRONG_TOKEN
    assert fault_of(signed(signer, service, token=TOKEN)) is Fault.WRONG_TOKEN


def test_a_role_s_credentials_end():
    message = signed(SigV4Auth, "sagemaker", token=TOKEN)
    ended = {KEY: Credential("111111111111", SECRET, TOKEN, expires=time.time() - 1)}
    assert fault_of(message, ended) is Fault.EXPIRED_TOKEN


@pytest.mark.parametrize(("service", "minutes"), [("sagemaker", 5), ("s3", 15)])
def test_an_old_request_is_not_believed_again(service, minutes):
    message = signed(S3SigV4Auth if service == "s3" else SigV4Auth, service)
    now = time.time()
    assert fault_of(message, now=now + 60 * minutes - 2) is None
    assert fault_of(message, now=now + 60 * minutes + 2) is Fault.SKEWED
    assert fault_of(message, now=now - 60 * minutes - 2) is Fault.SKEWED


def test_a_presigned_request_holds_as_long_as_it_says():
    message, now = signed(S3SigV4QueryAuth, "s3"), time.time()
    assert fault_of(message, now=now + 3590) is None
    assert fault_of(message, now=now + 3610) is Fault.EXPIRED
    forever = replace(message, target=message.target.replace("Expires=3600", "Expires=36000000"))
    assert fault_of(forever) is Fault.INCOMPLETE


def test_a_key_that_nobody_made_is_unknown():
    assert fault_of(signed(SigV4Auth, "sagemaker"), {}) is Fault.UNKNOWN_KEY


def test_another_service_s_signature_is_refused_where_one_is_served():
    message = signed(SigV4Auth, "s3")
    assert fault_of(message, service="sagemaker") is Fault.MISMATCH


def header(message, text):
    return replace(message, headers={**message.headers, "authorization": text})


def test_a_request_that_says_two_things_of_its_signer_is_refused():
    """Whoever reads the header next might read the other one."""
    message = signed(SigV4Auth, "sagemaker")
    given = message.headers["authorization"]
    other = given.replace(KEY, "AKIAANOTHERKEYOFSOME").partition(", ")[0].partition(" ")[2]
    presigned = signed(SigV4QueryAuth, "sagemaker")
    twice = [
        header(message, given.replace("Credential=", f"{other}, Credential=", 1)),
        header(message, given.replace("SignedHeaders=", f"{other}, SignedHeaders=", 1)),
        header(message, f"{given},{given}"),
        replace(message, target=presigned.target),
        replace(
            presigned, target=f"{presigned.target}&X-Amz-Credential=A/20260101/eu-west-1/s3/aws4_request"
        ),
    ]
    assert {fault_of(each) for each in twice} == {Fault.INCOMPLETE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bearer abc",
        f"AWS {KEY}:c2lnbmF0dXJl",
        "AWS4-HMAC-SHA256",
        f"AWS4-HMAC-SHA256 Credential={KEY}, SignedHeaders=host, Signature=00",
        f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=date, Signature=é",
        f"AWS4-ECDSA-P256-SHA256 Credential={KEY}/20260101/s3/aws4_request, SignedHeaders=host, Signature=00",
    ],
)
def test_what_is_no_signature_of_this_kind_is_refused_by_name(text):
    assert fault_of(header(signed(SigV4Auth, "s3"), text)) is Fault.INCOMPLETE


@pytest.mark.parametrize("when", ["", "20261399T999999Z", "2026-01-01T00:00:00Z", "now"])
def test_a_time_that_is_none_is_refused(when):
    message = signed(SigV4Auth, "sagemaker")
    wrong = replace(message, headers={**message.headers, "x-amz-date": when})
    assert fault_of(wrong) is Fault.INCOMPLETE


def test_an_unsigned_request_is_refused():
    assert fault_of(Message("GET", "/", {"host": HOST}, b"")) is Fault.ABSENT


def test_a_host_that_was_not_signed_is_refused():
    message = signed(SigV4Auth, "sagemaker")
    unsigned = message.headers["authorization"].replace("SignedHeaders=host;", "SignedHeaders=")
    assert fault_of(header(message, unsigned)) is Fault.INCOMPLETE


@pytest.mark.parametrize("digest", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_a_body_may_go_unsigned_where_its_head_says_so(digest):
    class Streaming(S3SigV4Auth):
        def payload(self, request):  # noqa: ARG002 - botocore's signature
            return digest

    message = signed(Streaming, "s3", method="PUT", body=b"a stream")
    assert fault_of(message) is None
    other = replace(message, headers={**message.headers, "x-amz-content-sha256": "NO-PAYLOAD"})
    assert fault_of(other) is Fault.INCOMPLETE


TEXTS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="/"), min_size=1, max_size=12
)


@given(
    key=st.lists(TEXTS, min_size=1, max_size=3),
    query=st.dictionaries(TEXTS, TEXTS, max_size=3),
    body=st.binary(max_size=40),
    meta=st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True),
)
def test_any_key_query_and_header_that_botocore_signs_is_read_the_same(key, query, body, meta):
    from botocore.utils import percent_encode, percent_encode_sequence  # noqa: PLC0415

    path = "/" + "/".join(percent_encode(part) for part in key)
    if query:
        path += f"?{percent_encode_sequence(query)}"
    headers = {"x-amz-meta-words": meta, "Content-Type": "text/plain"}
    message = signed(S3SigV4Auth, "s3", method="PUT", path=path, body=body, headers=headers)
    assert fault_of(message) is None
