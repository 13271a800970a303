# ruff: noqa: ARG002 - the provider under test takes what its protocol hands it
import json
import threading

import grpc
import pytest
from google.protobuf import empty_pb2

from modeldelivery.plugin.engine_log import EngineLog
from modeldelivery.plugin.process import start
from modeldelivery.plugin.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2
from modeldelivery.plugin.protocol import (
    Change,
    Checked,
    Created,
    Diff,
    Failure,
    Found,
    InitFailedError,
    Provider,
    ProviderError,
)
from modeldelivery.plugin.values import UNKNOWN, decode, encode
from tests.unit.terminal.hostile import visible

DEADLINE = 120


class Shelf(Provider):
    """Keeps what it is given; some names make it misbehave."""

    def __init__(self, log) -> None:
        super().__init__(log)
        self.config: dict = {}
        self.kept: dict = {}
        self.calls: list = []

    def schema(self):
        return {"name": "shelf"}

    def configure(self, config):
        self.config = config

    def check(self, resource, olds, news, random_seed):
        self.calls.append((resource, olds, random_seed))
        if "cover" in news:
            return Checked(news, [Failure("cover", f"it says {news['cover']}")])
        if "title" not in news:
            return Checked({}, [Failure("title", "title is required")])
        return Checked({"pages": olds.get("pages", 100), **news})

    def diff(self, resource, id_, *, old_inputs, old_outputs, news, ignore_changes):
        changes = {}
        for key in sorted(news.keys() - set(ignore_changes)):
            if old_inputs.get(key) != news[key]:
                changes[f"{key}.part" if key == "cover" else key] = (
                    Change.UPDATE_REPLACE if key == "title" else Change.UPDATE
                )
        return Diff(changes, delete_before_replace="title" in changes)

    def create(self, resource, inputs, *, timeout, preview):
        if preview:
            return Created("", {**inputs, "isbn": UNKNOWN})
        if hostile := inputs.get("hostile"):
            raise {
                "refused": ProviderError(hostile),
                "half": InitFailedError("7", outputs={}, inputs={}, reasons=[hostile]),
                "broken": ZeroDivisionError(hostile),
            }[inputs["title"]]
        if inputs["title"] == "refused":
            raise ProviderError("the shelf takes no such title: type another")
        if inputs["title"] == "half":
            raise InitFailedError("7", outputs={"isbn": "7"}, inputs=inputs, reasons=["half of it is here"])
        if inputs["title"] == "broken":
            raise ZeroDivisionError("over\nlines")
        if inputs["title"] == "slow" and not self.cancelled.wait(DEADLINE):
            raise AssertionError("nobody cancelled")
        self.kept["7"] = inputs
        return Created("7", {**inputs, "isbn": "7", "timeout": timeout})

    def read(self, resource, id_, inputs, outputs):
        return Found(id_, self.kept[id_], self.kept[id_]) if id_ in self.kept else None

    def update(self, resource, id_, *, old_inputs, old_outputs, news, timeout, preview):
        self.kept[id_] = news
        return {**old_outputs, **news}

    def delete(self, resource, id_, inputs, outputs, *, timeout):
        self.kept.pop(id_, None)

    def invoke(self, token, args, *, preview):
        return {"token": token, "args": args}


class Recorder(EngineLog):
    def __init__(self) -> None:
        super().__init__()
        self.debugged: list[str] = []

    def debug(self, message, urn=""):
        self.debugged.append(message)


@pytest.fixture
def log():
    return Recorder()


@pytest.fixture
def shelf(log):
    return Shelf(log)


@pytest.fixture
def stub(shelf, log):
    server, port = start(shelf, log, "1.2.3")
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop(None).wait(DEADLINE)


def create(stub, **inputs):
    return stub.Create(
        provider_pb2.CreateRequest(
            urn="urn", type="shelf:index:Book", name="book", properties=encode(inputs)
        ),
        timeout=DEADLINE,
    )


def test_the_engine_learns_what_the_plugin_takes(stub):
    handshake = stub.Handshake(provider_pb2.ProviderHandshakeRequest())
    assert (handshake.accept_secrets, handshake.accept_outputs, handshake.accept_resources) == (
        True,
        False,
        False,
    )
    configured = stub.Configure(provider_pb2.ConfigureRequest(args=encode({})))
    assert (configured.acceptSecrets, configured.supportsPreview) == (True, True)


def test_the_plugin_says_its_version_and_schema(stub):
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
    assert json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest()).schema) == {"name": "shelf"}


def test_config_reaches_the_provider(stub, shelf):
    stub.Configure(provider_pb2.ConfigureRequest(args=encode({"region": "eu-west-1"})))
    assert shelf.config == {"region": "eu-west-1"}


def test_check_completes_inputs_and_knows_its_resource(stub, shelf):
    request = provider_pb2.CheckRequest(
        urn="urn",
        type="shelf:index:Book",
        name="book",
        olds=encode({"pages": 7}),
        news=encode({"title": "A"}),
        randomSeed=b"seed",
    )
    answer = stub.Check(request)
    assert decode(answer.inputs)[0] == {"pages": 7, "title": "A"}
    resource, olds, seed = shelf.calls[0]
    assert (resource.urn, resource.type, resource.name) == ("urn", "shelf:index:Book", "book")
    assert (olds, seed) == ({"pages": 7}, b"seed")


def test_check_names_the_property_that_fails(stub):
    answer = stub.Check(provider_pb2.CheckRequest(news=encode({})))
    assert [(failure.property, failure.reason) for failure in answer.failures] == [
        ("title", "title is required")
    ]


def diff(stub, old, new, ignore=()):
    return stub.Diff(
        provider_pb2.DiffRequest(id="7", old_inputs=encode(old), news=encode(new), ignoreChanges=ignore)
    )


