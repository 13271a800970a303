"""The Pulumi program as it stands in the checkout, or a copy of it with a small edit."""

import os
import shutil
import subprocess
from dataclasses import dataclass

from tests.conftest import CHECKOUT

MAIN = "infra/__main__.py"
PARTS = ("Pulumi.yaml", "components", "infra", "modeldelivery")
PLACE = 'pulumi.export("packageGroup", place.package_group)\n'  # what `added` is written after


@dataclass(frozen=True)
class Edit:
    """In one file, a text that stands there exactly once is replaced."""

    file: str
    old: str
    new: str


def added(text):
    """Statements added to the program, after the registry and before the endpoint."""
    return Edit(MAIN, PLACE, PLACE + text)


def checked_out(target):
    """Copy the program as it stands in the checkout."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PARTS]
    listed = subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target / name)
    for name in (".venv", ".tools"):
        (target / name).symlink_to(CHECKOUT / name)
    return checked(target)


def edited(program, target, edits):
    """Copy a program and edit it."""
    shutil.copytree(program, target, symlinks=True)
    for edit in edits:
        path = target / edit.file
        text = path.read_text()
        assert text.count(edit.old) == 1, f"{edit.file} has {text.count(edit.old)} times {edit.old!r}"
        path.write_text(text.replace(edit.old, edit.new))
    return checked(target)


def checked(program):
    """The program, once it is proved that Python takes its packages from it and not from the checkout."""
    script = "import components, infra, modeldelivery as ours; print(*(m.__path__[0] for m in (components, infra, ours)))"
    completed = subprocess.run(
        [program / ".venv" / "bin" / "python", "-c", script],
        cwd=program / "infra",
        env=os.environ | entered(program),
        capture_output=True,
        text=True,
        check=True,
    )
    assert completed.stdout.split() == [
        str(program / part) for part in ("components", "infra", "modeldelivery")
    ]
    return program


def entered(program):
    """The variables that make a copy's packages win over the checkout's."""
    return {"PYTHONPATH": str(program)}
