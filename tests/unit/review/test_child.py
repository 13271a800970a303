"""Whoever tells a review to end tells its engine, once, and waits until that has ended in order."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modeldelivery.review.child import LOOPBACK, direct_to_itself

ENGINE = """\
#!{python} -I
import pathlib, signal, sys, time
told = pathlib.Path({told!r})

def end(*_):
    with told.open("a") as file:
        file.write("told to end\\n")
    time.sleep(0.5)
    with told.open("a") as file:
        file.write("gave its lock back\\n")
    sys.exit(1)

signal.signal(signal.SIGINT, end)
told.write_text("at work\\n")
print("Updating (prod)", flush=True)
time.sleep(60)
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """What an engine that works until it is told to end writes down."""
    told, program = tmp_path / "told", tmp_path / "pulumi"
    program.write_text(ENGINE.format(python=sys.executable, told=str(told)))
    program.chmod(0o700)
    (tmp_path / "Pulumi.yaml").write_text("name: model-delivery\nruntime: python\n")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return told


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "code",
    [
        "engine.drift('prod', None)",
        "engine.update('prod', pathlib.Path('plan'), pathlib.Path('policies'), None)",
    ],
)
@pytest.mark.parametrize("each", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_engine_is_told_once_and_waited_for(told, code, each):
    script = f"""
import pathlib, sys
from modeldelivery.review import engine
from modeldelivery.terminal import interrupts, program
interrupts.TOGETHER = 60  # however long a busy machine takes between two signals
program.begin()
try:
    {code}
except KeyboardInterrupt:
    sys.exit(130)
"""
    review = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL)
    while not told.exists() or "at work" not in told.read_text():
        assert review.poll() is None
        time.sleep(0.02)

    for _ in range(3):
        review.send_signal(each)

    assert review.wait(timeout=120) == 130
    assert told.read_text().splitlines() == ["at work", "told to end", "gave its lock back"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "code",
    [
        "engine.drift('prod', None)",
        "engine.update('prod', pathlib.Path('plan'), pathlib.Path('policies'), None)",
    ],
)
def test_an_engine_that_is_being_started_when_its_review_is_told_to_end_is_told_too(told, code):
    """It was left behind otherwise, at work for nobody and with its lock."""
    script = f"""
import os, pathlib, signal, subprocess, sys, time
from modeldelivery.review import engine
from modeldelivery.terminal import program
start = subprocess.Popen

def started(*arguments, **options):
    process = start(*arguments, **options)
    while not pathlib.Path({str(told)!r}).exists():
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGTERM)
    return process

subprocess.Popen = started
program.begin()
try:
    {code}
except KeyboardInterrupt:
    sys.exit(130)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.DEVNULL, timeout=120, check=False
    )
    assert ended.returncode == 130
    assert told.read_text().splitlines() == ["at work", "told to end", "gave its lock back"]


@pytest.mark.parametrize(
    ("environ", "upper", "lower"),
    [
        ({}, LOOPBACK, LOOPBACK),
        ({"NO_PROXY": "a.example"}, f"a.example,{LOOPBACK}", f"a.example,{LOOPBACK}"),
        ({"no_proxy": "a.example", "NO_PROXY": ""}, f"a.example,{LOOPBACK}", f"a.example,{LOOPBACK}"),
        (
            {"NO_PROXY": "a.example", "no_proxy": "b.example"},
            f"a.example,{LOOPBACK}",
            f"b.example,{LOOPBACK}",
        ),
    ],
)
def test_what_needs_no_proxy_stays_and_loopback_is_added(environ, upper, lower):
    made = direct_to_itself({"HTTPS_PROXY": "http://proxy.example", **environ})
    assert (made["NO_PROXY"], made["no_proxy"]) == (upper, lower)
    assert made["HTTPS_PROXY"] == "http://proxy.example"


@pytest.fixture
def environments(engine_says, run, tmp_path):
    """What the engine of a preview was started with, and what that of an update."""
    recorded = tmp_path / "environment"
    engine_says("tags-only")
    run("preview", "--env", "prod")
    of_preview = json.loads(recorded.read_text())
    engine_says(text="done", status=0)
    run("deploy", "--env", "prod")
    return [of_preview, json.loads(recorded.read_text())]


def test_the_engine_of_a_preview_and_of_an_update_talks_past_a_proxy(environments):
    assert [LOOPBACK in each["no_proxy"] for each in environments] == [True, True]


def test_what_plugins_leave_in_the_engines_temporary_folder_goes_with_it(environments):
    folders = [Path(each["TMPDIR"]) for each in environments]
    assert folders[0] != folders[1]
    assert [folder.exists() for folder in folders] == [False, False]
