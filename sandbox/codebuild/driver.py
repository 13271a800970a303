"""The program of a build: `python -IS driver.py PLAN`, which runs the buildspec's phases and tells each step of them.

CodeBuild's agent runs each command as a script of its own, and hands exported variables and the folder from one to the
next; so does this, and what else a shell remembers (functions, options) no command can count on. What a command starts in
the background lives as long as the build. Only the standard library is at hand.

PLAN is JSON: `phases` [{name, commands, finally, on_failure}], `shell`, `exported` [names], `folder` of the source, `state`
a folder for this program alone. Events go to `state`/events, a line of JSON each: {phase, status, at, reason?}, and at
last {exported: {name: value}}. The status of this program is 0 when no phase failed, else 1.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# In one shell: take on what the last command left, run, and leave it to the next.
_SCRIPT = """cd "$(cat {folder})" || exit 1
. {variables}
export CODEBUILD_BUILD_SUCCEEDING={succeeding}
set -a
{command}
CODEBUILD_LAST_EXIT=$?
export -p > {variables}
pwd > {folder}
exit $CODEBUILD_LAST_EXIT
"""
_TELL = "import json, os; print(json.dumps(dict(os.environ)))"


def goes_on(phase: str, *, failed: bool, on_failure: "str | None") -> bool:
    """Whether the next phase follows: after INSTALL or PRE_BUILD failed none does, after BUILD failed POST_BUILD does.

    https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
    """
    if not failed or on_failure == "CONTINUE":
        return True
    return phase == "BUILD" and on_failure is None


def main() -> int:
    plan = json.loads(Path(sys.argv[1]).read_text())
    state = Path(plan["state"])
    (state / "folder").write_text(plan["folder"])
    (state / "variables").write_text("")
    failed = False
    for phase in plan["phases"]:
        name = phase["name"]
        _tell(state, phase=name, status="IN_PROGRESS")
        reason = _run(plan, phase, failed=failed)
        _tell(state, phase=name, status="FAILED" if reason else "SUCCEEDED", reason=reason)
        failed = failed or bool(reason)
        if not goes_on(name, failed=bool(reason), on_failure=phase["on_failure"]):
            break
    _tell(state, exported=_exported(plan))
    return int(failed)


def _run(plan: "dict[str, Any]", phase: "dict[str, Any]", *, failed: bool) -> str:
    """Run a phase; why it failed, "" when it did not."""
    reason = ""
    for command in phase["commands"]:
        if reason := _command(plan, command, failed=failed):
            break
    for command in phase["finally"]:
        reason = _command(plan, command, failed=failed or bool(reason)) or reason
    return reason


def _command(plan: "dict[str, Any]", command: str, *, failed: bool) -> str:
    print(
        f"[Container] {time.strftime('%Y/%m/%d %H:%M:%S', time.gmtime())} Running command {command}",
        flush=True,
    )
    state = Path(plan["state"])
    script = state / "script"
    kept = {name: shlex.quote(str(state / name)) for name in ("folder", "variables")}
    script.write_text(_SCRIPT.format(**kept, succeeding=int(not failed), command=command))
    status = subprocess.run([plan["shell"], str(script)], stdin=subprocess.DEVNULL, check=False).returncode
    if not status:
        return ""
    ended = f"exit status {status}" if status > 0 else f"signal: {-status}"
    return f"Error while executing command: {command}. Reason: {ended}"


def _exported(plan: "dict[str, Any]") -> "dict[str, str]":
    """The last values of the exported variables that were set."""
    script = f". {shlex.quote(plan['state'] + '/variables')}; exec \"$0\" -ISc '{_TELL}'"
    listed = subprocess.run([plan["shell"], "-c", script, sys.executable], capture_output=True, check=True)
    variables = json.loads(listed.stdout)
    return {name: variables[name] for name in plan["exported"] if name in variables}


def _tell(state: Path, **event: object) -> None:
    with (state / "events").open("a") as file:
        file.write(json.dumps({**event, "at": time.time()}) + "\n")
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    sys.exit(main())
