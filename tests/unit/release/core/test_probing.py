"""What a version is asked, and what is found: by this project's own server, sound and with faults planted in it."""

import json

import msgspec
import numpy as np
import pytest

from modeldelivery.release.core.contract import cells, departs, numbers, read_contract
from modeldelivery.release.core.probes import (
    Answer,
    Answers,
    Equals,
    Predicts,
    Probe,
    Request,
    Survives,
    differs,
    judge,
)
from modeldelivery.release.core.probing import garbage, golden, probes_of
from modeldelivery.release.errors import InvalidError
from pipelines.server.answers import AnswerWriter
from pipelines.server.schema import (
    Category,
    Classes,
    Integer,
    Number,
    Probability,
    Quantity,
    Schema,
    SelfCheck,
)
from tests.fakes.variants import ServerContainer, dead

VERSION = "v1.2.0"
FEATURES = (
    Number(name="temp", meaning="°C", minimum=-40, maximum=50),
    Integer(name="hour", meaning="h", minimum=0, maximum=23, nullable=True),
    Category(name="carrier", meaning="code", categories=("UA", 'A,"A'), unseen="missing"),
    Category(
        name="class", meaning="of the seat", categories=("first", "second"), unseen="refuse", nullable=True
    ),
)
ROW = {"temp": 12.5, "hour": None, "carrier": 'A,"A', "class": "second"}
OUTPUTS = {
    "probability": (Probability(event="late", meaning="", threshold=0.25), (0.7, 0.3)),
    "classes": (Classes(meaning="", classes=("a", "b", "c")), (0.2, 0.7, 0.1)),
    "number": (Quantity(name="price", meaning="€"), (-123456.7,)),
}
KINDS = sorted(OUTPUTS)


def schema(kind, features=FEATURES, row=ROW, **changes):
    output, computed = OUTPUTS[kind]
    return Schema(features=features, output=output, self_check=SelfCheck(row, computed), **changes)


def contract(kind):
    return read_contract(msgspec.json.encode(schema(kind)), "schema.json")


def computes(kind):
    """A model that computes for every row what training did for the first, and a little more the hotter it is."""
    fixed = np.array(OUTPUTS[kind][1])

    def compute(matrix):
        shift = (matrix[:, :1] - 12.5) / 1000
        return fixed + shift * (
            [[-1, 1]] if kind == "probability" else [[1, -1, 0]] if kind == "classes" else 1
        )

    return compute


def faults(kind, container):
    probes = probes_of(contract(kind), VERSION)
    return [fault for probe in probes if (fault := judge(probe, container(probe.request)))]


