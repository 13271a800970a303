"""One container of a Pod: started from its image, probed, started again, ended."""

import re
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.home import Home
from sandbox.hosting.held import HeldImages, Image, ImageError
from sandbox.hosting.local_image import LocalImageError
from sandbox.hosting.whole_image import WholeImageError
from sandbox.image.build import Blobs, DigestError, digest_of
from sandbox.kubernetes.container_files import Prepared, prepare
from sandbox.kubernetes.pod_plan import ContainerPlan
from sandbox.kubernetes.pod_roles import PodRoles
from sandbox.kubernetes.pod_status import ContainerState, Ended
from sandbox.kubernetes.probes import Probing
from sandbox.missing import MissingError
from sandbox.processes.outcome import Outcome
from sandbox.processes.program import Limits, Program
from sandbox.processes.runner import Runner, StartError

if TYPE_CHECKING:
    from sandbox.processes.running import Running

# Seconds before another start, of the kubelet's: ten, twice as many each time, five minutes at most; forgotten after ten
# minutes of running. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
_FIRST_PAUSE, _LONGEST_PAUSE, _FORGOTTEN = 10.0, 300.0, 600.0
_LIMITS = Limits(open_files=4096, processes=256)
_VARIABLE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_NOT_STARTED = 128  # exit code of what could not be started


class PullError(Exception):
    """An image that this node cannot have; the text says why."""


@dataclass(frozen=True)
class Machine:
    """What all containers of this node share."""

    runner: Runner
    home: Home  # whose images it runs
    roles: PodRoles


@dataclass(frozen=True)
class Place:
    """Where a container is: its Pod's address, its folder, its log and the Pod's volumes."""

    address: str
    folder: Path
    log: Path
    volumes: Mapping[str, Path]


def pull(home: Home, plan: ContainerPlan) -> Image:
    """The image of a plan; raises PullError unless this sandbox holds one with that very digest."""
    blobs = Blobs(home.blobs)
    try:
        manifest = blobs.get(plan.digest)
        if digest_of(manifest) != plan.digest:
            raise PullError(f"the bytes kept for {plan.image} have the digest {digest_of(manifest)}")
        return HeldImages(blobs).image(manifest.decode(), plan.image)
    except FileNotFoundError:
        raise PullError(
            f"{plan.image}: not found: this sandbox holds no image with that digest (`sandbox image` pushes one)"
        ) from None
    except (MissingError, ImageError, DigestError, KeyError, ValueError) as error:
        raise PullError(str(error)) from None


