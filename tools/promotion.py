"""`python -m tools.promotion VERSION --from ENV --to ENV`: the bits of a version, and what is known of them, in another environment.

The image by digest with its bill of materials, the model and each document of evidence as they are, then `modelctl register` there: the same digest set, so
that evidence follows it (docs/adr/0010). It approves nothing, and changes no fleet. Each account is reached by the profile of its
environment's name; neither needs to let the other in. Run again, it finds what is there, and takes along what was kept since.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.aws.errors import ask
from modeldelivery.release.cli.project import model_of, project_of
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.figures import NAME as METRICS
from modeldelivery.release.naming import (
    Environment,
    Place,
    evidence_key,
    image_evidence,
    parse_environment,
    parse_model,
    samples_key,
)
from modeldelivery.release.ports import Registry
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import Version, parse_version
from modeldelivery.terminal import program
from modeldelivery.terminal.commands import USAGE, Command, Value, read
from tools.image.copy import copy
from tools.image.errors import ImageError

NAME = "promotion"
_PROGRAM = "python -m tools.promotion"
_FAILED = 1
MODELCTL = Path(sys.executable).parent / "modelctl"
ARTIFACT, SAMPLES = "model.tar.gz", "samples.json"


class PromotionError(Exception):
    """Why a version is not registered there; a sentence."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    version: Version
    source: Environment
    target: Environment


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    return program.run(
        NAME,
        lambda: _run(read(_command(), arguments, Options)),
        "interrupted; run it again, and it goes on with what is not there yet",
        own=arguments is None,
    )


def _command() -> Command:
    environment = Value("ENV", parse_environment)
    return Command(
        _PROGRAM,
        params=[
            click.Argument(["version"], type=Value("vX.Y.Z", parse_version)),
            click.Option(
                ["--from", "source"], required=True, type=environment, help="Where the version is registered."
            ),
            click.Option(
                ["--to", "target"], required=True, type=environment, help="Where it is to be registered too."
            ),
        ],
        callback=_options,
        help="Register a version in another environment: the same image, model and evidence, by digest. Approves nothing, and changes no "
        "fleet. Each account is reached by the profile of its environment's name.",
        examples=[f"{_PROGRAM} v1.3.0 --from staging --to prod"],
        statuses={
            0: "it is registered there, now or before",
            _FAILED: "it is not, or not all of its evidence; the message says why",
            USAGE: "the command line makes no sense",
            program.INTERRUPTED: "interrupted (SIGINT, SIGTERM, SIGHUP)",
        },
    )


def _options(version: Version, source: Environment, target: Environment) -> Options:
    if source == target:
        raise click.UsageError(f"--from and --to are both {source}: name two environments")
    return Options(version=version, source=source, target=target)


def _run(options: Options) -> int:
    try:
        model = parse_model(_model(options.source))
        source, target = (
            open_environment(model, each, profile=each) for each in (options.source, options.target)
        )
        promote(options.version, source, target)
    except (DeliveryError, ImageError, PromotionError) as error:
        program.complain(NAME, str(error))
        return _FAILED
    return 0


def promote(version: Version, source: AwsEnvironment, target: AwsEnvironment) -> None:
    """Register it in `target` as `source` has it.

    Raises:
        PromotionError: the source does not have it, or it is refused there.
        ImageError: its image cannot be had.
        DeliveryError: AWS is not reached, or refuses.
    """
    record, here, there = source.registry.entry(version).record, source.place, target.place
    if record is None or record.package_arn is None:
        raise PromotionError(f"{version} is not registered in {here.environment}")
    image = record.digests.image
    copy(source.account.patient.ecr, here.repository, image, target.account.patient.ecr, there.repository)
    take_along(image_evidence(image), source.registry, target.registry)
    with tempfile.TemporaryDirectory(prefix="promotion-") as name:
        folder = Path(name)
        if not source.registry.fetch_artifact(record.digests.model, folder / ARTIFACT):
            raise PromotionError(f"the artifact of {version} is gone from {here.environment}")
        if record.samples:
            _fetch(source, samples_key(record.samples.digest), folder / SAMPLES)
        evidence = folder / "evidence"
        evidence.mkdir()
        prefix = evidence_key(record.digests.id, "")
        for key in _listed(source, prefix):
            _fetch(source, key, evidence / key.removeprefix(prefix))
        if record.metrics and not (evidence / METRICS).exists():
            (evidence / METRICS).write_bytes(msgspec.json.encode(record.metrics))
        since = later(evidence, target.registry.entry(version).record)
        for path in since:
            path.unlink()
        _register(*arguments(record, there, folder))
    if since:
        take_along(record.digests.id, source.registry, target.registry)


def later(evidence: Path, registered: VersionRecord | None) -> list[Path]:
    """Documents in a folder that were kept since the version was registered there: its record does not name them."""
    if registered is None:
        return []
    return [path for path in evidence.iterdir() if path.name not in (registered.evidence or {})]


def take_along(of: str, source: Registry, target: Registry) -> None:
    """Keep what is kept of a digest set, or of an image alone, in the other registry too. Raises DeliveryError."""
    for name in source.evidence_names(of):
        content = source.read_evidence(of, name)
        assert content is not None, "evidence is never deleted"
        target.store_evidence(of, name, content)


def arguments(record: VersionRecord, to: Place, folder: Path) -> list[str]:
    """Of `modelctl register`, for what was fetched into the folder: each document of evidence once, the figures by their own option."""
    evidence = sorted((folder / "evidence").iterdir())
    made_of = record.source
    return [
        *("--env", to.environment, "--model", to.model, "--version", record.version),
        *(
            "--image",
            f"{to.account}.dkr.ecr.{to.region}.amazonaws.com/{to.repository}@{record.digests.image}",
        ),
        *("--artifact", str(folder / ARTIFACT), "--data-revision", record.digests.data),
        *(["--samples", str(folder / SAMPLES)] if record.samples else []),
        *(
            f"--metrics={each}" if each.name == METRICS else f"--evidence={each.name}={each}"
            for each in evidence
        ),
        *([f"--commit={made_of.commit}"] if made_of and made_of.commit else []),
        *([f"--execution={made_of.execution}"] if made_of and made_of.execution else []),
    ]


def _listed(source: AwsEnvironment, prefix: str) -> list[str]:
    """Keys of the registry bucket; a digest set has a dozen documents."""
    s3, bucket = source.account.patient.s3, source.place.registry_bucket
    page = ask(f"s3:ListObjectsV2 {prefix}", lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix))
    return [each["Key"] for each in page.get("Contents", ())]


def _fetch(source: AwsEnvironment, key: str, path: Path) -> None:
    s3, bucket = source.account.patient.s3, source.place.registry_bucket

    def content() -> bytes:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    path.write_bytes(ask(f"s3:GetObject {key}", content))


def _register(*arguments: str) -> None:
    done = subprocess.run([str(MODELCTL), "register", *arguments], check=False)
    if done.returncode:
        raise PromotionError(f"modelctl register ended with status {done.returncode}")


def _model(environment: str) -> str:
    project = project_of(Path.cwd())
    model = None if project is None else model_of(environment, project)
    if model is None:
        raise PromotionError("no Pulumi.yaml here names the model: change to the project's folder")
    return model


if __name__ == "__main__":
    sys.exit(main())
