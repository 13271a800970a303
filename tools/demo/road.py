"""How staging and production come about: staging trains each version by its own pipeline, production takes it over.

While the pipeline is at work, so is whatever does not wait for its version.
"""

import sys
from collections.abc import Callable

import msgspec

from modeldelivery.release.cli.checkout import checkout
from modeldelivery.release.version import Version, parse_version
from modeldelivery.terminal.steps import step
from tools.demo.run import ENVIRONMENTS, ROOT, TRAINS, Demo

BEGINNING = "2013-01"
# Trained on one month less and one month more, the second judged against the first: two real versions of one model.
FIRST, SECOND = parse_version("v1.0.0"), parse_version("v1.1.0")
UNTIL = {FIRST: "2013-02", SECOND: "2013-03"}
(TAKES,) = (name for name in ENVIRONMENTS if name != TRAINS)


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What versions are trained from.

    Attributes:
        server, steps: images, by digest.
        data: revision of a version's data set.
    """

    server: str
    steps: str
    data: dict[Version, str]

    def options(self, version: Version) -> tuple[str, ...]:
        """Of `modelctl train`."""
        return (
            *("--first", BEGINNING, "--until", UNTIL[version], "--data-revision", self.data[version]),
            *("--image", self.server, "--step-image", self.steps),
        )


def walk(demo: Demo) -> None:
    """From nothing, or from wherever an earlier run was killed, to two environments as their config says."""
    registry(demo, TRAINS)
    missing = [version for version in UNTIL if version not in demo.fleet(TRAINS)]
    sources = prepare(demo, missing)
    train(demo, FIRST, sources, lambda: _beside_first(demo))
    begin_with_first(demo, TRAINS)
    train(demo, SECOND, sources, lambda: _beside_second(demo))
    as_config_says(demo, TRAINS)
    take(demo, SECOND, TAKES, TRAINS)
    as_config_says(demo, TAKES)


def registry(demo: Demo, environment: str) -> None:
    """Everything but the endpoint, unless it stands."""
    demo.begin(environment)
    made, stands = bool(demo.outputs(environment)), demo.status(environment) is not None
    if made and not stands:
        with step(f"{environment}: the sandbox is new, telling the stack what is gone", sys.stdout):
            demo.recover(environment)
    if not (made and stands):
        with step(f"{environment}: registry (pulumi up)", sys.stdout) as shown:
            shown.outcome(demo.deploy(environment))


def prepare(demo: Demo, missing: list[Version]) -> Sources:
    """What is trained from: for the versions that are not there, and for whoever trains the next one."""
    with step(f"{TRAINS}: images of the model server and of the steps", sys.stdout) as shown:
        server, steps = demo.image(TRAINS), demo.image(TRAINS, steps=True)
        shown.outcome(server.rpartition("/")[2][:48] + "…")
    with step(f"{TRAINS}: data sets that the pipeline reads", sys.stdout) as shown:
        demo.months()
        here = checkout(ROOT)
        assert here.first is not None
        assert here.until is not None
        months = {version: (BEGINNING, UNTIL[version]) for version in missing}
        # The last: what `modelctl train` takes where none is named.
        last = (here.first, here.until)
        published = {each: demo.publish(TRAINS, *each) for each in (*(set(months.values()) - {last}), last)}
        shown.outcome(", ".join(published[last]))
    return Sources(server=server, steps=steps, data={v: published[each][0] for v, each in months.items()})


def train(demo: Demo, version: Version, sources: Sources, beside: Callable[[], None]) -> None:
    """Have a version trained, unless it is, and do something else meanwhile."""
    if version not in sources.data:
        beside()
        return
    with step(f"{TRAINS}: {version} by the training pipeline (modelctl train)", sys.stdout) as shown:
        with demo.training(version, *sources.options(version)) as outcome:
            beside()
        shown.outcome(", ".join(outcome))


def _beside_first(demo: Demo) -> None:
    registry(demo, TAKES)
    with step(f"{TRAINS}: the data that Git names (dvc push)", sys.stdout) as shown:
        shown.outcome(demo.push(TRAINS))


def _beside_second(demo: Demo) -> None:
    take(demo, FIRST, TAKES, TRAINS)
    begin_with_first(demo, TAKES)


def take(demo: Demo, version: Version, environment: str, source: str) -> None:
    """Have a version of one environment registered in another, unless it is in the fleet there."""
    if version in demo.fleet(environment):
        return
    with step(
        f"{environment}: {version} from {source}, the same bits, with their evidence (tools.promotion)",
        sys.stdout,
    ):
        demo.promote(version, environment, source)


def begin_with_first(demo: Demo, environment: str) -> None:
    """Have the first version serve alone, unless something serves."""
    if (demo.status(environment) or {}).get("live") is None:
        with step(f"{environment}: {FIRST} goes live (pulumi up)", sys.stdout) as shown:
            shown.outcome(demo.deploy(environment, only=FIRST))


def as_config_says(demo: Demo, environment: str) -> None:
    """Bring the environment to what its committed config says."""
    with step(f"{environment}: as Pulumi.{environment}.yaml says (pulumi up)", sys.stdout) as shown:
        shown.outcome(demo.deploy(environment))
