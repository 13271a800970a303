"""The three definitions are one pipeline, and none gives away more than it must."""

import itertools
import re
import subprocess

import pytest
import yaml

from tests.ci.definitions import (
    CLOCK,
    CLUSTERS,
    EVENTS,
    GITLAB,
    JENKINS,
    MAIN,
    ON_GITHUB,
    OURS_ON_GITLAB,
    REQUEST,
    SCRIPTS,
    TAG,
    UNBUILT,
    actions_of_others,
    gates,
    github,
    gitlab,
    gitlab_jobs,
    holds,
    jenkins,
    jenkins_builds,
    steps,
    switched,
    workflow,
    workflows,
)
from tests.conftest import CHECKOUT
from tests.examples import FINDINGS


def previews(*environments):
    """Each environment's preview, and what Git delivers of it held to config."""
    return [gate for name in environments for gate in (f"preview ENV={name}", f"render ENV={name} CHECK=yes")]


GATES = {
    REQUEST: ["check", "test", "model", *previews("staging", "prod"), "comment"],
    MAIN: [
        *("check", "test", *previews("staging"), "deploy ENV=staging"),
        *(*previews("prod"), "deploy ENV=prod"),
    ],
    CLOCK: ["drift ENV=staging", "drift ENV=prod", "report", "soak", "image", "tfma", "evidently"],
    TAG: ["build ENV=staging"],
    CLUSTERS[REQUEST]: [
        *("check", "test", "model", *previews("staging", "edge-staging", "prod", "edge-prod"), "comment")
    ],
    CLUSTERS[MAIN]: [
        *("check", "test", *previews("staging"), "deploy ENV=staging"),
        *(*previews("edge-staging"), "deploy ENV=edge-staging", *previews("prod"), "deploy ENV=prod"),
        *(*previews("edge-prod"), "deploy ENV=edge-prod"),
    ],
    CLUSTERS[CLOCK]: [
        *("drift ENV=staging", "drift ENV=prod", "drift ENV=edge-staging", "drift ENV=edge-prod", "report"),
        *("soak", "image", "tfma", "evidently"),
    ],
}
ENVIRONMENTS = ("staging", "prod", "edge-staging", "edge-prod")
PLATFORMS = {"github": github, "gitlab": gitlab, "jenkins": jenkins}
OURS = "github.event.pull_request.head.repo.full_name == github.repository"
# What a job may have beside `contents: read`, by the target that it runs.
EXTRA = {
    "build": {"id-token"},
    "model": {"id-token"},
    "preview": {"id-token"},
    "render": {"id-token"},
    "deploy": {"id-token"},
    "drift": {"id-token"},
    "comment": {"pull-requests"},
    "report": {"issues"},
}


def jobs():
    """Every job of GitHub that has steps, with the targets that it runs."""
    return [
        (f"{file} {name}", job, [step["run"].split()[1] for step in job["steps"] if _makes(step)])
        for file, definition in workflows().items()
        for name, job in definition["jobs"].items()
        if "steps" in job
    ]


def _makes(step):
    return step.get("run", "").startswith("make ")


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_runs_the_same_gates_in_the_same_order(platform, event):
    assert gates(PLATFORMS[platform](event)) == GATES[event]


@pytest.mark.slow  # by Jenkins too
def test_a_tag_is_built_by_ci_only_where_it_is_switched_on():
    """The stack's own build pipeline does it elsewhere: one builder, not two."""
    (job,) = workflow("build.yml")["jobs"].values()
    assert job["if"] == "${{ vars.TAG_JOB == 'yes' }}"
    assert gitlab(UNBUILT) == []
    rules = yaml.safe_load(GITLAB.read_text())["workflow"]["rules"]
    assert not any(holds(rule["if"], UNBUILT) for rule in rules)
    assert any(holds(rule["if"], TAG) for rule in rules)
    assert jenkins_builds()[UNBUILT].shells() == []


def test_on_github_each_gate_waits_for_the_one_before():
    """Jobs without `needs` run side by side, in whatever order they are written."""
    for file in ("pull-request.yml", "deploy.yml", "environment.yml"):
        jobs_of_file = workflow(file)["jobs"]
        off = switched(jobs_of_file)
        for names in (
            [each for each in jobs_of_file if each not in off],
            [each for each in jobs_of_file if each in off],
        ):
            for before, name in itertools.pairwise(names):
                needs = jobs_of_file[name].get("needs", [])
                assert before in ([needs] if isinstance(needs, str) else needs), name


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_definition_calls_make_and_asks_for_credentials_and_does_nothing_else(platform):
    commands = {command for event in EVENTS for job in PLATFORMS[platform](event) for command in job.commands}
    other = {
        command
        for command in commands
        if not re.fullmatch(
            r'make [a-z]+( ENV=[\w-]+)?( CHECK=yes)?( SEED="\$\w+")?|(ROLE_ARN="\$\w+" )?\.ci/aws-profile [\w-]+'
            r'|(KUBECONFIG_TEXT="\$EDGE_KUBECONFIG" )?\.ci/kubeconfig',
            command,
        )
    }
    left_over = {"rm -rf .review"} if platform == "jenkins" else set()  # its workspaces live on
    assert left_over <= other
    assert {command.partition(" ")[0] for command in other - left_over} <= {"echo"}  # what a fork is told


