"""What the server takes, for any schema, and what it says of anything else."""

import csv
import io
import json
import tracemalloc

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.server.rows import LARGE_BYTES, LARGE_CELLS, MAX_ROWS, BadRequestError, RowReader
from pipelines.server.schema import Category, Classes, Integer, Number, Quantity, Schema, SelfCheck

OUTPUT = Quantity(name="price", meaning="")

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).map(
    str.strip
)
words = texts.filter(bool)  # an empty cell is null
bounds = st.tuples(st.integers(-10_000, 10_000), st.integers(1, 10_000)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)


@st.composite
def some_features(draw):
    names = draw(
        st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), min_size=1, max_size=6, unique=True)
    )
    features = []
    for name in names:
        nullable = draw(st.booleans())
        low, high = draw(bounds)
        categories = tuple(draw(st.lists(words, min_size=1, max_size=5, unique=True)))
        features.append(
            draw(
                st.sampled_from(
                    [
                        Number(name=name, meaning="", minimum=low, maximum=high, nullable=nullable),
                        Integer(name=name, meaning="", minimum=low, maximum=high, nullable=nullable),
                        *(
                            Category(
                                name=name, meaning="", categories=categories, unseen=unseen, nullable=nullable
                            )
                            for unseen in ("refuse", "missing")
                        ),
                    ]
                )
            )
        )
    return Schema(features=tuple(features), output=OUTPUT, self_check=SelfCheck({}, (0.5,)))


def allowed_value(feature):
    if isinstance(feature, Number):
        value = st.floats(feature.minimum, feature.maximum)
    elif isinstance(feature, Integer):
        value = st.integers(feature.minimum, feature.maximum)
    else:
        value = st.sampled_from(feature.categories)
    return st.none() | value if feature.nullable else value


def refused_value(feature):
    if isinstance(feature, Category):
        wrong = st.integers() | st.booleans() | st.just([])
        if feature.unseen == "refuse":
            wrong |= words.filter(lambda word: word not in feature.categories)
    else:
        wrong = (
            st.integers(feature.maximum + 1, 10**9)
            | st.integers(-(10**9), feature.minimum - 1)
            | texts
            | st.booleans()
        )
        if isinstance(feature, Integer):
            wrong |= st.just(feature.minimum + 0.5)
    return wrong if feature.nullable else st.none() | wrong


@st.composite
def schema_and_rows(draw):
    schema = draw(some_features())
    row = st.fixed_dictionaries({feature.name: allowed_value(feature) for feature in schema.features})
    return schema, draw(st.lists(row, min_size=1, max_size=4))


def as_json(value):
    return json.dumps(value).encode()


def as_csv(rows, schema):
    text = io.StringIO()
    csv.writer(text).writerows(
        [["" if value is None else value for value in map(row.get, schema.names)] for row in rows]
    )
    return text.getvalue().encode()


@given(schema_and_rows())
def test_rows_within_the_schema_become_the_tensor(case):
    schema, rows = case
    matrix = RowReader(schema).json(as_json(rows)).matrix
    assert matrix.dtype == np.float32
    expected = [
        [
            np.nan
            if (value := row[feature.name]) is None
            else feature.categories.index(value)
            if isinstance(feature, Category)
            else value
            for feature in schema.features
        ]
        for row in rows
    ]
    np.testing.assert_array_equal(matrix, np.array(expected, dtype=np.float32))


@given(schema_and_rows())
def test_json_envelope_and_csv_say_the_same(case):
    schema, rows = case
    assume(len(schema.features) > 1)  # one empty cell alone on its line is CSV's empty line
    reader = RowReader(schema)
    expected = reader.json(as_json(rows)).matrix
    header = ",".join(schema.names).encode() + b"\r\n"
    np.testing.assert_array_equal(reader.json(as_json({"instances": rows})).matrix, expected)
    np.testing.assert_array_equal(reader.csv(as_csv(rows, schema), header=False).matrix, expected)
    np.testing.assert_array_equal(reader.csv(header + as_csv(rows, schema), header=True).matrix, expected)
    np.testing.assert_array_equal(reader.json(as_json(rows[0])).matrix, expected[:1])


