"""What Argo CD delivers from Git, as a release waits for it: the HTTPRoute without rules, and what holds the rest.

Sources: https://gateway-api.sigs.k8s.io/reference/spec/#httproute; https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/;
types.go of argo-cd's pkg/apis/application/v1alpha1, v3.5.7.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from modeldelivery.release.core.request import Entrance
from modeldelivery.release.kubernetes.entrance import ParentRef, entrance_of, is_same, words
from modeldelivery.release.kubernetes.objects import read
from modeldelivery.release.naming import JOURNAL_ANNOTATION

REFRESH = "argocd.argoproj.io/refresh"  # asks Argo CD to look now, as a webhook does; it takes the annotation away once it has
SILENCE = 15.0  # seconds without a look after which Argo CD counts as silent
_COMMIT = 7  # digits of a commit that a person reads


class _Metadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class _Rule(msgspec.Struct, rename="camel"):
    backend_refs: list[Any] = msgspec.field(default_factory=list)


class _RouteSpec(msgspec.Struct, rename="camel"):
    parent_refs: list[ParentRef] = msgspec.field(default_factory=list)
    hostnames: list[str] = msgspec.field(default_factory=list)
    rules: list[_Rule] = msgspec.field(default_factory=list)


class _Route(msgspec.Struct):
    metadata: _Metadata
    spec: _RouteSpec = msgspec.field(default_factory=_RouteSpec)


class BareRoute(msgspec.Struct, frozen=True):
    """A route that leads nowhere: delivered, and not written by its journal's release yet.

    Attributes:
        version: the object's resourceVersion.
        journal: where the journal is, to which its traffic belongs.
    """

    version: str
    journal: str


def bare_route(body: Any, state: str) -> BareRoute | None:
    """The route as that; None where it leads somewhere, names no journal, or a release has left the annotation `state` on it."""
    route = read(body, _Route)
    annotations = route.metadata.annotations
    journal = annotations.get(JOURNAL_ANNOTATION)
    if journal is None or state in annotations or any(rule.backend_refs for rule in route.spec.rules):
        return None
    return BareRoute(route.metadata.resource_version, journal)


def other_entrance(body: Any, entrance: Entrance) -> str | None:
    """How requests come to a delivered route, where that is not as config has it; None where it is."""
    spec = read(body, _Route).spec
    there = entrance_of(spec.parent_refs, spec.hostnames, entrance.settle_seconds)
    return None if is_same(there, entrance) else words(there)


class _Sync(msgspec.Struct):
    status: str = "Unknown"
    revision: str = ""


class _Result(msgspec.Struct):
    kind: str = ""
    name: str = ""
    status: str = ""
    message: str = ""


class _SyncResult(msgspec.Struct):
    resources: list[_Result] = msgspec.field(default_factory=list)


class _Operation(msgspec.Struct, rename="camel"):
    phase: str = ""
    message: str = ""
    sync_result: _SyncResult | None = None


class _Condition(msgspec.Struct):
    type: str
    message: str = ""


class _Status(msgspec.Struct, rename="camel"):
    sync: _Sync = msgspec.field(default_factory=_Sync)
    operation_state: _Operation | None = None
    conditions: list[_Condition] = msgspec.field(default_factory=list)


class Application(msgspec.Struct):
    """What is read of one."""

    metadata: _Metadata
    status: _Status = msgspec.field(default_factory=_Status)

    @property
    def is_to_look(self) -> bool:
        """Whether it was asked to look, and has not yet."""
        return REFRESH in self.metadata.annotations

    def held_by(self, path: str, silent: float) -> str:
        """Why the folder is not delivered, or that what is waited for is not in it.

        Args:
            path: of the folder.
            silent: seconds since it was asked to look, as long as it has not.
        """
        if silent > SILENCE:
            return f"Argo CD has not looked at it for {silent:.0f} s: does its application controller run?"
        errors = [each for each in self.status.conditions if each.type.endswith("Error")]
        if errors:
            return "; ".join(f"{each.type}: {each.message}" for each in errors)
        sync, operation = self.status.sync, self.status.operation_state
        at = f" with commit {sync.revision[:_COMMIT]}" if sync.revision else ""
        if sync.status == "Synced":
            return f"Synced{at}, whose {path} has something else: is what `make render` wrote committed?"
        failures = _failures(operation.sync_result.resources) if operation and operation.sync_result else []
        if (
            operation
            and operation.phase in {"Failed", "Error", "Running"}
            and (failures or operation.message)
        ):
            return f"{sync.status}{at}, sync {operation.phase}: {'; '.join(failures) or operation.message}"
        return f"{sync.status}{at}"


def application_path(namespace: str, name: str) -> str:
    """Of the object."""
    return f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications/{name}"


def _failures(results: Sequence[_Result]) -> list[str]:
    return [f"{each.kind} {each.name}: {each.message}" for each in results if each.status == "SyncFailed"]
