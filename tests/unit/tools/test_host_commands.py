"""The pure parts of the language host: requests in, command lines, variables and answers out."""

import json
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from tools.language_host.commands import (
    Host,
    Program,
    install_commands,
    plugin_command,
    program_command,
    run_outcome,
)
from tools.language_host.environment import (
    EnvironmentRefusedError,
    PythonEnvironment,
    dependencies,
    find_environment,
    virtualenv_folder,
)
from tools.language_host.packages import Parameterization, RequiredPackage, required_packages
from tools.language_host.policy_pack import stack_variables

ROOT = Path("/project")
AMBIENT = PythonEnvironment(interpreter=Path("/usr/bin/python3"), virtualenv=None)
VIRTUAL = PythonEnvironment(interpreter=ROOT / ".venv/bin/python", virtualenv=ROOT / ".venv")
HOST = Host(engine="127.0.0.1:1", executor=Path("/opt/pulumi/pulumi-language-python-exec"))
PROGRAM = Program(
    project="shop",
    stack="prod",
    organization="organization",
    folder=ROOT / "infra",
    root=ROOT,
    entry_point=".",
    arguments=["--fast"],
    dry_run=True,
    parallel=16,
    monitor="127.0.0.1:2",
    config={"shop:size": "3"},
    secret_keys=["shop:token"],
)


def flags(argv):
    """`--name value` pairs of a command line."""
    return {argv[i]: argv[i + 1] for i in range(len(argv) - 1) if argv[i].startswith("--")}


def test_a_program_runs_through_the_executor_with_what_the_engine_said():
    command = program_command(HOST, PROGRAM, VIRTUAL, {"PATH": "/bin"})
    given = command.argv[command.argv.index(str(VIRTUAL.interpreter)) :]
    assert given[:3] == (str(VIRTUAL.interpreter), "-u", str(HOST.executor))
    assert given[-2:] == (".", "--fast")
    assert flags(given[3:-2]) == {
        "--monitor": "127.0.0.1:2",
        "--engine": "127.0.0.1:1",
        "--project": "shop",
        "--root_directory": "/project",
        "--stack": "prod",
        "--pwd": "/project/infra",
        "--dry_run": "true",
        "--parallel": "16",
        "--organization": "organization",
    }


def test_an_update_says_dry_run_false_rather_than_nothing():
    update = Program(**{**vars(PROGRAM), "dry_run": False})
    assert flags(program_command(HOST, update, AMBIENT, {}).argv)["--dry_run"] == "false"


def test_config_reaches_the_program_as_json_with_the_names_of_secrets():
    variables = program_command(HOST, PROGRAM, AMBIENT, {}).variables
    assert json.loads(variables["PULUMI_CONFIG"]) == {"shop:size": "3"}
    assert json.loads(variables["PULUMI_CONFIG_SECRET_KEYS"]) == ["shop:token"]


def test_the_virtual_environment_comes_first_on_path_and_unsets_pythonhome():
    activated = VIRTUAL.activate({"PATH": "/usr/bin:/bin", "PYTHONHOME": "/elsewhere", "HOME": "/h"})
    assert activated == {
        "PATH": "/project/.venv/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": "/project/.venv",
        "HOME": "/h",
    }


def test_an_empty_path_does_not_put_the_working_directory_on_path():
    assert VIRTUAL.activate({})["PATH"] == "/project/.venv/bin"


@pytest.mark.parametrize("start", [program_command(HOST, PROGRAM, VIRTUAL, {}).argv])
def test_programs_are_deaf_to_the_interrupt_that_ends_the_host(start):
    assert start[:4] == ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")


def plugin(kind, variables=("PATH=/bin",)):
    return plugin_command(
        kind=kind,
        program=Path("/plugins/pack"),
        arguments=["127.0.0.1:1"],
        variables=variables,
        folder=ROOT,
        environment=VIRTUAL,
    )


def test_a_provider_runs_its_folder_in_the_projects_directory():
    command = plugin("resource")
    assert command.argv[-4:] == (str(VIRTUAL.interpreter), "-u", "/plugins/pack", "127.0.0.1:1")
    assert command.folder == ROOT


def test_a_policy_pack_is_run_unbuffered_by_the_launcher_with_the_folder_last():
    argv = plugin("analyzer").argv
    assert argv[-5:-3] == (str(VIRTUAL.interpreter), "-u")
    assert Path(argv[-3]).name == "policy_pack.py"
    assert argv[-2:] == ("127.0.0.1:1", "/plugins/pack")


def test_a_plugins_environment_is_the_engines_and_nothing_of_the_hosts(monkeypatch):
    monkeypatch.setenv("OF_THE_HOST", "1")
    variables = plugin("resource", ["PATH=/bin", "A=1", "A=2", "B=x=y", "=junk:"]).variables
    assert "OF_THE_HOST" not in variables
    assert (variables["A"], variables["B"]) == ("2", "x=y")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0, ("", False)), (32, ("", True)), (1, ("program exited with non-zero exit code: 1", False))],
)
def test_a_status_is_success_an_error_or_one_already_shown(status, outcome):
    assert run_outcome(status) == outcome