def cell(value):
    """How a CSV writes a JSON value: a text as it is, a number as JSON does; null is an empty cell."""
    text = json.loads(value)
    line = io.StringIO()
    csv.writer(line).writerow(["LAX", "" if text is None else text if isinstance(text, str) else value])
    return line.getvalue().encode()


NUMBERS = (
    "0",
    "-0",
    "5",
    "5.0",
    "5.5",
    "1e1",
    "1E-1",
    "-60",
    "130",
    "130.00001",
    "1e400",
    "529.0",
    "12345678901234567890",
)
TEXTS = (
    '"ATL"',
    '"BOS"',
    '"null"',
    '"NULL"',
    '"nan"',
    '"inf"',
    '"true"',
    '"5"',
    '" 5"',
    '"a,b"',
    '"\u00e9"',
    '"\ufeffATL"',
)


@pytest.mark.parametrize("value", [*NUMBERS, *TEXTS, "null"])
@pytest.mark.parametrize(
    "feature",
    [
        Number(name="value", meaning="", minimum=-60, maximum=1000),
        Number(name="value", meaning="", minimum=-60, maximum=1000, nullable=True),
        Integer(name="value", meaning="", minimum=-60, maximum=1000),
        Integer(name="value", meaning="", minimum=-60, maximum=1000, nullable=True),
        Category(name="value", meaning="", categories=("ATL", "null", "5"), unseen="refuse"),
        Category(name="value", meaning="", categories=("ATL", "null", "5"), unseen="missing", nullable=True),
    ],
    ids=lambda feature: f"{type(feature).__name__}-{feature.nullable}",
)
def test_a_value_is_the_same_to_both_readers(feature, value):
    place = Category(name="place", meaning="", categories=("LAX",), unseen="refuse")
    reader = RowReader(Schema(features=(place, feature), output=OUTPUT, self_check=SelfCheck({}, (0.5,))))

    def outcome(read):
        try:
            batch = read()
        except BadRequestError as refused:
            return refused.row, refused.field
        return batch.matrix.tolist()[0], batch.unseen

    # a CSV writes 5 and "5" alike, and which it is the schema knows
    if isinstance(feature, Category) and value in NUMBERS:
        value = f'"{value}"'
    elif not isinstance(feature, Category) and value.strip('"') in NUMBERS:
        value = value.strip('"')
    of_json = outcome(lambda: reader.json(f'[{{"place": "LAX", "{feature.name}": {value}}}]'.encode()))
    np.testing.assert_equal(of_json, outcome(lambda: reader.csv(cell(value), header=False)))


def test_a_byte_order_mark_is_ignored_by_both_readers():
    reader, row = RowReader(SCHEMA), b'{"dest": "LAX", "temp": 1.5}'
    for body in (row, b"[" + row + b"]", b'{"instances": [' + row + b"]}"):
        assert reader.json(b"\xef\xbb\xbf" + body).matrix.tolist() == [[1, 1.5]]
    assert reader.csv(b"\xef\xbb\xbfLAX,1.5\n", header=False).matrix.tolist() == [[1, 1.5]]


def test_a_name_may_be_written_with_escapes():
    body = b'{"\\u0069nstances": [{"d\\u0065st": "L\\u0041X"}]}'
    assert RowReader(SCHEMA).json(body).matrix.tolist()[0][0] == 1


@pytest.mark.parametrize("count", [MAX_ROWS, MAX_ROWS + 1])
def test_a_body_of_too_many_rows_is_refused_by_both_readers(count):
    reader = RowReader(SCHEMA)
    for read in (
        lambda: reader.json(b"[" + b",".join([b'{"dest":"LAX"}'] * count) + b"]"),
        lambda: reader.csv(b"dest\n" + b"LAX\n" * count, header=True),
    ):
        if count <= MAX_ROWS:
            assert len(read().matrix) == count
        else:
            with pytest.raises(BadRequestError, match="more than 50000 rows: send them in several requests"):
                read()


def wide(count):
    features = tuple(
        Number(name=f"f{n}", meaning="", minimum=0, maximum=1, nullable=True) for n in range(count)
    )
    return Schema(features=features, output=OUTPUT, self_check=SelfCheck({}, (0.5,)))


