"""An environment that Argo CD delivers, through its life with the real engine: each change is a commit of config and of what `make render` made of it."""

import json
import shutil
import sys

import pytest

from sandbox.environment import KUBERNETES_PROVIDER
from sandbox.home import SandboxError
from sandbox.kubernetes import argocd
from tests.conftest import CHECKOUT
from tests.kubernetes.cluster import invoke, until
from tests.kubernetes.gitops import APPLICATIONS, WAIT, git
from tests.models import iris
from tests.stacks.conftest import push
from tests.stacks.sequence import pytest_pyfunc_call, steps_taken  # noqa: F401 - a hook and its fixture
from tests.stacks.stack import EngineError, Stack

pytestmark = [
    pytest.mark.stacks,
    pytest.mark.sequence,
    pytest.mark.soak,
    pytest.mark.timeout(1800),
]
NAME, A, B = "edge-prod", "v1.0.0", "v1.1.0"
ENDPOINT = f"flights-{NAME}"
FOLDER = f"build/tests/{NAME}"  # ignored by this checkout's Git


class Delivered(Stack):
    """edge-prod, delivered from a repository of the test's own."""

    cluster = None
    repository = checkout = None

    def render(self, *more):
        return self.run(
            sys.executable, "-m", "infra.render", "--env", NAME, "--config-file", self.file, *more
        )

    def merge(self, message):
        """What config says, rendered and pushed, as the merge of a pull request."""
        done = self.render()
        assert not done.returncode, done.stderr
        shutil.rmtree(self.checkout / FOLDER, ignore_errors=True)
        shutil.copytree(CHECKOUT / FOLDER, self.checkout / FOLDER)
        git(self.checkout, "add", "--all", ".")
        author = ("-c", "user.name=ci", "-c", "user.email=ci@example.com")
        git(self.checkout, *author, "commit", "--quiet", "--allow-empty", "--message", message)
        git(self.checkout, "push", "--quiet", "origin", "HEAD:main")

    def weights(self):
        route = self.cluster.api.get(
            f"/apis/gateway.networking.k8s.io/v1/namespaces/{ENDPOINT}/httproutes/{ENDPOINT}"
        )
        refs = route["spec"]["rules"][0]["backendRefs"]
        return {ref["name"].rpartition("-v")[2]: ref["weight"] for ref in refs}

    def answers(self):
        """The version that answers a request through the gateway; its status where that is not 200."""
        address, _, port = self.cluster.status()["gateway"].rpartition("/")[2].partition(":")
        body = json.dumps({"instances": iris.instances(1)[0]}).encode()
        status, answer = invoke(address, int(port), "flights.edge.example.com", body)
        return json.loads(answer)["model_version"] if status == 200 else status

    def sync(self):
        return self.cluster.api.get(f"{APPLICATIONS}/{ENDPOINT}")["status"]["sync"]["status"]


@pytest.fixture(scope="module")
def edge(cluster, aws, tmp_path_factory):
    """Two versions are registered, and none serves."""
    if not KUBERNETES_PROVIDER.exists():
        pytest.skip("the Kubernetes provider is not there: `make setup-kubernetes` makes it")
    try:
        argocd.required()
    except SandboxError as error:
        pytest.skip(str(error))
    cluster.run("up", "--argocd")
    folder = tmp_path_factory.mktemp("edge")
    stack = Delivered(NAME, aws, folder)
    stack.cluster, stack.repository, stack.checkout = cluster, folder / "delivery.git", folder / "delivery"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(stack.repository))
    git(folder, "clone", "--quiet", str(stack.repository), str(stack.checkout))
    serving = stack.config["config"]["model-delivery:serving"]
    serving["kubernetes"]["deliver"] = {"repository": f"file://{stack.repository}", "path": FOLDER}
    stack.config["config"].pop("model-delivery:promotion")
    stack.set("protect", value=False)
    stack.no_release()
    stack.up()
    image = push(stack, CHECKOUT, "--file", "pipelines/server/Dockerfile")
    for version, regularization in ((A, 0.1), (B, 1.0)):
        path = stack.folder / f"{version}.tar.gz"
        path.write_bytes(iris.train(regularization))
        stack.register_approved(version, image, path, f"irises-{version}")
    yield stack
    shutil.rmtree(CHECKOUT / FOLDER, ignore_errors=True)
    stack.destroy()


def test_the_first_commit_and_the_first_up_have_a_version_serve(edge):
    edge.release(A, A)
    edge.merge("v1.0.0")
    edge.up()
    assert edge.weights() == {"1-0-0": 100}
    assert until(lambda: edge.answers() == A, WAIT)
    assert edge.changes() == {}


def test_a_version_joins_by_a_commit_and_up_adds_it_at_zero(edge):
    edge.release(A, B, A)
    edge.merge("v1.1.0 joins")
    edge.up()
    assert edge.weights() == {"1-0-0": 100, "1-1-0": 0}
    assert edge.changes() == {}


def test_a_later_change_of_live_shifts_and_needs_nothing_of_git(edge):
    edge.release(B, B, A)
    assert edge.render("--check").returncode == 0
    edge.up()
    assert edge.weights() == {"1-0-0": 0, "1-1-0": 100}


def test_a_rollback_with_git_down_stands_through_self_heal_and_the_next_up(edge):
    away = edge.repository.with_suffix(".away")
    edge.repository.rename(away)
    edge.modelctl("rollback", "--reason", "errors")
    assert edge.weights() == {"1-0-0": 100, "1-1-0": 0}
    away.rename(edge.repository)
    edge.merge("nothing of the versions")
    until(lambda: edge.sync() == "Synced", WAIT)
    assert edge.changes() == {}
    edge.up()
    assert edge.weights() == {"1-0-0": 100, "1-1-0": 0}
    assert edge.answers() == A


def test_an_environment_that_argo_cd_delivers_is_not_handed_to_pulumi(edge):
    serving = edge.config["config"]["model-delivery:serving"]["kubernetes"]
    deliver = serving.pop("deliver")
    with pytest.raises(EngineError, match="who delivers is decided once"):
        edge.preview()
    serving["deliver"] = deliver
