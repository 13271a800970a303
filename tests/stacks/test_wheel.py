"""The wheel: what is in it, what it asks for, and that it works where there is nothing else of this project."""

import json
import os
import signal
import stat
import subprocess
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import CHECKOUT
from tests.stacks.endpoint import V2, LiveEndpoint
from tests.stacks.stack import Stack
from tests.stacks.wheel import build, install, pins

pytestmark = pytest.mark.stacks

PLUGIN = "modeldelivery/provider/pulumi-resource-modeldelivery"
# What `modelctl` works without, this project's other rooms first.
ABSENT = (
    *("benchmarks", "components", "infra", "pipelines", "sandbox", "tests", "tools"),
    *("grpc", "moto", "pulumi", "pulumi_aws", "pulumi_policy", "github", "gitlab", "pip", "setuptools"),
)
EXTRAS = {"provider", "review", "policy"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def alone(wheel, tmp_path_factory):
    """An environment that holds the wheel, what its base asks for by the hashed list, and nothing else."""
    return install(
        tmp_path_factory.mktemp("alone"),
        ("--no-deps", "--require-hashes", "-r", "requirements/modelctl.txt"),
        ("--no-deps", "--no-index", wheel),
    )


@pytest.fixture(scope="module")
def whole(wheel, tmp_path_factory):
    """An environment that holds the wheel with all extras, resolved from its own metadata."""
    folder = tmp_path_factory.mktemp("whole")
    return install(folder, ("-c", pins(folder), f"{wheel}[{','.join(sorted(EXTRAS))}]"))


@pytest.fixture(scope="module")
def endpoint(hosting):
    return LiveEndpoint(hosting, "wheel")


def required(part):
    lines = (CHECKOUT / "requirements" / f"{part}.in").read_text().splitlines()
    return {str(Requirement(line)) for line in lines if line and not line.startswith("#")}


def sources():
    """Files of the product that Git has, or would have with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "modeldelivery"],
        cwd=CHECKOUT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    return {name for name in listed if (CHECKOUT / name).exists()}


def test_it_holds_the_product_alone_and_all_of_it(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == sources()
    assert held >= {
        *("modeldelivery/py.typed", "modeldelivery/review/prices.toml", PLUGIN),
        "modeldelivery/policy/PulumiPolicy.yaml",
        *(f"modeldelivery/policy/exceptions/{name}.toml" for name in ("container-metrics", "image-login")),
    }


def test_its_plugin_can_be_started_and_nothing_else_is_a_program(wheel):
    modes = {entry.filename: entry.external_attr >> 16 for entry in zipfile.ZipFile(wheel).infolist()}
    assert [name for name, mode in modes.items() if mode & stat.S_IXUSR] == [PLUGIN]


def test_it_asks_for_what_modelctl_needs_and_each_extra_for_what_its_room_needs(wheel):
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = Parser().parsestr(archive.read(name).decode())
    requirements = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    base = {str(each) for each in requirements if each.marker is None}
    extras = {
        extra: {
            str(each).partition(";")[0].strip()
            for each in requirements
            if each.marker is not None and each.marker.evaluate({"extra": extra})
        }
        for extra in metadata.get_all("Provides-Extra")
    }
    assert base == required("modelctl")
    assert extras == {extra: required(extra) for extra in EXTRAS}
    assert not {Requirement(each).name for each in base} & {"pulumi", "pulumi-aws", "grpcio", "moto"}


def test_where_it_is_installed_alone_there_is_nothing_else_of_this_project_and_no_pulumi(alone, tmp_path):
    code = (
        "import json; from importlib.metadata import distributions; from importlib.util import find_spec; "
        "import modeldelivery; print(json.dumps(["
        f"[name for name in {ABSENT!r} if find_spec(name)], "
        "[each.name for each in distributions()], modeldelivery.__file__]))"
    )
    shown = alone.run("python", "-c", code, folder=tmp_path)
    result, installed, package = json.loads(shown.stdout)
    listed = (CHECKOUT / "requirements" / "modelctl.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in listed if "==" in line}
    assert result == []
    assert {canonicalize_name(name) for name in installed} == {*pinned, "model-delivery"}
    assert Path(package).is_relative_to(alone.packages)


def test_modelctl_says_its_version_and_its_commands_there(alone, wheel, tmp_path):
    version = alone.run("modelctl", "--version", folder=tmp_path)
    shown = alone.run("modelctl", "--help", folder=tmp_path)
    assert (version.stdout, version.stderr) == (f"modelctl {wheel.name.split('-')[1]}\n", "")
    assert shown.returncode == 0, shown.stderr
    assert "rollback" in shown.stdout


def test_every_module_that_modelctl_may_load_loads_there(alone, tmp_path):
    code = (
        "import importlib, pkgutil, modeldelivery.release, modeldelivery.terminal\n"
        "for room in (modeldelivery.release, modeldelivery.terminal):\n"
        "    for found in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "        found.name.endswith('__main__') or importlib.import_module(found.name)\n"
    )
    shown = alone.run("python", "-c", code, folder=tmp_path)
    assert shown.returncode == 0, shown.stderr


def test_a_rollback_from_there_moves_traffic_and_rejects(alone, endpoint, tmp_path):
    endpoint.start()

    ended = alone.run(
        "modelctl", "rollback", "--env", "staging", "--model", endpoint.place.model, "--reason", "errors doubled",
        folder=tmp_path, env=endpoint.sandbox.env,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "rolled back to v1.0.0\n"
    assert endpoint.weights == {"v1-0-0": 100, "v2-0-0": 0}
    assert [(each.version, each.reason) for each in endpoint.journal.rejections] == [(V2, "errors doubled")]


def test_a_review_from_an_installed_wheel_is_judged_by_the_wheels_policies(
    whole, sandbox, tmp_path_factory, tmp_path
):
    """Of the project above the working directory, with the real engine; a preview that no pack judged is refused."""
    stack = Stack("staging", sandbox, tmp_path_factory.mktemp("staging"))
    stack.no_release()
    left = tmp_path / "review"

    shown = whole.run(
        "python", "-m", "modeldelivery.review", "--folder", left, "preview", "--env", "staging", "--json",
        "--config-file", stack.file, folder=CHECKOUT / "docs", env=stack.env,
    )  # fmt: skip

    assert shown.returncode == 0, shown.stdout + shown.stderr
    change = json.loads(shown.stdout)["change"]
    assert (change["environment"], change["errors"]) == ("staging", [])
    description = yaml.safe_load((left / "policies-staging" / "PulumiPolicy.yaml").read_text())
    assert description["runtime"]["options"]["virtualenv"] == str(whole.folder)


def test_a_review_where_the_policies_cannot_run_says_what_to_install(alone, sandbox, tmp_path):
    shown = alone.run(
        "python", "-m", "modeldelivery.review", "--folder", tmp_path, "preview", "--env", "staging",
        folder=CHECKOUT / "docs", env=sandbox.env,
    )  # fmt: skip
    assert shown.returncode == 1
    assert "install `model-delivery[policy]` in it" in shown.stderr


def test_a_review_outside_of_any_project_says_so(whole, sandbox, tmp_path):
    shown = whole.run(
        "python",
        "-m",
        "modeldelivery.review",
        "preview",
        "--env",
        "staging",
        folder=tmp_path,
        env=sandbox.env,
    )
    assert shown.returncode == 1
    assert f"there is no Pulumi.yaml in {tmp_path} or above it" in shown.stderr


def test_the_plugin_of_an_installed_wheel_runs_in_the_wheels_environment(whole, tmp_path):
    """The engine starts it by its path alone, with whatever Python is first on PATH."""
    with subprocess.Popen(
        [str(whole.packages / PLUGIN), "127.0.0.1:9"],
        cwd=tmp_path, env={"PATH": os.defpath}, stdout=subprocess.PIPE, text=True,
    ) as plugin:  # fmt: skip
        port = plugin.stdout.readline()
        runs = Path(f"/proc/{plugin.pid}/cmdline").read_bytes().split(b"\0")[0].decode()
        plugin.send_signal(signal.SIGTERM)
        plugin.wait(300)
    assert int(port) > 0
    assert Path(runs).resolve().name.startswith("python3")
    assert Path(os.path.normpath(runs)) == whole.folder / "bin" / "python"