def of_many_classes(count):
    feature = Number(name="f0", meaning="", minimum=0, maximum=1, nullable=True)
    output = Classes(meaning="", classes=tuple(f"c{n}" for n in range(count)))
    return Schema(features=(feature,), output=output, self_check=SelfCheck({}, (0.0,) * count))


# A row of eight bytes has an answer of as many numbers as there are classes.
@pytest.mark.parametrize("schema", [wide(20), of_many_classes(20)], ids=["cells of its own", "of its answer"])
@pytest.mark.parametrize("count", [100, 101])
def test_a_body_of_too_many_cells_is_refused_by_both_readers(schema, count, monkeypatch):
    monkeypatch.setattr("pipelines.server.rows.MAX_CELLS", 2_000)
    reader = RowReader(schema)
    for read in (
        lambda: reader.json(b"[" + b",".join([b'{"f0":1}'] * count) + b"]"),
        lambda: reader.csv(b"f0\n" + b"1\n" * count, header=True),
    ):
        if count <= 100:
            assert read().matrix.shape == (count, len(schema.features))
        else:
            with pytest.raises(BadRequestError, match="more than 100 rows: send them in several requests"):
                read()


@pytest.mark.parametrize("schema", [wide(200), of_many_classes(200), wide(1)])
@pytest.mark.parametrize("row", [b'{"f0":1}', b"{}", b"1\r", b"1\n", b'"1"\r\n'])
@pytest.mark.parametrize("count", [1, 10, 250, 251, 3_000])
def test_a_body_of_more_cells_than_ping_may_wait_for_is_large_in_whatever_bytes(schema, row, count):
    reader = RowReader(schema)
    body = b",".join([row] * count) if row[:1] == b"{" else row * count
    cells = count * max(len(schema.features), schema.output.width)
    if cells > LARGE_CELLS:
        assert reader.large(body)
    if count == 1:
        assert not reader.large(body)


@pytest.mark.parametrize("rows", [1, 83, 84, 200])
def test_a_body_is_large_by_its_rows_where_none_of_their_cells_may_be_left_out(rows):
    features = tuple(Number(name=name, meaning="", minimum=0, maximum=9) for name in ("a", "b"))
    output = Classes(meaning="", classes=tuple(f"c{n}" for n in range(600)))
    reader = RowReader(Schema(features=features, output=output, self_check=SelfCheck({}, (0.0,) * 600)))
    body = b"1,1\n" * rows
    assert len(reader.csv(body, header=False).matrix) == rows
    assert reader.large(body) is (rows * 600 > LARGE_CELLS)
    assert reader.large(body[:-1]) is (rows * 600 > LARGE_CELLS)


def test_a_body_of_more_bytes_than_ping_may_wait_for_is_large_however_few_its_rows():
    reader = RowReader(SCHEMA)
    assert [reader.large(b" " * size) for size in (LARGE_BYTES, LARGE_BYTES + 1)] == [False, True]


