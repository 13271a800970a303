"""Have the version of a commit trained: from the data that the commit names, by the environment's own pipeline, followed to its end."""

import sys
from collections.abc import Mapping
from pathlib import Path

from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.cli.checkout import PARAMETERS, Checkout, checkout
from modeldelivery.release.naming import Model
from modeldelivery.release.record import VersionRecord
from pipelines import dataset
from pipelines.dataset import BadDataError
from pipelines.months import Month, between, parse_month
from tools.builds.data import pull
from tools.builds.modelctl import Told, modelctl
from tools.builds.stage import StageError, called
from tools.builds.subject import Subject

ROOT = Path(__file__).resolve().parents[2]
DVC = ROOT / ".venv-data" / "bin" / "dvc"
_DATASET = Path("build/dataset")


def train(of: Subject, commit: str, environ: Mapping[str, str]) -> Told:
    """Train it, unless it is registered already; what came of it.

    Raises:
        StageError: the version is another commit's, a gate stopped it, or a step failed.
        DeliveryError: AWS refused a call, or does not answer.
    """
    ports = open_environment(of.model, of.environment, profile=None)
    record = ports.registry.entry(of.version).record
    if record is None or record.package_arn is None:
        revision = _data(of.model, ports.place.data_bucket)
        images = [environ.get("IMAGE", ""), environ.get("STEP_IMAGE", "")]
    else:
        refuse_other(record, commit)
        host = f"{ports.place.account}.dkr.ecr.{ports.place.region}.amazonaws.com"
        revision = record.digests.data
        images = [f"{host}/{ports.place.repository}@{record.digests.image}", ""]
    named = [
        word
        for option, value in zip(("--image", "--step-image"), images, strict=True)
        if value
        for word in (option, value)
    ]
    return modelctl(
        "train", "--env", of.environment, "--model", of.model, "--version", of.version, "--commit", commit,
        "--data-revision", revision, *named,
    )  # fmt: skip


def refuse_other(record: VersionRecord, commit: str) -> None:
    """Refuse a tag that moved after its version was made. Raises StageError."""
    made = record.source.commit if record.source else None
    if made != commit:
        whose = f"of commit {made}" if made else "of no commit that its record names"
        raise StageError(
            f"{record.version} is registered already, {whose}, and the tag is now at {commit}: a version never changes; tag this "
            "commit as a new one"
        )


def _data(model: Model, bucket: str) -> str:
    """The data that the commit names, where the pipeline reads it; its revision."""
    first, until = months_of(checkout(ROOT))
    months = {str(month) for month in between(first, until.following)}
    pointers = sorted(
        str(path) for path in Path("data").glob("*/*.csv.dvc") if path.name.split(".")[0] in months
    )
    # Where none is named DVC pulls all that there is; which month has none, the next command says.
    if pointers:
        pull(DVC, pointers)
    called(
        sys.executable, "-m", "pipelines.assemble", "--model", model,
        "--first", str(first), "--until", str(until), "--out", str(_DATASET),
    )  # fmt: skip
    called(sys.executable, "-m", "pipelines.publish", str(_DATASET), "--bucket", bucket)
    return dataset.read_manifest(_DATASET).revision


def months_of(here: Checkout) -> tuple[Month, Month]:
    """The first month that trains and the last. Raises StageError."""
    if here.first is None or here.until is None:
        raise StageError(f"{PARAMETERS} names no months: write months: {{first: …, until: …}}")
    try:
        first, until = parse_month(here.first), parse_month(here.until)
    except BadDataError as error:
        raise StageError(f"{PARAMETERS}, months: {error}") from error
    if until < first:
        raise StageError(f"{PARAMETERS}, months: until, {until}, is before first, {first}")
    return first, until
