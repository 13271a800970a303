import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2

from modeldelivery.plugin.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc
from modeldelivery.plugin.values import encode

DEADLINE = 120  # seconds: a process takes many of them to start on a busy machine

PLUGIN = """
from modeldelivery.plugin.process import serve
from modeldelivery.plugin.protocol import Checked, Provider

class Talker(Provider):
    def configure(self, config): ...
    def check(self, resource, olds, news, random_seed):
        self.log.warning("look here", resource.urn)
        self.log.status("working", resource.urn)
        raise ZeroDivisionError("surprise")
    def diff(self, *a, **k): ...
    def create(self, *a, **k): ...
    def read(self, *a, **k): ...
    def update(self, *a, **k): ...
    def delete(self, *a, **k): ...
    def invoke(self, *a, **k): ...

serve(Talker, "1.0.0")
"""


class Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.logged: list[engine_pb2.LogRequest] = []

    def Log(self, request, context):  # noqa: ARG002, N802 - gRPC's names
        self.logged.append(request)
        return empty_pb2.Empty()


@pytest.fixture
def engine():
    service = Engine()
    server = grpc.server(ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield service, f"127.0.0.1:{port}"
    server.stop(None).wait(DEADLINE)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "plugin.py"
    path.write_text(PLUGIN)
    return path


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + DEADLINE
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_the_first_line_is_the_port_and_messages_reach_the_engine(engine, script):
    service, address = engine
    with subprocess.Popen([sys.executable, script, address], stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            with pytest.raises(grpc.RpcError):
                stub.Check(provider_pb2.CheckRequest(urn="urn:x", news=encode({})), timeout=DEADLINE)
        process.terminate()
        assert process.wait(DEADLINE) == 0
    assert [(log.severity, log.urn, log.ephemeral) for log in service.logged] == [
        (engine_pb2.WARNING, "urn:x", False),
        (engine_pb2.INFO, "urn:x", True),
        (engine_pb2.DEBUG, "", False),
    ]
    assert "Traceback" in service.logged[2].message


def test_the_plugin_ends_when_the_engine_is_killed(script):
    engine = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); p.wait()"
    with subprocess.Popen(
        [sys.executable, "-c", engine, sys.executable, script, "127.0.0.1:9"],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        plugin = int(parent.stdout.readline())
        int(parent.stdout.readline())  # the port: it serves
        parent.kill()
        assert wait_until_gone(plugin)


def test_a_plugin_whose_engine_was_killed_while_it_started_ends(script):
    reads, writes = os.pipe()
    os.close(
        reads
    )  # as an engine's end is that was killed; whose child the plugin became is its parent when it looks
    with subprocess.Popen([sys.executable, script, "127.0.0.1:9"], stdout=writes) as process:
        os.close(writes)
        assert process.wait(DEADLINE) == 0


def test_the_messages_come_without_the_sdk_and_the_sdk_comes_after_them():
    check = (
        "import sys; from modeldelivery.plugin import proto as ours; assert 'pulumi.output' not in sys.modules and 'pulumi' not in sys.modules;"
        "import pulumi; from pulumi.runtime import proto; assert pulumi.Output;"
        "assert proto.provider_pb2 is ours.provider_pb2"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=DEADLINE)