@pytest.mark.parametrize("envelope", [b"%b", b'{"instances": %b}'])
def test_rows_are_counted_before_memory_is_taken_for_them(envelope):
    reader, body = RowReader(wide(2_000)), envelope % (b"[" + b",".join([b"{}"] * 5_000) + b"]")
    tracemalloc.start()
    with pytest.raises(BadRequestError, match="more than 1000 rows"):
        reader.json(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


@pytest.mark.parametrize(
    ("rows", "row", "field"),
    [
        ('{"dest": "ATL", "dest": "LAX", "temp": 1}', 0, "dest"),
        ('{"dest": "ATL", "dest": "LAX"}', 0, "dest"),  # as many names as the schema has
        ('{"dest": "ATL", "temp": 1, "temp": null}', 0, "temp"),
        ('{"dest": "ATL", "temp" :1,"t\\u0065mp"\n:\t2}', 0, "temp"),
        ('{"dest": "ATL"}, {"dest": "LAX", "temp": 1, "temp": 1}', 1, "temp"),
        ('{"dest": "A:B", "temp": 1, "temp": 1}', 0, "temp"),
        ('{"dest": ":\\":", "temp": 1, "temp": 1}', 0, "temp"),
        (", ".join(['{"dest": "A:B"}'] * 3_000 + ['{"dest": "A", "dest": "B"}']), 3_000, "dest"),
    ],
)
def test_a_name_given_twice_is_refused_by_both_readers(rows, row, field):
    reader = RowReader(SCHEMA)
    for body in (f"[{rows}]", f'{{"instances": [{rows}]}}', *([rows] if rows.count("{") == 1 else [])):
        with pytest.raises(BadRequestError, match="given twice") as refused:
            reader.json(body.encode())
        assert (refused.value.row, refused.value.field) == (row, field)
    with pytest.raises(BadRequestError, match="twice"):
        reader.csv(f"{field},{field}\n1,1\n".encode(), header=True)


@pytest.mark.parametrize("last", ["[]", '[{"dest": "ATL"}]', "{}"])
def test_an_envelope_given_twice_is_refused(last):
    body = f' {{"instances": [{{"dest": "ATL"}}], "instances" : {last} }}\n'
    with pytest.raises(BadRequestError, match="'instances' is given twice"):
        RowReader(SCHEMA).json(body.encode())


@pytest.mark.parametrize("text", ["12:30", '\\":', "::", "{:}", "[{"])
def test_a_text_may_hold_what_json_is_made_of(text):
    reader, row = RowReader(SCHEMA), f'{{"dest": "{text}", "temp": 1}}'
    for body in (row, f"[{row}]", f'{{"instances": [{row}, {row}] }}'):
        assert reader.json(body.encode()).unseen["dest"] == body.count("dest")


def test_a_text_with_a_colon_is_no_reason_to_read_a_body_once_more(monkeypatch):
    monkeypatch.setattr("pipelines.server.rows._refuse_repeated", pytest.fail)
    for body in (b'{"dest": "A:B"}', b'[{"dest": ":::", "temp": 1}, {"dest": "12:30"}]'):
        RowReader(SCHEMA).json(body)


def test_a_name_without_end_is_refused_by_both_readers():
    reader, name = RowReader(SCHEMA), "A" * 1025
    for read in (
        lambda: reader.json(as_json([{"dest": name}])),
        lambda: reader.csv(f"{name},1\n".encode(), header=False),
    ):
        with pytest.raises(BadRequestError, match="row 0, field 'dest'") as refused:
            read()
        assert len(str(refused.value)) < 300


def test_a_header_without_end_is_refused_by_its_first_unknown_name():
    with pytest.raises(BadRequestError, match="field 'x0': unknown; allowed are dest, temp") as refused:
        RowReader(SCHEMA).csv(",".join(f"x{n}" for n in range(100_000)).encode(), header=True)
    assert len(str(refused.value)) < 300


@given(schema_and_rows(), st.data())
def test_a_value_outside_the_schema_is_refused_by_row_and_field(case, data):
    schema, rows = case
    place = data.draw(st.integers(0, len(rows) - 1))
    feature = data.draw(st.sampled_from(schema.features))
    bad = [dict(row) for row in rows]
    bad[place][feature.name] = data.draw(refused_value(feature))
    with pytest.raises(BadRequestError) as refused:
        RowReader(schema).json(as_json(bad))
    assert (refused.value.row, refused.value.field) == (place, feature.name)
    assert f"row {place}, field {feature.name!r}: " in str(refused.value)
    assert feature.allowed() in str(refused.value)


@given(schema_and_rows(), st.data())
def test_a_field_may_be_left_out_only_where_null_is_allowed(case, data):
    schema, rows = case
    feature = data.draw(st.sampled_from(schema.features))
    del rows[-1][feature.name]
    reader = RowReader(schema)
    if feature.nullable:
        assert np.isnan(reader.json(as_json(rows)).matrix[-1, schema.names.index(feature.name)])
    else:
        with pytest.raises(BadRequestError, match="missing; allowed is") as refused:
            reader.json(as_json(rows))
        assert (refused.value.row, refused.value.field) == (len(rows) - 1, feature.name)


@given(schema_and_rows(), texts)
def test_an_unknown_field_is_refused_by_name(case, name):
    schema, rows = case
    assume(name not in schema.names)
    rows[-1][name] = 1
    with pytest.raises(BadRequestError) as refused:
        RowReader(schema).json(as_json(rows))
    assert (refused.value.row, refused.value.field) == (len(rows) - 1, name)
    assert f"unknown; allowed are {', '.join(schema.names)}" in str(refused.value)


@given(st.binary() | st.text().map(str.encode), st.booleans())
def test_no_body_whatever_breaks_the_reader(body, header):
    reader = RowReader(SCHEMA)
    for read in (lambda: reader.json(body), lambda: reader.csv(body, header=header)):
        try:
            answer = read()
        except BadRequestError as refused:
            sentence = str(refused)
        else:
            sentence = f"{len(answer.matrix)} rows"
        assert 0 < len(sentence) < 1000


SCHEMA = Schema(
    features=(
        Category(name="dest", meaning="", categories=("ATL", "LAX"), unseen="missing"),
        Number(name="temp", meaning="", minimum=-60, maximum=130, nullable=True),
    ),
    output=OUTPUT,
    self_check=SelfCheck({}, (0.5,)),
)


def test_a_name_unknown_to_training_is_missing_and_counted_where_the_set_is_open():
    batch = RowReader(SCHEMA).json(b'[{"dest": "BOS"}, {"dest": "LAX"}, {"dest": "BOS"}]')
    assert np.isnan(batch.matrix[:, 0]).tolist() == [True, False, True]
    assert batch.unseen == {"dest": 2}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"[]", "no rows: send at least one instance"),
        (b'{"instances": []}', "no rows: send at least one instance"),
        (b'{"instances": {"dest": "ATL"}}', "'instances' must be a list of objects"),
        (b'{"instances": [], "more": 1}', "beside 'instances' no other key is allowed"),
        (b"", "the body is not JSON: Input data was truncated"),
        (b'[{"dest": "ATL"}', "the body is not JSON: Input data was truncated"),
        (b'{"dest": "ATL", "temp": NaN}', "the body is not JSON: JSON is malformed"),
        (b"[3]", "row 0: Expected `object`, got `int`; an instance is an object with dest, temp"),
        (b'{"dest":' + b"[" * 100_000, "row 0, field 'dest': Expected `str`, got `array`"),
        (b'{"instances":' + b"[" * 100_000, "the body is nested too deep"),
        (b'{"dest": "\xff"}', "the body is not JSON: "),
    ],
)
def test_a_body_that_holds_no_rows_is_refused_with_a_sentence(body, sentence):
    with pytest.raises(BadRequestError) as refused:
        RowReader(SCHEMA).json(body)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("body", "header", "sentence"),
    [
        (b"", False, "no rows"),
        (b"dest,temp\n", True, "no rows"),
        (b"ATL,1\nATL\n", False, "row 1: 1 cells where dest,temp has 2"),
        (b"temp,dest\n1,ATL,2\n", True, "row 0: 3 cells where the header has 2"),
        (b"dest,dest\nATL,ATL\n", True, "the header names a column twice"),
        (b"dest,wind\nATL,1\n", True, "row 0, field 'wind': unknown; allowed are dest, temp"),
        (b"temp\n1\n", True, "row 0, field 'dest': missing"),
        (b"ATL,nan\n", False, "row 0, field 'temp': "),
        (b"ATL,inf\n", False, "row 0, field 'temp': "),
        (b",1\n", False, "row 0, field 'dest': Expected `str`, got `null`"),
        (b'"ATL', False, "the body is not CSV in UTF-8"),
        (b"\xff,1", False, "the body is not CSV in UTF-8"),
    ],
)
def test_csv_that_is_not_the_models_is_refused_with_a_sentence(body, header, sentence):
    with pytest.raises(BadRequestError) as refused:
        RowReader(SCHEMA).csv(body, header=header)
    assert str(refused.value).startswith(sentence)


