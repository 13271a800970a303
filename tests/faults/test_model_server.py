"""What a real model server answers: predictions, refusals, metrics."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.flights.samples import as_csv, sample
from pipelines.server import artifact
from pipelines.server.body import MAX_BODY_BYTES
from pipelines.server.rows import MAX_ROWS
from tests.faults.model_server import JSON, archive, extract, serving, until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    environ = {"MODEL_VERSION": "v1.4.0", "MODEL_SHA256": artifact.digest(archive())}
    folder = extract(tmp_path_factory.mktemp("model"))
    with serving(folder, tmp_path_factory.mktemp("server"), **environ) as running:
        until(lambda: running.ping().status == 200, "healthy")
        yield running


@pytest.fixture(scope="module")
def rows():
    return sample(50)


def test_ping_says_which_model_is_healthy(server):
    answer = server.ping()
    assert (answer.status, answer.document["model_version"]) == (200, "v1.4.0")
    assert answer.document["model_digest"] == artifact.digest(archive())


def test_one_row_a_list_and_an_envelope_get_the_same_predictions(server, rows):
    alone = [server.invoke(json.dumps(row)).document["predictions"][0] for row in rows[:5]]
    assert server.invoke(json.dumps(rows[:5])).document == {"predictions": alone, "model_version": "v1.4.0"}
    assert server.invoke(json.dumps({"instances": rows[:5]})).document["predictions"] == alone
    assert len({prediction["probability"] for prediction in alone}) > 1


def test_csv_in_and_out_says_what_json_says(server, rows):
    predictions = server.invoke(json.dumps(rows)).document["predictions"]
    lines = "".join(f"{p['probability']},{str(p['late']).lower()}\n" for p in predictions)
    present = {"Content-Type": "text/csv; header=present", "Accept": "text/csv"}
    absent = {"Content-Type": "text/csv", "Accept": "text/csv"}
    body = as_csv(rows)
    answer = server.invoke(body, present)
    assert (answer.status, answer.body.decode()) == (200, lines)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert server.invoke(body.partition("\n")[2], absent).body.decode() == lines


def test_every_answer_names_the_version_where_sagemaker_forwards_it(server, rows):
    """CSV has no place for it; InvokeEndpoint passes this header on as CustomAttributes."""
    for answer in (server.invoke(json.dumps(rows)), server.invoke("{")):
        assert answer.headers["X-Amzn-SageMaker-Custom-Attributes"] == "model_version=v1.4.0"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"origin": "BOS"}, "origin", "allowed is one of "),
        ({"weekday": 8}, "weekday", "allowed is an integer from 1 to 7"),
        ({"temp": "cold"}, "temp", "allowed is a number from -60 to 130 or null"),
        ({"carrier": None}, "carrier", "allowed is a text such as "),
        ({"dep_delay": 40}, "dep_delay", "unknown; allowed are carrier, origin, dest, "),
    ],
)
def test_a_bad_row_is_a_400_that_names_row_and_field(server, rows, change, field, sentence):
    answer = server.invoke(json.dumps([rows[0], {**rows[1], **change}]))
    assert answer.status == 400
    assert (answer.document["row"], answer.document["field"]) == (1, field)
    assert sentence in answer.document["error"]


def test_a_bad_csv_cell_is_a_400_that_names_row_and_field(server, rows):
    body = as_csv([rows[0], {**rows[1], "distance": "far"}])
    answer = server.invoke(body, {"Content-Type": "text/csv; header=present"})
    assert (answer.status, answer.document["row"], answer.document["field"]) == (400, 1, "distance")


def test_a_place_unknown_to_training_is_predicted_and_counted(server, rows):
    def counted():
        match = re.search(
            r'^model_unseen_categories_total\{feature="dest"\} (\S+)',
            server.ask("GET", "/metrics").body.decode(),
            re.MULTILINE,
        )
        return float(match[1]) if match else 0.0

    before = counted()
    assert server.invoke(json.dumps({**rows[0], "dest": "ZZZ"})).status == 200
    assert counted() == before + 1


@pytest.mark.parametrize(
    ("status", "headers"),
    [(415, {"Content-Type": "text/plain"}), (415, {}), (406, {**JSON, "Accept": "image/png"})],
)
def test_a_media_type_that_is_not_served_is_refused_with_a_sentence(server, rows, status, headers):
    answer = server.invoke(json.dumps(rows[0]), headers)
    assert answer.status == status
    assert "application/json" in answer.document["error"]


def test_a_body_too_large_is_refused_before_it_is_read(server):
    connection = server.connect()
    connection.putrequest("POST", "/invocations")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert "send at most 6291456 bytes" in json.loads(response.read())["error"]
    connection.close()


def test_a_body_that_does_not_say_its_size_is_bounded_too(server):
    chunks = (b" " * 2**20 for _ in range(7))
    connection = server.connect()
    connection.request("POST", "/invocations", chunks, JSON, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_metrics_count_requests_by_status_rows_and_latency(server, rows):
    def value(name):
        match = re.search(
            rf"^{re.escape(name)} (\S+)$", server.ask("GET", "/metrics").body.decode(), re.MULTILINE
        )
        return float(match[1]) if match else 0.0

    names = (
        'model_requests_total{status="200"}',
        'model_requests_total{status="400"}',
        "model_rows_total",
        "model_request_seconds_count",
    )
    before = [value(name) for name in names]
    server.invoke(json.dumps(rows))
    server.invoke("{")
    assert [value(name) - old for name, old in zip(names, before, strict=True)] == [1, 1, 50, 2]
    assert value("model_requests_in_flight") == 0


def test_metrics_name_the_version_and_the_digest(server):
    text = server.ask("GET", "/metrics").body.decode()
    assert f'model_info{{digest="{artifact.digest(archive())}",version="v1.4.0"}} 1.0' in text


def test_the_server_stays_within_its_memory(server, rows):
    for _ in range(20):
        assert server.invoke(json.dumps(rows * 100)).status == 200
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) < 120 * 1024


@pytest.mark.parametrize("media", ["application/json", "text/csv"])
def test_ping_answers_while_the_largest_body_is_read(server, rows, media):
    """SageMaker gives /ping two seconds, also while one client sends all that it may."""
    if media == "text/csv":
        lines = as_csv(rows).partition("\n")[2]
        body = lines * min(MAX_ROWS // len(rows), MAX_BODY_BYTES // len(lines))
    else:
        text = json.dumps(rows)[1:-1]
        body = (
            "[" + ",".join([text] * min(MAX_ROWS // len(rows), (MAX_BODY_BYTES - 2) // (len(text) + 1))) + "]"
        )
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.invoke, body, {"Content-Type": media})
        pings = 0
        while not answer.done():
            assert server.ping().status == 200
            pings += 1
    assert answer.result().status == 200
    assert pings > 1  # they were answered meanwhile


def test_another_method_or_path_is_refused_with_what_there_is(server):
    answer = server.ask("DELETE", "/invocations")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert server.ask("POST", "/ping").status == 405
    assert "there are /ping, /invocations and /metrics" in server.ask("GET", "/").document["error"]
    assert server.ask("HEAD", "/ping").status == 200
