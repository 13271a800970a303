"""What Locust runs: signed requests, as a file has them, again and again, by callers who each keep to their share of the rate.

Run by Locust's own Python, which has nothing of this project: `release.aws.load` writes the file and reads the report.
"""

import json
import os
from itertools import cycle
from pathlib import Path
from random import Random

import gevent
from locust import FastHttpUser, constant_throughput, task

PLAN = json.loads(Path(os.environ["LOAD_PLAN"]).read_text(encoding="utf-8"))
_SHIFTS = Random(0)  # noqa: S311 - spreads callers over a second, no secret


class Caller(FastHttpUser):
    """One of many who take turns."""

    host = PLAN["host"]
    wait_time = constant_throughput(PLAN["each"])  # requests a second
    connection_timeout = network_timeout = PLAN["timeout"]
    max_retries = 0

    def on_start(self) -> None:
        """Begin at a moment of one's own: all at once would be a burst every second."""
        self.requests = cycle(PLAN["requests"])
        gevent.sleep(_SHIFTS.random() / PLAN["each"])

    @task
    def invoke(self) -> None:
        request = next(self.requests)
        self.client.post(
            request["path"],
            data=request["body"].encode("latin-1"),
            headers=request["headers"],
            name="invocation",
        )
