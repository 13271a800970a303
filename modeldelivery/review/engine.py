"""The engine, asked for a preview, a plan, drift, or an update by a plan."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from modeldelivery.policy.finding import Level
from modeldelivery.policy.judgement import levels
from modeldelivery.review import child, pack
from modeldelivery.review.core.deployed import holder
from modeldelivery.review.core.document import Diagnostic, DocumentError, failures
from modeldelivery.review.core.errors import ReviewError
from modeldelivery.review.core.reasons import ending, of_update, reason
from modeldelivery.review.core.rules import Violation
from modeldelivery.terminal import interrupts, program

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
STALE = "violates plan"  # the engine's words for a step that the plan does not have
BEGUN = "Updating ("  # and those before the first step of an update, whose own preview is over

_WRITTEN = (":(top,exclude)dvc.lock", ":(top,exclude)metrics")  # by a training, of itself


class EngineFailedError(ReviewError):
    """The engine gave no document; the message is what it said."""


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """What one preview left.

    Attributes:
        document: what it wrote.
        violations: what the policy pack found.
        judged: the policy pack came to its end.
        why: it did not take the preview for done; "" where it did.
    """

    document: bytes
    violations: tuple[Violation, ...]
    judged: bool
    why: str


class _PolicyEvent(msgspec.Struct, frozen=True, rename="camel"):
    """sdk/v3/go/common/apitype/events.go: what a policy says of a resource."""

    resource_urn: str = ""
    message: str = ""
    policy_name: str = ""


class _Unplanned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole document of an engine that failed before it planned anything: what its plugins wrote, if they did."""

    diagnostics: tuple[Diagnostic, ...] = ()


class _Failed(msgspec.Struct, frozen=True):
    """What a document of a failed run says of why, whatever else is in it."""

    diagnostics: tuple[Diagnostic, ...] = ()


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    policy_event: _PolicyEvent | None = None
    policy_analyze_stack_summary_event: dict[str, object] | None = None


def project() -> Path:
    """The project's folder, found as Pulumi finds it: the nearest at or above the working directory.

    Raises:
        EngineFailedError: there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / name).is_file() for name in PROJECT_FILES):
            return folder
    raise EngineFailedError(
        f"there is no Pulumi.yaml in {here} or above it: change to the project's folder, or to one in it"
    )


def preview(environment: str, plan: Path, policies: Path, config: Path | None) -> Previewed:
    """Run `pulumi preview`, with policies and a saved plan.

    Args:
        environment: the stack.
        plan: where the plan is saved, when the engine makes one.
        policies: where the policy pack is put.
        config: another file than Pulumi.<environment>.yaml.

    Raises:
        EngineFailedError: it wrote no document.
    """
    plan.unlink(missing_ok=True)
    pack.write(policies)
    with tempfile.TemporaryDirectory(prefix="review-") as folder:
        events, advisory = Path(folder, "events.json"), Path(folder, "policies.json")
        # A mandatory policy would end the preview before the reviewer sees the rest of the change: here all are advice,
        # and the rules' own levels decide afterwards. In the update that follows they are what they are.
        advisory.write_text('{"all": "advisory"}')
        done = _pulumi(
            "preview", "--json", "--show-sames", "--non-interactive", "--stack", environment,
            "--policy-pack", str(policies.resolve()), "--policy-pack-config", str(advisory),
            "--save-plan", str(plan.resolve()), "--event-log", str(events),
            *_config(config),
        )  # fmt: skip
        if not done.stdout.lstrip().startswith(b"{"):
            raise EngineFailedError(_why(done))
        if done.returncode:
            _require_planned(done)
        try:
            reported = _events(events)
        except DocumentError as error:
            if done.returncode:  # cut off with the engine, whose own end says more
                raise EngineFailedError(_why(done)) from error
            raise
        return Previewed(
            document=done.stdout,
            violations=tuple(_violations(reported)),
            judged=any(event.policy_analyze_stack_summary_event is not None for event in reported),
            why=_why(done) if done.returncode else "",
        )


def drift(environment: str, config: Path | None) -> bytes:
    """What `pulumi refresh` would take over, without doing it. Raises EngineFailedError."""
    done = _pulumi(
        "refresh", "--preview-only", "--json", "--non-interactive", "--stack", environment, *_config(config)
    )
    if done.returncode or not done.stdout.lstrip().startswith(b"{"):
        raise EngineFailedError(_why(done))
    return done.stdout


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """How an update by a plan ended.

    Attributes:
        status: the engine's.
        stale: it found the plan to be stale.
        begun: it was past its own preview by then, so that steps before that one were carried out.
        holder: who held the environment, so that nothing was tried; "" for nobody.
        why: it failed; of one that succeeded its last words.
    """

    status: int
    stale: bool
    begun: bool
    holder: str
    why: str


def update(environment: str, plan: Path, policies: Path, config: Path | None) -> Updated:
    """Run `pulumi up` by a plan, shown as it goes on.

    Without --skip-preview: the engine holds a preview against the plan before it changes anything.
    """
    command = [
        "pulumi", "up", "--yes", "--non-interactive", "--stack", environment, "--plan", str(plan.resolve()),
        "--policy-pack", str(policies.resolve()), *_config(config),
    ]  # fmt: skip
    _require()
    pack.write(policies)
    shown: list[str] = []
    with (
        child.environment(os.environ) as environ,
        _start(command, subprocess.STDOUT, environ) as process,
    ):
        output = process.stdout
        assert output is not None

        def show() -> None:
            for line in output:
                shown.append(line.decode(errors="replace").rstrip("\n"))
                program.say(shown[-1])

        child.carried_out(process, show)
    return Updated(
        status=process.returncode,
        stale=any(STALE in line for line in shown),
        begun=any(BEGUN in line for line in shown),
        holder=holder(shown),
        why="; ".join(of_update("\n".join(shown))),
    )


def _pulumi(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    _require()
    command = ["pulumi", *arguments]
    debugging = {"PULUMI_DEBUG_COMMANDS": "true"}  # else it has no --event-log
    with (
        child.environment({**os.environ, **debugging}) as environ,
        _start(command, subprocess.PIPE, environ) as process,
    ):
        out, err = child.carried_out(process, process.communicate)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _start(command: Sequence[str], errors: int, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """The engine, begun in the project's folder, and interrupts held until `child.carried_out`. Raises EngineFailedError."""
    folder = project()
    interrupts.hold()
    try:
        return child.start(command, folder=folder, errors=errors, environ=environ)
    except OSError as error:
        interrupts.release()
        raise EngineFailedError(
            f"{shutil.which('pulumi')} cannot be run: {error.strerror}. `make setup` gets one for this machine"
        ) from error


