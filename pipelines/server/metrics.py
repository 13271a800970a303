"""What the server tells Prometheus."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds


@dataclass(frozen=True)
class Metrics:
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    requests: Counter = field(init=False)
    latency: Histogram = field(init=False)
    in_flight: Gauge = field(init=False)
    rows: Counter = field(init=False)
    unseen: Counter = field(init=False)
    model: Gauge = field(init=False)

    def __post_init__(self) -> None:
        ProcessCollector(registry=self.registry)
        to = self.registry
        for name, metric in {
            "requests": Counter("model_requests", "Invocations answered", ["status"], registry=to),
            "latency": Histogram("model_request_seconds", "Time to answer", registry=to, buckets=_BUCKETS),
            "in_flight": Gauge("model_requests_in_flight", "Invocations being answered", registry=to),
            "rows": Counter("model_rows", "Instances predicted", registry=to),
            "unseen": Counter(
                "model_unseen_categories", "Names unknown to training", ["feature"], registry=to
            ),
            "model": Gauge("model_info", "The model that serves", ["version", "digest"], registry=to),
        }.items():
            object.__setattr__(self, name, metric)

    def text(self) -> bytes:
        return generate_latest(self.registry)
