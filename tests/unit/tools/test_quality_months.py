"""The tables of docs/quality.md: what training fixes is fixed before anything else is looked at."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines import examples
from pipelines.recipe import Fitted
from pipelines.server.schema import Number, Probability, Schema, SelfCheck
from tools import tables
from tools.quality.months import Answered, Year, by_training, fixed, overall

DAYS, ROWS = 24, 60  # of a month; of a day
SCHEMA = Schema(
    features=(Number(name="departure", meaning="minute", minimum=0, maximum=1439),),
    output=Probability(event="late", meaning="late", threshold=0.5),
    self_check=SelfCheck({"departure": 1}, (0.5, 0.5)),
)


def answered(*months, skill=1.0):
    """Months of cases, and a model that tells the events of them apart by so much."""
    chance = np.random.default_rng(7)
    days = [f"{month}-{day:02}" for month in months for day in range(1, DAYS + 1)]
    label = chance.random(len(days) * ROWS) < 0.3
    frame = pd.DataFrame(
        {
            examples.LABEL: label,
            examples.BLOCK: np.repeat(days, ROWS),
            "carrier": "UA",
            "origin": "JFK",
            "departure": 600.0,
        }
    )
    share = 1 / (1 + np.exp(-(skill * label + chance.normal(size=len(label)))))
    return Answered(frame, np.column_stack([1 - share, share]).astype(np.float32))


TRAINING = answered("2013-01", "2013-02", "2013-03")


@pytest.fixture
def year():
    return Year(Fitted(b"", SCHEMA, {}), TRAINING, answered("2013-04", "2013-05"))


def test_what_training_fixes_is_the_reference_of_every_later_month_whatever_those_show(year):
    (reference,) = fixed(TRAINING, SCHEMA).values()
    worse = replace(year, later=answered("2013-04", "2013-05", skill=0.2))
    same, fallen = (
        [overall(report) for month, report in by_training(each) if month > "2013-03"]
        for each in (year, worse)
    )
    assert [each.reference for each in same + fallen] == [reference] * 4
    assert min(each.difference_high for each in same) > 0 > max(each.difference_high for each in fallen)


def test_a_month_of_training_is_held_against_the_others_and_not_against_itself(year):
    february = (TRAINING.frame[examples.BLOCK].str[:7] == "2013-02").to_numpy()
    (others,) = fixed(TRAINING.where(~february), SCHEMA).values()
    assert overall(dict(by_training(year))["2013-02"]).reference == others


def test_tables_replace_what_stood_between_the_comments_and_nothing_else(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- it -->\nold\n<!-- end -->\nafter\n")
    tables.write(page, "it", "\n".join(tables.table(("a", "b"), [("1", "2")])))
    assert page.read_text() == "before\n<!-- it -->\n| a | b |\n|---|---|\n| 1 | 2 |\n<!-- end -->\nafter\n"
    with pytest.raises(ValueError, match="no place for other"):
        tables.write(page, "other", "")
