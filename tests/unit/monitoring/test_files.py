"""The files that Prometheus and Alertmanager read: one scale for every length of time, and pages before tickets."""

from pathlib import Path

from monitoring import alertmanager, prometheus


def test_prometheus_scrapes_no_more_often_than_every_second():
    assert (
        prometheus.document([{"targets": ["a:1"]}], ["b:2"], Path("r.yml"))["global"]["scrape_interval"]
        == "15s"
    )
    assert (
        prometheus.document([{"targets": ["a:1"]}], ["b:2"], Path("r.yml"), 0.01)["global"]["scrape_interval"]
        == "1s"
    )


def test_the_job_is_the_one_that_the_rules_watch():
    scraped = prometheus.document([{"targets": ["a:1"]}], ["b:2"], Path("r.yml"))["scrape_configs"]
    assert [job["job_name"] for job in scraped] == ["model-delivery"]


def test_a_page_waits_for_nothing_and_silences_tickets_of_the_same_version():
    document = alertmanager.document("http://127.0.0.1:1/")
    assert document["route"]["routes"] == [
        {"matchers": ['severity="page"'], "receiver": "people", "group_wait": "0s"}
    ]
    assert document["inhibit_rules"][0]["equal"] == ["model", "environment", "version"]
    assert document["route"]["group_wait"] == "30000ms"
    assert alertmanager.document("http://127.0.0.1:1/", 0.01)["route"]["group_wait"] == "300ms"
