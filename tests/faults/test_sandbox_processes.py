"""The runner of programs: what they get, what they may use, and that nothing of them is left."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from sandbox.processes.door import socket_inside
from sandbox.processes.isolation import LEVELS
from sandbox.processes.program import Files, Limits, Program
from sandbox.processes.runner import Runner, StartError

pytestmark = pytest.mark.faults

MARK = "RUNNER_TEST"
PYTHON = [sys.executable, "-IS", "-c"]
DEADLINE = 60.0  # seconds for any program here


@pytest.fixture
def runner(tmp_path):
    made = Runner((MARK, str(tmp_path)))
    yield made
    made.close(grace=0.1)


@pytest.fixture
def program(tmp_path):
    """Makes a program: `program("print(1)")` in Python, or `program("sh", "-c", …)`."""

    def make(*words, **more):
        argv = (*PYTHON, *words) if len(words) == 1 else words
        return Program(argv, {"PATH": os.defpath}, tmp_path, tmp_path / "log", **more)

    return make


def ended(running):
    outcome = running.wait(DEADLINE)
    assert outcome is not None, f"{running.program.argv} still runs"
    return outcome


def marked(value):
    """Every process of the machine that carries a runner's mark."""
    processes = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == value and process.status() != psutil.STATUS_ZOMBIE:
                processes.append(process)
        except psutil.Error:
            continue
    return processes


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while not (result := condition()):
        assert time.monotonic() < end, what
        time.sleep(0.02)
    return result


def test_the_environment_is_the_one_given_and_the_mark(runner, program, tmp_path, monkeypatch):
    monkeypatch.setenv("LEAKED", "1")
    monkeypatch.setenv("PYTHONPATH", "/leaked")
    assert ended(runner.start(program("env", "-0"))).status == 0
    shown = dict(entry.split("=", 1) for entry in (tmp_path / "log").read_text().split("\0") if entry)
    assert shown == {"PATH": os.defpath, MARK: str(tmp_path)}


def test_a_program_has_no_open_file_of_the_sandbox(runner, program, tmp_path):
    secret = (tmp_path / "secret").open("w")
    os.set_inheritable(secret.fileno(), True)  # noqa: FBT003
    code = "import os\nfor n in range(64):\n    try: os.fstat(n); print(n)\n    except OSError: pass"
    ended(runner.start(program(code)))
    secret.close()
    assert (tmp_path / "log").read_text().split() == ["0", "1", "2"]


def test_it_runs_in_its_folder(runner, program, tmp_path):
    ended(runner.start(program("pwd", "-P")))
    assert (tmp_path / "log").read_text().strip() == str(tmp_path.resolve())


def test_its_log_holds_every_line_of_it_and_of_what_it_started_even_when_killed(runner, program, tmp_path):
    loop = "i=0; while [ $i -lt 2000 ]; do echo $0 $i; i=$((i+1)); done"
    shell = f"sh -c '{loop}' child & {loop} & wait; echo complaint >&2; kill -KILL $$"
    assert ended(runner.start(program("sh", "-c", shell, "parent"))).status == -signal.SIGKILL
    lines = (tmp_path / "log").read_text().splitlines()
    assert sorted(lines) == sorted(
        [f"{who} {n}" for who in ("child", "parent") for n in range(2000)] + ["complaint"]
    )


def test_a_program_that_is_not_there_is_a_sentence(runner, program):
    with pytest.raises(StartError, match=r"^no-such-program cannot be started: No such file or directory"):
        runner.start(program("no-such-program", "--help"))


def test_a_folder_that_is_not_there_is_a_sentence(runner, tmp_path):
    missing = Program(("true",), {"PATH": os.defpath}, tmp_path / "missing", tmp_path / "log")
    with pytest.raises(StartError, match=r"^true cannot be started: No such file or directory: .*/missing$"):
        runner.start(missing)


def test_how_it_ended_is_told_with_its_last_line(runner, program):
    outcome = ended(runner.start(program("print('one'); print('two'); raise SystemExit(3)")))
    assert str(outcome) == "its process ended with status 3: two"


@pytest.mark.parametrize(
    ("code", "limits", "sentence"),
    [
        ("held = bytearray(300 << 20)\nwhile True: held[::4096] = held[::4096]", {"memory": 100 << 20}, "of memory, and 100 MiB"),
        ("while True: pass", {"cpu_seconds": 1}, "its process used the 1 s of processor time that it may use"),
        ("import time; time.sleep(60)", {"wall_seconds": 0.5}, "its process did not end within its 0.5 s"),
        ("held = [open('/dev/null') for _ in range(99)]", {"open_files": 20}, "its process had all 20 files open"),
        ("import os, time\nfor _ in range(9): os.fork() or time.sleep(60)\ntime.sleep(60)", {"processes": 4}, "processes, and 4 are allowed"),
    ],
)  # fmt: skip
def test_a_limit_that_bites_is_told(runner, program, code, limits, sentence):
    outcome = ended(runner.start(program(code, limits=Limits(**limits))))
    assert outcome.status != 0
    assert sentence in str(outcome)


def test_what_a_child_uses_counts(runner, program):
    child = f"{sys.executable} -IS -c 'held = bytearray(b\"1\") * (300 << 20); import time; time.sleep(60)'"
    running = runner.start(program("sh", "-c", f"{child}; true", limits=Limits(memory=150 << 20)))
    assert "and 150 MiB are allowed" in str(ended(running))


