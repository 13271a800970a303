"""Requests as a client sends them: real flights, by InvokeEndpoint or through a cluster's gateway."""

import http.client
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from pipelines.flights.samples import sample

CLIENTS = 4


def send(environment: str, count: int) -> str:
    """Send `count` flights to an environment's endpoint; who answered, and how fast.

    Raises:
        botocore.exceptions.ClientError: when a request is not answered with a prediction.
    """
    session = boto3.Session(profile_name=environment)
    client = session.client("sagemaker-runtime", config=Config(max_pool_connections=CLIENTS))

    def ask(body: str) -> str:
        answer = client.invoke_endpoint(
            EndpointName=f"flights-{environment}", ContentType="application/json", Body=body
        )
        json.loads(answer["Body"].read())["predictions"]
        return str(answer["InvokedProductionVariant"])

    return _measured(ask, count)


def send_through(gateway: str, hostname: str, count: int) -> str:
    """Send `count` flights to a host name behind a gateway; who answered, and how fast.

    Args:
        gateway: `http://ADDRESS:PORT`.
        hostname: of the environment's route.
        count: of requests.

    Raises:
        ValueError: a request is not answered with a prediction.
    """
    address = urlsplit(gateway)

    def ask(body: str) -> str:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        try:
            connection.request(
                "POST", "/invocations", body, {"Host": hostname, "Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != http.client.OK:
                raise ValueError(f"{hostname} answers {answer.status}: {text[:200]!r}")
            json.loads(text)["predictions"]
            return answer.headers["X-Amzn-SageMaker-Custom-Attributes"].removeprefix("model_version=")
        finally:
            connection.close()

    return _measured(ask, count)


def _measured(ask: Callable[[str], str], count: int) -> str:
    flights = [json.dumps(instance) for instance in sample(count)]
    served: Counter[str] = Counter()
    seconds = []

    def timed(body: str) -> tuple[str, float]:
        started = time.perf_counter()
        return ask(body), time.perf_counter() - started

    with ThreadPoolExecutor(CLIENTS) as pool:
        for variant, taken in pool.map(timed, flights):
            served[variant] += 1
            seconds.append(taken)
    shares = ", ".join(f"{variant} answered {n}" for variant, n in sorted(served.items()))
    return f"{shares}; median {statistics.median(seconds) * 1000:.1f} ms"
