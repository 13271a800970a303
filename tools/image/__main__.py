"""`make image`: build both images twice, run them, compare; with `--push ENV` build once, run, and push to ECR.

With `--bills` it only writes what they install on a base.

Exit status: 0 done, or skipped where nothing on this machine builds images (said, with what to install; with `--push` it is
1); 1 an image is not what it should be.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from modeldelivery.release.errors import DeliveryError
from modeldelivery.terminal import program, tables
from modeldelivery.terminal.steps import Step, step
from tools.image import base, context, engine, engines, packages
from tools.image.archive import Image, Layer, differences, normalised, write
from tools.image.container import Container
from tools.image.errors import ImageError, NoEngineError
from tools.image.recipe import RECIPES, SERVER, STEPS, Recipe
from tools.image.report import Built, Report, table
from tools.image.sbom import bill

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path("build/image")  # bills of materials and the report, relative to the project
_DONE, _FAILED = 0, 1


def main() -> int:
    """Command line; the exit status."""
    return program.run("image", _carry_out, "interrupted. Nothing was pushed that is not whole; run it again")


def _carry_out() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.image", description="Build, run and compare the images."
    )
    parser.add_argument(
        "--base", default="", metavar="NAME@sha256:…", help="what both are built on (BASE_IMAGE)"
    )
    parser.add_argument(
        "--push", default="", metavar="ENV", help="build once, and push to this environment's repositories"
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument(
        "--bills", action="store_true", help="only write the bills of materials on the base, by digest"
    )
    options = parser.parse_args()
    try:
        if options.bills:
            for recipe in RECIPES:
                print(_write_bill(recipe, base.named_by_digest(options.base)))
            return _DONE
        report = _run(options.base, options.push)
    except NoEngineError as error:
        if options.push:
            program.complain("image", str(error))
            return _FAILED
        report = Report(skipped=str(error))
    except (ImageError, DeliveryError) as error:
        program.complain("image", str(error))
        return _FAILED
    _keep("report.json", msgspec.json.format(msgspec.json.encode(report)).decode())
    if options.json:
        program.give(msgspec.json.encode(report).decode())
    elif report.skipped is None:
        tables.show(table(report))
    if report.skipped is not None:
        program.complain("image", f"SKIPPED: {report.skipped}")
    return _DONE


def _run(reference: str, environment: str) -> Report:
    if environment and not reference:
        raise ImageError(
            "a push needs BASE_IMAGE=NAME@sha256:…, so that the same commit gives the same image"
        )
    if environment and context.shallow(ROOT):
        raise ImageError(
            "this clone is shallow, and an image names the commit that last changed it: `git fetch --unshallow`"
        )
    built_by = engines.find()
    with step("base", sys.stderr) as shown:
        base_image = base.choose(built_by, reference, shown)
        shown.outcome(base_image)
    with tempfile.TemporaryDirectory(prefix="image-") as folder, ExitStack() as stack:
        work = _Work(built_by, base_image, Path(folder), {}, stack)
        built = {recipe.name: work.build(recipe, times=1 if environment else 2) for recipe in RECIPES}
        healthy = work.check(built[STEPS.name].container, built[SERVER.name].container)
        images = tuple(
            msgspec.structs.replace(each.report, healthy_seconds=healthy if name == SERVER.name else None)
            for name, each in built.items()
        )
        if environment:
            from tools.image.registry import push  # noqa: PLC0415 - boto3 takes a while, and only this needs it

            images = tuple(
                msgspec.structs.replace(
                    image, uri=push(environment, recipe, built[recipe.name].container.image)
                )
                for recipe, image in zip(RECIPES, images, strict=True)
            )
        return Report(engine=built_by.name, images=images)


@dataclass(frozen=True)
class _Image:
    container: Container
    report: Built


@dataclass(frozen=True)
class _Work:
    """One run.

    Attributes:
        by: the engine.
        base: that both images are built on.
        folder: for everything that is made on the way.
        layers: compressed so far.
        stack: takes away what was loaded into the engine.
    """

    by: engine.Engine
    base: str
    folder: Path
    layers: dict[str, Layer]
    stack: ExitStack

    def build(self, recipe: Recipe, times: int) -> _Image:
        """Build an image so many times, load it as it would be pushed, and write its bill. Raises ImageError."""
        revision = context.revision(ROOT, recipe)
        with step(f"{recipe.name}: {'two builds' if times > 1 else 'build'}", sys.stderr) as shown:
            started = time.monotonic()
            image = self._built(recipe, revision, 0, shown)
            seconds = time.monotonic() - started
            for number in range(1, times):
                other = self._built(recipe, revision, number, shown)
                if other.digest != image.digest:
                    names = differences(image, other)
                    raise ImageError(
                        f"two builds of {recipe.dockerfile} are two images, {image.digest} and {other.digest}: they differ in "
                        f"{len(names)} files, {', '.join(names[:5])} among them"
                    )
            archive = self.folder / f"{recipe.name}.tar"
            write(image, archive)
            loaded = self.by.load(archive)
            self.stack.callback(self.by.remove, loaded)
            shown.outcome(image.digest)
        report = Built(
            name=recipe.name, digest=image.digest, bytes=image.size, revision=revision, base=self.base,
            build_seconds=seconds, builds=times, sbom=str(_write_bill(recipe, self.base)),
        )  # fmt: skip
        return _Image(Container(self.by, loaded, image), report)

    def check(self, steps: Container, server: Container) -> float:
        """Have the steps make a model and the server serve it; seconds until the server was healthy. Raises ImageError."""
        from tools.image import checks  # noqa: PLC0415 - pandas takes a while, and an image that is not built needs none

        folder = self.folder / "run"
        folder.mkdir()
        with step("steps: featurize and train on two months", sys.stderr):
            trained = self.stack.enter_context(checks.model(steps, folder))
        with step("server: /ping and /invocations", sys.stderr) as shown:
            seconds = checks.server(server, trained, folder)
            shown.outcome(f"healthy after {seconds:.1f} s")
        return seconds

    def _built(self, recipe: Recipe, revision: str, number: int, shown: Step) -> Image:
        place = self.folder / f"{recipe.name}-{number}"
        staged = context.stage(ROOT, place / "context")
        secrets = place / "secrets"
        secrets.mkdir(mode=0o700)
        name = self.by.build(
            engine.Build(
                staged,
                ROOT / recipe.dockerfile,
                {"BASE_IMAGE": self.base, "REVISION": revision},
                packages.secrets(secrets),
            ),
            shown,
        )
        self.stack.callback(self.by.remove, name)
        saved = place / "saved.tar"
        self.by.save(name, saved)
        blobs = self.folder / "blobs"
        blobs.mkdir(exist_ok=True)
        image = normalised(saved, blobs, self.layers)
        saved.unlink()
        return image


def _write_bill(recipe: Recipe, on: str) -> Path:
    """The bill of materials of an image on a base, written. Raises ImageError."""
    return _keep(f"{recipe.name}.cdx.json", bill(recipe, (ROOT / recipe.requirements).read_text(), on))


def _keep(name: str, text: str) -> Path:
    path = ROOT / KEPT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return KEPT / name


if __name__ == "__main__":
    sys.exit(main())
