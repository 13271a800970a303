import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.training.arguments import input_of_create
from sandbox.training.cache import COMPARED, DurationError, Run, hit, key, seconds
from tests.unit.sandbox.training.pipelines import processing, training

STEPS = {
    "Processing": processing("P", inputs=[("data", "s3://b/data")], outputs=[("out", "s3://b/out")])[
        "Arguments"
    ],
    "Training": training("T", channels=[("training", "s3://b/data")], parameters={"seed": "0"})["Arguments"],
}
kinds = st.sampled_from(sorted(STEPS))
runs = st.lists(st.builds(Run, st.sampled_from("ab"), st.floats(0, 1_000), st.text(max_size=3), st.just({})))


@given(kinds, st.data())
def test_a_change_of_a_compared_member_changes_the_key_and_of_another_does_not(kind, data):
    arguments = copy.deepcopy(STEPS[kind])
    member = data.draw(st.sampled_from(sorted(input_of_create(kind).members)))
    arguments[member] = {"changed": "value"}
    assert (key(kind, arguments) != key(kind, STEPS[kind])) is (member in COMPARED[kind])


def test_compared_members_are_members_of_the_job():
    for kind, members in COMPARED.items():
        assert set(members) <= set(input_of_create(kind).members)


def test_the_order_of_members_does_not_matter():
    arguments = STEPS["Training"]
    assert key("Training", arguments) == key("Training", dict(reversed(arguments.items())))


def test_outputs_are_not_compared():
    elsewhere = processing("P", inputs=[("data", "s3://b/data")], outputs=[("out", "s3://b/elsewhere")])[
        "Arguments"
    ]
    assert key("Processing", elsewhere) == key("Processing", STEPS["Processing"])


@given(runs, st.sampled_from("ab"), st.floats(0, 2_000), st.none() | st.floats(0, 2_000))
def test_a_hit_has_the_key_is_not_expired_and_is_the_latest_such(runs, wanted, now, expire_after):
    result = hit(runs, wanted, now, expire_after)
    alive = [
        run for run in runs if run.key == wanted and (expire_after is None or now - run.at <= expire_after)
    ]
    assert (result is None) is (not alive)
    if result:
        assert result in alive
        assert result.at == max(run.at for run in alive)


def test_a_run_stands_for_others_until_it_expires():
    run = Run("a", 100.0, "arn", {})
    assert hit([run], "a", 160.0, 60.0) is run
    assert hit([run], "a", 160.5, 60.0) is None
    assert hit([run], "a", 1e9, None) is run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", 2_592_000),
        ("P30D", 2_592_000),
        ("T16m", 960),
        ("30dT5h", 2_610_000),
        ("5y", 157_680_000),
        ("P1M", 2_592_000),
    ],
)
def test_durations_as_the_documentation_writes_them(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "P", "T", "PT", "30", "d30", "30 days", "-1d", "1.5d"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(DurationError, match="P30D"):
        seconds(text)
