"""Python programs, providers and policy packs under the real CLI: whichever language host set-up put beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
DEADLINE = 180.0  # seconds; each step takes one or two
PYTHON_RUNTIME = f"runtime:\n  name: python\n  options:\n    virtualenv: {json.dumps(sys.prefix)}\n"

SHOWS_CONFIG = """
import pulumi
pulumi.export("greeting", pulumi.Config().require("greeting"))
pulumi.export("where", f"{pulumi.get_project()}/{pulumi.get_stack()}")
"""
# Writes its own process id and its host's, then waits to be ended.
WAITS = """
import os, pathlib, time
pathlib.Path("ids.partial").write_text(f"{os.getpid()} {os.getppid()}")
pathlib.Path("ids.partial").rename("ids")
time.sleep(600)
"""
PROVIDER = """
import os, sys
from pulumi.provider.experimental.provider import CreateResponse, Provider
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import main

class Echo(Provider):
    async def create(self, request):
        word = request.properties["word"].value
        return CreateResponse(resource_id="1", properties={
            "word": PropertyValue(word), "folder": PropertyValue(os.getcwd()), "mark": PropertyValue(os.environ["MARK"]),
            "process": PropertyValue(float(os.getpid())),
        })

    async def delete(self, request):
        pass

main(sys.argv[1:], "0.1.0", Echo())
"""
USES_PROVIDER = """
import pulumi

class Echo(pulumi.CustomResource):
    folder: pulumi.Output[str]
    mark: pulumi.Output[str]
    process: pulumi.Output[float]

    def __init__(self, name, word):
        super().__init__("echo:index:Echo", name, {"word": word, "folder": None, "mark": None, "process": None})

echo = Echo("echo", "hello")
pulumi.export("folder", echo.folder)
pulumi.export("mark", echo.mark)
pulumi.export("process", echo.process)
"""
POLICY_PACK = """
import pulumi
from pulumi_policy import EnforcementLevel, PolicyPack, ReportViolation, StackValidationPolicy

def judge(args, report):
    report(f"{pulumi.get_project()}/{pulumi.get_stack()} greets {pulumi.Config('hello').get('greeting')}")

PolicyPack("pack", policies=[StackValidationPolicy("p", "sees", judge, EnforcementLevel.MANDATORY)])
"""


class Stack:
    """One project with one stack, in folders of its own."""

    def __init__(self, folder):
        self.folder = folder / "project"
        self.folder.mkdir()
        (folder / "state").mkdir()
        self.environment = {
            **os.environ,
            "PATH": f"{CHECKOUT / '.tools' / 'bin'}:{os.environ['PATH']}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "MARK": "from the engine",
        }
        self.write("Pulumi.yaml", f"name: hello\n{PYTHON_RUNTIME}")
        self.run("stack", "init", "dev")
        self.run("config", "set", "greeting", "good morning")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(self, *arguments):
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, *arguments, status=0):
        """Run the CLI to its end, and return what it printed."""
        with self.start(*arguments) as child:
            try:
                printed, _ = child.communicate(timeout=DEADLINE)
            except subprocess.TimeoutExpired:
                child.kill()
                raise
        assert child.returncode == status if status == 0 else child.returncode != 0, printed
        return printed

    def outputs(self):
        return json.loads(self.run("stack", "output", "--json"))

    def waiting_program(self):
        """Process ids of the program WAITS and of its host, once it runs."""
        ids = self.folder / "ids"
        eventually(ids.exists)
        return [int(number) for number in ids.read_text().split()]


def eventually(condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def ended(process):
    """Whether the process is gone, or a zombie that only its parent's wait keeps in the table."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
def stack(tmp_path):
    return Stack(tmp_path)


def test_a_program_comes_up_with_its_config_settles_and_goes(stack):
    stack.write("__main__.py", SHOWS_CONFIG)
    assert "+ 1 to create" in stack.run("preview")
    stack.run("up", "--yes")
    assert stack.outputs() == {"greeting": "good morning", "where": "hello/dev"}
    stack.run("preview", "--expect-no-changes")
    stack.run("up", "--yes", "--expect-no-changes")
    assert "1 deleted" in stack.run("destroy", "--yes")


