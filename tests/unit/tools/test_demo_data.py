"""What `make up` puts into DVC's remote is what Git names, or nothing."""

import hashlib

import pytest
import yaml

from pipelines.flights.data import TABLES, published
from tests.conftest import CHECKOUT
from tools.demo.data import OtherDataError, pointers, write_months

PUBLISHED = {"trips/2013-01.csv": b"a\n1\n", "trips/2013-02.csv": b"a\n2\n"}


@pytest.fixture
def project(tmp_path):
    for path, content in PUBLISHED.items():
        pointer = tmp_path / "data" / f"{path}.dvc"
        pointer.parent.mkdir(parents=True, exist_ok=True)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        pointer.write_text(
            f"outs:\n- md5: {md5}\n  size: {len(content)}\n  hash: md5\n  path: {pointer.stem}\n"
        )
    return tmp_path


def test_the_months_that_git_names_are_written_as_published(project):
    months = write_months(project, PUBLISHED)
    assert [str(path) for path in months] == ["data/trips/2013-01.csv.dvc", "data/trips/2013-02.csv.dvc"]
    for path, content in PUBLISHED.items():
        assert (project / "data" / path).read_bytes() == content


def test_months_that_are_there_are_not_written_again(project):
    write_months(project, PUBLISHED)
    before = (project / "data/trips/2013-01.csv").stat().st_mtime_ns
    write_months(project, {})
    assert (project / "data/trips/2013-01.csv").stat().st_mtime_ns == before


def test_a_month_that_somebody_changed_here_is_left_alone_and_not_pushed(project):
    changed = project / "data/trips/2013-01.csv"
    changed.write_text("a\nmine\n")
    assert [path.stem for path in write_months(project, PUBLISHED)] == ["2013-02.csv"]
    assert changed.read_text() == "a\nmine\n"


def test_bytes_that_git_does_not_name_are_refused_and_nothing_is_written(project):
    with pytest.raises(
        OtherDataError, match=r"2013-02\.csv\.dvc names md5 \w+ \(4 bytes\), but the published month has"
    ):
        write_months(project, {**PUBLISHED, "trips/2013-02.csv": b"a\n3\n"})
    assert not list(project.glob("data/trips/*.csv"))


def test_a_month_that_is_not_published_is_refused_with_what_to_type(project):
    with pytest.raises(
        OtherDataError, match=r"not published: `dvc pull data/trips/2013-02\.csv\.dvc` gets it"
    ):
        write_months(project, {"trips/2013-01.csv": PUBLISHED["trips/2013-01.csv"]})


def test_git_names_every_published_month_by_its_bytes():
    files = published()
    named = {str(path.relative_to("data").with_suffix("")): path for path in pointers(CHECKOUT)}
    assert named.keys() == files.keys()
    assert {path.partition("/")[0] for path in named} == {table.name for table in TABLES}
    for path, pointer in named.items():
        (out,) = yaml.safe_load((CHECKOUT / pointer).read_text())["outs"]
        assert out["md5"] == hashlib.md5(files[path], usedforsecurity=False).hexdigest(), path
        assert out["size"] == len(files[path])
