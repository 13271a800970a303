import hashlib

import msgspec
import pytest

from pipelines import dataset
from pipelines.dataset import BadDataError, Table

TABLES = (Table("trips", times=("at",)), Table("places"))
FILES = {
    "trips/2020-02.csv": b"at,miles\n2020-02-01T10:00:00Z,3\n",
    "trips/2020-01.csv": b"at,miles\n2020-01-31T23:00:00Z,1\n2020-01-31T23:00:00Z,2\n",
    "places/2020-01.csv": b"name\nhere\n",
}


@pytest.fixture
def folder(tmp_path):
    dataset.write(tmp_path, FILES)
    return tmp_path


def test_a_dataset_reads_as_it_was_written_month_by_month(folder):
    data = dataset.read(folder, TABLES)
    assert data.tables["trips"]["miles"].tolist() == [1, 2, 3]
    assert str(data.tables["trips"]["at"].dtype).endswith("UTC]")
    assert data.tables["places"]["name"].tolist() == ["here"]
    assert data.revision == dataset.read_manifest(folder).revision


def test_a_revision_is_the_digest_of_the_sorted_paths_and_digests():
    lines = "".join(f"{hashlib.sha256(FILES[path]).hexdigest()}  {path}\n" for path in sorted(FILES))
    expected = "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
    files = [dataset.describe(path, content) for path, content in FILES.items()]
    assert dataset.revision(files) == dataset.revision(reversed(files)) == expected


@pytest.mark.parametrize(
    "other",
    [
        {**FILES, "places/2020-01.csv": b"name\nthere\n"},
        {path.replace("2020-02", "2020-03"): content for path, content in FILES.items()},
        {path: content for path, content in FILES.items() if path != "trips/2020-02.csv"},
    ],
    ids=["another byte", "another path", "a file less"],
)
def test_other_files_are_another_revision(other):
    def revised(files):
        return dataset.revision(dataset.describe(path, content) for path, content in files.items())

    assert revised(other) != revised(FILES)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.unlink(), r"trips/2020-01.csv: No such file or directory; manifest.json lists it"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-1]),
            r"trips/2020-01.csv: 54 bytes, .* it was changed or",
        ),
        (lambda path: path.write_bytes(b""), r"trips/2020-01.csv: 0 bytes"),
    ],
    ids=["missing", "cut short", "empty"],
)
def test_a_file_that_is_not_what_the_manifest_says_is_refused_by_name(folder, change, reason):
    change(folder / "trips" / "2020-01.csv")
    with pytest.raises(BadDataError, match=reason):
        dataset.read(folder, TABLES)


def test_a_manifest_whose_revision_is_another_is_refused(folder):
    manifest = dataset.read_manifest(folder)
    fewer = msgspec.structs.replace(manifest, files=manifest.files[1:])
    (folder / "manifest.json").write_bytes(dataset.encode(fewer))
    with pytest.raises(
        BadDataError, match=r"manifest.json: revision is sha256:\w+, but its files are sha256:"
    ):
        dataset.read(folder, TABLES)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"{", "truncated"), (b'{"files": []}', "missing required field `revision`")],
)
def test_a_dataset_without_a_whole_manifest_is_refused(folder, content, reason):
    manifest = folder / "manifest.json"
    manifest.unlink() if content is None else manifest.write_bytes(content)
    with pytest.raises(BadDataError, match=rf"manifest.json: .*{reason}"):
        dataset.read(folder, TABLES)


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        (TABLES[:1], "places/2020-01.csv is of no table of the model: trips"),
        ((*TABLES, Table("people")), "table people has no file; the model reads trips, places, people"),
    ],
)
def test_a_dataset_has_the_tables_of_the_model_and_no_other(folder, tables, reason):
    with pytest.raises(BadDataError, match=reason):
        dataset.read(folder, tables)


def test_a_file_that_is_no_csv_is_refused_by_name():
    with pytest.raises(BadDataError, match=r"there: trips/2020-01\.csv is no CSV"):
        dataset.parse({**FILES, "trips/2020-01.csv": b""}, TABLES, "there")


def test_a_file_with_rows_of_other_lengths_is_refused_in_one_line():
    with pytest.raises(BadDataError, match=r"^there: trips/2020-01\.csv is no CSV: .*saw 3$") as refused:
        dataset.parse({**FILES, "trips/2020-01.csv": b"at,miles\n1,2\n1,2,3\n"}, TABLES, "there")
    assert "\n" not in str(refused.value)


def test_a_column_of_times_that_holds_others_too_is_left_for_validation():
    files = {**FILES, "trips/2020-02.csv": b"at,miles\nsoon,3\n"}
    times = dataset.parse(files, TABLES, "there").tables["trips"]["at"]
    assert times.tolist()[-1] == "soon"
