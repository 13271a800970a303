"""The review room without an engine: a `pulumi` that says what the real one said stands in for it."""

import json
import os
import sys

import pytest

from modeldelivery.review import cli, engine
from tests.unit.review.documents import record

# The pack came to its end.
JUDGED = {"policyAnalyzeStackSummaryEvent": {"passed": []}}
PULUMI = """\
#!{python} -I
import json, os, sys
say = json.load(open({say!r}))
arguments = sys.argv[1:]
json.dump({{"folder": os.getcwd(), "arguments": arguments}}, open({record!r}, "w"))
json.dump(dict(os.environ), open({environment!r}, "w"))
if "--save-plan" in arguments and say["exit"] == 0:
    open(arguments[arguments.index("--save-plan") + 1], "w").write("a plan")
if "--event-log" in arguments:
    with open(arguments[arguments.index("--event-log") + 1], "w") as log:
        for event in say["events"]:
            log.write(json.dumps(event) + "\\n")
print(say["text"] if say["text"] is not None else json.dumps(say["document"]))
print(say["stderr"], end="", file=sys.stderr)
sys.exit(say["exit"])
"""


@pytest.fixture
def engine_says(tmp_path, monkeypatch):
    """Makes `pulumi` say what was recorded of a scenario: `engine_says(name, …)`."""
    folder, script_file, record_file = tmp_path / "bin", tmp_path / "say.json", tmp_path / "asked.json"
    folder.mkdir()
    program = folder / "pulumi"
    environment = tmp_path / "environment"
    program.write_text(
        PULUMI.format(
            python=sys.executable, say=str(script_file), record=str(record_file), environment=str(environment)
        )
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    for name in [name for name in os.environ if name.startswith(("AWS_", "GITHUB_", "GITLAB_", "CI"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setattr(engine, "commit", lambda: "abc")

    def say(name=None, *, text=None, stderr="", events=(JUDGED,), status=None):
        document = record(name) if name else {"document": None, "exit": 0}
        script_file.write_text(
            json.dumps(
                {
                    "document": document["document"],
                    "exit": document["exit"] if status is None else status,
                    "text": text,
                    "stderr": stderr,
                    "events": list(events),
                }
            )
        )

    return say


@pytest.fixture
def engine_asked(tmp_path):
    """How `pulumi` was called last: `{folder, arguments}`, the folder being where it ran."""
    return lambda: json.loads((tmp_path / "asked.json").read_text())


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command of `python -m modeldelivery.review` in a folder of its own; its exit status."""
    monkeypatch.delenv("EDGE_JOBS", raising=False)
    return lambda *arguments: cli.main(["--folder", str(tmp_path / ".review"), *arguments])
