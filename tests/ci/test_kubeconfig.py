"""`.ci/kubeconfig`: the file by which a job reaches a cluster, from a variable that is no secret."""

import os
import stat
import subprocess

import pytest

from tests.conftest import CHECKOUT

SCRIPT = CHECKOUT / ".ci" / "kubeconfig"
TEXT = """\
apiVersion: v1
kind: Config
clusters: [{name: edge, cluster: {server: "https://ABC.gr7.eu-west-1.eks.amazonaws.com"}}]
contexts: [{name: edge, context: {cluster: edge, user: edge}}]
users:
- name: edge
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [eks, get-token, --cluster-name, edge]}
"""


@pytest.fixture
def run(tmp_path):
    """Run it with a home of its own: `run(KUBECONFIG_TEXT=…)`."""

    def ran(*arguments, **variables):
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables}
        return subprocess.run([SCRIPT, *arguments], env=environ, capture_output=True, text=True, check=False)

    return ran


def test_the_text_is_the_file_and_nobody_else_reads_it(run, tmp_path):
    assert run(KUBECONFIG_TEXT=TEXT).returncode == 0
    path = tmp_path / ".kube" / "config"
    assert path.read_text() == TEXT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_written_where_clients_look(run, tmp_path):
    assert run(KUBECONFIG_TEXT=TEXT, KUBECONFIG=str(tmp_path / "job" / "config")).returncode == 0
    assert (tmp_path / "job" / "config").read_text() == TEXT


@pytest.mark.parametrize("text", ["", "\n"])
def test_without_a_text_the_runners_own_is_used(run, tmp_path, text):
    ran = run(KUBECONFIG_TEXT=text)
    assert (ran.returncode, "the runner's own kubeconfig is used" in ran.stdout) == (0, True)
    assert list(tmp_path.iterdir()) == []


def test_again_it_is_there_already(run):
    assert [run(KUBECONFIG_TEXT=TEXT).returncode for _ in range(2)] == [0, 0]


def test_a_file_that_says_something_else_is_left_alone(run, tmp_path):
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("somebody's")
    refused = run(KUBECONFIG_TEXT=TEXT)
    assert (refused.returncode, "set KUBECONFIG to another place" in refused.stderr) == (1, True)
    assert (tmp_path / ".kube" / "config").read_text() == "somebody's"


@pytest.mark.parametrize(
    "line", ["    token: abcdef", "    password: hunter2", '    "client-key-data": LS0t', "  - token: abcdef"]
)
def test_a_secret_in_a_variable_is_refused_and_not_repeated(run, tmp_path, line):
    refused = run(KUBECONFIG_TEXT=f"{TEXT}{line}\n")
    assert (refused.returncode, "name a login instead" in refused.stderr) == (1, True)
    assert line.rpartition(" ")[2] not in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_kubeconfig_is_refused_with_what_is(run):
    refused = run(KUBECONFIG_TEXT="edge")
    assert (refused.returncode, "aws eks update-kubeconfig" in refused.stderr) == (1, True)


def test_it_takes_no_arguments(run):
    assert run("edge").returncode == 2
