"""`make up`, and then a person's own commands, from a shell in which everything leads elsewhere."""

import json
import os
import subprocess

import pytest

from tests.conftest import CHECKOUT, Sandbox
from tests.planted import COMMAND, Traps, plain
from tools.demo import remote

pytestmark = [pytest.mark.stacks, pytest.mark.sequence, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """What `make up` said in such a shell, and the shell's variables."""
    sandbox = Sandbox(tmp_path_factory.mktemp("closed") / "sandbox")
    with Traps(tmp_path_factory.mktemp("traps")).listening() as traps:
        # Its home holds the Pulumi that set-up has built: without it this would take minutes.
        person = {"HOME": os.environ["HOME"], "SANDBOX_HOME": str(sandbox.home)}
        shell = plain() | traps.variables() | person
        before = traps.fingerprint()
        try:
            done = subprocess.run(
                ["make", "--no-print-directory", "up"],
                cwd=CHECKOUT, env=shell, capture_output=True, text=True, check=False, timeout=800,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
            yield sandbox, traps, shell, before, done
        finally:
            sandbox.run("down", "--purge")
            remote.remove(CHECKOUT, sandbox.home)  # as `make down` does


def inside(shell, command):
    """Run a command as a person does who has entered from that shell."""
    return subprocess.run(
        ["sh", "-c", f'eval "$({COMMAND} env)" && {command}'],
        cwd=CHECKOUT, env=shell, capture_output=True, text=True, check=False, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_make_up_ends_with_two_environments_that_serve(world):
    _, _, _, _, done = world
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("InService") == 2
    assert "ready after" in done.stdout


def test_a_persons_commands_see_what_make_up_made(world):
    _, _, shell, _, _ = world
    done = inside(shell, "modelctl status --env prod --json")
    assert json.loads(done.stdout)["serving"] == "v1.1.0", done.stderr
    done = inside(shell, "pulumi preview --json --stack staging")
    changes = json.loads(done.stdout)["changeSummary"]
    assert list(changes) == ["same"], done.stdout


def lineage(shell, environment, version):
    """What `modelctl lineage` tells of a version: what each link names, by kind."""
    done = inside(shell, f"modelctl lineage --env {environment} --version {version} --json")
    links = json.loads(done.stdout)["links"]
    return {
        kind: [link for link in links if link["kind"] == kind] for kind in {each["kind"] for each in links}
    }


def test_make_up_had_the_pipeline_train_each_version_and_its_gates_approve_it(world):
    _, _, shell, _, _ = world
    for version in ("v1.0.0", "v1.1.0"):
        links = lineage(shell, "staging", version)
        (execution,), (package,) = links["execution"], links["package"]
        assert execution["about"] == "Succeeded"
        assert f"approved by the gates of {execution['name']}" in package["about"]
        assert {link["name"].rpartition("/")[2] for link in links["evidence"]} == {
            "baseline.json",
            "evaluation.html",
            "evaluation.json",
            "metrics.json",
            "validation.html",
            "validation.json",
        }


def test_production_has_the_bits_and_the_evidence_that_staging_judged(world):
    _, _, shell, _, _ = world
    staging, prod = (lineage(shell, environment, "v1.1.0") for environment in ("staging", "prod"))
    for kind, end in (("image", "@"), ("model", "/artifacts/"), ("evidence", "/evidence/")):
        judged, taken = (
            # Production has no jobs, and so no image of theirs.
            [link["name"].partition(end)[2] for link in each[kind] if link.get("about") != "of the steps"]
            for each in (staging, prod)
        )
        assert judged == taken != []
    assert staging["commit"] == prod["commit"]


def test_both_accounts_answer_under_their_own_profiles(world):
    _, _, shell, _, _ = world
    script = "import boto3; print(*(boto3.Session(profile_name=p).client('sts').get_caller_identity()['Account'] for p in ('staging', 'prod')))"
    done = inside(shell, f'python -c "{script}"')
    assert done.stdout.split() == ["111111111111", "222222222222"], done.stderr


def test_nothing_outside_was_touched(world):
    _, traps, _, before, _ = world
    assert traps.fingerprint() == before
    assert list(traps.marks.iterdir()) == []


def test_nobody_was_asked_through_the_proxy_or_at_the_other_endpoint(world):
    _, traps, _, _, _ = world
    assert traps.met == []
