"""One Pod on this node: a thread of its own takes it from its document to its end."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.kubernetes.api import STRATEGIC, Api, ApiError
from sandbox.kubernetes.container import Container, Machine, Place, PullError, pull, values
from sandbox.kubernetes.layout import ADDRESS, API_PORT, Layout
from sandbox.kubernetes.pod_plan import ContainerPlan, PlanError, PodPlan, read
from sandbox.kubernetes.pod_status import ContainerState, PodState, status
from sandbox.kubernetes.volumes import data_of, field, fill

if TYPE_CHECKING:
    from sandbox.hosting.held import Image

_LOG = logging.getLogger(__name__)
_LOOK = 0.1  # seconds between looks at processes and probes
_AGAIN = 1.0  # seconds before what could not be had is looked for again
_NOT_THERE, _CONFLICT = 404, 409


class Pod:
    """From `start` on its thread alone changes its state.

    Args:
        document: as the API server has it; `changed` brings newer ones.
        gone: called with the uid when nothing of it is left.
    """

    def __init__(  # noqa: PLR0917 - each is a part of the node
        self,
        document: Mapping[str, Any],
        address: str,
        api: Api,
        machine: Machine,
        layout: Layout,
        gone: Callable[[str], None],
    ) -> None:
        self.document = document
        self._api = api
        self._machine = machine
        self._gone = gone
        self._woken = threading.Event()
        self._vanished = False  # the API server has it no more
        self._closed = False
        metadata = document["metadata"]
        self.name, self.namespace, self.uid = metadata["name"], metadata["namespace"], metadata["uid"]
        self._folder = layout.pods / self.uid
        self._layout = layout
        restarts = document["spec"].get("restartPolicy", "Always")
        self.state = PodState(address, ADDRESS, time.time(), restarts)
        self.containers: list[Container] = []
        self._first: list[Container] = []
        self._images: dict[str, Image] = {}
        self._told: dict[str, Any] = {}
        self._role: Mapping[str, str] = {}
        self._thread = threading.Thread(target=self._run, name=f"pod-{self.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def changed(self, document: Mapping[str, Any] | None) -> None:
        """A newer document; None when the API server has none any more."""
        if document is None:
            self._vanished = True
        else:
            self.document = document
        self._woken.set()

    def close(self) -> None:
        """The node ends: so does the Pod, without a word to the API server."""
        self._closed = True
        self._woken.set()

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"

    def _run(self) -> None:
        try:
            plan = self._plan()
            if plan is not None and self._prepare(plan) and self._initialize(plan):
                self._serve(plan)
            self._end(plan)
        except Exception:  # noqa: BLE001 - a defect of the sandbox itself: this Pod alone has it
            _LOG.exception("pod %s/%s broke", self.namespace, self.name)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._forget_role()
            self._gone(self.uid)

    @property
    def _ending(self) -> bool:
        return self._closed or self._vanished or "deletionTimestamp" in self.document["metadata"]

    def _plan(self) -> PodPlan | None:
        """What to run; None when it ends before anything ran."""
        try:
            return read(self.document)
        except PlanError as error:
            spec = self.document["spec"]
            self.state.first = _waiting(spec.get("initContainers", ()), error)
            self.state.containers = _waiting(spec["containers"], error)
        while not self._ending:
            self._tell()
            self._pause(_AGAIN)
        return None

    def _prepare(self, plan: PodPlan) -> bool:
        """Volumes and images; false when the Pod ends first."""
        volumes = {name: self._folder / "volumes" / name for name in plan.volumes}

        def container(each: ContainerPlan) -> Container:
            place = Place(
                self.state.address,
                self._folder / "containers" / each.name,
                self._layout.pod_log(self.namespace, self.name, each.name),
                volumes,
            )
            return Container(each, place, self._machine, lambda: self._variables(each))

        self._first = [container(each) for each in plan.first]
        self.containers = [container(each) for each in plan.containers]
        self.state.first = [each.state for each in self._first]
        self.state.containers = [each.state for each in self.containers]
        everyone = [*self._first, *self.containers]
        while not self._ending:
            self._tell()
            complaint = self._fill(plan) or self._pull(everyone)
            if not complaint:
                return True
            _LOG.warning("pod %s/%s: %s: %s", self.namespace, self.name, *complaint)
            self._pause(_AGAIN)
        return False

    def _fill(self, plan: PodPlan) -> tuple[str, str] | None:
        """Volumes and variables; or why they cannot be had."""
        try:
            self._role = self._machine.roles.variables(self.document)
            for name, volume in plan.volumes.items():
                fill(self._folder / "volumes" / name, volume, self.document, self._api)
            for each in (*plan.first, *plan.containers):
                self._variables(each)
        except ApiError as error:
            complaint = ("CreateContainerConfigError", str(error))
            for container in (*self._first, *self.containers):
                container.state.waiting = complaint
            return complaint
        return None

    def _pull(self, containers: list[Container]) -> tuple[str, str] | None:
        for container in containers:
            try:
                self._images[container.plan.name] = pull(self._machine.home, container.plan)
            except PullError as error:
                container.state.waiting = ("ErrImagePull", str(error))
                return container.state.waiting
            container.state.waiting = ("PodInitializing", "")
        return None

    def _initialize(self, plan: PodPlan) -> bool:
        """Init containers, one after the other; false when the Pod ends first, or for ever failed."""
        for container in self._first:
            while not self._ending:
                self._step(container, "OnFailure" if plan.restarts == "Always" else plan.restarts)
                ended = container.state.ended
                if ended is not None and ended.code == 0:
                    break
                if ended is not None and plan.restarts == "Never":
                    self._tell()
                    self._wait_for_end()
                    return False
                self._tell()
                self._pause(_LOOK)
        return not self._ending

    def _serve(self, plan: PodPlan) -> None:
        while not self._ending:
            for container in self.containers:
                self._step(container, plan.restarts)
            self._tell()
            self._pause(_LOOK)

    def _step(self, container: Container, restarts: str) -> None:
        now = time.monotonic()
        container.look(now)
        if container.may_begin(restarts):
            container.again()
            container.begin(self._images[container.plan.name], now)

    def _forget_role(self) -> None:
        if self._closed:
            return  # the AWS sandbox may be ending as well
        try:
            self._machine.roles.forget(self.uid)
        except ApiError as error:
            _LOG.warning("pod %s/%s: %s", self.namespace, self.name, error)

    def _wait_for_end(self) -> None:
        while not self._ending:
            self._pause(_AGAIN)

    def _end(self, plan: PodPlan | None) -> None:
        """The pause before it, SIGTERM, the time to finish, SIGKILL; then the API server may forget it."""
        everyone = [*self._first, *self.containers]
        seconds = self.document["metadata"].get("deletionGracePeriodSeconds", plan.grace if plan else 0.0)
        if self._vanished:
            seconds = 0.0
        end = time.monotonic() + seconds
        pause = max((each.plan.pause for each in everyone if each.pid), default=0.0)
        self._finish(everyone, min(end, time.monotonic() + pause))
        for container in everyone:
            container.terminate()
        self._finish(everyone, end)
        for container in everyone:
            container.kill()
        while any(container.pid for container in everyone):
            self._finish(everyone, time.monotonic() + _LOOK)
        if self._vanished or self._closed:
            return
        self._tell()
        self._delete()

    def _finish(self, containers: list[Container], end: float) -> None:
        """Look at them until none runs, or until `end`."""
        while time.monotonic() < end and any(container.pid for container in containers) and not self._closed:
            for container in containers:
                container.look(time.monotonic())
            self._tell()
            time.sleep(_LOOK / 2)
        for container in containers:
            container.look(time.monotonic())

    def _delete(self) -> None:
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.uid}}
        while not (self._closed or self._vanished):
            try:
                self._api.delete(self.path, options)
            except ApiError as error:
                if error.status in {_NOT_THERE, _CONFLICT}:
                    return
                _LOG.warning("pod %s/%s cannot be deleted: %s", self.namespace, self.name, error)
                self._pause(_AGAIN)
            else:
                return

    def _tell(self) -> None:
        """Write the status, when it changed."""
        if self._vanished or self._closed:
            return
        self.state.generation = self.document["metadata"].get("generation", 0)
        before = self._told or self.document.get("status", {})
        wanted = status(self.state, before.get("conditions", ()))
        if wanted == self._told:
            return
        try:
            self._api.patch(
                f"{self.path}/status", {"metadata": {"uid": self.uid}, "status": wanted}, STRATEGIC
            )
            self._told = wanted
        except ApiError as error:
            if error.status not in {_NOT_THERE, _CONFLICT}:
                _LOG.warning("status of pod %s/%s is not written: %s", self.namespace, self.name, error)

    def _variables(self, plan: ContainerPlan) -> dict[str, str]:
        """Raises ApiError when what one names is not there."""
        given = {
            "HOSTNAME": self.name,
            # A container listens on all addresses of its own; here it is one of many in one network.
            "BIND_HOST": self.state.address,
            "KUBERNETES_SERVICE_HOST": ADDRESS,
            "KUBERNETES_SERVICE_PORT": str(API_PORT),
            **self._role,
        }
        return values(plan.environment, self._source, given)

    def _source(self, named: Mapping[str, Any]) -> str | None:
        if "fieldRef" in named:
            return field(self.document, named["fieldRef"]["fieldPath"], self.state.address, ADDRESS)
        for key, kind, plural in (
            ("configMapKeyRef", "configMap", "configmaps"),
            ("secretKeyRef", "secret", "secrets"),
        ):
            if key in named:
                wanted = named[key]
                document = self._api.get(f"/api/v1/namespaces/{self.namespace}/{plural}/{wanted['name']}")
                data = data_of(document, kind)
                if wanted["key"] in data:
                    return data[wanted["key"]].decode()
                if wanted.get("optional"):
                    return None
                raise ApiError(_NOT_THERE, f"{kind} {wanted['name']} has no key {wanted['key']}")
        raise ApiError(
            0, f"a variable from {', '.join(named)}: this node has fieldRef, configMapKeyRef and secretKeyRef"
        )

    def _pause(self, seconds: float) -> None:
        """Until something changed, or so long."""
        if self._woken.wait(seconds):
            self._woken.clear()


def _waiting(documents: Any, error: PlanError) -> list[ContainerState]:
    return [
        ContainerState(each["name"], each["image"], waiting=(error.reason, str(error))) for each in documents
    ]
