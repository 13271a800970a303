"""The reader refuses what it does not know: kinds of steps, fields, states that are missing, steps that were cut away."""

import pytest
import yaml

from infra import settings
from modeldelivery.review.core.config import PROJECT, read_config
from modeldelivery.review.core.document import DocumentError, Op, name_of, read, type_of
from tests.conftest import CHECKOUT
from tests.unit.review.documents import document, previews, text

ENDPOINT = "modeldelivery:index:Endpoint"


def refused(edit, name="traffic-only"):
    """The sentence with which an edited preview is refused."""
    preview = document(name)
    edit(preview)
    with pytest.raises(DocumentError) as raised:
        read(text(preview))
    return str(raised.value)


@pytest.mark.parametrize("name", previews())
def test_every_recorded_preview_is_read(name):
    preview = document(name)
    assert len(read(text(preview)).steps) == len(preview.get("steps", ()))


def test_the_recordings_hold_most_of_the_engine_s_kinds_of_step():
    operations = {step["op"] for name in previews() for step in document(name).get("steps", ())}
    never = set(map(str, Op)) - operations
    assert never <= {"diff", "extend-parameterize", "remove-pending-replace", "discard-replaced", "refresh"}


def test_an_unknown_kind_of_step_is_refused_by_name():
    def edit(preview):
        preview["steps"][0]["op"] = "recreate"

    assert "recreate" in refused(edit)


def put(preview, path, value):
    for part in path:
        preview = preview[part]
    preview["surprise"] = value


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ((), "surprise"),
        (("steps", 0), "steps[].surprise"),
        (("steps", 0, "newState"), "steps[].newState.surprise"),
        (("steps", 0, "oldState"), "steps[].oldState.surprise"),
    ],
)
@pytest.mark.parametrize("value", [1, True, "x", None, [], {}])
def test_an_unknown_field_that_can_hold_no_step_is_read_over_and_told(path, told, value):
    preview = document("traffic-only")
    put(preview, path, value)
    assert read(text(preview)).unread == (told,)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (("steps", 0, "newState"), "steps[].newState.surprise"),
        (("diagnostics", 0), "diagnostics[].surprise"),
    ],
)
def test_within_a_state_or_a_message_an_unknown_field_may_hold_anything(path, told):
    preview = document("traffic-only")
    preview["diagnostics"] = [{"message": "x", "severity": "info"}]
    put(preview, path, [{"op": "delete"}])
    assert read(text(preview)).unread == (told,)


def test_an_unknown_field_of_a_property_s_difference_is_told():
    preview = document("traffic-only")
    step = next(each for each in preview["steps"] if each.get("detailedDiff"))
    next(iter(step["detailedDiff"].values()))["surprise"] = 1
    assert read(text(preview)).unread == ("steps[].detailedDiff{}.surprise",)


@pytest.mark.parametrize("path", [(), ("steps", 0)])
@pytest.mark.parametrize("value", [[{"op": "delete"}], {"op": "delete"}])
def test_an_unknown_field_that_could_hold_steps_is_refused_by_name(path, value):
    assert "surprise, which Pulumi 3.259 does not write" in refused(lambda preview: put(preview, path, value))


def test_each_unknown_field_is_told_once_however_many_steps_have_it():
    preview = document("traffic-only")
    for step in preview["steps"]:
        step["surprise"] = 1
    assert read(text(preview)).unread == ("steps[].surprise",)


@pytest.mark.parametrize("name", previews())
def test_every_field_of_a_recorded_preview_is_known(name):
    assert read(text(document(name))).unread == ()


def test_a_value_of_another_type_is_refused_with_its_place():
    def edit(preview):
        preview["steps"][3]["newState"]["protect"] = "true"

    assert "$.steps[3].newState.protect" in refused(edit)


@pytest.mark.parametrize("state", ["oldState", "newState"])
def test_a_step_without_a_state_that_its_kind_has_was_cut(state):
    def edit(preview):
        del next(step for step in preview["steps"] if step["op"] == "update")[state]

    assert f"has no {state}" in refused(edit)


def test_a_step_that_the_summary_counts_and_the_document_lacks_was_cut():
    def edit(preview):
        preview["steps"] = [step for step in preview["steps"] if step["op"] != "update"]

    assert "counts 1 update and 0 are shown" in refused(edit)


def test_a_step_that_the_summary_does_not_count_was_added():
    def edit(preview):
        del preview["changeSummary"]["update"]

    assert "counts 0 update and 1 are shown" in refused(edit)


def test_a_document_without_a_summary_was_cut():
    assert "no changeSummary" in refused(lambda preview: preview.pop("changeSummary"))


def test_a_state_of_another_resource_is_refused():
    def edit(preview):
        preview["steps"][0]["newState"]["urn"] = preview["steps"][1]["urn"]

    assert "holds the state of" in refused(edit)


def test_a_state_of_another_type_is_refused():
    def edit(preview):
        preview["steps"][0]["oldState"]["type"] = "aws:s3/bucket:Bucket"

    assert "holds a state of the type" in refused(edit)


@pytest.mark.parametrize(
    "urn", ["", "urn:pulumi:prod", "urn:pulumi:prod::a::b", "x::a::b::c", "urn:pulumi:::a::b::c"]
)
def test_what_is_no_urn_is_refused(urn):
    with pytest.raises(DocumentError, match="is not a URN"):
        type_of(urn)


def test_a_name_may_hold_what_separates_a_urn_s_parts():
    assert name_of("urn:pulumi:prod::model-delivery::a:b:C::x::y") == "x::y"


def test_a_preview_of_another_stack_is_refused():
    with pytest.raises(DocumentError, match="another stack's preview"):
        read_config("staging", read(text(document("traffic-only"))))


def test_the_project_is_pulumi_yaml_s():
    assert yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())["name"] == PROJECT == settings.PROJECT


def test_keys_of_another_namespace_say_nothing_about_protection():
    preview = document("traffic-only")
    preview["config"] = {"aaa:protect": "false", "aaa:release": "{}", **preview["config"]}
    assert read_config("prod", read(text(preview))).protect


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"steps": null}'])
def test_what_is_no_preview_is_refused_in_a_sentence(content):
    with pytest.raises(DocumentError):
        read(content)
