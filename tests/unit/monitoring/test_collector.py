"""Scrapes are answered from one read a minute, and a source that is away takes the others not along."""

import threading
from dataclasses import replace
from functools import partial

import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from modeldelivery.release.errors import UnreachableError, UpdateNeededError
from modeldelivery.release.naming import parse_environment
from modeldelivery.release.operations.status import Found
from modeldelivery.release.ports import Stored
from monitoring import series
from monitoring.collector import FRESH, Exporter, Source
from monitoring.series import Sample
from tests.unit.release_cli.world import NOW, PLACE, V1, V2, endpoint, journal

JOB = Sample(series.JOB_CPU, ("training", "flights-1", "algo-1"), 0.5)


class World:
    """One environment; `now` is the exporter's clock."""

    def __init__(self):
        self.now, self.reads, self.complaints = NOW, 0, []
        self.standing_error = self.figures_error = None
        self.times, self.answers = 0, threading.Event()  # of figures, which hang unless it is set
        self.answers.set()
        measures = {"cloudwatch": self._figures, "jobs": lambda *_: [JOB]}
        self.source = Source(PLACE, self._standing, measures, self.complaints.append)
        self.exporter = Exporter([self.source], clock=lambda: self.now)

    def _standing(self):
        self.reads += 1
        if self.standing_error:
            raise self.standing_error
        return Found(stored=Stored(journal=journal(), etag="1", now=NOW), endpoint=endpoint())

    def _figures(self, versions, now):
        """As a generator does: what fails fails while samples are taken."""
        assert set(versions) == {V1, V2}
        assert now == self.now
        self.times += 1
        self.answers.wait()
        yield Sample(series.REQUESTS, (V2, "2xx"), 12)
        if self.figures_error:
            raise self.figures_error

    def scrape(self):
        registry = CollectorRegistry()
        registry.register(self.exporter)
        labels = {each.name: each.labels for each in series.SERIES}
        return {
            (sample.name, *(sample.labels[label] for label in labels[sample.name])): sample.value
            for family in text_string_to_metric_families(generate_latest(registry).decode())
            for sample in family.samples
        }


@pytest.fixture
def world():
    return World()


def test_every_sample_names_its_model_and_environment(world):
    registry = CollectorRegistry()
    registry.register(world.exporter)
    shown = [s for f in text_string_to_metric_families(generate_latest(registry).decode()) for s in f.samples]
    assert shown
    assert {(s.labels["model"], s.labels["environment"]) for s in shown} == {("flights", "prod")}


def test_scrapes_within_a_minute_share_one_read(world):
    world.scrape()
    world.now += FRESH - 1
    world.scrape()
    assert world.reads == 1
    world.now += 2
    world.scrape()
    assert world.reads == 2


def test_a_clock_that_went_back_does_not_keep_an_old_answer_for_ever(world):
    world.scrape()
    world.now -= 3600
    world.scrape()
    assert world.reads == 2


def test_without_cloudwatch_the_weights_are_still_told(world):
    world.figures_error = UnreachableError("cloudwatch:GetMetricData: denied")
    shown = world.scrape()
    assert shown["delivery_up", "cloudwatch"] == 0
    assert shown["delivery_weight", V2, "actual"] == 1
    assert not any(name == "model_requests_total" for name, *_ in shown)
    assert shown["delivery_up", "jobs"] == 1
    assert shown["job_cpu_ratio", *JOB.values] == 0.5
    assert world.complaints == ["prod: cloudwatch:GetMetricData: denied"]


def test_a_journal_of_a_newer_program_is_a_source_that_is_down_and_not_the_end(world):
    world.standing_error = UpdateNeededError("the journal requires what this modelctl does not know")
    shown = world.scrape()
    assert {key: value for key, value in shown.items() if key[0] == "delivery_up"} == {
        ("delivery_up", source): 0 for source in ("journal", "endpoint", "cloudwatch", "jobs")
    }
    assert len(world.complaints) == 1


def test_a_source_whose_answer_nobody_had_thought_of_is_down_and_the_log_says_where(world):
    world.figures_error = KeyError("CurrentSamplingPercentage")
    shown = world.scrape()
    assert shown["delivery_up", "cloudwatch"] == 0
    assert shown["delivery_up", "jobs"] == 1
    assert shown["delivery_weight", V2, "actual"] == 1
    (complaint,) = world.complaints
    assert complaint.startswith("prod: cloudwatch: Traceback")
    assert complaint.endswith("KeyError: 'CurrentSamplingPercentage'")


def test_an_environment_that_cannot_be_made_sense_of_takes_the_others_not_along(world):
    world.standing_error = ZeroDivisionError("no weights")
    other = World()
    other.source = replace(
        other.source, place=msgspec.structs.replace(PLACE, environment=parse_environment("staging"))
    )
    world.exporter = Exporter([world.source, other.source], clock=lambda: world.now)
    registry = CollectorRegistry()
    registry.register(world.exporter)
    text = generate_latest(registry).decode()
    assert 'delivery_up{environment="prod",model="flights",source="endpoint"} 0.0' in text
    assert 'delivery_up{environment="staging",model="flights",source="endpoint"} 1.0' in text
    assert world.complaints[0].endswith("ZeroDivisionError: no weights")


def test_a_source_that_hangs_is_down_in_time_with_what_the_others_say_and_is_asked_once_until_it_answers(
    world,
):
    world.exporter = Exporter([world.source], clock=lambda: NOW, fresh=0, patience=1.0)
    world.answers.clear()
    for _ in range(2):
        shown = world.scrape()
        assert shown["delivery_up", "cloudwatch"] == 0
        assert not any(name == "model_requests_total" for name, *_ in shown)
        assert shown["delivery_up", "jobs"] == 1
        assert shown["delivery_weight", V2, "actual"] == 1
    assert world.times == 1
    assert (
        world.complaints
        == ["prod: cloudwatch: no answer in time; it is not asked again until it has answered"] * 2
    )
    world.answers.set()
    assert world.scrape()["model_requests_total", V2, "2xx"] == 12


def test_environments_are_read_at_the_same_time(world):
    together = threading.Barrier(2, timeout=60)
    other = World()
    places = (PLACE, msgspec.structs.replace(PLACE, environment=parse_environment("staging")))

    def standing(of):
        together.wait()
        return of._standing()

    sources = [
        replace(each.source, place=place, standing=partial(standing, each))
        for each, place in zip((world, other), places, strict=True)
    ]
    families = Exporter(sources, clock=lambda: NOW, patience=None).collect()
    (up,) = (family for family in families if family.name == series.UP.name)
    assert {sample.value for sample in up.samples} == {1}


def test_every_series_of_the_table_has_a_name_of_its_own_and_one_line_of_help():
    assert len({each.name for each in series.SERIES}) == len(series.SERIES)
    assert all(each.help and "\n" not in each.help for each in series.SERIES)


def test_a_counter_keeps_its_name(world):
    world.scrape()
    world.now += FRESH + 1
    assert ("model_requests_total", V2, "2xx") in world.scrape()
