"""Evidently's report of a window says what the verdict says, of every column, whatever chance puts into the window."""

import json
import re
import subprocess

import numpy as np
import pytest

from pipelines.data_drift.baseline import encode
from tests.drift.conftest import PYTHON
from tests.unit.pipelines.data_drift.conftest import baseline, values  # noqa: F401 - a fixture
from tools.demo.run import ROOT

PART = 50  # cases of one process: Evidently takes seconds to import


def run(*arguments):
    return subprocess.run(
        [PYTHON, "-W", "ignore", "-m", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("first", range(0, 200, PART))
def test_the_judge_and_evidently_agree(first):
    ended = run("tests.drift.cases", first, first + PART)
    assert ended.returncode == 0, ended.stderr
    cases = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(cases) == PART
    assert [case for case in cases if case["judge"] != case["evidently"]] == []
    verdicts = [moved for case in cases for _, moved in case["judge"].values()]
    assert 0.2 < sum(verdicts) / len(verdicts) < 0.8  # of both kinds there are many


def rows(path, count):
    columns = values(np.random.default_rng(3), count)
    cells = zip(columns["temp"].tolist(), columns["prediction.late"].tolist(), strict=True)
    path.write_text(
        "".join(
            json.dumps({"temp": temp + 30, "carrier": None, "prediction.late": late}) + "\n"
            for temp, late in cells
        )
    )


@pytest.fixture
def drawn(tmp_path, baseline):  # noqa: F811 - the fixture
    """Draws a window of so many rows, in which the temperature moved and no carrier is there."""

    def draw(count):
        (tmp_path / "baseline.json").write_bytes(encode(baseline))
        rows(tmp_path / "rows.jsonl", count)
        page = tmp_path / "page.html"
        base = (
            "pipelines.data_drift.page",
            "--baseline",
            tmp_path / "baseline.json",
            "--until",
            "2013-04-08",
        )
        return run(*base, "--rows", tmp_path / "rows.jsonl", "--out", page), page

    return draw


def test_a_page_is_drawn_that_fetches_nothing_and_says_what_it_leaves_out(drawn):
    ended, page = drawn(1500)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        f"{page}: 1,500 rows",
        "not drawn, without any value in this window or in training: carrier",
    ]
    content = page.read_text()
    assert "as a multiple of the column's own limit" in content
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']?https?:", content) == []


def test_too_few_rows_have_no_page(drawn):
    ended, page = drawn(999)
    assert ended.returncode == 4
    assert ended.stderr == "999 rows: a verdict needs 1,000, and so does its page\n"
    assert not page.exists()
