"""Each alert fires on its fault, stays silent on what looks like it, and says nothing of what is missing."""

import re
import shutil
import subprocess

import pytest
import yaml

from monitoring import rules, series
from monitoring.rules import LEAST, OBJECTIVE, RULES, Windows, alerts, text

PLACE = 'model="flights",environment="prod"'
ALERTS = {alert.name: alert for alert in alerts(Windows(1), OBJECTIVE)}
# By alert: minutes until it is looked at, series that make it fire, series that look like it and do not, labels of what fires.
# In promtool's notation `0+60x90` begins at 0 and grows by 60 in each of 90 minutes; `_x90` is missing.
V2 = {"model": "flights", "environment": "prod", "version": "v2.0.0"}
HERE = {"model": "flights", "environment": "prod"}


def requests(good, bad):
    return {
        f'model_requests_total{{{PLACE},version="v2.0.0",status="2xx"}}': good,
        f'model_requests_total{{{PLACE},version="v2.0.0",status="5xx"}}': bad,
    }


def finding(code, grade):
    return f'delivery_findings{{{PLACE},code="{code}",grade="{grade}"}}'


SLOWEST = f'model_request_seconds_p99{{{PLACE},version="v2.0.0"}}'
LIMIT = f'delivery_latency_limit_seconds{{{PLACE},version="v2.0.0"}}'
AGE = f'delivery_capture_age_seconds{{{PLACE},version="v2.0.0"}}'
RATIO = f"delivery_capture_ratio{{{PLACE}}}"
WEIGHT = f'delivery_weight{{{PLACE},version="v2.0.0",kind="actual"}}'
DRIFTS, WORSE, LATE = (
    f'{name}{{{PLACE},version="v2.0.0"{labels}}}'
    for name, labels in (
        ("delivery_drift", ',feature="temp",severity="drift"'),
        ("model_quality_worse", ""),
        ("delivery_verdict_overdue_seconds", ',of="drift"'),
    )
)
MOVED = DRIFTS.replace('severity="drift"', 'severity="moved"')
SERVES = {f'delivery_weight{{{PLACE},version="v2.0.0",kind="actual"}}': "1x90"}
IDLE = dict.fromkeys(SERVES, "0x90")
REJECTED = f'delivery_rejected{{{PLACE},version="v2.0.0"}}'
CASES = {
    # 5 % fail for an hour; one of a thousand does, which the objective allows.
    "ErrorBudgetBurnsFast": (70, requests("0+95x400", "0+5x400"), requests("0+9990x400", "0+10x400"), V2),
    "ErrorBudgetBurnsSlowly": (380, requests("0+99x400", "0+1x400"), requests("0+9990x400", "0+10x400"), V2),
    # A limit of 0.5 s; a quarter of an hour that is over is no reason to wake somebody.
    "LatencyHigh": (
        40, requests("0+100x90", "0x90") | {SLOWEST: "0.6x90", LIMIT: "0.5x90"},
        requests("0+100x90", "0x90") | {SLOWEST: "0.6x30 0.4x60", LIMIT: "0.5x90"}, V2,
    ),
    "RejectedVersionServes": (
        5, {WEIGHT: "1x20", REJECTED: "1x20"}, {WEIGHT: "0x20", REJECTED: "1x20"}, V2 | {"kind": "actual"},
    ),
    "EndpointBroken": (
        5, {finding("endpoint-broken", "broken"): "1x20"}, {finding("endpoint-impaired", "degraded"): "1x20"},
        HERE | {"code": "endpoint-broken", "grade": "broken"},
    ),
    "EndpointDegraded": (
        15, {finding("no-autoscaling", "degraded"): "1x20"}, {finding("change-failed", "notice"): "1x20"},
        HERE | {"code": "no-autoscaling", "grade": "degraded"},
    ),
    "TrafficDiverges": (10, {f"delivery_divergence{{{PLACE}}}": "1x20"}, {f"delivery_divergence{{{PLACE}}}": "1 1 0x20"}, HERE),
    "MoveStuck": (
        45, {f'delivery_intent_age_seconds{{{PLACE},kind="fleet"}}': "0+60x60"},
        {f'delivery_intent_age_seconds{{{PLACE},kind="fleet"}}': "0+60x10 _x60"}, HERE | {"kind": "fleet"},
    ),
    # Half of the invocations are captured. A line is written each minute in the harmless case.
    "CaptureStopped": (
        50, requests("0+60x90", "0x90") | {AGE: "0+60x90", RATIO: "0.5x90"},
        requests("0+60x90", "0x90") | {AGE: "60x90", RATIO: "0.5x90"}, V2,
    ),
    # A column that moved for the first time is none that drifts; a version without traffic is nobody's trouble.
    "DataDrift": (5, SERVES | {DRIFTS: "1.5x20"}, SERVES | {MOVED: "1.5x20"}, V2),
    "ModelWorse": (5, SERVES | {WORSE: "1x20"}, SERVES | {WORSE: "0x20"}, V2),
    "VerdictMissing": (65, SERVES | {LATE: "0+60x90"}, SERVES | {LATE: "0x90"}, V2 | {"of": "drift"}),
    "SourceDown": (
        15, {f'delivery_up{{{PLACE},source="cloudwatch"}}': "0x20"}, {f'delivery_up{{{PLACE},source="cloudwatch"}}': "0 0 1x20"},
        HERE | {"source": "cloudwatch"},
    ),
    "ExporterDown": (10, {'up{job="model-delivery"}': "0x20"}, {'up{job="model-delivery"}': "0 0 1x20"}, {"job": "model-delivery"}),
}  # fmt: skip
BEGINS = {
    "MoveStuck": 31,
    "CaptureStopped": 31,
    "VerdictMissing": 1,
}  # minute in which the fault begins, where it is not the first
MISSING = {"ExporterDown": {"job": "model-delivery"}}  # that the exporter says nothing is what this one tells


