"""Whatever Maven brings is held to the hashes that this repository names."""

import hashlib
import re

import pytest

from modeldelivery.terminal.steps import SetupError
from tests.ci.jenkins import jars


@pytest.fixture
def fetched(tmp_path):
    """A folder of one jar, and a file with its hash: `(folder, hashes)`."""
    folder = tmp_path / "jars"
    folder.mkdir()
    (folder / "a-1.jar").write_bytes(b"a jar")
    hashes = tmp_path / "jars.sha256"
    hashes.write_text(f"{hashlib.sha256(b'a jar').hexdigest()}  a-1.jar\n")
    return folder, hashes


def test_jars_that_are_listed_are_taken(fetched):
    jars.check(*fetched)


def test_a_jar_with_other_content_is_refused(fetched):
    (fetched[0] / "a-1.jar").write_bytes(b"another")

    with pytest.raises(SetupError, match=r"a-1\.jar: what Maven fetched is not what .*jars\.sha256 lists"):
        jars.check(*fetched)


def test_a_jar_that_is_not_listed_is_refused(fetched):
    (fetched[0] / "b-1.jar").write_bytes(b"b")

    with pytest.raises(SetupError, match=r"b-1\.jar"):
        jars.check(*fetched)


def test_a_jar_that_is_listed_and_missing_is_refused(fetched):
    (fetched[0] / "a-1.jar").unlink()

    with pytest.raises(SetupError, match=r"a-1\.jar"):
        jars.check(*fetched)


def test_every_jar_is_named_with_its_version_and_has_a_hash():
    text = jars.POM.read_text()
    dependencies = re.findall(
        r"<dependency>.*?<artifactId>(.+?)</artifactId>\s*<version>([\d.]+)</version>", text, re.DOTALL
    )
    hashed = {line.split("  ")[1] for line in jars.HASHES.read_text().splitlines()}

    assert {f"{name}-{version}.jar" for name, version in dependencies} == hashed
    assert text.count("<dependency>") == len(dependencies)


def test_no_repository_is_named():
    assert not re.search(r"<(plugin)?repositories|://", jars.POM.read_text(), re.IGNORECASE)
