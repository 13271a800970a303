"""In which order files are run, and which of them one worker runs after the other.

A worker takes the next file when it has nearly ended its own (`--dist loadfile`), so what is long comes first: one that was
begun last would be waited for by all.
"""

from xdist.scheduler import LoadFileScheduling

# Some are long in `make soak` alone. A folder stands for those of its files that are not named: a cluster runs from the first
# of its files to the last one, and each idle minute of it costs seconds of a core.
LONGEST = [
    "tests/stacks/test_build.py",
    "tests/unit/pipelines/flights/test_validation.py",
    "tests/stacks/test_roles.py",
    "tests/ci/runs/test_pipelines.py",
    "tests/model/test_protocol.py",
    "tests/stacks/test_build_verify.py",
    "tests/unit/review/test_mutations.py",
    "tests/ci/runs/test_model_changes.py",
    "tests/faults/test_train.py",
    "tests/model/test_histories.py",
    "tests/unit/sandbox/iam/test_soundness.py",
    "tests/unit/release/test_rules.py",
    "tests/kubernetes/test_environment.py",
    "tests/kubernetes/test_manifests.py",
    "tests/kubernetes/test_rollback_load.py",
    "tests/kubernetes/test_git_delivery.py",
    "tests/kubernetes/",
    "tests/stacks/test_closed_shell.py",
    "tests/faults/test_killed_pulumi.py",
    "tests/stacks/test_review.py",
    "tests/ci/runs/test_rehearsals.py",
    "tests/stacks/test_release.py",
    "tests/ci/jenkins/test_jenkinsfile.py",
    "tests/stacks/test_training.py",
    "tests/stacks/test_data_drift.py",
    "tests/stacks/test_graph.py",
    "tests/faults/test_terminated_make.py",
    "tests/stacks/test_policy_pack.py",
    "tests/stacks/test_aws_provider.py",
    "tests/faults/test_overtaken_up.py",
    "tests/faults/test_killed_up.py",
    "tests/faults/test_bad_days.py",
    "tests/faults/test_rollback_load.py",
    "tests/unit/pipelines/gates/test_planted.py",
    "tests/unit/pipelines/quality/test_months.py",
]
# By file, the one whose worker runs it too: what both need is made once a worker, and takes long, or one would wait for the other.
BESIDE = {
    # A JVM that has executed the Jenkinsfile for each event.
    "tests/ci/test_definitions.py": "tests/ci/jenkins/test_jenkinsfile.py",
    # A JVM for builds, and the repository that rehearses.
    "tests/ci/runs/test_cluster_rehearsals.py": "tests/ci/runs/test_rehearsals.py",
    "tests/ci/runs/test_jenkins_words.py": "tests/ci/runs/test_rehearsals.py",
    # Models that are trained, and the months that they are of.
    "tests/unit/pipelines/flights/test_train.py": "tests/unit/pipelines/gates/test_planted.py",
    "tests/faults/test_model_server_life.py": "tests/faults/test_model_server.py",
    "tests/faults/test_model_server_metrics.py": "tests/faults/test_model_server.py",
    # The committed environments on the cluster, which are one module's at a time.
    "tests/kubernetes/test_git_environment.py": "tests/kubernetes/test_environment.py",
    "tests/kubernetes/test_killed_pulumi.py": "tests/kubernetes/test_environment.py",
}


def turn(path):
    """When a file's turn is: the smaller, the sooner."""
    named = [number for number, name in enumerate(LONGEST) if path == name]
    within = [number for number, name in enumerate(LONGEST) if name.endswith("/") and path.startswith(name)]
    return (named or within or [len(LONGEST)])[0]


class ByFile(LoadFileScheduling):
    """A file's tests are one worker's, and so are those of the files beside it."""

    def _split_scope(self, nodeid):
        path = super()._split_scope(nodeid)
        return BESIDE.get(path, path)