def test_csv_columns_may_come_in_any_order_under_a_header_and_after_a_byte_order_mark():
    batch = RowReader(SCHEMA).csv(b"\xef\xbb\xbftemp,dest\r\n1.5,LAX\r\n\r\n,ATL\r\n", header=True)
    np.testing.assert_array_equal(batch.matrix, np.array([[1, 1.5], [0, np.nan]], dtype=np.float32))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"output": {"type": "probability", "event": "late", "meaning": "", "threshold": 1.0}},
            "threshold 1.0 is not between 0 and 1",
        ),
        (
            {"output": {"type": "probability", "event": "probability", "meaning": "", "threshold": 0.5}},
            "name the event",
        ),
        (
            {"output": {"type": "number", "name": "a price", "meaning": ""}},
            "output 'a price': a name is made",
        ),
        (
            {"output": {"type": "classes", "classes": ["a", "a"], "meaning": ""}},
            "at least two names, each once",
        ),
        (
            {"output": {"type": "classes", "classes": ["a", "b"], "meaning": ""}},
            "has 1 numbers, the output 2",
        ),
        ({"features": []}, "features must be at least one, each name once"),
        ({"more": 1}, "unknown field `more`"),
    ],
)
def test_a_schema_that_no_server_can_hold_to_is_refused(change, sentence):
    document = {**msgspec.to_builtins(SCHEMA), **change}
    with pytest.raises(msgspec.ValidationError, match=sentence):
        msgspec.convert(document, Schema)


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        (
            {"type": "number", "name": "a", "meaning": "", "minimum": 2, "maximum": 1},
            "a: minimum 2.0 is not below",
        ),
        (
            {"type": "category", "name": "a", "meaning": "", "categories": [], "unseen": "refuse"},
            "at least one name",
        ),
        (
            {"type": "integer", "name": "a b", "meaning": "", "minimum": 1, "maximum": 2},
            "'a b': a name is made of",
        ),
        (
            {"type": "category", "name": "a", "meaning": "", "categories": [""], "unseen": "refuse"},
            "a name of 1 to 1024",
        ),
        (
            {"type": "integer", "name": "instances", "meaning": "", "minimum": 1, "maximum": 2},
            "a body's envelope has that name",
        ),
        ({"type": "text", "name": "a", "meaning": ""}, "Invalid value 'text'"),
    ],
)
def test_a_feature_that_no_server_can_check_is_refused(feature, sentence):
    document = {**msgspec.to_builtins(SCHEMA), "features": [feature]}
    with pytest.raises(msgspec.ValidationError, match=sentence):
        msgspec.convert(document, Schema)


