"""A machine that builds no images is told so, and what to install; a push there is a failure."""

import json

import pytest

from tests.conftest import CHECKOUT
from tools.image import __main__ as program
from tools.image import engines
from tools.image.errors import ImageError, NoEngineError
from tools.image.recipe import RECIPES
from tools.image.sbom import bill

BASE = f"python:3.11-slim@sha256:{'0' * 64}"


@pytest.fixture
def typed(monkeypatch, tmp_path, capsys):
    """What the command says and ends with, where no program of that kind is on PATH."""
    monkeypatch.setattr(engines.shutil, "which", lambda _: None)
    monkeypatch.setattr(program, "KEPT", tmp_path)
    monkeypatch.setattr(program.context, "shallow", lambda _: False)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["image", *arguments])
        status = program._carry_out()
        return status, *capsys.readouterr()

    return run


def test_without_an_engine_nothing_is_built_and_the_person_is_told_what_to_install(typed):
    status, output, complaint = typed()
    assert (status, output) == (0, "")
    assert complaint.startswith("image: SKIPPED: nothing here builds images: install buildah")


def test_a_program_is_told_by_the_report(typed):
    status, output, _ = typed("--json")
    assert status == 0
    assert "apt install buildah" in json.loads(output)["skipped"]


def test_a_push_without_an_engine_fails(typed):
    status, output, complaint = typed("--push", "staging", "--base", BASE, "--json")
    assert (status, output) == (1, "")
    assert "install buildah" in complaint


@pytest.mark.parametrize(
    ("shallow", "base", "reason"),
    [(False, "", "a push needs BASE_IMAGE"), (True, BASE, "git fetch --unshallow")],
)
def test_a_push_that_would_make_two_images_of_a_commit_is_refused(typed, monkeypatch, shallow, base, reason):
    monkeypatch.setattr(program.context, "shallow", lambda _: shallow)
    status, _, complaint = typed("--push", "staging", "--base", base)
    assert status == 1
    assert reason in complaint


def test_bills_are_made_without_an_engine_of_any_commit_and_need_the_base_by_digest(typed, tmp_path):
    status, output, _ = typed("--bills", "--base", BASE)
    assert (status, len(output.splitlines())) == (0, 2)
    for recipe in RECIPES:
        text = (CHECKOUT / recipe.requirements).read_text()
        assert (tmp_path / f"{recipe.name}.cdx.json").read_text() == bill(recipe, text, BASE)
    status, _, complaint = typed("--bills", "--base", "python:3.11-slim")
    assert (status, "name it by digest" in complaint) == (1, True)


def test_docker_without_its_engine_is_none(monkeypatch):
    def call(command, *_):
        raise ImageError(f"{command[0]}: cannot connect")

    monkeypatch.setattr(engines.shutil, "which", lambda name: "/usr/bin/docker" if name == "docker" else None)
    monkeypatch.setattr(engines, "call", call)
    with pytest.raises(NoEngineError, match=r"its engine does not answer .*start it"):
        engines.find()