def test_the_committed_file_is_what_the_template_makes():
    assert RULES.read_text() == text()


def test_every_alert_has_its_three_cases():
    assert set(CASES) == set(ALERTS)


def test_every_alert_says_what_to_type_and_where_to_read():
    for alert in yaml.safe_load(text())["groups"][1]["rules"]:
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["labels"]["action"] == {"ModelWorse": "retrain"}.get(alert["alert"], "notify")
        assert "`" in alert["annotations"]["remedy"]
        assert alert["annotations"]["runbook"] == f"docs/monitoring.md#{alert['alert'].lower()}"


def test_every_alert_has_a_heading_in_the_runbook_and_no_heading_is_of_an_alert_that_is_gone():
    headings = re.findall(
        r"^### (\S+)$", (RULES.parents[1] / "docs" / "monitoring.md").read_text(), re.MULTILINE
    )
    assert headings == [alert.name for alert in alerts(Windows(1), OBJECTIVE)]


def test_every_series_of_the_exporter_is_in_the_docs():
    document = (RULES.parents[1] / "docs" / "monitoring.md").read_text()
    missing = [
        each.name for each in series.SERIES if each.name not in document and not each.name.endswith("_count")
    ]
    assert missing == []


def test_every_series_that_a_rule_names_is_one_of_the_exporters():
    names = {each.name for each in series.SERIES} | {"up", "model_info"}  # the last a model server's own
    expressions = [rule["expr"] for group in rules.document()["groups"] for rule in group["rules"]]
    used = set(re.findall(r"\b(?:model|delivery|endpoint)_[a-z0-9_]+|\bup\b", " ".join(expressions)))
    assert used <= names
    assert {"model_requests_total", "delivery_weight", "delivery_rejected"} <= used


def test_one_scale_sets_every_length_of_time():
    document = rules.document(scale=0.01)
    rates = re.findall(r"\[([^]]+)\]", " ".join(rule["expr"] for rule in document["groups"][0]["rules"]))
    assert set(rates) == {"3000ms", "18000ms", "36000ms", "216000ms"}
    stuck = next(rule for rule in document["groups"][1]["rules"] if rule["alert"] == "MoveStuck")
    assert "> 18 " in stuck["expr"] + " "
    assert stuck["for"] == "600ms"


def firing(name, labels, at):
    wanted = {"severity": ALERTS[name].severity, "action": ALERTS[name].action, **labels}
    return {"eval_time": f"{at}m", "alertname": name, "exp_alerts": [{"exp_labels": wanted}]}


def silent(name, at):
    return {"eval_time": f"{at}m", "alertname": name, "exp_alerts": []}


def case(title, shown, expected):
    """A test of promtool's; `shown` are values by series."""
    return {
        "name": title,
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in shown.items()],
        "alert_rule_test": [expected],
    }


