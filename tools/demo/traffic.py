"""Requests as a client sends them: boto3, InvokeEndpoint, real flights."""

import json
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

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
    flights = [json.dumps(instance) for instance in sample(count)]
    served: Counter[str] = Counter()
    seconds = []

    def ask(body: str) -> tuple[str, float]:
        started = time.perf_counter()
        answer = client.invoke_endpoint(
            EndpointName=f"flights-{environment}", ContentType="application/json", Body=body
        )
        json.loads(answer["Body"].read())["predictions"]
        return answer["InvokedProductionVariant"], time.perf_counter() - started

    with ThreadPoolExecutor(CLIENTS) as pool:
        for variant, taken in pool.map(ask, flights):
            served[variant] += 1
            seconds.append(taken)
    shares = ", ".join(f"{variant} answered {n}" for variant, n in sorted(served.items()))
    return f"{shares}; median {statistics.median(seconds) * 1000:.1f} ms"
