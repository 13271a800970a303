"""Recordings are stored by content, and come back as the engine wrote them."""

import json

import pytest

from tests import previews
from tests.previews import CONTENTS, FOLDER, contents, index, keep, names, recorded, stored
from tests.previews.contents import ContentError
from tests.previews.record import normalised
from tests.previews.scenarios import STATES

MOST = 3_000_000  # bytes of all recordings
LONG = "a policy, a description or a template of more than a hundred characters, as AWS has many; " * 2


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A store of its own."""
    monkeypatch.setattr(previews, "FOLDER", tmp_path)
    monkeypatch.setattr(previews, "CONTENTS", tmp_path / "contents.jsonl")
    stored.cache_clear()
    yield tmp_path
    stored.cache_clear()


@pytest.mark.usefixtures("folder")
def test_what_is_recorded_is_read_as_it_was_to_the_order_of_its_keys():
    recording = {"b": [{"z": LONG, "a": [1, 2.5, None, True, "é"]}] * 3, "a": {"text": LONG}, "exit": 0}
    keep({"one": recording})
    assert json.dumps(recorded("one")) == json.dumps(recording)


def test_what_two_recordings_hold_is_stored_once(folder):
    keep({"one": {"document": {"policy": LONG}}, "two": {"document": {"policy": LONG, "more": LONG + LONG}}})
    assert (folder / "contents.jsonl").read_text().count(f'"{LONG}"') == 1


def test_a_recording_made_again_leaves_nothing_of_the_old_one_behind(folder):
    keep({"one": {"document": {"policy": LONG}}, "two": {"document": {"other": LONG * 2}}})
    keep({"one": {"document": {"policy": "short"}}})
    assert LONG not in map(json.loads, contents.load(folder / "contents.jsonl").values())
    assert recorded("two") == {"document": {"other": LONG * 2}}


@pytest.mark.usefixtures("folder")
def test_whoever_changes_one_place_changes_no_other():
    keep({"one": {"old": {"tags": [LONG]}, "new": {"tags": [LONG]}}})
    recording = recorded("one")
    recording["old"]["tags"].append("changed")
    assert recording["new"] == recorded("one")["new"] == {"tags": [LONG]}


@pytest.mark.usefixtures("folder")
def test_a_value_that_would_be_read_as_a_sum_is_refused():
    with pytest.raises(ContentError, match="would be read as the sum of a content"):
        keep({"one": {"document": {"image": {"sha256": "0" * 24}}}})


def test_a_content_that_was_edited_is_refused(folder):
    keep({"one": {"document": {"policy": LONG}}})
    path = folder / "contents.jsonl"
    path.write_text(path.read_text().replace("a policy", "no policy"))
    with pytest.raises(ContentError, match=r"contents\.jsonl, line \d: not what its sum says"):
        recorded("one")


def test_a_content_that_is_gone_is_refused(folder):
    keep({"one": {"document": {"policy": LONG}}})
    (folder / "contents.jsonl").write_text("")
    with pytest.raises(ContentError, match="no content has the sum"):
        recorded("one")


def test_every_content_in_the_checkout_is_needed_and_every_needed_one_is_there():
    needed = {key for name in names() for key in contents.sums(index(name), stored())}
    assert needed == stored().keys()


def test_every_scenario_is_recorded_and_nothing_else_is():
    scenarios = {each.name for states in STATES.values() for state in states for each in state.scenarios}
    assert set(names()) == scenarios


def test_the_store_in_the_checkout_is_in_the_order_of_its_sums():
    """Else two who record at the same time could not merge it line by line."""
    lines = CONTENTS.read_text().splitlines()
    assert lines == sorted(set(lines))


def test_all_recordings_take_at_most_three_megabytes():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= MOST


def test_a_recording_names_dependencies_in_order_whatever_the_engines_was():
    """In any other they would differ from run to run, and be stored again with each."""

    def document(*urns):
        state = {"dependencies": list(urns), "propertyDependencies": {"bucket": list(urns)}}
        return {"steps": [{"oldState": state}, {"newState": {"dependencies": None}}]}

    assert normalised(document("b", "a")) == normalised(document("a", "b"))
    for name in names():
        whole = recorded(name)["document"]
        assert whole is None or normalised(whole) == recorded(name)["document"], name
