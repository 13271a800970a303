"""Pulumi's generated gRPC classes, without Pulumi's SDK.

They live below `pulumi.runtime`, so importing them runs the whole SDK first: 0.37 s of CPU against 0.15 s for grpc and
the messages alone, for each plugin process of every preview. While the generated modules are imported, the two packages
above them are bare namespaces with the same search path; afterwards they are gone again, so that a process that does
want the SDK (a test) imports the real one.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


@contextmanager
def _without_the_sdk() -> Iterator[None]:
    if "pulumi" in sys.modules:
        yield
        return
    spec = find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the pulumi package is not installed for {sys.executable}", name="pulumi")
    root = Path(spec.submodule_search_locations[0])
    for name, folder in (("pulumi", root), ("pulumi.runtime", root / "runtime")):
        bare = ModuleType(name)
        bare.__path__ = [str(folder)]
        sys.modules[name] = bare
    try:
        yield
    finally:
        del sys.modules["pulumi.runtime"], sys.modules["pulumi"]


with _without_the_sdk():
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "status_pb2",
]
