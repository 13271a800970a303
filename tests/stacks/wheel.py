"""The project's wheel, and environments that hold it and what it asks for, and nothing of the checkout."""

import os
import re
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import CHECKOUT

DEADLINE = 300  # of an installer that has to download


def build(folder):
    """Build the wheel as `pip wheel` does, without a network; what it is made of stays out of the checkout.

    A checkout's own `build/lib` would bring in modules that are long gone from the sources.
    """
    scratch = folder / "scratch"
    scratch.mkdir()
    settings = folder / "setuptools.cfg"
    settings.write_text(f"[build]\nbuild_base = {scratch}\n[egg_info]\negg_base = {scratch}\n")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"),
            *("--wheel-dir", folder, CHECKOUT),
        ],
        env={**os.environ, "DIST_EXTRA_CONFIG": str(settings)},
        cwd=folder, check=True, timeout=DEADLINE,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installed:
    """A virtual environment without pip, and how its commands are run: as if there were no checkout."""

    folder: Path

    @property
    def packages(self):
        (results,) = self.folder.glob("lib/python3*/site-packages")
        return results

    def run(self, program, *arguments, folder, env=None):
        """Run one of its programs in `folder`; `env` is the whole environment but for PATH."""
        clean = {k: v for k, v in (env or os.environ).items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
        path = [str(self.folder / "bin"), *_without_ours(clean["PATH"])]
        return subprocess.run(
            [str(self.folder / "bin" / program), *map(str, arguments)],
            cwd=folder, env={**clean, "PATH": os.pathsep.join(path)},
            capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def _without_ours(path):
    return [part for part in path.split(os.pathsep) if part != str(CHECKOUT / ".venv" / "bin")]


def install(folder, *requirements):
    """A new environment for each call of `pip install` that `requirements` hold: options and names, in order."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = str(folder / "bin" / "python")
    for arguments in requirements:
        _pip_install(python, [str(argument) for argument in arguments])
    return Installed(folder)


def pins(folder):
    """The versions of the checkout's own environment, as constraints: hashes there would ask for one of the wheel."""
    path = folder / "pins.txt"
    locked = (CHECKOUT / "requirements" / "dev.txt").read_text()
    path.write_text("\n".join(re.findall(r"^[\w.-]+(?:\[.*\])?==[^\s;]+", locked, re.MULTILINE)))
    return path


def _pip_install(python, arguments):
    """uv, which has them cached from set-up, else pip, as set-up does."""
    uv = CHECKOUT / ".venv" / "bin" / "uv"
    commands = [
        [str(uv), "--system-certs", "pip", "install", "--python", python],
        [sys.executable, "-m", "pip", "--python", python, "install"],
    ]
    for command in commands if uv.is_file() else commands[1:]:
        done = subprocess.run(
            [*command, "--quiet", *arguments],
            cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=DEADLINE,
        )  # fmt: skip
        if done.returncode == 0:
            return
    raise AssertionError(done.stderr)