def test_a_program_within_its_limits_ends_well(runner, program):
    limits = Limits(memory=1 << 30, cpu_seconds=60, wall_seconds=60, open_files=64, processes=4)
    assert ended(runner.start(program("print('fine')", limits=limits))).limit is None


def test_it_is_stopped_with_grace(runner, program, tmp_path):
    code = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit(0)))\nprint('on', flush=True)\ntime.sleep(60)"
    running = runner.start(program(code))
    until(lambda: "on" in (tmp_path / "log").read_text(), "started")
    runner.stop([running])
    assert (running.ended().status, (tmp_path / "log").read_text()) == (0, "on\nbye\n")


def test_who_does_not_stop_is_killed_with_all_that_it_started(runner, program, tmp_path):
    running = runner.start(program("sh", "-c", "trap '' TERM; sleep 60 & sleep 60 & echo on; wait"))
    until(lambda: "on" in (tmp_path / "log").read_text(), "started")
    runner.stop([running], grace=0.2)
    assert running.ended().status == -signal.SIGKILL
    until(lambda: not marked(str(tmp_path)), "its children ended")


def test_what_a_program_leaves_behind_ends_with_it(runner, program, tmp_path):
    ended(runner.start(program("sh", "-c", "sleep 60 & exit 0")))
    until(lambda: not marked(str(tmp_path)), "its child ended")


def test_closing_the_runner_ends_who_left_the_group(runner, program, tmp_path):
    away = "setsid sh -c 'echo away; exec sleep 60' &"
    ended(runner.start(program("sh", "-c", f"{away} until grep -q away log; do sleep 0.02; done")))
    assert len(marked(str(tmp_path))) == 1
    runner.close()
    assert marked(str(tmp_path)) == []
    runner.close = lambda grace: None  # noqa: ARG005 - closed already


@pytest.mark.parametrize("own_session", [True, False])
def test_a_killed_parent_leaves_no_process(tmp_path, own_session):
    """Neither the program, nor its children, nor those that made a session or a network of their own."""
    code = f"""
        import os, time
        from pathlib import Path
        from sandbox.processes.program import Program
        from sandbox.processes.runner import Runner
        runner, folder = Runner(({MARK!r}, {str(tmp_path)!r})), Path({str(tmp_path)!r})
        words = ("sh", "-c", "sleep 600 & setsid sleep 600 & sleep 600")
        for number, network in enumerate(("open", "loopback")):
            program = Program(words, {{"PATH": os.defpath}}, folder, folder / str(number), network, folder / f"door{{number}}")
            runner.start(program)
        print("on", flush=True)
        time.sleep(600)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        start_new_session=own_session,
    )
    parent.stdout.readline()
    until(lambda: len(marked(str(tmp_path))) >= 8, "every process runs")
    family = [*psutil.Process(parent.pid).children(recursive=True), *marked(str(tmp_path))]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    gone, left = psutil.wait_procs(family, timeout=DEADLINE)
    assert (left, marked(str(tmp_path))) == ([], [])
    assert len(gone) >= 9  # the keeper is one of them


REACH = """
import socket
for address in [("127.0.0.1", {port}), ("192.0.2.1", 80)]:
    try:
        socket.create_connection(address, 0.5).close()
        print("reached", address[0])
    except OSError as error:
        print(type(error).__name__, error.errno)
own = socket.create_server(("127.0.0.1", 8080))
socket.create_connection(("127.0.0.1", 8080), 1).close()
print("own loopback")
"""


@pytest.mark.parametrize("level", [level for level in LEVELS if level != "none"])
def test_a_program_without_a_network_reaches_its_own_loopback_alone(level, program, tmp_path):
    runner = Runner((MARK, str(tmp_path)), level)
    try:
        with socket.create_server(("127.0.0.1", 0)) as here:
            code = REACH.format(port=here.getsockname()[1])
            running = runner.start(program(code, network="loopback"))
            ended(running)
    finally:
        runner.close()
    output = (tmp_path / "log").read_text().splitlines()
    assert output == ["ConnectionRefusedError 111", "OSError 101", "own loopback"]
    assert running.level == level


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a program to another user")
def test_nobody_stays_at_the_door_of_a_program_that_ended_as_another_user(runner, program, tmp_path):
    root, door = tmp_path / "root", tmp_path / "door"
    for name in ("proc", "dev"):
        (root / name).mkdir(parents=True)
    files = Files(root, user=(65534, 65534))
    with pytest.raises(StartError):
        runner.start(program("/missing", "at all", network="loopback", door=door, files=files))

    def is_closed():
        try:
            socket_inside(door).close()
        except ConnectionError:  # it may close just then
            return True
        return False

    until(is_closed, "the door is open")


def test_the_last_rung_keeps_nothing_apart_and_says_so(program, tmp_path):
    runner = Runner((MARK, str(tmp_path)), "none")
    try:
        with socket.create_server(("127.0.0.1", 0)) as here:
            code = f"import socket; socket.create_connection({here.getsockname()!r}, 5); print('reached')"
            running = runner.start(program(code, network="loopback"))
            ended(running)
    finally:
        runner.close()
    assert (running.level, (tmp_path / "log").read_text()) == ("none", "reached\n")
