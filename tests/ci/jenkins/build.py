"""Builds of a Jenkinsfile: what Jenkins tells one, what it is given, and what it did."""

import json
import os
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.ci.jenkins import jars

GROOVY = Path(__file__).with_name("groovy")
TIMER = "hudson.triggers.TimerTrigger$TimerTriggerCause"
APPROVERS = "production-approvers"
DEADLINE = 900
# One JVM lives for seconds: it is started quickly rather than made fast.
JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")


@dataclass(frozen=True)
class Build:
    """One build; `tests/ci/jenkins/groovy/Build.groovy` says what each field is.

    `runs` is false where steps are only written down: then nothing is cloned, and no command is run.
    """

    jenkinsfile: Path
    env: dict[str, str]
    params: dict[str, object] = field(default_factory=dict)
    causes: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    credentials: dict[str, str] = field(default_factory=dict)
    prepare: tuple[str, ...] = ()
    runs: bool = False


@dataclass(frozen=True)
class Ended:
    """How a build ended: SUCCESS, FAILURE, or REFUSED with what the file may not hold; `steps` in order, as records."""

    result: str
    message: str
    steps: list[dict]
    output: str

    @property
    def ok(self):
        return self.result == "SUCCESS"

    def shells(self):
        """The steps that run a script."""
        return [step for step in self.steps if step["event"] == "sh"]


class Jenkins:
    """One JVM, which runs builds one after the other; `variables` are its whole environment, which agents have too."""

    def __init__(self, variables=None):
        self._process = subprocess.Popen(
            ["java", *JVM, "-cp", os.pathsep.join([f"{jars.folder()}/*", str(GROOVY)]),
             "groovy.ui.GroovyMain", str(GROOVY / "Run.groovy")],
            env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=300)
        self._process.stdout.close()

    def run(self, folder, build):
        """Run a build in a folder, which is made."""
        file = _write(folder, build)
        limit = threading.Timer(DEADLINE, self._process.kill)
        limit.start()
        try:
            print(file, file=self._process.stdin, flush=True)
            output = self._until(f"ended {file}\n")
        finally:
            limit.cancel()
        return _read(folder / "record", output)

    def _until(self, end):
        lines = []
        for line in self._process.stdout:
            if line == end:
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"the JVM ended, or was ended after {DEADLINE} s:\n{''.join(lines)}")


def _write(folder, build):
    folder.mkdir()
    described = vars(build) | {
        "jenkinsfile": str(build.jenkinsfile),
        "checkout": str(build.jenkinsfile.parent),
        "folder": str(folder),
        "record": str(folder / "record"),
        "env": {name: str(value) for name, value in build.env.items()},
    }
    file = folder / "build.json"
    file.write_text(json.dumps(described))
    return file


def _read(record, output):
    *steps, end = map(json.loads, record.read_text().splitlines())
    return Ended(end["result"], end["message"], steps, output)
