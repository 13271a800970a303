"""One captured line, as SageMaker writes it, read back to the very bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture import CaptureError, read
from sandbox.dataplane.lines import Exchange, Lines

EVENT, MOMENT = b"3f2b1c64-5a0e-4d2a-9b7e-000000000007", b"2025-11-29T17:59:59Z"
EXCHANGE = Exchange("", b"", b"application/json", b'{"a": 1}', b"text/csv", b"0.5")
BOTH = Lines(request=True, response=True, json=["application/json"], csv=["text/csv"])
LARGE = 6 * 1024 * 1024  # bytes


def written(lines=BOTH, **changes):
    return lines.line(EXCHANGE._replace(**changes), EVENT, MOMENT)


def back(line):
    (captured,) = read(line.splitlines(), "here")
    return captured


def test_a_line_has_the_members_that_sagemaker_writes():
    assert json.loads(written(inference_id="caller-7", attributes=b"who=ada")) == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "application/json", "mode": "INPUT", "data": '{"a": 1}', "encoding": "JSON",
            },
            "endpointOutput": {
                "observedContentType": "text/csv", "mode": "OUTPUT", "data": "0.5", "encoding": "CSV",
            },
        },
        "eventMetadata": {
            "eventId": EVENT.decode(), "customAttributes": ["who=ada"], "inferenceId": "caller-7",
            "inferenceTime": MOMENT.decode(),
        },
        "eventVersion": "0",
    }  # fmt: skip


def test_what_a_caller_did_not_give_is_no_member():
    assert set(json.loads(written())["eventMetadata"]) == {"eventId", "inferenceTime"}


@pytest.mark.parametrize(("request_kept", "response_kept"), [(True, False), (False, True), (False, False)])
def test_a_body_that_is_not_kept_is_no_member(request_kept, response_kept):
    lines = Lines(request=request_kept, response=response_kept, json=[], csv=[])
    members = json.loads(written(lines))["captureData"]
    assert ("endpointInput" in members, "endpointOutput" in members) == (request_kept, response_kept)


@given(
    body=st.binary(max_size=50),
    answer=st.text(max_size=50),
    kind=st.sampled_from([b"application/json", b"Text/CSV; charset=utf-8", b"image/png", b"", b'a/"b\\\xe4']),
    attributes=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20).filter(
        lambda text: "at=" not in text
    ),
    identity=st.text(max_size=20).filter(lambda text: not text.startswith("modelctl-")),
)
def test_whatever_the_bytes_and_their_types_they_are_read_back(body, answer, kind, attributes, identity):
    line = written(
        inference_id=identity, attributes=attributes.encode("latin-1"),
        request_type=kind, request=body, response_type=b"application/json", response=answer.encode(),
    )  # fmt: skip
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    captured = back(line)
    assert captured.request == (kind.decode("latin-1"), body)
    assert captured.response == ("application/json", answer.encode())
    assert captured.inference == (identity or None)
    assert json.loads(line)["eventMetadata"].get("customAttributes", [""]) == [attributes]


@pytest.mark.parametrize(
    ("kind", "body", "encoding"),
    [
        (b"application/json", b'{"a": 1}', "JSON"),
        (b"application/json; charset=utf-8", '{"a": "ä"}'.encode(), "JSON"),
        (b"APPLICATION/JSON", b"{}", "JSON"),
        (b"application/json", b"\xff\xfe", "BASE64"),
        (b"application/json", '{"a": "ä"}'.encode("latin-1"), "BASE64"),
        (b"application/json", b"", "JSON"),
        (b"text/csv", b"1,2\r\n3,4\r\n", "CSV"),
        (b"text/csv", b"1,\x00\xc0\xaf", "BASE64"),
        (b"text/csv", b"", "CSV"),
        (b"application/x-npy", b"text all the same", "BASE64"),
        (b"application/x-npy", b"", "BASE64"),
        (b"", b"{}", "BASE64"),
        (b"application/json", b'"' * LARGE, "JSON"),
        (b"image/png", b"\x89" * LARGE, "BASE64"),
    ],
)
def test_a_body_is_text_where_its_type_is_listed_and_it_is_text(kind, body, encoding):
    line = written(request_type=kind, request=body)
    assert json.loads(line)["captureData"]["endpointInput"]["encoding"] == encoding
    assert back(line).request == (kind.decode(), body)


def test_types_are_listed_in_any_case():
    lines = Lines(request=True, response=True, json=["Application/JSON"], csv=["Text/CSV"])
    parts = json.loads(written(lines))["captureData"]
    assert [part["encoding"] for part in parts.values()] == ["JSON", "CSV"]


NO_BASE64 = (
    b'{"captureData": {"endpointInput": {"data": "*", "encoding": "BASE64"}}, '
    b'"eventMetadata": {"eventId": "1", "inferenceTime": "2025-11-29T17:59:59Z"}}'
)


@pytest.mark.parametrize(
    "line",
    [
        b"{}", b"[]", b"\xff",
        NO_BASE64,
        b'{"captureData": {}, "eventMetadata": {"eventId": "1", "inferenceTime": "yesterday"}}',
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused_by_file_and_number(line):
    with pytest.raises(CaptureError, match=r"capture/x\.jsonl, line 2: "):
        list(read([b"\n", line], "capture/x.jsonl"))