FAULTY = Schema(
    features=(
        Integer(name="hour", meaning="", minimum=0, maximum=23),
        Category(name="origin", meaning="", categories=("EWR", ", got `null`"), unseen="refuse"),
        Category(name="dest", meaning="", categories=("ATL",), unseen="missing"),
    ),
    output=OUTPUT,
    self_check=SelfCheck({}, (0.5,)),
)


@pytest.mark.parametrize(
    ("change", "field", "fault"),
    [
        ({"hour": -1}, "hour", "below"),
        ({"hour": 23.5}, "hour", "above"),
        ({"hour": None}, "hour", "missing"),
        ({"hour": ...}, "hour", "missing"),
        ({"dest": None}, "dest", "missing"),
        ({"origin": "BOS"}, "origin", "unseen"),
        ({"origin": "X, got `null`"}, "origin", "unseen"),
        ({"hour": 1.5}, "hour", None),
        ({"hour": "noon"}, "hour", None),
        ({"dest": ""}, "dest", None),
        ({"missing": 1}, "missing", None),
    ],
)
def test_a_refusal_says_what_is_wrong_with_the_value(change, field, fault):
    row = {"hour": 1, "origin": "EWR", "dest": "ATL"} | change
    body = as_json([{name: value for name, value in row.items() if value is not ...}])
    with pytest.raises(BadRequestError) as refusal:
        RowReader(FAULTY).json(body)
    assert (refusal.value.field, refusal.value.fault) == (field, fault)


def test_a_number_that_no_computer_holds_is_beyond_any_range():
    with pytest.raises(BadRequestError) as refusal:
        RowReader(SCHEMA).json(b'{"dest": "ATL", "temp": -1e400}')
    assert (refusal.value.field, refusal.value.fault) == ("temp", "beyond")
