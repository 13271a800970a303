"""The one node: it registers itself, renews its lease, and runs the Pods that are bound to it."""

import logging
import platform
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.kubernetes.api import STRATEGIC, Api, ApiError
from sandbox.kubernetes.container import Machine
from sandbox.kubernetes.layout import ADDRESS, NODE, POD_ADDRESSES, Layout
from sandbox.kubernetes.pod import Pod

_LOG = logging.getLogger(__name__)
_LEASE = 10.0  # seconds between renewals; without one for 50 s the controllers call a node lost
_HEARTBEAT = 60.0  # seconds between two writes of the node's status
_AGAIN = 0.5
_CONFLICT, _NOT_THERE = 409, 404
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
# What the scheduler may give away: of a server, not of this machine, whose processes share what there is.
RESOURCES = {"cpu": "16", "memory": "32Gi", "ephemeral-storage": "50Gi", "pods": str(len(POD_ADDRESSES) // 2)}


class Node:
    """Threads of its own from `start` to `close`."""

    def __init__(self, api: Api, machine: Machine, layout: Layout) -> None:
        self._api = api
        self._machine = machine
        self._layout = layout
        self._pods: dict[str, Pod] = {}  # by uid
        self._free = list(POD_ADDRESSES)  # the one that was used last comes last
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def start(self) -> None:
        """Register, and return when the API server has the node."""
        self._register()
        for work, name in ((self._beat, "heartbeat"), (self._follow, "pods")):
            threading.Thread(target=work, name=name, daemon=True).start()

    def close(self) -> None:
        """No further Pod is started, and none is told of; whoever runs the programs ends them."""
        self._closed.set()
        for pod in self.pods():
            pod.close()

    def pods(self) -> list[Pod]:
        with self._lock:
            return list(self._pods.values())

    def _register(self) -> None:
        metadata = {
            "name": NODE,
            "labels": {
                "kubernetes.io/hostname": NODE,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
            },
        }
        node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
        while not self._closed.is_set():
            try:
                self._create(node)
                self._renew()
                self._write_status()
            except ApiError as error:  # a namespace that the API server makes itself is not there yet
                _LOG.info("the node is not registered yet: %s", error)
                self._closed.wait(_AGAIN)
            else:
                return

    def _create(self, node: Mapping[str, Any]) -> None:
        try:
            self._api.create("/api/v1/nodes", dict(node))
        except ApiError as error:
            if error.status != _CONFLICT:
                raise

    def _beat(self) -> None:
        passed = 0.0
        while not self._closed.wait(_LEASE):
            passed += _LEASE
            try:
                self._renew()
                if passed >= _HEARTBEAT:
                    passed = 0.0
                    self._write_status()
            except ApiError as error:
                _LOG.warning("no heartbeat: %s", error)

    def _renew(self) -> None:
        lease = {
            "metadata": {"name": NODE, "namespace": "kube-node-lease"},
            "spec": {
                "holderIdentity": NODE,
                "leaseDurationSeconds": 40,
                "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            },
        }
        try:
            self._api.patch(f"{_LEASES}/{NODE}", lease)
        except ApiError as error:
            if error.status != _NOT_THERE:
                raise
            self._api.create(_LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **lease})

    def _write_status(self) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        conditions = [
            {
                "type": kind,
                "status": value,
                "reason": "Sandbox",
                "message": "the sandbox's node",
                "lastHeartbeatTime": now,
                "lastTransitionTime": now,
            }
            for kind, value in (
                ("Ready", "True"),
                ("MemoryPressure", "False"),
                ("DiskPressure", "False"),
                ("PIDPressure", "False"),
            )
        ]
        status = {
            "addresses": [
                {"type": "InternalIP", "address": ADDRESS},
                {"type": "Hostname", "address": NODE},
            ],
            "capacity": RESOURCES,
            "allocatable": RESOURCES,
            "conditions": conditions,
            "nodeInfo": {
                "architecture": "amd64",
                "operatingSystem": "linux",
                "kernelVersion": platform.release(),
                "osImage": "sandbox",
                "containerRuntimeVersion": "sandbox://1",
                "kubeletVersion": "v1.36.1",
                "kubeProxyVersion": "",
                "machineID": NODE,
                "systemUUID": NODE,
                "bootID": NODE,
            },
        }
        self._api.patch(f"/api/v1/nodes/{NODE}/status", {"status": status}, STRATEGIC)

    def _follow(self) -> None:
        """List and watch this node's Pods, until the node ends."""
        query = f"&fieldSelector=spec.nodeName%3D{NODE}"
        while not self._closed.is_set():
            try:
                listed = self._api.get(f"/api/v1/pods?{query[1:]}")
                self._replace(listed["items"])
                version = listed["metadata"]["resourceVersion"]
                while not self._closed.is_set():
                    for kind, document in self._api.watch("/api/v1/pods", query, version):
                        version = document["metadata"]["resourceVersion"]
                        if kind != "BOOKMARK":
                            self._see(document, gone=kind == "DELETED")
            except ApiError as error:
                _LOG.info("the Pods are listed again: %s", error)
                self._closed.wait(_AGAIN)

    def _replace(self, documents: list[Mapping[str, Any]]) -> None:
        there = {document["metadata"]["uid"] for document in documents}
        for pod in self.pods():
            if pod.uid not in there:
                pod.changed(None)
        for document in documents:
            self._see(document, gone=False)

    def _see(self, document: Mapping[str, Any], *, gone: bool) -> None:
        uid = document["metadata"]["uid"]
        with self._lock:
            pod = self._pods.get(uid)
            if (
                pod is None
                and not gone
                and document.get("status", {}).get("phase") not in {"Succeeded", "Failed"}
            ):
                address = self._free.pop(0)
                self._pods[uid] = pod = Pod(
                    document, address, self._api, self._machine, self._layout, self._forget
                )
                pod.start()
                return
        if pod:
            pod.changed(None if gone else document)

    def _forget(self, uid: str) -> None:
        with self._lock:
            pod = self._pods.pop(uid)
            self._free.append(pod.state.address)
