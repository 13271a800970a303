"""JenkinsPipelineUnit, Jenkins' Groovy and what they need: fetched by Maven once per user, each jar checked against its hash."""

import hashlib
import shutil
import sys
from functools import cache

from modeldelivery.terminal.steps import SetupError, step
from tests.conftest import CHECKOUT
from tools.setup.cache import complete, locked, user_cache
from tools.setup.commands import run

POM = CHECKOUT / "tools" / "ci" / "pom.xml"
HASHES = POM.with_name("jars.sha256")


def missing():
    """Which of the programs that it takes are not on this machine."""
    return [name for name in ("java", "mvn") if shutil.which(name) is None]


@cache
def folder():
    """Where the jars are.

    Raises:
        SetupError: Maven cannot fetch them, or they are not those that `jars.sha256` lists.
    """
    content = hashlib.sha256(POM.read_bytes() + HASHES.read_bytes()).hexdigest()
    made = user_cache() / f"jenkins-{content[:16]}"
    if made.is_dir():
        return made
    # Not the stream that pytest captures: whoever waits sees what for.
    with step("JenkinsPipelineUnit", sys.__stderr__) as progress, locked(user_cache(), progress):
        return complete(made, lambda partial: _fetch(partial, HASHES, progress))


def _fetch(partial, hashes, progress):
    partial.mkdir()
    run(
        [
            *("mvn", "--batch-mode", "--no-transfer-progress", "--file", POM),
            *("dependency:copy-dependencies", "-DexcludeTransitive", f"-DoutputDirectory={partial}"),
        ],
        progress, doing="fetching its jars", folder=partial,
        hint="check that Maven reaches a repository here (~/.m2/settings.xml), then run it again",
    )  # fmt: skip
    check(partial, hashes)


def check(folder, hashes):
    """Hold jars to the hashes of a file as `sha256sum` writes it: these, and no others.

    Raises:
        SetupError: one is missing, unexpected or different.
    """
    expected = dict(reversed(line.split("  ")) for line in hashes.read_text().splitlines())
    present = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.jar"))
    }
    different = sorted(name for name, _ in expected.items() ^ present.items())
    if different:
        raise SetupError(
            f"{', '.join(dict.fromkeys(different))}: what Maven fetched is not what {hashes} lists; if tools/ci/pom.xml was "
            "changed on purpose, write that file again by `sha256sum *.jar`"
        )