def test_a_program_in_a_folder_of_its_own_runs_there(stack):
    stack.write("Pulumi.yaml", f"name: hello\nmain: infra/\n{PYTHON_RUNTIME}")
    stack.write(
        "infra/__main__.py", "import os, pulumi\npulumi.export('here', os.path.basename(os.getcwd()))\n"
    )
    stack.run("up", "--yes")
    assert stack.outputs() == {"here": "infra"}


def test_a_raising_program_shows_its_traceback_and_fails(stack):
    stack.write("__main__.py", "def prepare():\n    raise ValueError('no such flight')\n\nprepare()\n")
    printed = stack.run("up", "--yes", status=1)
    assert "in prepare" in printed
    assert "ValueError: no such flight" in printed
    assert "exit code" not in printed  # it was told once


def test_a_program_that_exits_by_itself_fails_with_its_status(stack):
    stack.write("__main__.py", "raise SystemExit(3)\n")
    assert "exit code: 3" in stack.run("up", "--yes", status=1)


def test_what_a_program_prints_is_shown(stack):
    stack.write("__main__.py", "import sys\nprint('to stdout')\nprint('to stderr', file=sys.stderr)\n")
    printed = stack.run("preview")
    assert "to stdout" in printed
    assert "to stderr" in printed


def test_an_interrupt_ends_the_program_without_a_traceback(stack):
    stack.write("__main__.py", WAITS)
    with stack.start("up", "--yes") as child:
        program, host = stack.waiting_program()
        child.send_signal(signal.SIGINT)
        printed, _ = child.communicate(timeout=DEADLINE)
    assert child.returncode != 0
    assert "cancel" in printed
    assert "Traceback" not in printed
    eventually(lambda: ended(program) and ended(host))
    stack.write("__main__.py", SHOWS_CONFIG)
    stack.run("up", "--yes")


def test_a_killed_cli_leaves_no_process_and_a_rerun_converges(stack):
    stack.write("__main__.py", WAITS)
    with stack.start("up", "--yes") as child:
        program, host = stack.waiting_program()
        child.kill()
        child.wait(DEADLINE)
        eventually(lambda: ended(program) and ended(host))
    stack.write("__main__.py", SHOWS_CONFIG)
    stack.run("cancel", "--yes", "dev")
    stack.run("up", "--yes")
    assert stack.outputs()["greeting"] == "good morning"


def test_a_provider_in_python_runs_in_the_projects_folder_with_the_engines_environment(stack):
    stack.write(
        "Pulumi.yaml",
        f"name: hello\n{PYTHON_RUNTIME}plugins:\n  providers:\n    - {{name: echo, path: ./echo}}\n",
    )
    stack.write("echo/PulumiPlugin.yaml", PYTHON_RUNTIME)
    stack.write("echo/__main__.py", PROVIDER)
    stack.write("__main__.py", USES_PROVIDER)
    stack.run("up", "--yes")
    outputs = stack.outputs()
    assert (outputs["folder"], outputs["mark"]) == (str(stack.folder), "from the engine")
    assert ended(int(outputs["process"]))
    stack.run("preview", "--expect-no-changes")
    stack.run("destroy", "--yes")


def test_a_policy_pack_sees_project_stack_and_config_and_refuses(stack):
    stack.write("__main__.py", SHOWS_CONFIG)
    stack.write("pack/PulumiPolicy.yaml", PYTHON_RUNTIME)
    stack.write("pack/__main__.py", POLICY_PACK)
    assert "hello/dev greets good morning" in stack.run("preview", "--policy-pack", "pack", status=1)


def test_a_missing_virtual_environment_is_refused_by_its_path(stack):
    stack.write("Pulumi.yaml", "name: hello\nruntime: {name: python, options: {virtualenv: nowhere}}\n")
    stack.write("__main__.py", SHOWS_CONFIG)
    assert str(stack.folder / "nowhere") in stack.run("preview", status=1)


def test_about_names_the_interpreter_and_the_plugins_that_sdks_need(stack):
    stack.write("__main__.py", SHOWS_CONFIG)
    # Its status tells of the missing plugin, which no test downloads.
    with stack.start("about", "--json") as child:
        printed, _ = child.communicate(timeout=DEADLINE)
    about = json.loads(printed[printed.index("{") :])
    assert about["runtime"]["executable"] == f"{sys.prefix}/bin/python"
    assert any(plugin["name"] == "aws" and plugin["kind"] == "resource" for plugin in about["plugins"])