def test_nothing_changed_is_no_change(stub):
    answer = diff(stub, {"title": "A"}, {"title": "A"})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert not answer.replaces


def test_a_change_inside_a_property_names_property_and_path(stub):
    answer = diff(stub, {"cover": {"part": 1}}, {"cover": {"part": 2}})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.diffs) == ["cover"]
    assert answer.detailedDiff["cover.part"].kind == provider_pb2.PropertyDiff.UPDATE
    assert not answer.replaces
    assert not answer.deleteBeforeReplace


def test_a_replacing_change_replaces(stub):
    answer = diff(stub, {"title": "A"}, {"title": "B"})
    assert list(answer.replaces) == ["title"]
    assert answer.detailedDiff["title"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    assert answer.deleteBeforeReplace


def test_ignored_changes_reach_the_provider(stub):
    answer = diff(stub, {"title": "A"}, {"title": "B"}, ["title"])
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_preview_may_answer_unknown(stub):
    request = provider_pb2.CreateRequest(properties=encode({"title": "A"}), preview=True)
    assert decode(stub.Create(request).properties)[0] == {"title": "A", "isbn": UNKNOWN}


def test_a_resource_lives_from_create_to_delete(stub):
    created = create(stub, title="A")
    assert created.id == "7"
    read = stub.Read(provider_pb2.ReadRequest(id="7"))
    assert (read.id, decode(read.inputs)[0]) == ("7", {"title": "A"})
    updated = stub.Update(
        provider_pb2.UpdateRequest(id="7", olds=created.properties, news=encode({"title": "B"}))
    )
    assert decode(updated.properties)[0] == {"title": "B", "isbn": "7", "timeout": 0}
    stub.Delete(provider_pb2.DeleteRequest(id="7"))
    assert not stub.Read(provider_pb2.ReadRequest(id="7")).id


def test_a_function_is_called(stub):
    answer = stub.Invoke(provider_pb2.InvokeRequest(tok="shelf:index:find", args=encode({"title": "A"})))
    assert decode(getattr(answer, "return"))[0] == {"token": "shelf:index:find", "args": {"title": "A"}}


def test_a_refusal_is_its_sentence_alone(stub, log):
    with pytest.raises(grpc.RpcError) as failed:
        create(stub, title="refused")
    assert failed.value.details() == "the shelf takes no such title: type another"
    assert log.debugged == []


def test_a_surprise_is_one_line_and_its_traceback_goes_to_the_debug_log(stub, log):
    with pytest.raises(grpc.RpcError) as failed:
        create(stub, title="broken")
    assert failed.value.details() == "ZeroDivisionError: over lines"
    assert "Traceback" in log.debugged[0]


def test_a_resource_that_is_not_right_is_kept_with_its_reasons(stub):
    with pytest.raises(grpc.RpcError) as failed:
        create(stub, title="half")
    trailing = dict(failed.value.trailing_metadata())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    kept = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(kept)
    assert (kept.id, list(kept.reasons)) == ("7", ["half of it is here"])
    assert decode(kept.properties)[0] == {"isbn": "7"}
    assert decode(kept.inputs)[0] == {"title": "half"}


def test_cancel_is_answered_while_a_call_blocks(stub):
    slow = threading.Thread(target=create, args=(stub,), kwargs={"title": "slow"})
    slow.start()
    stub.Cancel(empty_pb2.Empty(), timeout=DEADLINE)
    slow.join(DEADLINE)
    assert not slow.is_alive()


def test_a_changed_provider_config_is_a_change(stub):
    request = provider_pb2.DiffRequest(
        old_inputs=encode({"region": "eu-west-1", "version": "1"}),
        news=encode({"region": "us-east-1", "version": "2"}),
    )
    assert list(stub.DiffConfig(request).diffs) == ["region"]


def test_what_the_plugin_does_not_do_is_unimplemented(stub):
    with pytest.raises(grpc.RpcError) as failed:
        stub.Parameterize(provider_pb2.ParameterizeRequest())
    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_an_attached_engine_takes_the_messages(stub, log):
    stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:9"))
    assert log._address == "127.0.0.1:9"


# What SageMaker, an operator or a tag says, as it would come out of a provider.
SAID = "no capacity\x1b[2J\x07\u202e\x9b31m left"


@pytest.mark.parametrize("title", ["refused", "half", "broken"])
def test_no_control_character_of_anyone_reaches_the_engine_in_a_failure(stub, title):
    with pytest.raises(grpc.RpcError) as failed:
        create(stub, title=title, hostile=SAID)

    assert "no capacity" in failed.value.details()
    assert visible(failed.value.details(), but=" \n")
    for key, value in failed.value.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            reasons = provider_pb2.ErrorResourceInitFailed.FromString(status.details[0].value).reasons
            assert visible(status.message, but=" \n")
            assert all(visible(reason, but=" \n") for reason in reasons)


def test_nor_in_what_is_wrong_with_an_input(stub):
    answer = stub.Check(provider_pb2.CheckRequest(news=encode({"cover": SAID})))

    assert visible(answer.failures[0].reason, but=" \n")


@pytest.mark.parametrize("level", ["debug", "info", "warning", "status"])
def test_nor_in_a_message(monkeypatch, capsys, level):
    sent = []

    class Engine:
        def Log(self, request, timeout):  # noqa: N802 - gRPC's name
            sent.append(request.message)

    attached, alone = EngineLog("127.0.0.1:1"), EngineLog()
    monkeypatch.setattr(attached, "_connected", Engine)
    getattr(attached, level)(SAID)
    getattr(alone, level)(SAID)

    assert "no capacity" in sent[0]
    assert visible(sent[0], but=" \n")
    assert visible(capsys.readouterr().err, but=" \n")
