"""Pulumi's engine, mocked: it records what the real program declares, and answers as the providers would."""

import asyncio
import json
import logging
import runpy
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pytest
import yaml
from pulumi.runtime import mocks, settings, stack
from pulumi.runtime.sync_await import _ensure_event_loop

PROJECT = Path(__file__).parents[2]
STEP_IMAGE = f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/flights-staging-steps@sha256:{'5' * 64}"


@dataclass(frozen=True)
class Declared:
    """A resource as the engine was asked to make it."""

    urn: str
    type: str
    name: str
    custom: bool
    inputs: Mapping[str, Any]
    parent: str
    protect: bool
    depends_on: frozenset[str]

    def document(self, key: str) -> Any:
        """A property that is JSON."""
        return json.loads(self.inputs[key])


class Refusal(grpc.RpcError):
    """A provider's error as it reaches a program."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self._sentence = sentence

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return f"invocation of modeldelivery:index:getFleet returned an error: {self._sentence}"


@dataclass
class Recorder(mocks.Mocks):
    """What was declared and called.

    Attributes:
        registered: the versions that the registry knows.
        loads: what they were measured to serve.
        step_image: the newest image of the steps; None where there is none.
        without_baseline: versions whose evidence has none.
    """

    registered: frozenset[str]
    loads: Mapping[str, int] = field(default_factory=dict)
    step_image: str | None = STEP_IMAGE
    without_baseline: Collection[str] = ()
    resources: list[Declared] = field(default_factory=list)
    calls: list[mocks.MockCallArgs] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = dict(args.inputs)
        outputs.setdefault("name", outputs.get("endpointName", f"{args.name}-0123456"))
        outputs["arn"] = f"arn:test:{args.typ}:{args.name}"
        outputs["keyId"] = f"id-of-{args.name}"
        outputs["repositoryUrl"] = f"registry.test/{args.name}"
        return f"{args.name}-id", outputs

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        self.calls.append(args)
        if args.token == "modeldelivery:index:getCluster":
            return {"address": "https://127.0.0.1:6443"}
        fleet = args.args["fleet"]
        if not self.registered:
            return {"versions": []}
        if missing := set(fleet) - self.registered:
            raise Refusal(f"{', '.join(missing)} is not registered")
        loads = {
            version: {"requestsPerMinute": load, "measuredIn": "staging"}
            for version, load in self.loads.items()
        }
        versions = [
            record(version) | loads.get(version, {}) | {"baseline": version not in self.without_baseline}
            for version in fleet
        ]
        steps = self.step_image if args.args["steps"] else None
        return {"versions": versions} | ({"stepImage": steps} if steps else {})

    def of_type(self, kind: str) -> list[Declared]:
        return [resource for resource in self.resources if resource.type == kind]

    def only(self, kind: str, name: str | None = None) -> Declared:
        matching = [resource for resource in self.of_type(kind) if name in {None, resource.name}]
        assert len(matching) == 1, f"{len(matching)} of {kind} {name}"
        return matching[0]


def record(version: str) -> dict[str, str]:
    """`getFleet`'s answer about one version: digests that differ from version to version."""
    digit = format(sum(map(ord, version)) % 16, "x")
    return {
        "version": version,
        "digest": f"sha256:{digit * 64}",
        "image": f"registry.test/flights@sha256:{digit * 64}",
        "modelData": f"s3://registry/artifacts/sha256/{digit * 64}/model.tar.gz",
        "modelDigest": f"sha256:{digit * 64}",
        "dataRevision": "2013-03",
        "packageArn": f"arn:test:package/{version}",
        "approval": "Approved",
    }


class RecordingMonitor(mocks.MockMonitor):
    """The mock monitor sees more of a registration than it hands to Mocks: parent, protect, dependencies."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        _ensure_event_loop()  # registrations come on worker threads
        self.mocks.resources.append(
            Declared(
                self.make_urn(request.parent, request.type, request.name),
                request.type,
                request.name,
                request.custom,
                mocks.rpc.deserialize_properties(request.object),
                request.parent,
                request.protect,
                frozenset(request.dependencies),
            )
        )
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            _ensure_event_loop()
            self.mocks.exports.update(mocks.rpc.deserialize_properties(request.outputs))
        return super().RegisterResourceOutputs(request)


class Messages(logging.Handler):
    """What the program tells the person who runs it."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(logging.INFO)
        self._recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        self._recorder.messages.append(record.getMessage())


def stack_file(name: str) -> dict[str, str]:
    """A committed stack file's config as the engine hands it to a program: texts, objects as JSON."""
    config = yaml.safe_load((PROJECT / f"Pulumi.{name}.yaml").read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def run_program(
    name: str,
    *,
    registered: frozenset[str] = frozenset({"v1.0.0", "v1.1.0"}),
    loads: Mapping[str, int] | None = None,
    step_image: str | None = STEP_IMAGE,
    without_baseline: Collection[str] = (),
    **changed: str | None,
) -> Recorder:
    """Run the real program under a stack's real file, with some of its keys changed (None: left out)."""
    recorder = Recorder(registered, loads or {}, step_image, without_baseline)
    config = {"model-delivery:model": "flights", "model-delivery:release": "{}"} | stack_file(name)
    config |= {f"model-delivery:{key}": value for key, value in changed.items() if value is not None}
    for key in (key for key, value in changed.items() if value is None):
        config.pop(f"model-delivery:{key}", None)
    logger = logging.Logger("engine", logging.INFO)  # noqa: LOG001 (no handler of it outlives the run)
    logger.addHandler(Messages(recorder))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pulumi.runtime.set_all_config(config)
        mocks.set_mocks(
            recorder,
            project="model-delivery",
            stack=name,
            preview=False,
            logger=logger,
            monitor=RecordingMonitor(recorder),
        )
        settings.set_root_resource(None)  # the mocks made one; the program gets its own, as from the engine
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # pulumi_aws warns of its own old names
            loop.run_until_complete(
                stack.run_in_stack(lambda: runpy.run_module("infra", run_name="__main__") and None)
            )
    finally:
        settings.set_root_resource(None)
        pulumi.runtime.set_all_config({})
        asyncio.set_event_loop(None)
        loop.close()
    return recorder


@pytest.fixture(scope="session")
def run() -> Callable[..., Recorder]:
    return run_program


@pytest.fixture(scope="session")
def registered() -> Callable[[str], dict[str, str]]:
    return record


@pytest.fixture(scope="session")
def prod() -> Recorder:
    return run_program("prod")


@pytest.fixture(scope="session")
def staging() -> Recorder:
    return run_program("staging")


@pytest.fixture(scope="session")
def unregistered() -> Recorder:
    return run_program("prod", registered=frozenset())
