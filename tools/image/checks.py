"""What the images are held to, in containers: the steps make a model of real data, and the server serves that model."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines import dataset
from pipelines.flights.data import published
from pipelines.flights.samples import sample
from pipelines.months import Month
from pipelines.server import artifact
from tools.image.container import Container, ask, finish, kept_port, served
from tools.image.errors import ImageError

HEALTHY_SECONDS = 10.0
MODEL = "flights"
_FIRST, _LAST = Month(2013, 1), Month(2013, 2)  # one trains, one judges
_ROWS = 2
_PARAMETERS = {"model": MODEL, "trees": "20"}
_BASE = "/opt/ml"
_OK, _PLATFORM = 200, "linux/amd64"
_PYTHON = ("python", "-c")
# Which user a program of the image is, and where it can write.
_LOOK = """
import json, os
def writable(folder):
    try:
        os.close(os.open(os.path.join(folder, "written"), os.O_CREAT | os.O_WRONLY))
    except OSError:
        return False
    return True
folders = ["/", "/etc", "/usr/local", "/opt/program", "/opt/program/pipelines"]
print(json.dumps({"user": os.getuid(), "writable": [each for each in folders if writable(each)]}))
"""


@contextmanager
def model(container: Container, folder: Path) -> Iterator[Path]:
    """Run the steps featurize and train on two months; the folder with the model's files, until the block ends.

    Raises:
        ImageError: a step failed, or was root.
    """
    _platform(container)
    data, featurize, train = (folder / name for name in ("data", "featurize", "train"))
    data.mkdir()
    dataset.write(data, published(_FIRST, _LAST))
    try:
        _step(
            container,
            featurize,
            ["featurize", "--model", MODEL, "--", "--until", str(_FIRST)],
            {"processing/input/data": data},
        )
        hyperparameters = train / "input" / "config" / "hyperparameters.json"
        hyperparameters.parent.mkdir(parents=True)
        hyperparameters.write_text(json.dumps(_PARAMETERS))
        _step(
            container,
            train,
            ["train"],
            {"input/data/training": featurize / "processing" / "output" / "training"},
        )
        written = train / "model"
        # Root of a user namespace is whoever runs this.
        if {path.stat().st_uid for path in written.iterdir()} & {0, os.getuid()}:
            raise ImageError("the step train wrote its model as root: pipelines/steps/user.py gives root up")
        yield written
    finally:
        for base in (featurize, train):  # what another user wrote, root of the container alone can take away
            finish(
                container.run(
                    ["-c", f"rm -rf {_BASE}/* {_BASE}/.[!.]*"],
                    entrypoint=["sh"],
                    mounts={_BASE: base},
                    writable=[_BASE],
                ),
                "the clean-up of a step",
            )


def server(container: Container, trained: Path, folder: Path) -> float:
    """Serve the model; seconds from the container's start until it was healthy.

    Raises:
        ImageError: it is not healthy in time, answers wrongly, is root, or can write to its image.
    """
    _platform(container)
    mounts = {f"{_BASE}/model": _readable(trained, folder)}
    look = json.loads(finish(container.run([_LOOK], entrypoint=_PYTHON), "a look at the server's container"))
    if look["user"] == 0:
        raise ImageError("the server is root in its container: its Dockerfile names a USER")
    if look["writable"]:
        raise ImageError(f"the server can write to {', '.join(look['writable'])} of its read-only image")
    with kept_port() as port:
        environment = {"SAGEMAKER_BIND_TO_PORT": str(port), "BIND_HOST": "127.0.0.1"}
        command = container.run(["serve"], environment=environment, mounts=mounts)
        with served(command, port, HEALTHY_SECONDS) as seconds:
            status, body = ask(port, "POST", "/invocations", json.dumps(sample(_ROWS, _LAST)).encode())
            if status != _OK or len(json.loads(body)["predictions"]) != _ROWS:
                raise ImageError(
                    f"/invocations answered {status} {body.decode(errors='replace')[:300]} to {_ROWS} flights"
                )
            _, *check = container.image.settings["Healthcheck"]["Test"]
            finish(container.run([], entrypoint=check, environment=environment), "the image's HEALTHCHECK")
    return seconds


def _step(container: Container, base: Path, arguments: list[str], inputs: dict[str, Path]) -> None:
    """A job as SageMaker runs it: its directories are root's, its inputs read-only."""
    for name in inputs:
        (base / name).mkdir(parents=True)
    mounts = {_BASE: base, **{f"{_BASE}/{name}": path for name, path in inputs.items()}}
    finish(container.run(arguments, mounts=mounts, writable=[_BASE]), f"the step {arguments[0]}")


def _readable(trained: Path, folder: Path) -> Path:
    """A copy of the model's files that everyone may read, as SageMaker extracts them."""
    copy = folder / "model"
    copy.mkdir()
    for name in artifact.FILES:
        (copy / name).write_bytes((trained / name).read_bytes())
        (copy / name).chmod(0o644)
    copy.chmod(0o755)
    return copy


def _platform(container: Container) -> None:
    if container.image.platform != _PLATFORM:
        raise ImageError(f"the image is for {container.image.platform}; SageMaker runs {_PLATFORM}")
