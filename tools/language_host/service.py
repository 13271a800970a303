"""The calls of `pulumirpc.LanguageRuntime` that the CLI makes, between its messages and this host's values."""

from __future__ import annotations  # grpc's classes are generic in their stubs only

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from .child import output, running
from .commands import Host, Program, install_commands, plugin_command, program_command, run_outcome
from .environment import (
    EnvironmentRefusedError,
    PythonEnvironment,
    dependencies,
    find_environment,
    virtualenv_folder,
)
from .messages import language, plugin
from .packages import Parameterization, required_packages

VERSION = "0.1.0"

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    Context = grpc.aio.ServicerContext[Any, Any]


class LanguageRuntime:
    """The service; every method is a call of the protocol, and answers what upstream's host answers."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._programs: set[asyncio.Task[Any]] = set()

    async def Handshake(self, request: language.LanguageHandshakeRequest, context: Context) -> Any:  # noqa: N802, ARG002
        self._host = Host(request.engine_address, self._host.executor, self._host.tracing)
        return language.LanguageHandshakeResponse()

    async def GetPluginInfo(self, request: object, context: Context) -> Any:  # noqa: N802, ARG002
        return plugin.PluginInfo(version=VERSION)

    async def About(self, request: language.AboutRequest, context: Context) -> Any:  # noqa: N802
        environment = await _environment(request.info, context)
        return language.AboutResponse(
            executable=str(environment.interpreter),
            version=sys.version.split()[0],
            metadata={"toolchain": "pip"},
        )

    async def GetRequiredPackages(  # noqa: N802
        self, request: language.GetRequiredPackagesRequest, context: Context
    ) -> Any:
        environment = await _environment(request.info, context)
        try:
            packages = list(required_packages(environment.site_packages()))
        except EnvironmentRefusedError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return language.GetRequiredPackagesResponse(
            packages=[
                plugin.PackageDependency(
                    name=package.name,
                    kind="resource",
                    version=package.version,
                    server=package.server,
                    parameterization=_parameterization(package.parameterization),
                    extension=_parameterization(package.extension),
                )
                for package in packages
            ]
        )

    async def GetProgramDependencies(  # noqa: N802
        self, request: language.GetProgramDependenciesRequest, context: Context
    ) -> Any:
        environment = await _environment(request.info, context)
        distributions = dependencies(environment.site_packages(), transitive=request.transitiveDependencies)
        return language.GetProgramDependenciesResponse(
            dependencies=[
                language.DependencyInfo(name=each.name, version=each.version) for each in distributions
            ]
        )

    async def Run(self, request: language.RunRequest, context: Context) -> Any:  # noqa: N802
        if request.attach_debugger:
            return language.RunResponse(
                error="this language host has no debugger: run without --attach-debugger"
            )
        environment = await _environment(request.info, context)
        program = Program(
            project=request.project,
            stack=request.stack,
            organization=request.organization,
            folder=Path(request.pwd),
            root=Path(request.info.root_directory),
            entry_point=request.info.entry_point,
            arguments=list(request.args),
            dry_run=request.dryRun,
            parallel=request.parallel,
            monitor=request.monitor_address,
            config=dict(request.config),
            secret_keys=list(request.configSecretKeys),
        )
        command = program_command(self._host, program, environment, os.environ)
        task = asyncio.current_task()
        assert task is not None
        self._programs.add(task)
        try:
            # The program writes to the host's own streams, which the CLI reads as diagnostics.
            async with running(command, piped=False) as child:
                error, bail = run_outcome(await child.wait())
        finally:
            self._programs.discard(task)
        return language.RunResponse(error=error, bail=bail)

    async def RunPlugin(  # noqa: N802
        self, request: language.RunPluginRequest, context: Context
    ) -> AsyncIterator[Any]:
        if request.attach_debugger:
            await context.abort(
                grpc.StatusCode.UNIMPLEMENTED, "this language host has no debugger for plugins"
            )
        command = plugin_command(
            kind=request.kind,
            program=Path(request.info.program_directory),
            arguments=list(request.args),
            variables=list(request.env),
            folder=Path(request.pwd),
            environment=await _environment(request.info, context, is_plugin=True),
        )
        async with running(command, piped=True) as child:
            async for stream, chunk in output(child):
                yield (
                    language.RunPluginResponse(stdout=chunk)
                    if stream == "stdout"
                    else language.RunPluginResponse(stderr=chunk)
                )
            yield language.RunPluginResponse(exitcode=await child.wait())

    async def InstallDependencies(  # noqa: N802
        self, request: language.InstallDependenciesRequest, context: Context
    ) -> AsyncIterator[Any]:
        root = Path(request.info.root_directory)
        try:
            folder = virtualenv_folder(root, _options(request.info), is_plugin=request.is_plugin)
        except EnvironmentRefusedError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        program = Path(request.info.program_directory)
        for command in install_commands(folder, program, _base_python(), os.environ):
            async with running(command, piped=True) as child:
                async for stream, chunk in output(child):
                    yield language.InstallDependenciesResponse(**{stream: chunk})
                if status := await child.wait():
                    what = " ".join(command.argv)
                    await context.abort(grpc.StatusCode.INTERNAL, f"`{what}` ended with status {status}")

    async def Cancel(self, request: object, context: Context) -> Any:  # noqa: N802, ARG002
        from google.protobuf.empty_pb2 import Empty  # noqa: PLC0415

        for task in list(self._programs):
            task.cancel()
        return Empty()


def handlers(service: LanguageRuntime) -> grpc.GenericRpcHandler[Any, Any]:
    """The service's calls; any other name, the CLI's empty first one among them, is answered UNIMPLEMENTED."""
    from google.protobuf.empty_pb2 import Empty  # noqa: PLC0415

    unary: dict[Any, Any] = {
        service.Handshake: language.LanguageHandshakeRequest,
        service.GetPluginInfo: Empty,
        service.About: language.AboutRequest,
        service.GetRequiredPackages: language.GetRequiredPackagesRequest,
        service.GetProgramDependencies: language.GetProgramDependenciesRequest,
        service.Run: language.RunRequest,
        service.Cancel: Empty,
    }
    streams: dict[Any, Any] = {
        service.RunPlugin: language.RunPluginRequest,
        service.InstallDependencies: language.InstallDependenciesRequest,
    }
    calls: dict[str, Any] = {
        call.__name__: kind(call, request_deserializer=request.FromString, response_serializer=_serialised)
        for kind, table in (
            (grpc.unary_unary_rpc_method_handler, unary),
            (grpc.unary_stream_rpc_method_handler, streams),
        )
        for call, request in table.items()
    }
    return grpc.method_handlers_generic_handler("pulumirpc.LanguageRuntime", calls)


def _serialised(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded


async def _environment(
    info: language.ProgramInfo, context: Context, *, is_plugin: bool = False
) -> PythonEnvironment:
    try:
        return find_environment(Path(info.root_directory), _options(info), is_plugin=is_plugin)
    except EnvironmentRefusedError as error:
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))


def _options(info: language.ProgramInfo) -> Mapping[str, object]:
    return dict(info.options.items())


def _parameterization(given: Parameterization | None) -> Any:
    if given is None:
        return None
    return plugin.PackageParameterization(name=given.name, version=given.version, value=given.value)


def _base_python() -> str:
    """The Python below the host's own environment: a project's environment must not build on the host's."""
    return os.path.realpath(sys.executable)
