"""The champion's folder holds a model, or a file that says that there is none."""

import pytest

from pipelines.gates.champion import BadChampionError, NoChampion, champion_in


def test_a_file_says_that_there_is_none(tmp_path):
    (tmp_path / "none.json").write_text('{"environment": "staging", "why": "nothing was registered"}')
    assert champion_in(tmp_path) == NoChampion(environment="staging", why="nothing was registered")


def test_an_archive_is_the_champion(tmp_path):
    (tmp_path / "model.tar.gz").write_bytes(b"")
    assert champion_in(tmp_path) == tmp_path / "model.tar.gz"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "holds nothing"),
        ({"other": ""}, "holds other"),
        ({"model.tar.gz": "", "none.json": "{}"}, "holds model.tar.gz, none.json"),
        ({"none.json": "{}"}, "none.json: Object missing required field `environment`"),
        ({"none.json": '{"environment": "", "why": "x"}'}, "environment and why are not empty"),
        ({"none.json": ""}, "none.json"),
    ],
)
def test_anything_else_is_refused(tmp_path, files, sentence):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(BadChampionError) as refused:
        champion_in(tmp_path)
    assert sentence in str(refused.value)