class Container:
    """Not safe for threads: its Pod's own is the only one."""

    def __init__(
        self,
        plan: ContainerPlan,
        place: Place,
        machine: Machine,
        variables: Callable[[], Mapping[str, str]],
    ) -> None:
        self.plan = plan
        self.state = ContainerState(plan.name, plan.image)
        self._place = place
        self._machine = machine
        self._variables = variables
        self._running: Running | None = None
        self._prepared: Prepared | None = None
        self._environment: dict[str, str] = {}
        self._next = 0.0  # monotonic: when it may be started
        self._pause = 0.0  # seconds before the start after the next end
        self._since = 0.0  # monotonic: of its last start, or try of one
        self._startup: Probing | None = None
        self._liveness: Probing | None = None
        self._readiness: Probing | None = None
        self._killed_for = ""

    @property
    def pid(self) -> int | None:
        """Of its process, while that runs."""
        return self._running.pid if self._running else None

    def begin(self, image: Image, now: float) -> None:
        """Start its process, when it is time (`now` is `time.monotonic`)."""
        if now < self._next:
            return
        self._since = now
        self.state.digest = self.plan.digest
        folder = self._place.folder / str(self.state.restarts)
        shutil.rmtree(folder, ignore_errors=True)  # of a node before this one
        folder.mkdir(parents=True)
        self._place.log.parent.mkdir(parents=True, exist_ok=True)
        try:
            own = dict(self._variables())
            self._prepared = prepare(self.plan, image, self._machine.home, folder, self._place.volumes)
            self._environment = {**self._prepared.environment, **own}
            self._running = self._machine.runner.start(self._program(self._prepared.argv, self._place.log))
        except (StartError, LocalImageError, WholeImageError, MissingError, OSError) as error:
            self._end(Ended(_NOT_STARTED, "ContainerCannotRun", str(error), time.time(), time.time()), now)
            return
        self.state.waiting, self.state.ended = None, None
        self.state.began = time.time()
        plan = self.plan
        self._startup = Probing(plan.startup, now) if plan.startup else None
        self._liveness = Probing(plan.liveness, now) if plan.liveness else None
        self._readiness = Probing(plan.readiness, now) if plan.readiness else None
        self.state.started = self._startup is None
        self.state.ready = self._startup is None and self._readiness is None

    def look(self, now: float) -> None:
        """See whether its process ended, and ask the probes that are due."""
        if self._running is None:
            return
        if outcome := self._running.ended():
            began = self.state.began or time.time()
            self._end(_ended(outcome, self._killed_for, began), now)
            return
        if self._startup and not self.state.started:
            self._startup.look(now, self._place.address, self._inside)
            if self._startup.result is False:
                self._kill_for(f"startup probe failed: {self._startup.last}")
            if not self._startup.result:
                return
            self.state.started = True
        if self._liveness:
            self._liveness.look(now, self._place.address, self._inside)
            if self._liveness.result is False:
                self._kill_for(f"liveness probe failed: {self._liveness.last}")
        if self._readiness:
            self._readiness.look(now, self._place.address, self._inside)
        self.state.ready = self._readiness is None or bool(self._readiness.result)

    def terminate(self) -> None:
        """Ask its process to end."""
        self._next = float("inf")  # and never again
        if self._running:
            self._running.terminate()

    def kill(self) -> None:
        if self._running:
            self._running.kill()

    def may_begin(self, restarts: str) -> bool:
        """Whether it is to run, or to run again, by the Pod's restart policy."""
        if self._running:
            return False
        ended = self.state.ended
        return ended is None or restarts == "Always" or (restarts == "OnFailure" and ended.code != 0)

    def _program(self, argv: Sequence[str], log: Path) -> Program:
        assert self._prepared is not None
        return Program(
            tuple(expanded(word, self._environment) for word in argv),
            self._environment,
            Path(self._prepared.folder),
            log,
            limits=Limits(self.plan.memory, open_files=_LIMITS.open_files, processes=_LIMITS.processes),
            files=self._prepared.files,
        )

    def _inside(self, command: Sequence[str], seconds: float) -> bool:
        """An `exec` probe: a process in the same files, with the same variables."""
        try:
            probe = self._machine.runner.start(self._program(command, self._place.folder / "probe.log"))
        except StartError:
            return False
        outcome = probe.wait(seconds)
        if outcome is None:
            probe.kill()
        return outcome is not None and outcome.status == 0

    def _kill_for(self, why: str) -> None:
        """End it, to be started again; SIGKILL for a process that was asked before."""
        assert self._running is not None
        if self._killed_for:
            self._running.kill()
        else:
            self._running.terminate()
        self._killed_for = why

    def _end(self, ended: Ended, now: float) -> None:
        if now - self._since > _FORGOTTEN:
            self._pause = 0.0
        state = self.state
        state.before, state.ended = ended, ended
        state.began, state.ready, state.started = None, False, False
        self._running, self._killed_for = None, ""
        self._next = max(self._next, now + self._pause)
        self._pause = min(self._pause * 2 or _FIRST_PAUSE, _LONGEST_PAUSE)

    def again(self) -> None:
        """It ended and will be started again: what its state says meanwhile."""
        ended = self.state.ended
        if ended is None:
            return
        self.state.ended, self.state.restarts = None, self.state.restarts + 1
        self.state.waiting = ("CrashLoopBackOff", f"its process ended with {ended.code}: {ended.message}")


def _ended(outcome: Outcome, killed_for: str, began: float) -> Ended:
    code = outcome.status if outcome.status >= 0 else 128 - outcome.status  # a shell's number of a signal
    if outcome.limit:
        memory = "memory" in outcome.limit
        return Ended(
            128 + signal.SIGKILL, "OOMKilled" if memory else "Error", outcome.limit, began, time.time()
        )
    return Ended(code, "Error" if code else "Completed", killed_for or outcome.last_line, began, time.time())


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """`$(NAME)` in a command or a value; a name that nobody set stays as it is, as in Kubernetes."""
    return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), text)


def values(
    entries: Sequence[Mapping[str, Any]],
    source: Callable[[Mapping[str, Any]], str | None],
    given: Mapping[str, str],
) -> dict[str, str]:
    """The variables of `env`, each able to name those before it.

    Args:
        entries: of the container's document.
        source: the value of a `valueFrom`; None leaves the variable out.
        given: variables that are there already.
    """
    result = dict(given)
    for entry in entries:
        value = (
            source(entry["valueFrom"]) if "valueFrom" in entry else expanded(entry.get("value", ""), result)
        )
        if value is not None:
            result[entry["name"]] = value
    return result
