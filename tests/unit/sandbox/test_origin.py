"""Whom the sandbox serves, by what a request says of where it comes from."""

import pytest

from sandbox.origin import refusal

PORT = 4566


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_a_program_on_this_machine_is_served(host):
    assert refusal({"host": f"{host}:{PORT}"}, PORT) is None


@pytest.mark.parametrize(
    "host",
    [
        f"evil.example:{PORT}",
        f"127.0.0.1.evil.example:{PORT}",
        f"bucket.localhost:{PORT}",
        f"127.0.0.2:{PORT}",
        "127.0.0.1:80",
        "127.0.0.1",
        f"::1:{PORT}",
        f"user@localhost:{PORT}",
        "",
    ],
)
def test_another_host_s_name_is_refused_with_what_is_allowed(host):
    assert f"127.0.0.1:{PORT}, localhost:{PORT}, [::1]:{PORT}" in refusal({"host": host}, PORT)


def test_a_request_without_a_host_is_refused():
    assert refusal({}, PORT)


@pytest.mark.parametrize(
    "header", [{"origin": "http://localhost:4566"}, {"origin": "null"}, {"sec-fetch-site": "none"}]
)
def test_a_web_page_is_refused_even_under_a_right_name(header):
    assert "serves no web page" in refusal({"host": f"127.0.0.1:{PORT}", **header}, PORT)
