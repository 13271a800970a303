import io
import zipfile

import pytest

from sandbox.codebuild.artifacts import ArtifactError, pack, unpack, verdicts
from sandbox.codebuild.buildspec import Files


@pytest.fixture
def source(tmp_path):
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.sh"):
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "source" / "sub" / "deep" / "c.sh").chmod(0o755)
    (tmp_path / "source" / "link").symlink_to("a.txt")
    return tmp_path / "source"


def names(archive):
    return sorted(zipfile.ZipFile(io.BytesIO(archive)).namelist())


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (Files(("**/*",)), ["a.txt", "sub/b.txt", "sub/deep/c.sh"]),
        (Files(("*", "a.txt")), ["a.txt"]),
        (Files(("**/*",), "sub"), ["b.txt", "deep/c.sh"]),
        (Files(("**/*",), "sub", flat=True), ["b.txt", "c.sh"]),
    ],
)
def test_what_patterns_choose_is_packed_once_and_links_are_not(source, files, expected):
    assert names(pack(source, files)) == expected


def test_what_was_packed_is_unpacked_with_its_modes(source, tmp_path):
    unpack(pack(source, Files(("**/*",))), tmp_path / "other")
    script = tmp_path / "other" / "sub" / "deep" / "c.sh"
    assert (script.read_text(), script.stat().st_mode & 0o777) == ("sub/deep/c.sh", 0o755)


def test_an_artifact_without_files_is_refused_by_its_patterns(source):
    with pytest.raises(ArtifactError, match=r"no matching artifact paths: dist/\*"):
        pack(source, Files(("dist/*",)))


def test_what_is_no_zip_or_leads_outside_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="is no zip"):
        unpack(b"text", tmp_path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("../outside", "x")
    with pytest.raises(ArtifactError, match="outside its folder"):
        unpack(buffer.getvalue(), tmp_path / "in")


def test_tests_of_a_report_are_counted_by_what_came_of_them(tmp_path):
    cases = "<testcase/><testcase><failure/></testcase><testcase><error/></testcase><testcase><skipped/></testcase>"
    (tmp_path / "r.xml").write_text(f"<testsuite>{cases}<testcase/></testsuite>")
    assert verdicts(tmp_path, Files(("r.xml",))) == {"SUCCEEDED": 2, "FAILED": 1, "ERROR": 1, "SKIPPED": 1}


@pytest.mark.parametrize(
    ("text", "why"), [("<a", "is no XML"), ("<html/>", "is no JUnit: it begins with html")]
)
def test_what_is_no_report_is_refused(tmp_path, text, why):
    (tmp_path / "r.xml").write_text(text)
    with pytest.raises(ArtifactError, match=why):
        verdicts(tmp_path, Files(("r.xml",)))


def test_a_report_that_nobody_wrote_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"no report files found: r\.xml"):
        verdicts(tmp_path, Files(("r.xml",)))
