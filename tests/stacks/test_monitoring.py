"""The exporter as Prometheus meets it: a process that is scraped while an endpoint serves, moves and loses its journal."""

import subprocess
import sys
import time
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import CHECKOUT
from tests.stacks.endpoint import LiveEndpoint

pytestmark = pytest.mark.sandbox


FRESH = 0.5  # seconds for which a read answers scrapes


@pytest.fixture(scope="module")
def live(hosting):
    return LiveEndpoint(hosting, "watched")


class Exporter:
    """`python -m monitoring` of one environment."""

    def __init__(self, live):
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "monitoring", "--model", live.place.model, "--env", "staging",
                "--listen", "127.0.0.1:0", "--fresh", str(FRESH),
            ],
            cwd=CHECKOUT, env=live.sandbox.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.address = self._process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self._process.stderr.read()

    @property
    def pid(self):
        return self._process.pid

    def scrape(self):
        """Values by name and labels other than the place's, as a set."""
        with urllib.request.urlopen(self.address, timeout=300) as response:  # noqa: S310 - http, as asserted above
            text = response.read().decode()
        return {
            (sample.name, frozenset({*sample.labels.values()} - {"watched", "staging"})): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def until(self, name, labels, expected):
        """The scrape in which a sample has such a value; within two minutes."""
        end, shown = time.monotonic() + 120, {}
        while time.monotonic() < end:
            shown = self.scrape()
            if shown.get((name, frozenset(labels))) == expected:
                return shown
            time.sleep(0.2)
        raise AssertionError(f"{name} {labels}: {shown}")

    def until_there(self, name, *labels):
        """The scrape in which a series has samples with each of these labels; within two minutes."""
        end, shown = time.monotonic() + 120, {}
        while time.monotonic() < end:
            shown = self.scrape()
            if all((name, frozenset(each)) in shown for each in labels):
                return shown
            time.sleep(0.2)
        raise AssertionError(f"{name} {labels}: {shown}")

    def end(self):
        """Its exit status and stderr."""
        self._process.terminate()
        _, err = self._process.communicate(timeout=120)
        return self._process.returncode, err


@pytest.fixture
def exporter(live):
    live.start()
    made = Exporter(live)
    yield made
    made.end()


def invoke(live, count):
    runtime = live.sandbox.client("staging", "sagemaker-runtime")
    for _ in range(count):
        runtime.invoke_endpoint(EndpointName=live.place.endpoint, ContentType="application/json", Body=b"{}")


def test_a_rollback_is_told_and_who_serves_counts_the_requests(live, exporter):
    shown = exporter.scrape()
    assert shown["delivery_weight", frozenset({"v2.0.0", "actual"})] == 1
    assert shown["delivery_hold", frozenset()] == 0

    invoke(live, 5)
    exporter.until("model_requests_total", {"v2.0.0", "2xx"}, 5)
    done = live.run("rollback", "--reason", "a drill")
    assert done.returncode == 0, done.stderr
    invoke(live, 3)
    shown = exporter.until("model_requests_total", {"v1.0.0", "2xx"}, 3)

    assert shown["delivery_weight", frozenset({"v1.0.0", "actual"})] == 1
    assert shown["delivery_rejected", frozenset({"v2.0.0"})] == 1
    assert shown["delivery_hold", frozenset()] == 1
    assert shown["model_requests_total", frozenset({"v2.0.0", "2xx"})] == 5
    assert shown["model_request_seconds_sum", frozenset({"v1.0.0"})] > 0


def test_the_processes_behind_each_version_are_its_instances_cpu_memory_and_disk(exporter):
    shown = exporter.until_there("endpoint_memory_ratio", {"v1.0.0"}, {"v2.0.0"})
    for version in ("v1.0.0", "v2.0.0"):
        assert 0 < shown["endpoint_memory_ratio", frozenset({version})] < 1
        assert shown["endpoint_cpu_ratio", frozenset({version})] >= 0
        assert 0 < shown["endpoint_disk_ratio", frozenset({version})] <= 1
    assert not any(name.startswith("endpoint_gpu") for name, _ in shown), "there is none"


def once(live, *arguments):
    """`python -m monitoring --once`, to its end."""
    return subprocess.run(
        [
            sys.executable, "-m", "monitoring", "--model", live.place.model, "--env", "staging", "--once", *arguments,
        ],
        cwd=CHECKOUT, env=live.sandbox.env, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_once_prints_what_a_scrape_would_be_answered_with_and_its_status_says_what_is_missing(live):
    live.start()
    printed = once(live)
    assert printed.returncode == 0, printed.stderr
    assert (
        'delivery_weight{environment="staging",kind="actual",model="watched",version="v2.0.0"} 1.0'
        in printed.stdout
    )
    live.s3.put_object(Bucket=live.place.registry_bucket, Key=live.place.journal_key, Body=b"no journal")
    without = once(live)
    assert without.returncode == 5
    assert 'delivery_up{environment="staging",model="watched",source="journal"} 0.0' in without.stdout


def test_traffic_that_somebody_else_moved_is_a_divergence(live, exporter):
    assert exporter.scrape()["delivery_divergence", frozenset()] == 0
    live.weigh(**{"v1-0-0": 50, "v2-0-0": 50})
    shown = exporter.until("delivery_divergence", set(), 1)
    assert shown["delivery_weight", frozenset({"v1.0.0", "actual"})] == 0.5
    assert shown["delivery_weight", frozenset({"v1.0.0", "intended"})] == 0


def test_without_the_journal_the_endpoint_is_still_told_and_the_log_says_why(live, exporter):
    live.s3.put_object(Bucket=live.place.registry_bucket, Key=live.place.journal_key, Body=b"no journal")
    shown = exporter.until("delivery_up", {"journal"}, 0)
    assert shown["delivery_up", frozenset({"endpoint"})] == 1
    assert shown["delivery_weight", frozenset({"v2.0.0", "actual"})] == 1
    assert not any(name == "delivery_hold" for name, _ in shown)
    status, err = exporter.end()
    assert status == 130
    assert "monitoring: staging: the journal" in err
    assert "Traceback" not in err
