"""The page and its pictures."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from msgspec import structs

from pipelines.gates import evaluation_page, pictures
from pipelines.gates.report import Skip, decode, encode


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.fetched, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.fetched += [value for name, value in attrs if name in {"src", "href", "srcset", "data"}]


def parsed(picture):
    return ET.fromstring(picture)  # noqa: S314 - drawn here


@pytest.fixture(scope="module")
def page(stopped_report, demands):
    return evaluation_page.draw(stopped_report, demands)


def test_the_page_fetches_nothing(page):
    links = Links()
    links.feed(page)
    assert links.fetched == []
    assert not links.tags & {"script", "link", "iframe", "img", "object"}
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page)


def test_the_page_says_why_and_shows_each_slice(page, stopped_report):
    assert "stopped at the gate" in page
    assert "AUC 0.4" in page
    for each in stopped_report.slices:
        assert f"<td>{each.slice.name}</td>" in page
    assert "too small to judge: " in page


def test_what_people_and_data_brought_is_escaped(stopped_report, demands):
    first, *others = stopped_report.slices
    named = structs.replace(others[0], slice=structs.replace(others[0].slice, value="<script>"))
    gates = [structs.replace(gate, skip=Skip(by="<b>", because="<i>a & b")) for gate in stopped_report.gates]
    page = evaluation_page.draw(
        structs.replace(stopped_report, slices=[first, named, *others[1:]], gates=gates), demands
    )
    assert "<script>" not in page
    assert "skipped by &lt;b&gt;: &lt;i&gt;a &amp; b" in page


def test_the_same_report_gives_the_same_page(page, stopped_report, demands):
    assert evaluation_page.draw(decode(encode(stopped_report)), demands) == page


def test_pictures_stand_alone_and_show_each_slice_that_was_compared(stopped_report, demands):
    drawn = evaluation_page.differences(stopped_report, demands)
    assert list(drawn) == ["auc", "log_loss"]
    for picture in drawn.values():
        texts = [element.text for element in parsed(picture).iter() if element.text]
        compared = {each.slice.name for each in stopped_report.slices if each.verdict != "too-small"}
        assert compared <= set(texts)


def test_a_slice_that_failed_is_drawn_as_one(stopped_report, demands):
    picture = parsed(evaluation_page.differences(stopped_report, demands)["auc"])
    failed = [each for each in stopped_report.slices if each.verdict == "failed"]
    assert len([each for each in picture.iter() if each.get("class") == "failed"]) == 2 * len(failed)


def test_a_better_metric_that_is_lower_has_its_margin_on_the_other_side(stopped_report, demands):
    """What is allowed is left of the champion for AUC, right of it for a loss."""
    drawn = evaluation_page.differences(stopped_report, demands)
    sides = {}
    for name, picture in drawn.items():
        lines = parsed(picture)
        at = {each.get("class"): float(each.get("x1")) for each in lines.iter() if each.get("x1")}
        sides[name] = at["limit"] < at["axis"]
    assert sides == {"auc": True, "log_loss": False}


def test_the_calibration_curve_has_a_point_for_each_tenth(stopped_report):
    picture = parsed(pictures.calibration(stopped_report.calibration))
    assert len([each for each in picture.iter() if each.tag.endswith("circle")]) == 10


def test_without_a_champion_there_is_no_picture_of_differences(stopped_report, demands):
    first = stopped_report.slices[0]
    alone = {name: structs.replace(each, difference=None) for name, each in first.slice.metrics.items()}
    report = structs.replace(
        stopped_report, slices=[structs.replace(first, slice=structs.replace(first.slice, metrics=alone))]
    )
    assert evaluation_page.differences(report, demands) == {}
