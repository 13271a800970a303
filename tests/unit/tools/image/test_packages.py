"""A build is told where this machine's pip gets its packages, and no image is."""

from tools.image.packages import secrets, settings


def test_of_pips_settings_those_that_say_where_packages_are_are_handed_on():
    listed = """
global.index-url='https://old.example/simple'
install.no-compile='true'
user.index-url='https://user:word@new.example/simple'
global.extra-index-url='https://a.example\\nhttps://b.example'
:env:.cert='/etc/own.pem'
"""
    assert settings(listed) == {
        "index-url": "https://user:word@new.example/simple",
        "extra-index-url": "https://a.example https://b.example",
        "cert": "/etc/own.pem",
    }


def test_certificates_are_named_where_a_build_finds_them(tmp_path):
    own = tmp_path / "own.pem"
    own.write_text("certificate")
    chosen = secrets(tmp_path, {"REQUESTS_CA_BUNDLE": str(own)})
    assert chosen["certificates"].is_file()
    assert "cert = /run/secrets/certificates" in chosen["pip"].read_text().splitlines()
    assert chosen["pip"].stat().st_mode & 0o077 == 0