def test_a_killed_program_names_the_signal():
    assert run_outcome(-9) == ("program was ended by signal 9", False)


def test_a_program_without_the_option_runs_in_the_ambient_python():
    assert virtualenv_folder(ROOT, {}, is_plugin=False) is None


def test_a_plugin_without_the_option_runs_in_its_own_venv():
    assert virtualenv_folder(ROOT, {}, is_plugin=True) == ROOT / "venv"


@pytest.mark.parametrize(
    ("option", "folder"), [(".venv", ROOT / ".venv"), ("../e", ROOT / "../e"), ("/e", Path("/e"))]
)
def test_the_option_is_read_from_the_projects_root(option, folder):
    assert virtualenv_folder(ROOT, {"virtualenv": option}, is_plugin=False) == folder


@pytest.mark.parametrize("options", [{"toolchain": "poetry"}, {"typechecker": "mypy"}, {"virtualenv": 3.0}])
def test_an_option_that_is_not_known_is_refused_by_name_with_what_is_allowed(options):
    with pytest.raises(EnvironmentRefusedError, match=rf"{next(iter(options))}.*allowed are"):
        virtualenv_folder(ROOT, options, is_plugin=False)


def test_a_virtual_environment_that_is_not_there_is_refused_with_what_to_type(tmp_path):
    with pytest.raises(EnvironmentRefusedError, match=r"\.venv.*make setup"):
        find_environment(tmp_path, {"virtualenv": ".venv"}, is_plugin=False)


def describe(folder, module, **content):
    (folder / module).mkdir()
    (folder / module / "pulumi-plugin.json").write_text(json.dumps(content))


def test_each_sdk_with_a_plugin_is_required_in_its_version(tmp_path):
    describe(tmp_path, "pulumi_aws", resource=True, name="aws", version="7.51.1")
    describe(tmp_path, "pulumi_policy", resource=False)
    describe(tmp_path, "pulumi_own_thing", resource=True, server="https://plugins.invalid")
    assert list(required_packages([tmp_path])) == [
        RequiredPackage("aws", "v7.51.1", "", None, None),
        RequiredPackage("own-thing", "", "https://plugins.invalid", None, None),
    ]


def test_a_parameterized_sdk_carries_its_parameter_as_bytes(tmp_path):
    describe(
        tmp_path, "pulumi_x", resource=True, name="terraform-provider", version="0.1.0",
        parameterization={"name": "x", "version": "1.2.3", "value": "aGVsbG8="},
    )  # fmt: skip
    (package,) = required_packages([tmp_path])
    assert package.parameterization == Parameterization("x", "1.2.3", b"hello")


@pytest.mark.parametrize("text", ["{", "[]", '{"resource": true, "parameterization": {}}'])
def test_a_broken_description_of_a_plugin_names_its_file(tmp_path, text):
    (tmp_path / "pulumi_x").mkdir()
    (tmp_path / "pulumi_x" / "pulumi-plugin.json").write_text(text)
    with pytest.raises(EnvironmentRefusedError, match=r"pulumi_x/pulumi-plugin\.json"):
        list(required_packages([tmp_path]))


def install(folder, name, *requires):
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    lines = [f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {requirement}" for requirement in requires)]
    (metadata / "METADATA").write_text("\n".join(lines))


def test_direct_dependencies_are_those_that_no_other_requires(tmp_path):
    install(tmp_path, "Top.Level", "middle_part>=1; python_version > '3'", "extra-part; extra == 'all'")
    install(tmp_path, "middle-part")
    install(tmp_path, "extra_part")
    assert [each.name for each in dependencies([tmp_path], transitive=True)] == [
        "extra-part",
        "middle-part",
        "top-level",
    ]
    assert [each.name for each in dependencies([tmp_path], transitive=False)] == ["extra-part", "top-level"]


def test_install_makes_the_environment_first_and_only_when_it_is_missing(tmp_path):
    (tmp_path / "requirements.txt").touch()
    commands = install_commands(tmp_path / "venv", tmp_path, "/usr/bin/python3", {})
    assert [command.argv[1:4] for command in commands] == [
        ("-m", "venv", str(tmp_path / "venv")),
        ("-m", "pip", "install"),
    ]
    assert commands[1].argv[0] == str(tmp_path / "venv/bin/python")
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/bin/python").touch()
    assert len(install_commands(tmp_path / "venv", tmp_path, "/usr/bin/python3", {})) == 1


def test_a_policy_pack_sees_the_stack_that_the_engine_configured():
    request = analyzer_pb2.AnalyzerStackConfigureRequest(
        project="shop",
        stack="prod",
        dry_run=True,
        config={"shop:size": "3"},
        config_secret_keys=["shop:token"],
    )
    assert stack_variables(request) == {
        "PULUMI_PROJECT": "shop",
        "PULUMI_STACK": "prod",
        "PULUMI_DRY_RUN": "true",
        "PULUMI_ORGANIZATION": "organization",
        "PULUMI_CONFIG": '{"shop:size": "3"}',
        "PULUMI_CONFIG_SECRET_KEYS": '["shop:token"]',
    }
