"""Structs that are first read by several threads at once."""

import subprocess
import sys

import msgspec
import pytest

from modeldelivery.terminal import structs
from tests.conftest import CHECKOUT

# Without `prepare` msgspec ends the process within some of these rounds. Threads change as often as they can.
PROGRAM = """
import sys, threading, types
import msgspec
from modeldelivery.terminal import structs

SOURCE = '''
import msgspec
class Leaf(msgspec.Struct):
    name: str
class Middle(msgspec.Struct):
    leaves: list[Leaf]
class Top(msgspec.Struct):
    middles: list[Middle]
    other: Leaf
'''
DATA = {"middles": [{"leaves": [{"name": "a"}]}], "other": {"name": "b"}}
sys.setswitchinterval(1e-6)
for number in range(200):
    module = types.ModuleType(f"module_{number}")
    sys.modules[module.__name__] = module
    exec(SOURCE, module.__dict__)
    structs.prepare()
    begin = threading.Barrier(6)
    def read():
        begin.wait()
        msgspec.convert(DATA, module.Top)
    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_threads_that_read_a_kind_of_struct_for_the_first_time_at_once_end_no_process():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_struct_that_nobody_can_read_is_left_alone():
    class Ports(msgspec.Struct):
        client: "NobodyImportsThis"  # noqa: F821 - as under TYPE_CHECKING

    class Read(msgspec.Struct):
        name: str

    structs.prepare()
    assert msgspec.convert({"name": "a"}, Read) == Read("a")
    with pytest.raises(NameError):
        msgspec.convert({"client": 1}, Ports)
