"""`make render`, without AWS: what it writes, what it compares, and what it says."""

import json
import shutil

import pytest
import yaml

from infra import render
from infra.render import Options
from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.release.errors import CredentialsError
from tests.components.conftest import PROJECT, record

DELIVER = {"repository": "https://git.example.com/delivery.git", "path": "deploy/edge-prod"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout in which edge-prod alone is delivered from Git, and a registry that knows two versions."""
    for path in PROJECT.glob("Pulumi*.yaml"):
        shutil.copy(path, tmp_path)
    file = tmp_path / "Pulumi.edge-prod.yaml"
    document = yaml.safe_load(file.read_text())
    document["config"]["model-delivery:serving"]["kubernetes"]["deliver"] = DELIVER
    file.write_text(yaml.safe_dump(document))
    monkeypatch.setattr(render, "get_fleet", lambda args, _: {"versions": [record(v) for v in args["fleet"]]})
    return tmp_path


def run(project, environment=None, *, check=False):
    return render._run(Options(environment=environment, config_file=None, check=check), project)


def test_every_environment_that_git_delivers_gets_its_folder(project, capsys):
    assert run(project) == 0
    folder = project / "deploy" / "edge-prod"
    assert sorted(each.name for each in folder.iterdir()) == ["route.yaml", "v1.0.0.yaml", "v1.1.0.yaml"]
    assert capsys.readouterr().out == "deploy/edge-prod: route.yaml, v1.0.0.yaml, v1.1.0.yaml written\n"


def test_a_second_time_nothing_is_written(project, capsys):
    run(project)
    before = {each.name: each.stat().st_mtime_ns for each in (project / "deploy/edge-prod").iterdir()}
    capsys.readouterr()
    assert run(project) == 0
    assert {each.name: each.stat().st_mtime_ns for each in (project / "deploy/edge-prod").iterdir()} == before
    assert "as they were" in capsys.readouterr().out


def test_the_file_of_a_version_that_left_goes_and_a_readme_stays(project, capsys):
    run(project)
    folder = project / "deploy/edge-prod"
    (folder / "README.md").touch()
    (folder / "v0.9.0.yaml").touch()
    capsys.readouterr()
    assert run(project) == 0
    assert capsys.readouterr().out == "deploy/edge-prod: v0.9.0.yaml removed\n"
    assert (folder / "README.md").exists()


def test_a_check_passes_on_what_was_written_and_names_file_line_and_remedy_of_what_was_changed(
    project, capsys
):
    run(project)
    assert run(project, check=True) == 0
    path = project / "deploy/edge-prod/v1.1.0.yaml"
    path.write_text(path.read_text().replace("maxReplicas: 8", "maxReplicas: 80"))
    capsys.readouterr()
    assert run(project, check=True) == 1
    told = capsys.readouterr().err
    assert "deploy/edge-prod/v1.1.0.yaml:" in told
    assert "`maxReplicas: 80`, and config and registry say `maxReplicas: 8`" in told
    assert "`make render ENV=edge-prod` writes deploy/edge-prod anew" in told
    assert "maxReplicas: 80" in path.read_text()


def test_with_no_version_registered_the_folder_is_empty(project, monkeypatch, capsys):
    monkeypatch.setattr(render, "get_fleet", lambda *_: {"versions": []})
    assert run(project) == 0
    assert list((project / "deploy/edge-prod").iterdir()) == []
    assert "no version is registered yet" in capsys.readouterr().out


def test_an_environment_that_pulumi_delivers_has_no_folder(project, capsys):
    assert run(project, "edge-staging") == 1
    assert "`pulumi up` delivers edge-staging" in capsys.readouterr().err


@pytest.mark.parametrize("environment", ["staging", "edge-staging"])
def test_a_check_of_an_environment_that_pulumi_delivers_passes_without_a_look_at_its_registry(
    project, monkeypatch, capsys, environment
):
    monkeypatch.setattr(render, "get_fleet", lambda *_: pytest.fail("its registry was looked at"))
    assert run(project, environment, check=True) == 0
    assert f"`pulumi up` delivers {environment}, and Git none of it" in capsys.readouterr().out


def test_where_git_delivers_nothing_there_is_nothing_to_do(tmp_path, capsys):
    for path in PROJECT.glob("Pulumi*.yaml"):
        shutil.copy(path, tmp_path)
    assert run(tmp_path, check=True) == 0
    assert "`pulumi up` delivers every environment here, and Git none of it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status"),
    [(ProviderError("v1.1.0 is not registered"), 1), (CredentialsError("no credentials"), 5)],
)
def test_a_registry_that_does_not_know_or_answer_is_told_of(project, monkeypatch, capsys, error, status):
    def refuses(*_):
        raise error

    monkeypatch.setattr(render, "get_fleet", refuses)
    assert run(project) == status
    assert str(error) in capsys.readouterr().err


def test_config_that_is_not_allowed_is_told_as_pulumi_would(project, capsys):
    file = project / "Pulumi.edge-prod.yaml"
    file.write_text(file.read_text().replace(json.dumps("deploy/edge-prod").strip('"'), "deploy/elsewhere"))
    assert run(project) == 1
    assert (
        "deliver.path is 'deploy/elsewhere'; allowed: a folder that is called edge-prod"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Pulumi.edge-prod.yaml: config is null; allowed: keys such as model-delivery:owner"),
        ("config:\n", "Pulumi.edge-prod.yaml: config is null; allowed: keys such as model-delivery:owner"),
        ("config: [a]\n", 'Pulumi.edge-prod.yaml: config is ["a"]; allowed: keys'),
        ("- config\n", "Pulumi.edge-prod.yaml: config is null; allowed: keys"),
        ("config: {", "Pulumi.edge-prod.yaml cannot be read: "),
    ],
)
def test_a_stack_file_without_config_is_told_in_a_sentence(project, capsys, text, sentence):
    (project / "Pulumi.edge-prod.yaml").write_text(text)
    assert run(project, "edge-prod") == 1
    assert sentence in capsys.readouterr().err


def test_a_key_may_leave_the_projects_namespace_out_as_it_may_for_the_engine(project):
    file = project / "Pulumi.edge-prod.yaml"
    file.write_text(file.read_text().replace("model-delivery:owner", "owner"))
    assert run(project, "edge-prod") == 0