@pytest.mark.parametrize("kind", KINDS)
def test_the_projects_own_server_holds_everything_that_its_schema_promises(kind):
    assert faults(kind, ServerContainer(schema(kind), computes(kind), VERSION)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_prediction_is_what_the_server_writes_of_what_training_computed(kind):
    output, computed = OUTPUTS[kind]
    writer, ours = AnswerWriter(output, VERSION), contract(kind).output
    (prediction,) = json.loads(writer.json([list(computed)]))["predictions"]
    line = writer.csv([list(computed)]).decode()

    assert departs(ours, prediction) is None
    assert (
        differs(numbers(ours, computed), {name: prediction[name] for name in numbers(ours, computed)}) is None
    )
    assert line == ",".join(map(str, cells(ours, computed))) + "\n"


@pytest.mark.parametrize("kind", KINDS)
def test_another_number_than_training_computed_is_another_model(kind):
    def shifted(matrix):
        return computes(kind)(matrix) + (
            [[-0.001, 0.001]] if kind == "probability" else [[-0.001, 0.001, 0]] if kind == "classes" else 100
        )

    wrong = faults(kind, ServerContainer(schema(kind), shifted, VERSION))
    assert {fault.kind for fault in wrong} == {"golden"}
    assert wrong[0].probe == "the self-check"
    assert "got another prediction than training computed: it." in wrong[0].text


def test_a_difference_of_float32_between_machines_is_none():
    def shifted(matrix):
        return computes("probability")(matrix) + np.array([-0.00005, 0.00005])

    assert faults("probability", ServerContainer(schema("probability"), shifted, VERSION)) == []


@pytest.mark.parametrize(
    "others",
    [
        (*FEATURES, Number(name="wind", meaning="m/s", minimum=0, maximum=100)),
        FEATURES[:-1],
        (Number(name="celsius", meaning="°C", minimum=-40, maximum=50), *FEATURES[1:]),
    ],
)
def test_a_container_with_another_schema_is_told_from_a_wrong_number(others):
    row = {feature.name: ROW.get(feature.name, 1.0) for feature in others}
    container = ServerContainer(schema("probability", others, row), computes("probability"), VERSION)
    first = judge(
        golden(contract("probability"), VERSION), container(golden(contract("probability"), VERSION).request)
    )
    assert first.kind == "schema"
    assert "was refused with 400: " in first.text


def test_another_output_than_the_schemas_is_another_schema():
    container = ServerContainer(schema("number"), lambda matrix: np.zeros((len(matrix), 1)), VERSION)
    assert faults("probability", container)[0].kind == "schema"


def test_a_variant_that_serves_another_version_is_another_schema():
    wrong = faults("probability", ServerContainer(schema("probability"), computes("probability"), "v1.1.0"))
    assert wrong[0].text == "was answered by the model 'v1.1.0', not by v1.2.0"


WIDER = {
    "a number below the least": Number(name="temp", meaning="°C", minimum=-400, maximum=50),
    "a number above the most": Number(name="temp", meaning="°C", minimum=-40, maximum=500),
    "a fraction": Number(name="hour", meaning="h", minimum=0, maximum=23, nullable=True),
    "an unknown name": Category(
        name="class", meaning="", categories=("first", "second"), unseen="missing", nullable=True
    ),
    "null": Number(name="temp", meaning="°C", minimum=-40, maximum=50, nullable=True),
}


@pytest.mark.parametrize("what", sorted(WIDER))
def test_a_server_that_takes_what_it_must_refuse_is_found(what):
    features = tuple(WIDER[what] if feature.name == WIDER[what].name else feature for feature in FEATURES)
    wrong = faults(
        "probability", ServerContainer(schema("probability", features), computes("probability"), VERSION)
    )
    assert [fault.probe for fault in wrong if what in fault.probe]
    assert all(fault.kind == "refusal" for fault in wrong)
    assert "is to be refused with 400, and was answered by 200" in wrong[0].text


def test_a_refusal_without_a_sentence_is_none():
    server = ServerContainer(schema("probability"), computes("probability"), VERSION)

    def silent(request):
        answer = server(request)
        return answer if answer.status == 200 else Answer(status=answer.status, body=b"{}")

    wrong = faults("probability", silent)
    assert wrong
    assert {fault.kind for fault in wrong} == {"refusal"}
    assert "without a sentence" in wrong[0].text


@pytest.mark.parametrize("status", [400, 406, 413, 415])
def test_every_kind_of_refusal_is_tried(status):
    statuses = {getattr(probe.expects, "status", 200) for probe in probes_of(contract("number"), VERSION)}
    assert status in statuses


def test_a_feature_of_one_value_only_has_no_row_that_its_schema_does_not_forbid():
    features = (Integer(name="flag", meaning="", minimum=0, maximum=1), *FEATURES[2:])
    row = {"flag": 1, "carrier": "UA", "class": None}
    only = schema("number", features, row)
    probes = probes_of(read_contract(msgspec.json.encode(only), "x"), VERSION)
    container = ServerContainer(only, lambda matrix: np.full((len(matrix), 1), -123456.7), VERSION)
    assert [f for probe in probes if (f := judge(probe, container(probe.request)))] == []


def test_silence_is_a_dead_container_whatever_was_asked():
    for probe in (*probes_of(contract("number"), VERSION), *garbage("text/csv")):
        assert judge(probe, dead(probe.request)).kind == "dead"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((500, "broken"), (503, "broken")),
        *((400, "schema"), (415, "schema"), (422, "schema")),  # about what was sent
        *((401, "closed"), (403, "closed"), (404, "closed"), (429, "closed")),  # about anything
    ],
)
def test_an_error_in_the_place_of_an_answer_says_what_it_was(status, kind):
    probe = golden(contract("number"), VERSION)
    fault = judge(probe, Answer(status=status, body=b"no\nway " + b"x" * 500))
    assert (fault.kind, str(status) in fault.text, len(fault.text) < 300) == (kind, True, True)


@pytest.mark.parametrize(
    ("seconds", "kind"), [(60.02, "late"), (59.5, "late"), (0.4, "dead"), (12.0, "dead")]
)
def test_an_answer_that_comes_after_sagemakers_time_out_is_told_from_a_container_that_died(seconds, kind):
    fault = judge(golden(contract("number"), VERSION), Answer(status=0, body=b"error (0)", seconds=seconds))
    assert fault.kind == kind
    assert fault.text.startswith("got no answer in 60 s: " if kind == "late" else "got no answer: ")