def test_jenkins_begins_each_stage_that_writes_or_takes_along_a_review_without_an_earlier_build_s():
    for event in EVENTS:
        for job in jenkins(event):
            looks = [
                n
                for n, command in enumerate(job.commands)
                if command.startswith(("make model", "make preview", "make drift"))
            ]
            first = job.name in {"model", "drift staging"} or (
                event in {MAIN, CLUSTERS[MAIN]} and job.name.startswith("preview ")
            )
            if looks and first:
                assert "rm -rf .review" in job.commands[: looks[0]], job


def test_a_plan_that_is_no_longer_kept_does_not_keep_a_deploy_from_saying_so():
    deploy = workflow("environment.yml")["jobs"]["deploy"]["steps"]
    (download,) = [step for step in deploy if "download-artifact" in step.get("uses", "")]
    assert download["continue-on-error"] is True


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_target_exists(platform):
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    called = {gate.split()[0] for event in EVENTS for gate in gates(PLATFORMS[platform](event))}
    assert called <= targets


def test_every_action_is_pinned_by_commit_and_says_its_version():
    for path in ON_GITHUB:
        for line in path.read_text().splitlines():
            if "uses:" in line:
                assert re.search(
                    r"uses: (\./\.github/(workflows/[\w-]+\.yml|actions/[\w-]+)$|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)",
                    line,
                ), line


def test_an_action_has_one_version_everywhere():
    pins = {
        re.sub(r"^\W*uses: ", "", line.strip())
        for path in ON_GITHUB
        for line in path.read_text().splitlines()
        if "uses:" in line and "@" in line
    }
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


def test_a_job_checks_out_and_is_set_up_by_the_one_action():
    """The action is a file of this repository, so that the checkout comes before it."""
    for name, job, _ in jobs():
        uses = [step.get("uses", "").partition("@")[0] for step in job["steps"]]
        assert uses[:2] == ["actions/checkout", "./.github/actions/set-up"], name
        assert not {"actions/setup-python", "actions/cache"} & set(uses), name


def test_a_workflow_may_read_the_code_and_nothing_else():
    assert all(definition["permissions"] == {"contents": "read"} for definition in workflows().values())


def test_a_job_may_do_beyond_that_what_its_target_needs():
    for name, job, targets in jobs():
        extra = {
            scope
            for scope, level in job.get("permissions", {}).items()
            if (scope, level) != ("contents", "read")
        }
        assert extra == set().union(*(EXTRA.get(target, set()) for target in targets)), name


def test_no_workflow_runs_a_forks_code_with_rights():
    assert {trigger for definition in workflows().values() for trigger in definition["on"]} == {
        "pull_request",
        "push",
        "schedule",
        "workflow_dispatch",
        "workflow_call",
    }


def test_what_a_fork_proposes_gets_checked_and_tested_and_no_credentials():
    for name, job in workflow("pull-request.yml")["jobs"].items():
        guarded = OURS in job.get("if", "") and "||" not in job["if"]
        assert guarded == (name not in {"check", "test"}), name
        if not guarded:
            assert not {"secrets", "vars", "token"} & set(re.findall(r"\w+", yaml.safe_dump(job))), name


def test_a_forks_author_is_told():
    (step,) = (step for _, job, step in steps() if "fork" in step.get("run", ""))
    assert OURS.replace("==", "!=") in step["if"]
    assert "GITHUB_STEP_SUMMARY" in step["run"]


def test_no_expression_is_pasted_into_a_script():
    assert [step["run"] for _, _, step in steps() if "${{" in step.get("run", "")] == []