def _require() -> None:
    if shutil.which("pulumi") is None:
        raise EngineFailedError(
            "pulumi is not on PATH: `make preview` puts it there, or `export PATH=$PWD/.tools/bin:$PATH` after `make setup`"
        )


def _config(file: Path | None) -> tuple[str, ...]:
    return ("--config-file", str(file.resolve())) if file else ()


def _events(log: Path) -> list[_Event]:
    """What the JSON document leaves out. Raises DocumentError."""
    try:
        return [msgspec.json.decode(line, type=_Event) for line in log.read_bytes().splitlines()]
    except FileNotFoundError:
        return []
    except msgspec.DecodeError as error:
        raise DocumentError(f"the engine's event log cannot be read: {error}") from error


def _violations(events: Sequence[_Event]) -> Iterator[Violation]:
    """Each once, at the level that its rule has; one of a rule that is not known is mandatory."""
    enforcement, visited = levels(), set[Violation]()
    for event in events:
        output = event.policy_event
        if output is None:
            continue
        # The pack's messages are lines: the rule's reason, what is wrong, `fix: …`, `what: …` (policy/finding.py).
        lines = output.message.strip().splitlines()
        violation = Violation(
            policy=output.policy_name,
            resource=output.resource_urn.rpartition("::")[2],
            why=_sentence(lines[1:]) or output.message,
            fix=next((line.removeprefix("fix: ") for line in lines if line.startswith("fix: ")), ""),
            mandatory=enforcement.get(output.policy_name) is not Level.ADVISORY,
        )
        if violation not in visited:
            visited.add(violation)
            yield violation


def _sentence(lines: Sequence[str]) -> str:
    return " ".join(line for line in lines if not line.startswith(("fix: ", "what: "))).rstrip(".")


def _require_planned(failed: subprocess.CompletedProcess[bytes]) -> None:
    """A preview that failed tells why in its document, unless it failed before there was anything to tell of."""
    try:
        document = msgspec.json.decode(failed.stdout, type=_Unplanned)
    except msgspec.DecodeError:
        return  # there is more in it, or it is cut: whoever reads it will see
    if not failures(document.diagnostics):
        raise EngineFailedError(_why(failed))


def _why(failed: subprocess.CompletedProcess[bytes]) -> str:
    """Why the engine failed: what it said on stderr, and what its document, or else its output, ends with."""
    try:
        diagnostics = msgspec.json.decode(failed.stdout, type=_Failed).diagnostics
        told = failures(diagnostics) or (ending("".join(each.message for each in diagnostics)),)
    except msgspec.DecodeError:
        cut = failed.stdout.lstrip().startswith(b"{")
        told = (f"{_ended(failed)} in the midst of what it wrote" if cut else reason(_text(failed.stdout)),)
    parts = dict.fromkeys(part for part in (reason(_text(failed.stderr)), *told) if part)
    return "\n".join(parts) or f"{_ended(failed)} and said nothing"


def _ended(failed: subprocess.CompletedProcess[bytes]) -> str:
    """How, where the engine itself does not say why."""
    status = failed.returncode
    return f"pulumi was killed by signal {-status}" if status < 0 else f"pulumi ended with status {status}"


def _text(output: bytes) -> str:
    return output.decode(errors="replace").strip()


def commit() -> str:
    """What Git calls the tree that is looked at, with a digest of what is changed in it; empty without Git.

    What `make model` writes beside its page belongs to the next commit, and is no change of what was looked at.
    """
    head = _git("rev-parse", "HEAD").decode().strip()
    changed = _git("diff", "--no-ext-diff", "HEAD", "--", ":(top)", *_WRITTEN) if head else b""
    return f"{head}+{hashlib.sha256(changed).hexdigest()[:12]}" if changed else head


def _git(*arguments: str) -> bytes:
    if shutil.which("git") is None:
        return b""
    done = subprocess.run(
        ["git", *arguments], cwd=project(), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else b""