def replacing(kind, old, new):
    """The project's own server, with a part of each answer that went well replaced."""
    sound = ServerContainer(schema(kind), computes(kind), VERSION)

    def answers(request):
        answer = sound(request)
        if answer.status != 200:
            return answer
        return msgspec.structs.replace(answer, body=answer.body.replace(old, new))

    return answers


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"1e999", b"null", b'"NaN"'])
def test_what_is_no_number_is_another_schema_wherever_it_stands(text):
    wrong = faults("number", replacing("number", b"-123456.7}", text + b"}"))
    assert wrong
    assert {fault.kind for fault in wrong} == {"schema"}


@pytest.mark.parametrize("body", [b"[" * 200_000, b"x" * 200_000], ids=["nested", "long"])
def test_an_answer_that_no_reader_takes_is_another_schema(body):
    answer = Answer(status=200, body=body)
    probes = [
        *probes_of(contract("number"), VERSION)[:2],
        Probe(name="s", request=Request(body=b"", content_type=""), expects=Equals(value=1)),
    ]
    assert [judge(probe, answer).kind for probe in probes] == ["schema"] * 3


def test_a_nan_in_csv_is_another_prediction():
    container = replacing("number", b"-123456.7", b"nan")
    probe = next(probe for probe in probes_of(contract("number"), VERSION) if probe.name.endswith("CSV"))
    assert judge(probe, container(probe.request)).text.endswith("the line[0] is nan, not -123456.7")


def answered_as(content_type):
    sound = ServerContainer(schema("number"), computes("number"), VERSION)
    return lambda request: msgspec.structs.replace(sound(request), content_type=content_type)


@pytest.mark.parametrize(
    "content_type", ["text/html", "application/octet-stream", "text/plain; charset=utf-8"]
)
def test_a_right_answer_of_another_type_is_another_schema(content_type):
    """Callers choose by it how to read what came."""
    wrong = faults("number", answered_as(content_type))
    assert {fault.kind for fault in wrong} == {"schema"}
    assert wrong[0].text.startswith(
        f"was answered as {content_type.partition(';')[0]}, not as application/json: "
    )


@pytest.mark.parametrize("accept", ["", "*/*", "text/csv, application/json"])
def test_a_sample_that_takes_any_type_may_be_answered_by_any(accept):
    request = Request(body=b"1", content_type="text/csv", accept=accept)
    probe = Probe(name="sample 0", request=request, expects=Equals(value=1))
    assert judge(probe, Answer(status=200, body=b"1", content_type="text/plain")) is None


def test_a_sample_that_names_its_type_must_be_answered_so():
    request = Request(body=b"1", content_type="text/csv", accept="application/json")
    for expects in (Equals(value=1), Answers()):
        fault = judge(
            Probe(name="sample 0", request=request, expects=expects),
            Answer(status=200, body=b"1", content_type="text/html; charset=utf-8"),
        )
        assert (fault.kind, fault.text) == ("schema", "was answered as text/html, not as application/json: 1")


def failing_for(matters):
    """A server that answers some rows with 500."""
    sound = ServerContainer(schema("number"), computes("number"), VERSION)

    def answers(request):
        rows = (
            json.loads(request.body)
            if request.content_type == "application/json" and request.body[:2] == b"[{"
            else []
        )
        return Answer(status=500, body=b"KeyError") if any(map(matters, rows)) else sound(request)

    return answers


@pytest.mark.parametrize(
    "matters",
    [
        lambda row: row.get("carrier") == "UA",
        lambda row: row.get("class") == "first",
        lambda row: isinstance(row.get("temp"), float) and 20 < row["temp"] < 30,
        lambda row: row.get("hour") == 12,
    ],
)
def test_a_server_that_fails_for_some_rows_that_its_schema_allows_is_found(matters):
    wrong = faults("number", failing_for(matters))
    assert wrong[0].kind == "broken"
    assert wrong[0].text == "was answered by 500: KeyError"


@pytest.mark.parametrize("names", [3, 1200])
def test_every_name_of_a_category_is_asked_as_long_as_a_request_takes_it(names):
    features = (
        Category(
            name="airport", meaning="", categories=tuple(f"A{n}" for n in range(names)), unseen="refuse"
        ),
    )
    made = read_contract(msgspec.json.encode(schema("number", features, {"airport": "A0"})), "x")
    (body,) = (json.loads(p.request.body) for p in probes_of(made, VERSION) if "across" in p.name)
    assert len({row["airport"] for row in body}) == min(names, 1000)
    assert len(body) <= 1002


