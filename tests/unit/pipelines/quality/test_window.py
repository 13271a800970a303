"""The labelled cases of some days, and what became of every other record."""

from datetime import date

import pytest

from pipelines import capture, ground_truth
from pipelines.ground_truth import Truth
from pipelines.quality import labels, predictions
from pipelines.quality.window import labelled
from tests.unit.pipelines.quality.conftest import by_carrier, line

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)


def window(small, lines, truths, others=()):
    """Truths are (id, row, value, day)."""
    read = predictions.read(capture.read_all(lines, "captured"), small, by_carrier)
    files = [
        (
            f"labels/2026/{day}/00/part.jsonl",
            ground_truth.encode([Truth(inference=identity, row=row, value=value)]),
        )
        for identity, row, value, day in truths
    ]
    return labelled(read, labels.read(files, small.schema.output), frozenset(others), FIRST, LAST)


def test_what_belongs_together_is_judged_together(small):
    result = window(
        small,
        [line("b", ("UA", "AA"), (0.1, 0.9)), line("a", ("AA",), (0.4,))],
        [("a", 0, "1", "01/02"), ("b", 1, "1", "01/02"), ("b", 0, "0", "01/03")],
    )
    groups = result.cases.groups["carrier"]
    rows = [
        (round(float(output[1]), 6), bool(label), groups.names[group])
        for output, label, group in zip(result.outputs, result.cases.labels, groups.number, strict=True)
    ]
    assert sorted(rows) == [(0.1, False, "UA"), (0.4, True, "AA"), (0.9, True, "AA")]
    assert result.joined.cases == 3


@pytest.mark.parametrize(
    ("lines", "truths", "others", "expected"),
    [
        ([line("a")], [], (), {"unlabelled": 1}),
        ([line("a")], [("b", 0, "1", "01/02")], (), {"unlabelled": 1, "unanswered": 1}),
        ([line("a")], [("a", 1, "1", "01/02")], (), {"unlabelled": 1, "unanswered": 1}),
        ([line("a")], [("b", 0, "1", "01/02")], ("b",), {"unlabelled": 1, "of_others": 1}),
        ([line("a"), line("a")], [("a", 0, "1", "01/02")] * 3, (), {"cases": 1, "repeated_predictions": 1, "repeated_labels": 2}),
        ([line("a"), line("a", probabilities=(0.3,))], [("a", 0, "1", "01/02")], (), {"contradicting_predictions": 2}),
        ([line("a")], [("a", 0, "1", "01/02"), ("a", 0, "0", "01/02")], (), {"unlabelled": 1, "contradicting_labels": 2}),
        ([line("a", answer="")], [("a", 0, "1", "01/02")], (), {"unreadable": 1, "unanswered": 1}),
    ],
    ids=["no-label", "no-prediction", "other-row", "other-version", "repeated", "two-answers", "two-labels", "unreadable"],
)  # fmt: skip
def test_every_record_is_counted_once(small, lines, truths, others, expected):
    joined = window(small, lines, truths, others).joined
    counts = {name: getattr(joined, name) for name in joined.__struct_fields__}
    assert {name: count for name, count in counts.items() if count} == expected


@pytest.mark.parametrize(
    ("day", "cases"), [("2025-12-31", 0), ("2026-01-01", 1), ("2026-01-31", 1), ("2026-02-01", 0)]
)
def test_a_case_is_of_its_own_day_whenever_its_label_came(small, day, cases):
    joined = window(small, [line("a", moment=f"at={day}T12:00:00Z")], [("a", 0, "1", "03/01")]).joined
    assert joined.cases == cases
    assert (joined.unlabelled, joined.unanswered) == (0, 0)


def test_records_of_other_days_are_counted_in_no_window(small):
    december = "at=2025-12-05T12:00:00Z"
    lines = [
        *[line("a", moment=december)] * 3,
        *(line("b", probabilities=(p,), moment=december) for p in (0.2, 0.3)),
        line("c", answer="", moment=december),
    ]
    truths = [("a", 0, "1", "02/02"), ("a", 0, "1", "02/03"), ("d", 0, "1", "02/02"), ("d", 0, "0", "02/02")]
    joined = window(small, lines, truths).joined
    assert not any(getattr(joined, name) for name in joined.__struct_fields__)


def test_a_line_that_cannot_be_read_is_of_the_day_on_which_it_was_answered(small):
    inside = line("a", moment="at=yesterday")
    outside = inside.replace(b"2026-01-", b"2025-11-")
    assert outside != inside
    assert window(small, [inside, outside, b"{", line("b")], []).joined.unreadable == 2  # `{` is of any day


def test_a_case_that_is_asked_again_after_midnight_is_of_the_first_day(small):
    again = [line("a", moment="at=2026-02-01T00:00:01Z"), line("a", moment="at=2026-01-31T23:59:59Z")]
    assert window(small, again, [("a", 0, "1", "01/31")]).joined.cases == 1


def test_the_days_are_the_blocks(small):
    lines = [line(str(n), moment=f"at=2026-01-{1 + n % 3:02}T12:00:00Z") for n in range(7)]
    blocks = window(small, lines, [(str(n), 0, "1", "01/02") for n in range(7)]).cases.blocks
    assert len(blocks.names) == 3
    assert sorted(blocks.number.tolist()) == [0, 0, 0, 1, 1, 2, 2]
