import pytest

from pipelines import assemble, dataset
from pipelines.dataset import BadDataError, Table
from pipelines.months import Month

TABLES = (Table("trips"), Table("places"))
JANUARY, FEBRUARY = Month(2013, 1), Month(2013, 2)


@pytest.fixture
def data(tmp_path):
    for table in TABLES:
        folder = tmp_path / "data" / table.name
        folder.mkdir(parents=True)
        for month in ("2012-12", "2013-01", "2013-02", "2013-03", "2013-04"):
            (folder / f"{month}.csv").write_text(f"month\n{month}\n")
            (folder / f"{month}.csv.dvc").touch()
    return tmp_path / "data"


def test_a_dataset_has_the_months_that_train_and_the_one_that_judges(data, tmp_path):
    out = tmp_path / "build" / "dataset"
    manifest = assemble.assemble(data, TABLES, JANUARY, FEBRUARY, out)
    assert [file.path for file in manifest.files] == [
        f"{table}/2013-{month}.csv" for table in ("places", "trips") for month in ("01", "02", "03")
    ]
    assert dataset.read(out, TABLES).tables["trips"]["month"].tolist() == ["2013-01", "2013-02", "2013-03"]


def test_a_month_that_was_not_pulled_is_refused_with_what_to_type_and_leaves_the_dataset_alone(
    data, tmp_path
):
    out = tmp_path / "build" / "dataset"
    before = assemble.assemble(data, TABLES, JANUARY, JANUARY, out)
    (data / "places" / "2013-03.csv").unlink()
    with pytest.raises(
        BadDataError, match=r"places/2013-03\.csv is not here; `dvc pull .*2013-03\.csv\.dvc` gets it"
    ):
        assemble.assemble(data, TABLES, JANUARY, FEBRUARY, out)
    assert dataset.read_manifest(out) == before
    assert [path.name for path in out.parent.iterdir()] == ["dataset"]


def test_a_month_that_nobody_added_is_refused(data, tmp_path):
    with pytest.raises(
        BadDataError, match=r"trips/2013-05\.csv is not here; nor is there a 2013-05\.csv\.dvc"
    ):
        assemble.assemble(data, TABLES, JANUARY, Month(2013, 4), tmp_path / "out")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            ["--model", "flights", "--first", "2013-02", "--until", "2013-01"],
            "--until 2013-01 is before --first 2013-02",
        ),
        (["--model", "flights", "--first", "2013", "--until", "2013-01"], "'2013' is not a month"),
        (["--model", "trains", "--first", "2013-01", "--until", "2013-01"], "no recipe of a model 'trains'"),
    ],
)
def test_the_command_refuses_with_a_sentence(capsys, tmp_path, given, reason):
    assert assemble.main([*given, "--out", str(tmp_path / "out")]) == 1
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_tells_the_revision(capsys, tmp_path, data):
    (data / "trips").rename(data / "flights")
    (data / "places").rename(data / "weather")
    command = ["--model=flights", "--first=2013-01", "--until=2013-01", f"--data={data}"]
    assert assemble.main([*command, "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == f"4 files, {dataset.read_manifest(tmp_path / 'out').revision}\n"