def test_what_a_row_is_answered_does_not_follow_from_where_it_stands():
    """A server that answers the rows of a batch in another order than they came."""
    sound = ServerContainer(schema("probability"), computes("probability"), VERSION)

    def turned(request):
        answer = sound(request)
        document = json.loads(answer.body) if answer.content_type.startswith("application/json") else {}
        if len(document.get("predictions", ())) < 2:
            return answer
        first, *others = document["predictions"]
        body = json.dumps(document | {"predictions": [first, *others[::-1]]}).encode()
        return msgspec.structs.replace(answer, body=body)

    (fault, *_) = faults("probability", turned)
    assert fault.kind == "golden"
    assert ": row " in fault.text


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_container_of_another_kind_may_make_of_garbage_what_it_will(status):
    (first, *_) = garbage("text/csv")
    assert isinstance(first.expects, Survives)
    assert judge(first, Answer(status=status)) is None


@pytest.mark.parametrize(
    ("expected", "given", "where"),
    [
        ({"a": [1.0, {"b": "x"}]}, {"a": [1.00005, {"b": "x"}]}, None),
        ({"a": [1.0, {"b": "x"}]}, {"a": [1.0, {"b": "y"}]}, "it.a[1].b is 'y', not 'x'"),
        ([1, 2], [1], "it has 1 entries, not 2"),
        ({"a": 1}, {"b": 1}, "it has b, not a"),
        (1000.0, 1000.09, None),
        (1000.0, 1000.2, "it is 1000.2, not 1000.0"),
        (1, True, "it is True, not 1"),
        (True, 1, "it is 1, not True"),
        (None, 0, "it is 0, not None"),
        (1.0, float("nan"), "it is nan, not 1.0"),
        ("1", 1, "it is 1, not '1'"),
    ],
)
def test_values_of_json_are_compared_within_the_tolerance_and_the_place_is_named(expected, given, where):
    assert differs(expected, given) == where


def test_a_sample_with_an_answer_must_be_answered_so_and_any_other_at_all():
    request = Request(body=b"1", content_type="text/csv")
    wants = Probe(name="sample 0", request=request, expects=Equals(value={"price": 4.5}))
    assert judge(wants, Answer(status=200, body=b'{"price": 4.50001}')) is None
    assert judge(wants, Answer(status=200, body=b'{"price": 5}')).kind == "golden"
    assert judge(wants, Answer(status=200, body=b"4.5,")).kind == "schema"
    assert judge(Probe(name="sample 1", request=request, expects=Answers()), Answer(status=204)) is None


@pytest.mark.parametrize(
    ("output", "prediction"),
    [
        ("probability", {"probability": 0.3}),
        ("probability", {"probability": 1.2, "late": True}),
        ("probability", {"probability": 0.3, "late": False}),
        ("probability", {"probability": True, "late": True}),
        ("probability", None),
        ("classes", {"class": "a", "probabilities": {"a": 0.2, "b": 0.7, "c": 0.1}}),
        ("classes", {"class": "b", "probabilities": {"a": 0.2, "b": 0.7, "c": 0.3}}),
        ("classes", {"class": "b", "probabilities": {"a": 0.3, "b": 0.7}}),
        ("classes", {"class": "b", "probabilities": [0.2, 0.7, 0.1]}),
        ("classes", {"class": ["b"], "probabilities": {"a": 0.2, "b": 0.7, "c": 0.1}}),
        ("number", {"price": "3"}),
        ("number", {"price": 3, "unit": "€"}),
        ("number", 3),
    ],
)
def test_a_prediction_that_the_schema_does_not_describe_departs_from_it(output, prediction):
    assert departs(contract(output).output, prediction)


def test_a_schema_that_cannot_be_read_says_where_it_is():
    with pytest.raises(InvalidError, match=r"schema.json of v1.2.0 is no schema .*update modelctl"):
        read_contract(b'{"features": 1}', "schema.json of v1.2.0")


def test_predictions_that_are_one_too_few_are_no_answer():
    probe = Probe(
        name="two",
        request=Request(body=b"", content_type=""),
        expects=Predicts(output=contract("number").output, rows=2, version=VERSION, golden={"price": 1.0}),
    )
    answer = {"predictions": [{"price": 1.0}], "model_version": VERSION}
    assert (
        judge(probe, Answer(status=200, body=json.dumps(answer).encode())).text
        == "has 2 rows and got 1 predictions"
    )
