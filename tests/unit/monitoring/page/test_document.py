"""The page: all of it in one file, and what is missing told as that."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from msgspec import structs

from monitoring.page import document
from monitoring.page.subject import Change, Missing
from pipelines.data_drift.report import Severity
from tests.unit.monitoring.page.conftest import BEGIN, V1, drift_of, quality_of


class Tags(HTMLParser):
    """What a page would fetch or run."""

    def __init__(self, page):
        super().__init__()
        self.fetched, self.tags, self.handlers = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.fetched += [
            value for name, value in attrs if name in {"src", "href", "srcset", "data", "action"}
        ]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


@pytest.fixture(scope="module")
def page(subject):
    return document.draw(subject)


def pictures(page):
    return [ET.fromstring(each) for each in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]  # noqa: S314 - drawn here


def test_the_page_fetches_nothing_and_runs_nothing(page):
    tags = Tags(page)
    assert (tags.fetched, tags.handlers) == ([], [])
    assert not set(tags.tags) & {"script", "link", "iframe", "img", "object", "form"}
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page)


def test_each_picture_has_a_title_for_whoever_cannot_see_it(page):
    titles = [picture.findtext("{http://www.w3.org/2000/svg}title") for picture in pictures(page)]
    assert [title.partition(" ")[0] for title in titles] == ["Share", "AUC", "Drift"]
    assert all(picture.get("role") == "img" for picture in pictures(page))


def test_a_year_of_weeks_and_of_changes_is_a_page_that_loads_at_once(subject):
    change = Change(BEGIN, "up", "ada", "x" * 200, {V1: 100})
    long = replace(
        subject,
        changes=[change] * 500,
        drift=[drift_of(week) for week in range(200)],
        quality=[quality_of(1 + month % 12, 0.7) for month in range(120)],
    )
    assert len(document.draw(long).encode()) <= document.MOST_BYTES


@pytest.mark.parametrize("columns", [17, 50, 200])
def test_a_model_of_many_columns_has_a_page_that_loads_at_once_too(subject, columns):
    (example, *_) = drift_of(0).columns
    many = tuple(structs.replace(example, name=f"a_feature_of_{place}") for place in range(columns))
    weeks = [structs.replace(drift_of(week), columns=many) for week in range(60)]
    shown = document.draw(replace(subject, drift=weeks))
    assert len(shown.encode()) <= document.MOST_BYTES
    assert f"a_feature_of_{columns - 1}, {weeks[-1].since:%Y-%m-%d} to" in shown


def test_the_page_tells_what_happened(page):
    for words in (
        "v1.1.0 serves",
        "errors since the deploy",
        "2013-10-01 to 2013-10-28, v1.1.0: AUC is 0.651",
        "0.651 (0.611 to 0.691)",
        "carrier UA",
        "v1.1.0, ✗ drift: temp (index 1.20, limit 0.80) drift in 6,000 rows",
        "<td>propose</td>",
        "`git tag flights@v1.2.0`",
        "page LatencyHigh",
        "modelctl rollback --env prod",
        "2.000 % (20.0 times)",
    ):
        assert words in page, words


@pytest.mark.parametrize("part", ["changes", "drift", "quality", "acts", "prometheus"])
def test_a_part_that_nobody_collected_is_told_as_that(subject, part):
    page = document.draw(replace(subject, **{part: Missing("nobody looked <here>")}))
    assert page.count("Not collected: nobody looked &lt;here&gt;") == 1
    assert len(pictures(page)) == (3 if part in {"acts", "prometheus"} else 2)


def svgs(subject):
    return re.findall(r"<svg.*?</svg>", document.draw(subject), re.DOTALL)


def test_a_picture_is_of_what_serves_alone_and_the_newest_verdict_of_each_other_version_is_told(subject):
    """Both answered in the same windows; V2 serves."""
    alone = replace(subject, quality=[quality_of(10, 0.7)], drift=[drift_of(2)])
    both = replace(
        subject,
        quality=[quality_of(10, 0.7), quality_of(10, 0.5, "worse", version=V1)],
        drift=[drift_of(2), drift_of(2, Severity.DRIFT, version=V1)],
    )
    assert svgs(both) == svgs(alone)
    page = document.draw(both)
    assert "v1.0.0, 2013-10-01 to 2013-10-28, ✗ worse: AUC is 0.5" in page
    assert "2013-04-15 to 2013-04-22, v1.0.0, ✗ drift: temp" in page


def test_where_what_serves_was_not_judged_yet_the_newest_reports_version_is_shown(subject):
    page = document.draw(replace(subject, serving=V1, quality=[quality_of(10, 0.7)], drift=[drift_of(2)]))
    assert "2013-10-01 to 2013-10-28, v1.1.0: AUC is 0.7" in page
    assert "2013-04-15 to 2013-04-22, v1.1.0, ✓ quiet" in page


def test_an_environment_in_which_nothing_was_decided_has_a_page(subject):
    page = document.draw(replace(subject, serving=None, changes=[]))
    assert "nothing serves" in page
    assert "Nothing was decided yet." in page


def test_what_people_wrote_is_escaped(subject):
    change = Change(BEGIN, "up", "<script>", "<b>", {V1: 100})
    page = document.draw(replace(subject, changes=[change]))
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


def test_the_same_subject_gives_the_same_page(page, subject):
    assert document.draw(subject) == page


def luminance(colour):
    parts = colour.lstrip("#")
    parts = "".join(2 * each for each in parts) if len(parts) == 3 else parts
    channels = [int(parts[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """WCAG 2.2, 1.4.3."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_readable_on_their_ground_and_marks_are_told_apart(page, scheme):
    css = (
        page
        if scheme == "dark"
        else re.sub(r"@media \(prefers-color-scheme: ?dark\) ?\{.*?\}\s*\}", "", page, flags=re.DOTALL)
    )
    names = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", css))  # of two, the later: the dark one
    for text, ground in (
        ("text", "ground"), ("text", "card"), ("quiet", "ground"), ("quiet", "card"), ("good", "good-ground"),
        ("bad", "bad-ground"), ("bad", "card"),
    ):  # fmt: skip
        assert contrast(names[text], names[ground]) >= 4.5, (text, ground)
    fills = dict(re.findall(r"\.(text|quiet|share|moved|drift)\{fill:(#[0-9a-f]+)", css))
    strokes = dict(re.findall(r"\.(passed|failed|back)\{stroke:(#[0-9a-f]+)", css))
    assert all(contrast(fills[word], names["card"]) >= 4.5 for word in ("text", "quiet"))
    marks = {**fills, **strokes}
    assert all(
        contrast(marks[mark], names["card"]) >= 3 for mark in ("share", "drift", "passed", "failed", "back")
    )
