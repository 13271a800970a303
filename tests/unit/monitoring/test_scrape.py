"""What Prometheus is to scrape follows from a stack's outputs, and outputs of another stack are refused."""

import json
import re

import pytest

from modeldelivery.release.naming import parse_environment, parse_model
from monitoring.options import listen
from monitoring.prometheus import document, target
from monitoring.scrape import Options, rendered

OPTIONS = Options(
    environment=parse_environment("prod"), model=parse_model("flights"), exporter=listen("monitoring:9406")
)


def test_the_exporter_is_scraped_under_the_stacks_own_model_and_environment():
    shown = rendered(json.dumps({"endpoint": "flights-prod", "alarms": {}}), OPTIONS)
    assert shown == [{"targets": ["monitoring:9406"], "labels": {"model": "flights", "environment": "prod"}}]


@pytest.mark.parametrize(
    ("outputs", "sentence"),
    [
        ('{"endpoint": "flights-staging"}', "'flights-staging', not of 'flights-prod'"),
        ('{"registryBucket": "b"}', "no endpoint: nothing serves yet in prod"),
        ("", "pipe `pulumi stack output --json --stack prod` in"),
        ("[]", "pipe `pulumi stack output --json --stack prod` in"),
    ],
)
def test_outputs_of_another_stack_are_refused_with_what_to_type(outputs, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        rendered(outputs, OPTIONS)


def test_an_exporters_own_labels_are_kept(tmp_path):
    """One that watches several environments tells them apart by its own; the target's name it where it is away."""
    (job,) = document([target("a:1", "flights", "prod")], ["b:2"], tmp_path / "rules.yml")["scrape_configs"]
    assert job["honor_labels"] is True
    assert job["static_configs"][0]["labels"] == {"model": "flights", "environment": "prod"}


@pytest.mark.parametrize(
    ("text", "shown"), [("127.0.0.1:1", "127.0.0.1:1"), ("[::1]:1", "[::1]:1"), ("host:65535", "host:65535")]
)
def test_an_address_is_read_and_written_alike(text, shown):
    assert str(listen(text)) == shown


@pytest.mark.parametrize("text", ["", "host", ":1", "host:", "host:x", "host:65536", "host:-1"])
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"write HOST:PORT, for example 127\.0\.0\.1:9406"):
        listen(text)