def test_git_keeps_no_credentials():
    checkouts = [step for _, _, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(jobs())
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_job_ends():
    assert all(job["timeout-minutes"] <= 120 for _, job, _ in jobs())
    assert all(
        "timeout" in job
        for name, job in gitlab_jobs().items()
        if name.startswith(("test", "deploy", "soak", "image", "tfma", "evidently"))
    )


def test_a_newer_push_cancels_a_request_and_no_deploy():
    assert workflow("pull-request.yml")["concurrency"]["cancel-in-progress"] is True
    for environment in ENVIRONMENTS:
        held = workflow("deploy.yml")["jobs"][environment]["concurrency"]
        assert held == {"group": f"environment-{environment}", "cancel-in-progress": False}
        job = gitlab_jobs()[f"deploy-{environment}"]
        assert (job["interruptible"], job["resource_group"]) == (False, environment)


def test_gitlab_builds_a_tag_in_an_image_that_the_project_may_choose():
    """The job's own has no engine, which building images needs; a project's variable comes before a job's."""
    job = gitlab_jobs()["build"]
    default = yaml.safe_load(GITLAB.read_text())["default"]["image"]
    assert (job["image"], job["variables"]["BUILD_JOB_IMAGE"]) == ("$BUILD_JOB_IMAGE", default)
    assert "`BUILD_JOB_IMAGE`" in (CHECKOUT / "docs" / "build.md").read_text()


def test_no_tag_ends_the_build_of_another():
    """Of a group GitHub keeps one run that waits, and cancels it for the next; GitLab and Jenkins keep all that wait."""
    assert workflow("build.yml")["concurrency"] == {
        "group": "build-${{ github.ref }}",
        "cancel-in-progress": False,
    }
    job = gitlab_jobs()["build"]
    assert (job["interruptible"], job["resource_group"]) == (False, "build")
    options = JENKINS.read_text().partition("options {")[2].partition("}")[0]
    assert "disableConcurrentBuilds()" in options
    assert "abortPrevious" not in options


def test_only_a_deploy_gets_the_role_that_changes_things():
    deploys = workflow("environment.yml")["jobs"]["deploy"]
    assert deploys["environment"] == "${{ inputs.environment }}"
    for name, job, targets in jobs():
        output = yaml.safe_dump(job)
        assert ("deploy-role" in output or "DEPLOY_ROLE" in output) == ("deploy" in targets), name


@pytest.mark.parametrize("platform", ["gitlab", "jenkins"])
def test_only_a_deploy_gets_the_role_that_changes_things_on(platform):
    for event in EVENTS:
        for job in PLATFORMS[platform](event):
            deploying = any(command.startswith("make deploy") for command in job.commands)
            assert any("DEPLOY_ROLE" in command for command in job.commands) <= deploying, job


@pytest.mark.parametrize(("environment", "switch"), [("prod", ""), ("edge-prod", ' && $EDGE_JOBS == "yes"')])
def test_production_is_deployed_after_a_person_said_so(environment, switch):
    assert gitlab_jobs()[f"deploy-{environment}"]["rules"] == [
        {
            "if": f'$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH{switch}',
            "when": "manual",
            "allow_failure": False,
        }
    ]
    assert gitlab_jobs()[f"deploy-{environment}"]["environment"] == environment
    # GitHub asks for an environment's reviewers; which they are is set there (docs/ci.md).
    assert workflow("deploy.yml")["jobs"][environment]["with"]["environment"] == environment


def test_each_preview_takes_along_the_evidence_of_the_environment_that_config_promotes_from():
    called = {
        each["with"]["environment"]: each["with"]["promotes-from"]
        for each in workflow("deploy.yml")["jobs"].values()
        if "with" in each
    }
    configured = {
        name: yaml.safe_load((CHECKOUT / f"Pulumi.{name}.yaml").read_text())["config"]
        .get("model-delivery:promotion", {})
        .get("from", "")
        for name in called
    }
    assert called == configured


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("event", CLUSTERS.values())
def test_what_is_on_a_cluster_gets_its_kubeconfig_before_it_is_looked_at(platform, event):
    looks = [
        job for job in PLATFORMS[platform](event) if any("ENV=edge-" in command for command in job.commands)
    ]
    assert looks
    for job in looks:
        made = [n for n, command in enumerate(job.commands) if command.startswith("make ")]
        assert any(command.endswith(".ci/kubeconfig") for command in job.commands[: made[0]]), job


def test_a_deploy_takes_the_plan_that_was_previewed():
    uploads = [step["with"] for _, _, step in steps() if "upload-artifact" in step.get("uses", "")]
    assert all(with_["include-hidden-files"] for with_ in uploads)
    deploy = workflow("environment.yml")["jobs"]["deploy"]
    assert deploy["needs"] == "preview"
    names = [step["with"]["name"] for step in deploy["steps"] if "download-artifact" in step.get("uses", "")]
    assert names == ["review-${{ inputs.environment }}"]
    for environment in ENVIRONMENTS:
        assert gitlab_jobs()[f"preview-{environment}"]["artifacts"]["paths"] == [f".review/{environment}.*"]
        assert f"preview-{environment}" in gitlab_jobs()[f"deploy-{environment}"]["needs"]


def test_a_search_by_night_looks_elsewhere_each_time_and_holds_nobody_up():
    """It needs no gate and no gate needs it; by hand, the same seed looks at the same place."""
    (job,) = workflow("soak.yml")["jobs"].values()
    seeds = [step["run"] for step in job["steps"] if _makes(step)] + gitlab_jobs()["soak"]["script"]
    assert seeds == ['make soak SEED="$GITHUB_RUN_NUMBER"', 'make soak SEED="$CI_PIPELINE_IID"']
    assert gitlab_jobs()["soak"]["needs"] == []
    assert not any("soak" in str(job.get("needs", [])) for job in gitlab_jobs().values())


def test_what_a_search_by_night_found_is_kept():
    (job,) = workflow("soak.yml")["jobs"].values()
    (kept,) = (step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
    assert (kept["if"], kept["with"]["path"]) == ("${{ failure() }}", ".soak/*")
    artifacts = gitlab_jobs()["soak"]["artifacts"]
    assert (artifacts["when"], artifacts["paths"]) == ("on_failure", [".soak/"])
    recipe = (CHECKOUT / "Makefile").read_text().partition("\nsoak:")[2].partition("\n\n")[0]
    assert "--junitxml=.soak/" in recipe
    assert FINDINGS.parent == CHECKOUT / ".soak"


def test_the_comment_is_written_when_a_preview_failed_too():
    assert "!cancelled()" in workflow("pull-request.yml")["jobs"]["comment"]["if"]
    assert [rule["when"] for rule in gitlab_jobs()["comment"]["rules"]] == ["always"]
    for environment in ENVIRONMENTS:
        assert gitlab_jobs()[f"preview-{environment}"]["artifacts"]["when"] == "always"


@pytest.mark.parametrize(
    ("definition", "line"), [("pull-request.yml", "make comment"), ("drift.yml", "make report")]
)
def test_on_github_what_tells_of_all_environments_knows_whether_those_on_a_cluster_are_looked_at(
    definition, line
):
    """On GitLab and Jenkins each job has all variables."""
    jobs = workflow(definition)["jobs"].values()
    (step,) = [step for job in jobs for step in job["steps"] if step.get("run") == line]
    assert step["env"]["EDGE_JOBS"] == "${{ vars.EDGE_JOBS }}"


def test_gitlab_checks_and_tests_what_a_fork_proposes_and_gives_it_no_credentials():
    for name, job in gitlab_jobs().items():
        requests = [rule["if"] for rule in job["rules"] if "merge_request" in rule["if"]]
        assert all(condition.endswith(f"&& {OURS_ON_GITLAB}") for condition in requests), name
        if "id_tokens" in job or "environment" in job:
            assert all(
                '"push"' in rule["if"] or "schedule" in rule["if"] or rule["if"] in requests
                for rule in job["rules"]
            )


def test_gitlab_gives_an_identity_to_jobs_that_ask_aws_and_its_token_to_those_that_write():
    for name, job in gitlab_jobs().items():
        asks = any("aws-profile" in line for line in job["script"])
        assert ("id_tokens" in job) == asks, name
        writes = any(line in {"make comment", "make report"} for line in job["script"])
        assert (job.get("environment", {}) == {"name": "comment", "action": "access"}) == writes, name


@pytest.mark.parametrize("path", [*ON_GITHUB, GITLAB, JENKINS, *SCRIPTS], ids=lambda p: p.name)
def test_nothing_knows_of_the_sandbox(path):
    assert "sandbox" not in path.read_text().lower()


def test_the_runners_lock_has_hashes_and_names_no_registry():
    lock = (CHECKOUT / "tools" / "ci" / "package-lock.json").read_text()
    assert "sha512-" in lock
    assert not re.search(r"resolved|://", lock)


def test_the_stand_ins_for_actions_are_for_actions_in_use():
    used = {action.partition("@")[0].partition("/")[2] for action in actions_of_others()}
    stand_ins = {path.name for path in (CHECKOUT / "tests" / "ci" / "actions").iterdir()}
    assert stand_ins == used - {"checkout"}  # act copies the clone itself


def test_scripts_are_small_programs():
    for path in SCRIPTS:
        listed = subprocess.run(
            ["git", "ls-files", "--stage", str(path)],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert listed.startswith("100755") or (not listed and path.stat().st_mode & 0o100), path
