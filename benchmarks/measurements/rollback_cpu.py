"""What `modelctl rollback` costs beside a script that makes the one call and knows nothing."""

import sys

from benchmarks.row import Row
from benchmarks.turns import interleaved
from benchmarks.world import World, endpoint
from modeldelivery.release.naming import variant_name
from tools.demo.run import BIN, ROOT
from tools.meter import cpu

_ENVIRONMENT = "prod"
_PAIRS = 7
_BARE = """
import sys
import boto3

profile, endpoint, to, other = sys.argv[1:]
boto3.Session(profile_name=profile).client("sagemaker").update_endpoint_weights_and_capacities(
    EndpointName=endpoint,
    DesiredWeightsAndCapacities=[
        {"VariantName": to, "DesiredWeight": 100},
        {"VariantName": other, "DesiredWeight": 0},
    ],
)
"""


def measure(world: World) -> list[Row]:
    """The script gives traffic to one version and `modelctl` takes it back: both really move it."""
    serving, other = world.serving(_ENVIRONMENT)
    environ = world.demo.environ
    variants = (variant_name(other), variant_name(serving))

    def bare() -> float:
        used = cpu(
            (sys.executable, "-c", _BARE, _ENVIRONMENT, endpoint(_ENVIRONMENT), *variants), environ, ROOT
        )
        world.adopt(_ENVIRONMENT)
        return used

    def ours() -> float:
        command = (str(BIN / "modelctl"), "rollback", "--env", _ENVIRONMENT, "--reason", "benchmark")
        used = cpu(command, environ, ROOT)
        world.accept(_ENVIRONMENT, other)
        return used

    own, plain, ratio = interleaved(ours, bare, _PAIRS)
    return [
        Row(
            what="CPU of `modelctl rollback` / of a bare boto3 script with the one call",
            measured=ratio,
            bar=1.5,
            unit="ratio",
            made_of=f"{own:.3f} s of CPU against {plain:.3f} s (medians of {_PAIRS} pairs)",
        )
    ]
