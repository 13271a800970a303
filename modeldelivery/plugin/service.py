# ruff: noqa: N802, ARG002 - gRPC names the methods and hands each a context
"""Pulumi's ResourceProvider service over a `Provider`: messages in and out, failures as one sentence."""

import json
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2

from modeldelivery.plugin.engine_log import EngineLog
from modeldelivery.plugin.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2
from modeldelivery.plugin.protocol import (
    Change,
    Checked,
    Diff,
    InitFailedError,
    Provider,
    ProviderError,
    Resource,
)
from modeldelivery.plugin.values import NO_SECRETS, Secrets, ValueRefusedError, decode, encode
from modeldelivery.terminal import text

Request = TypeVar("Request")
Answer = TypeVar("Answer")
Method = Callable[["Service", Request, grpc.ServicerContext], Answer]


def _answering(method: Method[Request, Answer]) -> Method[Request, Answer]:
    """Turn what a provider raises into a gRPC status of one sentence."""

    @wraps(method)
    def answer(self: "Service", request: Request, context: grpc.ServicerContext) -> Answer:
        try:
            return method(self, request, context)
        except InitFailedError as failure:
            _abort_with_state(failure, request, context)
        except (ProviderError, ValueRefusedError) as failure:
            context.abort(grpc.StatusCode.UNKNOWN, text.lines(str(failure)))
        except Exception as failure:  # noqa: BLE001 - the last stop: a sentence for the user, the rest for the debug log
            self.log.debug(traceback.format_exc())
            sentence = " ".join(f"{type(failure).__name__}: {failure}".split())
            context.abort(grpc.StatusCode.UNKNOWN, text.line(sentence))

    return answer


class Service(provider_pb2_grpc.ResourceProviderServicer):
    """One provider's service. Calls it does not define answer UNIMPLEMENTED, among them Parameterize."""

    def __init__(self, provider: Provider, log: EngineLog, version: str) -> None:
        self.provider = provider
        self.log = log
        self.version = version

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        self.log.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.log.attach(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.version)

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.provider.cancelled.set()
        return empty_pb2.Empty()

    @_answering
    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(self.provider.schema()))

    @_answering
    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        news, secrets = decode(request.news)
        return _checked(self.provider.check_config(news), secrets)

    @_answering
    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        (olds, _), (news, _) = decode(request.old_inputs), decode(request.news)
        keys = (olds.keys() | news.keys()) - {"version"}
        return _diff(Diff({key: Change.UPDATE for key in sorted(keys) if olds.get(key) != news.get(key)}))

    @_answering
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        self.provider.configure(decode(request.args)[0])
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_answering
    def Check(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        (olds, _), (news, secrets) = decode(request.olds), decode(request.news)
        return _checked(self.provider.check(_resource(request), olds, news, request.randomSeed), secrets)

    @_answering
    def Diff(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        return _diff(
            self.provider.diff(
                _resource(request),
                request.id,
                old_inputs=decode(request.old_inputs)[0],
                old_outputs=decode(request.olds)[0],
                news=decode(request.news)[0],
                ignore_changes=tuple(request.ignoreChanges),
            )
        )

    @_answering
    def Create(
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        inputs, secrets = decode(request.properties)
        created = self.provider.create(
            _resource(request), inputs, timeout=request.timeout, preview=request.preview
        )
        return provider_pb2.CreateResponse(id=created.id, properties=encode(created.outputs, secrets))

    @_answering
    def Read(
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        (outputs, of_outputs), (inputs, of_inputs) = decode(request.properties), decode(request.inputs)
        state = self.provider.read(_resource(request), request.id, inputs, outputs)
        if state is None:
            return provider_pb2.ReadResponse()
        secrets = of_outputs | of_inputs
        return provider_pb2.ReadResponse(
            id=state.id, properties=encode(state.outputs, secrets), inputs=encode(state.inputs, secrets)
        )

    @_answering
    def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        news, secrets = decode(request.news)
        outputs = self.provider.update(
            _resource(request),
            request.id,
            old_inputs=decode(request.old_inputs)[0],
            old_outputs=decode(request.olds)[0],
            news=news,
            timeout=request.timeout,
            preview=request.preview,
        )
        return provider_pb2.UpdateResponse(properties=encode(outputs, secrets))

    @_answering
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.provider.delete(
            _resource(request),
            request.id,
            decode(request.old_inputs)[0],
            decode(request.properties)[0],
            timeout=request.timeout,
        )
        return empty_pb2.Empty()

    @_answering
    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        args, secrets = decode(request.args)
        answer = self.provider.invoke(request.tok, args, preview=request.preview)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(
            encode(answer, secrets)
        )  # a field whose name Python keeps for itself
        return response


def _resource(
    request: provider_pb2.CheckRequest
    | provider_pb2.DiffRequest
    | provider_pb2.CreateRequest
    | provider_pb2.ReadRequest
    | provider_pb2.UpdateRequest
    | provider_pb2.DeleteRequest,
) -> Resource:
    return Resource(urn=request.urn, type=request.type, name=request.name)


def _checked(checked: Checked, secrets: Secrets) -> provider_pb2.CheckResponse:
    return provider_pb2.CheckResponse(
        inputs=encode(checked.inputs, secrets),
        failures=[
            provider_pb2.CheckFailure(property=failure.property, reason=text.lines(failure.reason))
            for failure in checked.failures
        ],
    )


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _diff(diff: Diff) -> provider_pb2.DiffResponse:
    changes = diff.changes
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({_top(path) for path in changes}),
        replaces=sorted({_top(path) for path, change in changes.items() if change.replaces}),
        detailedDiff={
            path: provider_pb2.PropertyDiff(
                kind=provider_pb2.PropertyDiff.Kind.Value(change.name), inputDiff=not diff.against_outputs
            )
            for path, change in changes.items()
        },
        hasDetailedDiff=bool(changes),
        deleteBeforeReplace=diff.delete_before_replace,
    )


def _abort_with_state(failure: InitFailedError, request: Any, context: grpc.ServicerContext) -> NoReturn:
    """Fail the call so that the engine stores the resource with its errors."""
    secrets = NO_SECRETS
    for properties in ("properties", "inputs", "news"):
        sent = getattr(request, properties, None)
        if isinstance(sent, struct_pb2.Struct):
            secrets |= decode(sent)[1]
    details = any_pb2.Any()
    details.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=failure.id,
            properties=encode(failure.outputs, secrets),
            inputs=encode(failure.inputs, secrets),
            reasons=[text.lines(reason) for reason in failure.reasons],
        )
    )
    code, message = grpc.StatusCode.UNKNOWN, text.lines(str(failure))
    status = status_pb2.Status(code=code.value[0], message=message, details=[details])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)
