import pytest

from pipelines.server.media import (
    CSV,
    JSON,
    BodyFormat,
    NotAcceptableError,
    UnsupportedMediaTypeError,
    answer_format,
    body_format,
)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", BodyFormat(JSON)),
        ("Application/JSON; charset=UTF-8", BodyFormat(JSON)),
        ("text/csv", BodyFormat(CSV)),
        ("text/csv; header=absent", BodyFormat(CSV)),
        ('text/csv;charset="utf-8";header=present', BodyFormat(CSV, header=True)),
    ],
)
def test_a_content_type_says_how_to_read(content_type, expected):
    assert body_format(content_type) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-npy",
        "text/csv; header=maybe",
        "application/json; header=present",
        "text/csv;x=1",
    ],
)
def test_another_content_type_is_refused_with_what_to_send(content_type):
    with pytest.raises(
        UnsupportedMediaTypeError, match="send application/json, or text/csv with header=present"
    ):
        body_format(content_type)


def test_another_charset_is_refused():
    with pytest.raises(UnsupportedMediaTypeError, match="charset 'latin-1' is not supported: send UTF-8"):
        body_format("application/json; charset=latin-1")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("text/csv", CSV),
        ("text/*", CSV),
        ("text/csv, application/json", JSON),
        ("text/csv, application/json;q=0.5", CSV),
        ("text/html, */*;q=0.1", JSON),
        ("application/json;q=0, */*", CSV),
    ],
)
def test_accept_chooses_what_is_written(accept, expected):
    assert answer_format(accept) == expected


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "application/json;q=0", "application/json;q=much"]
)
def test_an_accept_header_that_cannot_be_served_is_refused(accept):
    with pytest.raises(NotAcceptableError, match="Accept "):
        answer_format(accept)
