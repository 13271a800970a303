"""`modelctl artifact`: the champion of an evaluation, or a file that says that there is none."""

import hashlib
import json

import msgspec
import pytest

from modeldelivery.release.cli import main
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import Exit
from pipelines.gates.champion import NoChampion, champion_in
from tests.unit.release_cli.world import V1, V2, V3, World, register

BITS = {V1: b"first", V2: b"second"}


def digest_of(bits):
    return "sha256:" + hashlib.sha256(bits).hexdigest()


@pytest.fixture
def world():
    made = World()
    for version, bits in BITS.items():
        register(made.registry, version, bits)
    return made


def run(world, folder, *options):
    return main(
        ["artifact", "--env", "prod", "--model", "flights", "--out", str(folder), *options], world.opens
    )


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_version_that_serves_is_written(world, tmp_path, capsys):
    assert run(world, tmp_path / "new" / "champion", "--json") == Exit.DONE
    assert held(tmp_path / "new" / "champion") == {"model.tar.gz": b"second"}
    assert json.loads(capsys.readouterr().out) == {
        "version": V2,
        "model": digest_of(b"second"),
        "file": str(tmp_path / "new" / "champion" / "model.tar.gz"),
    }


def test_of_two_that_serve_it_is_the_one_with_more_traffic(world, tmp_path):
    world.store.journal = msgspec.structs.replace(world.store.journal, weights={V1: 90, V2: 10})
    assert run(world, tmp_path) == Exit.DONE
    assert held(tmp_path) == {"model.tar.gz": b"first"}


def test_another_version_can_be_named(world, tmp_path):
    assert run(world, tmp_path, "--version", V1) == Exit.DONE
    assert held(tmp_path) == {"model.tar.gz": b"first"}


def test_where_none_serves_yet_a_file_says_so_and_an_evaluation_reads_it(world, tmp_path, capsys):
    world.store.journal = Journal()
    (tmp_path / "model.tar.gz").write_bytes(b"of an environment that is gone")
    assert run(world, tmp_path) == Exit.DONE
    assert champion_in(tmp_path) == NoChampion(environment="prod", why="no version serves yet")
    assert "no version serves in prod yet" in capsys.readouterr().out


def test_a_model_takes_the_place_of_the_file_that_said_none(world, tmp_path):
    (tmp_path / "none.json").write_bytes(b"{}")
    assert run(world, tmp_path) == Exit.DONE
    assert champion_in(tmp_path) == tmp_path / "model.tar.gz"


def test_a_version_that_is_not_registered_is_refused(world, tmp_path, capsys):
    assert run(world, tmp_path, "--version", V3) == Exit.REFUSED
    assert f"{V3} is not registered in prod" in capsys.readouterr().err
    assert held(tmp_path) == {}


@pytest.mark.parametrize(
    ("lost", "sentence"),
    [
        (lambda registry: registry.records.clear(), "the registry has no record of it"),
        (lambda registry: registry.artifacts.clear(), "has no artifact sha256:"),
    ],
)
def test_a_version_that_serves_and_is_gone_from_the_registry_is_damage(
    world, tmp_path, capsys, lost, sentence
):
    lost(world.registry)
    (tmp_path / "model.tar.gz").write_bytes(b"earlier")
    assert run(world, tmp_path) == Exit.DAMAGED
    assert sentence in capsys.readouterr().err
    assert held(tmp_path) == {"model.tar.gz": b"earlier"}


def test_what_is_not_what_its_digest_says_is_not_left_behind(world, tmp_path):
    world.registry.artifacts[digest_of(b"second")] = b"others"
    assert run(world, tmp_path) == Exit.UNREACHABLE
    assert held(tmp_path) == {}


def test_a_journal_that_cannot_be_read_is_no_missing_champion(world, tmp_path):
    world.store.journal = None
    assert run(world, tmp_path) != Exit.DONE
    assert held(tmp_path) == {}


def test_a_folder_that_cannot_be_written_is_refused(world, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    assert run(world, tmp_path / "file" / "champion") == Exit.REFUSED
    assert "name a folder that can be written" in capsys.readouterr().err