def of(name):
    at, faulty, harmless, labels = CASES[name]
    yield case(f"{name} fires", faulty, firing(name, labels, at))
    yield case(f"{name} is silent", harmless, silent(name, at))
    if ALERTS[name].after:
        within = BEGINS.get(name, 0) + int(ALERTS[name].after) // 60 - 1
        yield case(f"{name} waits", faulty, silent(name, within))
    missing = MISSING.get(name)
    yield case(f"{name} without data", {}, firing(name, missing, at) if missing else silent(name, at))


def few_requests():
    """Half of ten fail, nine of ten are slow, a few of very few would have been captured: too few to prove anything."""
    slow = requests("0+1x90", "0x90") | {SLOWEST: "0.6x90", LIMIT: "0.5x90"}
    yield case("LatencyHigh on few requests", slow, silent("LatencyHigh", 40))
    rare = requests("0+60x90", "0x90") | {AGE: "0+60x90", RATIO: "0.01x90"}
    yield case("CaptureStopped where one of 100 is captured", rare, silent("CaptureStopped", 50))
    for name in ("ErrorBudgetBurnsFast", "ErrorBudgetBurnsSlowly"):
        at = CASES[name][0]
        few = f"0x{at - 2} {LEAST // 20}x10"
        yield case(f"{name} on few requests", requests(few, few), silent(name, at))


def one_slow_minute():
    """The first of a version that began to serve, or of an hour with one burst: no half of the half hour."""
    once = {SLOWEST: "_x29 0.6 _x60", LIMIT: "0.5x90"}
    yield case("LatencyHigh on one minute", requests("0+100x90", "0x90") | once, silent("LatencyHigh", 31))


def of_a_server():
    """What a model server counts itself has no version of its own; a good one beside it hides no bad one."""
    of_v1, of_v2 = (
        {"instance": f"{name}:8080", "rest": f'model="flights",environment="prod",instance="{name}:8080"'}
        for name in ("one", "two")
    )
    scraped = {
        f'model_info{{{of_v1["rest"]},version="v1.0.0"}}': "1x400",
        f'model_info{{{of_v2["rest"]},version="v2.0.0"}}': "1x400",
        f'model_requests_total{{{of_v1["rest"]},status="200"}}': "0+1900x400",
        f'model_requests_total{{{of_v2["rest"]},status="200"}}': "0+80x400",
        f'model_requests_total{{{of_v2["rest"]},status="500"}}': "0+20x400",
    }
    yield case("ErrorBudgetBurnsFast of a server", scraped, firing("ErrorBudgetBurnsFast", V2, 70))


def without_what_it_is_held_against():
    """Nobody set a limit, nothing is to be captured: neither is a fault."""
    slow = requests("0+100x90", "0x90") | {SLOWEST: "0.6x90"}
    yield case("LatencyHigh without a limit", slow, silent("LatencyHigh", 40))
    quiet = requests("0+60x90", "0x90") | {AGE: "0+60x90"}
    yield case("CaptureStopped where nothing is captured", quiet, silent("CaptureStopped", 50))


def of_what_does_not_serve():
    """A version that has no traffic, or of which that is not known, is nobody's trouble whatever was judged of it."""
    for name, faulty in (("DataDrift", DRIFTS), ("ModelWorse", WORSE), ("VerdictMissing", LATE)):
        yield case(f"{name} without traffic", IDLE | {faulty: "1x90"}, silent(name, 70))
        yield case(f"{name} where the weights are missing", {faulty: "1x90"}, silent(name, 70))


@pytest.mark.slow
def test_every_alert_fires_is_silent_and_without_data_as_it_should(tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool: `apt-get install prometheus` (Debian, Ubuntu) or `brew install prometheus`")
    cases = [each for name in CASES for each in of(name)] + [
        *few_requests(),
        *one_slow_minute(),
        *of_a_server(),
        *without_what_it_is_held_against(),
        *of_what_does_not_serve(),
    ]
    # The text of an alert is the reader's, not promtool's: labels alone are compared.
    document = rules.document()
    for rule in document["groups"][1]["rules"]:
        del rule["annotations"]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(document))
    (tmp_path / "cases.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": cases})
    )
    checked = subprocess.run(
        [promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False, timeout=300
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    done = subprocess.run(
        [promtool, "test", "rules", "cases.yml"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
