"""Two environments that Argo CD delivers, through their life with the real engine: edge-staging first, then edge-prod with edge-staging's evidence, each by its own change."""

import pytest

from sandbox.home import SandboxError
from sandbox.kubernetes import argocd
from tests.kubernetes.cluster import until
from tests.kubernetes.delivered import delivered
from tests.kubernetes.gitops import WAIT
from tests.kubernetes.repository import Repository
from tests.stacks.sequence import pytest_pyfunc_call, steps_taken  # noqa: F401 - a hook and its fixture
from tests.stacks.stack import EngineError

pytestmark = [
    pytest.mark.stacks,
    pytest.mark.sequence,
    pytest.mark.soak,
    pytest.mark.timeout(1800),
]
A, B = "v1.0.0", "v1.1.0"
REFUSED = 3


@pytest.fixture(scope="module")
def edges(environments, cluster, aws, tmp_path_factory):  # noqa: ARG001 - alone
    """Two registries, one repository; two versions are registered in edge-staging, and none serves."""
    try:
        argocd.required()
    except SandboxError as error:
        pytest.skip(str(error))
    cluster.run("up", "--argocd")
    folder = tmp_path_factory.mktemp("edges")
    repository = Repository.made(folder / "delivery")
    made = [
        delivered(name, cluster, aws, folder / name, repository) for name in ("edge-staging", "edge-prod")
    ]
    made[0].register(A, B)
    yield made
    for stack in made:
        stack.gone()


@pytest.fixture(scope="module")
def staging(edges):
    return edges[0]


@pytest.fixture(scope="module")
def prod(edges):
    return edges[1]


@pytest.fixture(scope="module")
def review(edges, tmp_path_factory):
    """Previews both as CI does, one after the other, the first one's evidence taken along; production's outcome."""
    folder = tmp_path_factory.mktemp("review")
    return lambda: [stack.review("preview", folder) for stack in edges][-1]


def test_the_first_commit_and_the_first_up_have_a_version_serve(staging):
    staging.release(A, A)
    staging.merge("v1.0.0 in edge-staging")
    staging.up()
    assert staging.weights() == {"v1-0-0": 100}
    assert until(lambda: staging.answers() == A, WAIT)
    assert staging.changes() == {}


def test_production_has_it_by_a_change_of_its_own(staging, prod, review):
    prod.promote(A, staging.name)
    prod.release(A, A)
    done = review()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"carried all traffic in {staging.name}" in done.stdout
    prod.merge("v1.0.0 in edge-prod")
    prod.up()
    assert prod.weights() == {"v1-0-0": 100}
    assert until(lambda: prod.answers() == A, WAIT)


def test_a_version_joins_by_a_commit_and_up_adds_it_at_zero(staging):
    staging.release(A, B, A)
    staging.merge("v1.1.0 joins edge-staging")
    staging.up()
    assert staging.weights() == {"v1-0-0": 100, "v1-1-0": 0}
    assert staging.changes() == {}


def test_production_has_nothing_of_another_environments_change(prod):
    assert prod.weights() == {"v1-0-0": 100}
    assert prod.changes() == {}


def test_production_renders_nothing_that_is_not_registered_there(prod):
    prod.release(A, B, A)
    done = prod.render()
    assert done.returncode == 1
    assert f"names {B}, not registered (completely) in edge-prod" in done.stderr


def test_what_never_carried_all_in_staging_gets_no_traffic_in_production(staging, prod, review):
    prod.promote(B, staging.name)
    prod.release(B, B, A)
    done = review()
    assert done.returncode == REFUSED, done.stdout + done.stderr
    assert f"make {B} live in {staging.name} first" in done.stdout


def test_a_later_change_of_live_shifts_and_needs_nothing_of_git(staging):
    staging.release(B, B, A)
    assert staging.render("--check").returncode == 0
    staging.up()
    assert staging.weights() == {"v1-0-0": 0, "v1-1-0": 100}


def test_then_it_joins_production_and_serves_there_with_stagings_evidence(prod, review):
    prod.release(A, B, A)
    assert prod.render("--check").returncode == 1  # config says it, and no commit yet
    prod.merge("v1.1.0 joins edge-prod")
    prod.up()
    assert prod.weights() == {"v1-0-0": 100, "v1-1-0": 0}
    prod.release(B, B, A)
    done = review()
    assert done.returncode == 0, done.stdout + done.stderr
    prod.up()
    assert prod.weights() == {"v1-0-0": 0, "v1-1-0": 100}
    assert until(lambda: prod.answers() == B, WAIT)


def test_a_rollback_with_git_down_stands_through_self_heal_and_the_next_up(staging, prod):
    with prod.repository.down():
        prod.modelctl("rollback", "--reason", "errors")
        assert prod.weights() == {"v1-0-0": 100, "v1-1-0": 0}
    prod.merge("nothing of the versions")
    until(lambda: prod.sync == "Synced", WAIT)
    assert prod.changes() == {}
    prod.up()
    assert prod.weights() == {"v1-0-0": 100, "v1-1-0": 0}
    assert prod.answers() == A
    assert staging.weights() == {"v1-0-0": 0, "v1-1-0": 100}


def test_an_environment_that_argo_cd_delivers_is_not_handed_to_pulumi(prod):
    before = prod.serving_at(deliver=None)
    with pytest.raises(EngineError, match="who delivers is decided once"):
        prod.preview()
    prod.set("serving", before)
