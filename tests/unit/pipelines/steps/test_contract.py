import contextlib

import pytest

from pipelines.steps.contract import MODEL, InputError, Job, Kind, job, shortened


@pytest.fixture
def processing(tmp_path):
    return Job(tmp_path, Kind.PROCESSING)


@pytest.fixture
def training(tmp_path):
    return Job(tmp_path, Kind.TRAINING)


def test_the_directories_are_sagemakers_unless_a_base_is_named(tmp_path):
    assert str(job(Kind.PROCESSING, {}).base) == "/opt/ml"
    assert str(job(Kind.PROCESSING, {"SAGEMAKER_BASE_DIR": ""}).base) == "/opt/ml"
    assert job(Kind.PROCESSING, {"SAGEMAKER_BASE_DIR": str(tmp_path)}).base == tmp_path


def test_each_kind_of_job_has_sagemakers_places(processing, training, tmp_path):
    assert processing.place_of_input("data") == tmp_path / "processing/input/data"
    assert processing.place_of_output("training") == tmp_path / "processing/output/training"
    assert processing.message() == tmp_path / "output/message"
    assert training.place_of_input("training") == tmp_path / "input/data/training"
    assert training.place_of_output(MODEL) == tmp_path / "model"
    assert training.place_of_hyperparameters() == tmp_path / "input/config/hyperparameters.json"
    assert training.message() == tmp_path / "output/failure"


def test_an_input_that_is_missing_or_empty_is_refused_by_its_folder(processing):
    folder = processing.place_of_input("data")
    with pytest.raises(
        InputError, match=rf"{folder}: no such folder; this step reads its input 'data' there"
    ):
        processing.input("data")
    (folder / "flights").mkdir(parents=True)
    with pytest.raises(InputError, match=rf"{folder}: no file"):
        processing.input("data")
    (folder / "flights" / "2013-01.csv").touch()
    assert processing.input("data") == folder


def test_an_output_is_whole_or_not_there(processing):
    place = processing.place_of_output("report")
    with contextlib.suppress(FileNotFoundError), processing.output("report") as folder:
        (folder / "half").touch()
        (folder / "missing").read_bytes()
    assert [path for path in processing.base.rglob("*") if path.is_file()] == []
    with processing.output("report") as folder:
        (folder / "whole").touch()
        assert not place.exists()
    assert [path.name for path in place.iterdir()] == ["whole"]


def test_an_output_replaces_what_an_earlier_run_left_and_only_when_it_is_whole(processing):
    place = processing.place_of_output("report")
    for name in ("earlier", "later"):
        with processing.output("report") as folder:
            (folder / name).touch()
    assert [path.name for path in place.iterdir()] == ["later"]
    with pytest.raises(RuntimeError), processing.output("report"):
        raise RuntimeError
    assert [path.name for path in place.iterdir()] == ["later"]


def test_a_folder_that_sagemaker_made_for_an_output_is_filled_and_stays_the_same_folder(processing):
    """It may be a mount point."""
    folder = processing.place_of_output("training")
    (folder / "old").mkdir(parents=True)
    made = folder.stat().st_ino
    with processing.output("training") as partial:
        (partial / "rows").mkdir()
        (partial / "rows/a").write_text("new")

    assert folder.stat().st_ino == made
    assert [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*"))] == ["rows", "rows/a"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        ("{", "truncated"),
        ('{"seed": 0}', "Expected `str`"),
        ("[]", "Expected `object`"),
    ],
)
def test_hyperparameters_that_are_no_texts_are_refused_by_file(training, content, reason):
    path = training.place_of_hyperparameters()
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=rf"{path}: .*{reason}"):
        training.hyperparameters()


def test_a_message_is_what_sagemaker_keeps():
    assert shortened("short") == b"short"
    assert len(shortened("é" * 1024)) <= 1024
    assert shortened("é" * 1024).decode().endswith("é…")
    assert shortened("x" * 1024) == b"x" * 1024


def test_a_run_tells_nothing_of_an_earlier_one(processing):
    processing.tell("stopped")
    assert processing.message().read_text() == "stopped"
    processing.begin()
    assert not processing.message().exists()
