"""Set-up of what the sandbox's cluster runs: what it decides and what it keeps, without a network and without Go."""

import io
import json
import math
import shutil
from pathlib import Path

import pytest

from modeldelivery.terminal.steps import SetupError, Step
from sandbox.environment import KUBERNETES_PLUGIN
from tools.setup import cache, kubernetes

CHECKOUT = Path(__file__).resolve().parents[3]
BUILD = kubernetes._build
MODULES = sorted((CHECKOUT / "tools" / "kubernetes").glob("*/go.mod"))


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with a cache of its own, whose user has no plugin, no site and no Go."""
    shutil.copytree(CHECKOUT / "tools" / "kubernetes", tmp_path / "clone" / "tools" / "kubernetes")
    (tmp_path / "clone" / "requirements").mkdir()
    shutil.copy(CHECKOUT / "requirements" / "infra.in", tmp_path / "clone" / "requirements")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setattr(kubernetes, "_downloaded", lambda *_: False)

    def compiled(_folder, target, stamp, scratch, *_, **__):
        (scratch.folder / "build").mkdir(parents=True, exist_ok=True)
        target.write_text(stamp)

    monkeypatch.setattr(kubernetes, "_build", compiled)

    def module(_folder, name, *_):
        place = tmp_path / "modules" / name
        for folder, file in (("config/crd/standard", "a.yaml"), ("manifests/crds", "b.yaml")):
            (place / folder).mkdir(parents=True, exist_ok=True)
            (place / folder / file).write_text("apiVersion: v1\nkind: CustomResourceDefinition\n")
            (place / folder / "other.yaml").write_text("apiVersion: v1\nkind: Kustomization\n")
        package = place / "cmd" / "pulumi-resource-kubernetes"
        package.mkdir(parents=True, exist_ok=True)
        (package / "schema.json").write_text('{"name": "kubernetes"}')
        (package / "terraform-mapping.json").write_text("{}")
        return place

    monkeypatch.setattr(kubernetes, "_module", module)
    return tmp_path / "clone"


@pytest.fixture
def shown():
    return io.StringIO()


def made(clone, shown):
    kubernetes.ensure_servers(clone, Step("Kubernetes", shown))
    kubernetes.ensure_provider(clone, Step("Kubernetes provider", shown))
    return clone / ".tools" / "kubernetes"


def test_the_provider_is_of_the_sdks_version_and_so_is_the_sandboxs_plugin():
    version = kubernetes.plugin_version(CHECKOUT)
    assert f"resource-kubernetes-v{version}" == KUBERNETES_PLUGIN
    assert f"pulumi-kubernetes=={version} " in (CHECKOUT / "requirements" / "dev.txt").read_text()


def test_the_clusters_node_is_of_the_control_planes_version():
    assert (
        f'"{kubernetes.kubernetes_version(CHECKOUT)}"'
        in (CHECKOUT / "sandbox/kubernetes/node.py").read_text()
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.parent.name)
def test_a_module_names_every_version_and_its_checksums(path):
    assert "latest" not in path.read_text()
    assert all(len(line.split()) == 3 for line in path.with_name("go.sum").read_text().splitlines())


def test_servers_definitions_and_provider_are_put_together_once(clone, shown, monkeypatch):
    tools = made(clone, shown)
    assert "v1.36.1" in (tools / "bin" / "sandbox-kubernetes").read_text()
    assert sorted(path.name for path in (tools / "definitions").rglob("*.yaml")) == ["a.yaml", "b.yaml"]
    assert "4.25.0" in (tools / "bin" / "pulumi-resource-kubernetes").read_text()
    monkeypatch.setattr(kubernetes, "_build", lambda *_, **__: pytest.fail("it was built before"))
    made(clone, shown)


def test_what_building_needed_is_removed_when_all_is_built_and_kept_when_it_is_interrupted(
    clone, shown, tmp_path, monkeypatch
):
    scratch = tmp_path / "cache" / "model-delivery" / "kubernetes-go"

    def interrupted(_root, _target, scratch, _step):
        scratch.folder.mkdir(parents=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(kubernetes, "_build_plugin", interrupted)
        with pytest.raises(KeyboardInterrupt):
            made(clone, shown)
    assert scratch.is_dir()
    made(clone, shown)
    assert not scratch.exists()


def test_the_embedded_schema_has_the_version_that_the_sdk_asks_for(clone, shown, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    made(clone, shown)
    schema = tmp_path / "cache" / "model-delivery" / "kubernetes-go" / "plugin" / "schema.json"
    assert json.loads(schema.read_text()) == {"name": "kubernetes", "version": "4.25.0"}


def test_a_plugin_that_is_installed_is_not_built(clone, shown, tmp_path, monkeypatch):
    program = tmp_path / "pulumi/plugins/resource-kubernetes-v4.25.0/pulumi-resource-kubernetes"
    program.parent.mkdir(parents=True)
    program.write_text("the official one")
    program.chmod(0o755)
    monkeypatch.setattr(kubernetes, "_build_plugin", lambda *_: pytest.fail("it is installed"))
    assert (made(clone, shown) / "bin" / program.name).read_text() == "the official one"


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go"])
def test_another_source_is_another_build(clone, shown, name):
    before = (made(clone, shown) / "bin" / "sandbox-kubernetes").resolve()
    source = clone / "tools" / "kubernetes" / "controlplane" / name
    source.write_text(source.read_text() + "\n")
    assert (made(clone, shown) / "bin" / "sandbox-kubernetes").resolve() != before


def test_where_the_cluster_cannot_be_had_set_up_goes_on_and_says_so(clone, shown, monkeypatch, capsys):
    def impossible():
        raise SetupError("this machine gives no network namespace")

    monkeypatch.setattr(kubernetes, "_require_machine", impossible)
    kubernetes.set_up(clone, shown, required=False, provider=True)
    assert "its tests are skipped: this machine gives no network namespace" in capsys.readouterr().err
    with pytest.raises(SetupError, match="no network namespace"):
        kubernetes.set_up(clone, shown, required=True, provider=True)


@pytest.mark.parametrize(
    "error", [SetupError("the build ended with status 1"), OSError(28, "No space left on device")], ids=str
)
def test_a_build_that_fails_stops_only_a_set_up_that_must_have_it(clone, shown, monkeypatch, capsys, error):
    def failed(*_, **__):
        raise error

    monkeypatch.setattr(kubernetes, "_require_machine", lambda: None)
    monkeypatch.setattr(kubernetes.environments, "ensure", lambda *_: None)
    monkeypatch.setattr(kubernetes, "_build", failed)
    kubernetes.set_up(clone, shown, required=False, provider=False)
    assert f"its tests are skipped: {error}" in capsys.readouterr().err
    with pytest.raises(type(error)):
        kubernetes.set_up(clone, shown, required=True, provider=False)


def test_a_build_has_a_while_where_it_need_not_be_had_and_as_long_as_it_takes_where_it_must(
    clone, shown, monkeypatch
):
    left = []
    monkeypatch.setattr(kubernetes, "_require_machine", lambda: None)
    monkeypatch.setattr(kubernetes.environments, "ensure", lambda *_: None)
    monkeypatch.setattr(kubernetes, "require_go", lambda *_: None)
    monkeypatch.setattr(kubernetes, "run", lambda *_, seconds, **__: left.append(seconds))
    monkeypatch.setattr(kubernetes, "_build", BUILD)
    for required in (False, True):
        kubernetes.set_up(clone, shown, required=required, provider=False)
        shutil.rmtree(clone.parent / "cache")
    assert [1400 < left[0] <= 1500, left[1]] == [True, math.inf]


@pytest.mark.parametrize("built", [True, False])
def test_a_set_up_of_the_cluster_takes_the_provider_that_was_built_before_and_builds_none(
    clone, shown, monkeypatch, built
):
    monkeypatch.setattr(kubernetes, "_require_machine", lambda: None)
    monkeypatch.setattr(kubernetes.environments, "ensure", lambda *_: None)
    if built:
        shutil.rmtree(made(clone, shown))
    monkeypatch.setattr(kubernetes, "_have_plugin", lambda *_: pytest.fail("it need not be had"))

    kubernetes.set_up(clone, shown, required=True, provider=False)

    assert (clone / ".tools/kubernetes/bin/pulumi-resource-kubernetes").exists() is built


def test_another_set_up_that_does_not_end_is_not_waited_for_where_it_need_not_be_had(tmp_path, shown):
    with (
        cache.locked(tmp_path, Step("Kubernetes", shown)),
        pytest.raises(SetupError, match="another set-up of this user"),
        cache.locked(tmp_path, Step("Kubernetes", shown), 0.0),
    ):
        pytest.fail("two at once")
