"""An HTTPRoute as the API server gives it: what of it is read.

Source: https://gateway-api.sigs.k8s.io/reference/spec/#httproute.
"""

from datetime import datetime
from typing import Any

import msgspec

from modeldelivery.release.kubernetes.entrance import ParentRef


class Managed(msgspec.Struct):
    """Fields of one manager, and when it last changed one of them."""

    manager: str = ""
    time: datetime | None = None
    subresource: str = ""
    fields: dict[str, Any] = msgspec.field(default_factory=dict, name="fieldsV1")

    def has(self, part: str, name: str) -> bool:
        return f"f:{name}" in self.fields.get(f"f:{part}", {})


class Metadata(msgspec.Struct, rename="camel"):
    uid: str
    resource_version: str
    creation_timestamp: datetime
    generation: int = 0
    deletion_timestamp: datetime | None = None
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    managed_fields: list[Managed] = msgspec.field(default_factory=list)


class Ref(msgspec.Struct):
    name: str
    weight: int = 1
    kind: str = "Service"
    namespace: str | None = None


class Rule(msgspec.Struct, rename="camel"):
    backend_refs: list[Ref] = msgspec.field(default_factory=list)


class Spec(msgspec.Struct, rename="camel"):
    parent_refs: list[ParentRef] = msgspec.field(default_factory=list)
    hostnames: list[str] = msgspec.field(default_factory=list)
    rules: list[Rule] = msgspec.field(default_factory=list)


class Condition(msgspec.Struct, rename="camel"):
    type: str
    status: str
    reason: str = ""
    message: str = ""
    observed_generation: int = 0


class Parent(msgspec.Struct, rename="camel"):
    parent_ref: ParentRef
    conditions: list[Condition] = msgspec.field(default_factory=list)


class Status(msgspec.Struct):
    parents: list[Parent] = msgspec.field(default_factory=list)


class HttpRoute(msgspec.Struct):
    metadata: Metadata
    spec: Spec = msgspec.field(default_factory=Spec)
    status: Status = msgspec.field(default_factory=Status)
