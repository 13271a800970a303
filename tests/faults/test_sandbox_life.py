"""Nothing that the sandbox started outlives it, however it ends."""

import dataclasses
import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

pytestmark = pytest.mark.faults


def family(sandbox):
    daemon = psutil.Process(sandbox.daemon["pid"])
    return [daemon, *daemon.children(recursive=True)]


def gone(processes, deadline=300):
    end = time.monotonic() + deadline
    while any(alive(process) for process in processes):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def alive(process):
    try:
        # In a container without an init the dead daemon stays a zombie.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def serve_something(hosting):
    hosting.model("one")
    hosting.config("c", {"one": 1})
    hosting.endpoint("e", "c")


def test_a_second_up_changes_nothing(own_sandbox):
    before = own_sandbox.daemon
    own_sandbox.run("up")
    assert own_sandbox.daemon == before


def test_two_ups_at_once_start_one_sandbox(no_sandbox):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: no_sandbox.run("up"), range(2)))
    running = [p for p in psutil.process_iter() if _is_daemon_of(p, no_sandbox.home)]
    no_sandbox.run("down")
    assert len(running) == 1


def test_down_ends_every_process(own_hosting):
    serve_something(own_hosting)
    processes = family(own_hosting.sandbox)
    words = ("sandbox.serve", "sandbox.dataplane", "keeper.py", "serve.py")
    assert [[word for word in words if word in " ".join(p.cmdline())] for p in processes] == [
        ["sandbox.serve"],
        ["keeper.py"],
        ["sandbox.dataplane"],
        ["serve.py"],
    ]
    own_hosting.sandbox.run("down")
    assert gone(processes, 20)  # what it ended may still be waited for


def test_model_servers_die_with_a_killed_daemon(own_hosting):
    serve_something(own_hosting)
    processes = family(own_hosting.sandbox)
    os.kill(own_hosting.sandbox.daemon["pid"], signal.SIGKILL)
    assert gone(processes)


def test_down_never_ends_a_process_with_a_recycled_pid(own_sandbox):
    record = own_sandbox.daemon
    os.kill(record["pid"], signal.SIGKILL)
    assert gone([psutil.Process(p) for p in [record["pid"]] if psutil.pid_exists(p)])
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as innocent:
        path = own_sandbox.home / "daemon.json"
        path.write_text(json.dumps({**record, "pid": innocent.pid}))
        own_sandbox.run("down")
        alive = innocent.poll() is None
        innocent.kill()
    assert alive


def test_up_after_a_kill_serves_again_on_the_same_ports(own_sandbox):
    before = own_sandbox.daemon
    os.kill(before["pid"], signal.SIGKILL)
    own_sandbox.run("up")
    after = own_sandbox.daemon
    assert (after["control"], after["runtime"]) == (before["control"], before["runtime"])
    assert after["incarnation"] != before["incarnation"]


def test_an_endpoint_can_be_made_again_after_a_kill(own_hosting, hosting_again):
    serve_something(own_hosting)
    os.kill(own_hosting.sandbox.daemon["pid"], signal.SIGKILL)
    own_hosting.sandbox.run("up")
    again = hosting_again(own_hosting.sandbox)
    serve_something(again)
    assert again.invoke("e")[0] == "one"


def test_a_data_plane_that_dies_comes_back_with_its_routes(own_hosting):
    serve_something(own_hosting)
    daemon = psutil.Process(own_hosting.sandbox.daemon["pid"])
    plane = next(p for p in daemon.children() if "sandbox.dataplane" in p.cmdline())
    plane.kill()
    end = time.monotonic() + 60
    while (variant := answering(own_hosting)) is None and time.monotonic() < end:
        time.sleep(0.05)
    assert variant == "one"


def test_purge_removes_the_folder(own_sandbox):
    own_sandbox.run("down", "--purge")
    assert not own_sandbox.home.exists()


def test_status_without_a_sandbox_says_what_to_type(no_sandbox):
    completed = no_sandbox.run("status", check=False)
    assert (completed.returncode, completed.stderr) == (
        1,
        "sandbox: it does not run: `sandbox up` starts it\n",
    )


def test_a_bad_delay_is_refused_with_what_is_allowed(no_sandbox):
    wrong = dataclasses.replace(no_sandbox, delays="wait=3")
    assert "'wait=3' is not one of weights=LOW:HIGH" in wrong.run("up", check=False).stderr


def test_the_environment_can_be_evaluated_by_a_shell(no_sandbox):
    printed = no_sandbox.run("env").stdout
    script = (
        f'{printed}\nprintf %s "$AWS_CONFIG_FILE|$PULUMI_CONFIG_PASSPHRASE|$PULUMI_IGNORE_AMBIENT_PLUGINS"'
    )
    completed = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, env={}
    ).stdout
    assert completed == f"{no_sandbox.home}/aws/config||true"


def answering(hosting):
    """The variant that answers; none while the data plane's port is closed."""
    try:
        return hosting.invoke("e")[0]
    except (EndpointConnectionError, ConnectionClosedError):
        return None


def _is_daemon_of(process, home):
    try:
        return "sandbox.serve" in process.cmdline() and process.environ().get("SANDBOX_HOME") == str(home)
    except psutil.Error:
        return False
