"""Standard streams that never fail: whatever becomes of what is written, the writer goes on."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from modeldelivery.terminal import streams
from modeldelivery.terminal.streams import kept, lost


def full():
    return os.open("/dev/full", os.O_WRONLY)


def without_reader():
    read, write = os.pipe()
    os.close(read)
    return write


def closed():
    opened = os.open(os.devnull, os.O_WRONLY)
    os.close(opened)
    return opened


def hung_up():
    """A terminal whose other end is gone."""
    ours, theirs = os.openpty()
    os.close(ours)
    return theirs


@pytest.mark.parametrize("broken", [full, without_reader, closed, hung_up])
@pytest.mark.parametrize("waits", [True, False])
def test_writing_never_fails(broken, waits):
    stream = kept(broken(), waits=waits)

    for _ in range(3):
        print("moving traffic", file=stream, flush=True)
    stream.flush()


@pytest.mark.parametrize(
    ("broken", "why"), [(full, os.strerror(errno.ENOSPC)), (without_reader, None), (hung_up, None)]
)
def test_what_was_lost_is_told_where_someone_may_have_wanted_it(broken, why):
    """A reader that went away wanted no more."""
    stream = kept(broken(), waits=True)
    print("moving traffic", file=stream)

    assert lost(stream) == why


def test_nothing_is_lost_of_a_good_stream(tmp_path):
    with (tmp_path / "out").open("wb") as file:
        stream = kept(file.fileno(), waits=True)
        print("moved", file=stream)
        assert lost(stream) is None
    assert (tmp_path / "out").read_text() == "moved\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_encoding_without_a_character_gets_others(tmp_path, encoding):
    with (tmp_path / "out").open("wb") as file:
        print("v1:100 → v2:100 … é日\udcff", file=kept(file.fileno(), encoding, waits=True))

    assert (tmp_path / "out").read_text(encoding) == {
        "ascii": "v1:100 -> v2:100 ... ???\n",
        "latin-1": "v1:100 -> v2:100 ... é??\n",
        "utf-8": "v1:100 → v2:100 … é日?\n",
    }[encoding]


@pytest.mark.parametrize("blocking", [True, False])
def test_a_reader_that_takes_nothing_holds_nobody_up(blocking):
    """Of a stream that waits for nobody: progress is worth less than the operation."""
    read, write = os.pipe()
    os.set_blocking(write, blocking)
    script = f"""\
        from modeldelivery.terminal.streams import kept
        stream = kept({write}, waits=False)
        for n in range(3000):
            print(f"waiting {{n}} s: endpoint is changing {{'.' * 60}}", file=stream)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], pass_fds=[write], check=True, timeout=120)

    assert os.read(read, 1 << 20).startswith(b"waiting 0 s: ")


def test_a_result_waits_for_a_reader_that_pauses_also_where_writing_does_not_block(monkeypatch):
    """Someone who shares the descriptor made it so."""
    monkeypatch.setattr(streams, "STALLED", 0.01)
    read, write = os.pipe()
    os.set_blocking(write, False)
    result, got = b"event\n" * 100_000, []

    def reads():
        time.sleep(0.2)
        while more := os.read(read, 1 << 20):
            got.append(more)

    reader = threading.Thread(target=reads, daemon=True)
    reader.start()
    stream = kept(write, waits=True)
    print(result.decode(), end="", file=stream, flush=True)
    stream.detach()
    os.close(write)
    reader.join()

    assert b"".join(got) == result


def test_progress_is_shown_again_once_a_terminal_takes_it_again(monkeypatch):
    """A terminal may be ready for some bytes and take none of more."""
    read, write = os.pipe()
    writes, stalls = os.write, [True]

    def stalled(descriptor, sent):
        if descriptor == write and stalls:
            raise BlockingIOError
        return writes(descriptor, sent)

    stream = kept(write, waits=False)
    ready = iter([True, False])
    monkeypatch.setattr(streams.Kept, "_ready", lambda _: next(ready, True))
    monkeypatch.setattr(streams.os, "write", stalled)
    print("waiting 1 s", file=stream, flush=True)
    stalls.clear()
    print("waiting 2 s", file=stream, flush=True)

    assert os.read(read, 100) == b"waiting 2 s\n"


def test_a_slow_reader_gets_all_of_a_result():
    read, write = os.pipe()
    script = f"""\
        from modeldelivery.terminal.streams import kept
        stream = kept({write}, waits=True)
        print("event\\n" * 100_000, end="", file=stream)
    """
    writer = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], pass_fds=[write])
    os.close(write)
    with open(read, "rb") as reader:  # noqa: PTH123 - a descriptor, no path
        assert reader.read() == b"event\n" * 100_000
    assert writer.wait() == 0


PROGRAM = """\
    import os, socket, sys
    from modeldelivery.terminal import streams
    streams.keep()
    opened = socket.socket()
    print("result")
    print("progress", file=sys.stderr)
    sys.exit(7 if opened.fileno() > 2 else 1)
"""


@pytest.mark.parametrize(
    "redirected", ["", ">&-", "2>&-", ">&- 2>&- <&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>&1"]
)
def test_a_programs_status_is_its_own_and_no_connection_gets_a_standard_descriptor(redirected):
    shell = f'"$0" -c "$1" {redirected}'
    ended = subprocess.run(
        ["bash", "-c", shell, sys.executable, textwrap.dedent(PROGRAM)], capture_output=True, check=False
    )

    assert ended.returncode == 7


def test_a_pipe_that_ends_leaves_the_status_to_the_program():
    shell = '"$0" -c "$1" | true; exit ${PIPESTATUS[0]}'
    ended = subprocess.run(
        ["bash", "-c", shell, sys.executable, textwrap.dedent(PROGRAM)],
        capture_output=True,
        check=False,
        text=True,
    )

    assert (ended.returncode, ended.stderr) == (7, "progress\n")


def test_python_itself_takes_no_signal_for_a_pipe_that_ends():
    """What `Kept` counts on: the error comes from the write."""
    assert signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN
    assert streams.Kept(without_reader(), waits=True).write(b"x") == 1
