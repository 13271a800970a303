"""The build pipeline as `pulumi up` makes it: a pushed tag comes to a version, and what is wrong with one stops it, with a sentence."""

import json
import signal
import sys

import msgspec
import pytest

from tests.registered import bills_of, evidence_of, packages_of, record_of
from tests.stacks.bad_commits import BAD, FEATURES, LINT
from tests.stacks.building import building_in
from tests.stacks.stack import Stack
from tests.stacks.training import PLACE

pytestmark = [pytest.mark.stacks, pytest.mark.timeout(900)]

STAGES = ["Test", "Image", "Train", "Verify"]


@pytest.fixture(scope="module")
def building(module_sandbox, tmp_path_factory):
    return building_in(module_sandbox, tmp_path_factory.mktemp("building"))


@pytest.fixture(scope="module")
def made(building):
    """v1.2.0, registered by GTO and built from a push of its tag."""
    building.register("v1.2.0")
    (identity,) = building.pushed(building.executions(), "HEAD:main", "flights@v1.2.0")
    return building.followed(identity)


def stages(build):
    return {stage["name"]: stage["status"] for stage in build["stages"]}


def test_a_tag_that_gto_made_is_tested_built_trained_and_approved(building, made):
    assert building.clone.git("cat-file", "-t", "flights@v1.2.0").strip() == "tag"  # annotated, as GTO's are
    assert made["status"] == "Succeeded", building.log(made["id"])
    assert stages(made).keys() == {"Source", "Test", "Image", "Train", "Deploy", "Verify"}
    record = building.record("v1.2.0")
    assert (
        record.source.commit
        == made["commit"]
        == building.clone.git("rev-parse", "flights@v1.2.0^{commit}").strip()
    )
    assert [each["ModelApprovalStatus"] for each in building.packages("v1.2.0")] == ["Approved"]
    bills = building.bills()
    assert (bills[record.digests.image], "steps" in bills.values()) == ("server", True)


@pytest.mark.soak
@pytest.mark.usefixtures("made")
def test_a_version_that_was_built_stands_in_its_environment_at_weight_0_and_is_verified(building):
    assert building.stack.serving() == {"v1-0-0": 100, "v1-2-0": 0}
    kept = evidence_of(building.s3, PLACE, building.record("v1.2.0"))["verify-staging.json"]
    assert json.loads(kept)["version"] == "v1.2.0"
    links = json.loads(building.stack.modelctl("lineage", "--version", "v1.2.0", "--json").stdout)["links"]
    assert {f"bill of materials of the {whose} image" for whose in ("server's", "steps'")} <= {
        link.get("about") for link in links
    }


@pytest.fixture(scope="module")
def promoted(building, made, tmp_path_factory):
    """Production with a registry, and v1.2.0 registered there as docs/build.md says."""
    prod = Stack("prod", building.stack.sandbox, tmp_path_factory.mktemp("prod"))
    prod.no_release()
    prod.up()
    done = prod.run(
        sys.executable, "-m", "tools.promotion", made["version"], "--from", "staging", "--to", "prod"
    )
    assert done.returncode == 0, done.stderr
    return prod


def test_the_same_bits_with_stagings_evidence_are_registered_in_production_and_a_person_approves_them(
    building, promoted
):
    place = msgspec.structs.replace(PLACE, environment="prod", account="222222222222")
    s3, sagemaker = (promoted.sandbox.client("prod", service) for service in ("s3", "sagemaker"))
    here, there = building.record("v1.2.0"), record_of(s3, place, "v1.2.0")
    assert (there.digests, there.source) == (here.digests, here.source)
    assert evidence_of(s3, place, there) == evidence_of(building.s3, PLACE, here)
    image = here.digests.image
    assert bills_of(s3, place) == {image: building.bills()[image]}
    assert [each["ModelApprovalStatus"] for each in packages_of(sagemaker, place, "v1.2.0")] == [
        "PendingManualApproval"
    ]
    promoted.modelctl("approve", "v1.2.0", "--reason", "verified in staging")
    assert [each["ModelApprovalStatus"] for each in packages_of(sagemaker, place, "v1.2.0")] == ["Approved"]


@pytest.mark.soak
@pytest.mark.usefixtures("made")
def test_a_tag_that_moved_after_its_version_was_made_is_refused(building):
    before, record = building.executions(), building.record("v1.2.0")
    building.clone.commit("other bits")
    building.clone.git("tag", "--force", "flights@v1.2.0")
    (identity,) = building.pushed(before, "--force", "HEAD:main", "flights@v1.2.0")
    reason = building.stopped(building.followed(identity), "Train")
    assert "a version never changes" in reason
    assert building.record("v1.2.0") == record
    assert len(building.packages("v1.2.0")) == 1


# What AWS does in a role's name and the sandbox does not show, by role; why it needs it.
# Judged in the role's name by the service that acts, and recorded as no call (tests/faults/test_sandbox_code_pipelines.py).
JUDGED = {"codeconnections:UseConnection", "codebuild:StartBuild", "codebuild:BatchGetBuilds"}
SOURCE = {"s3:GetObjectVersion"}  # of an artifact in a bucket with versions
UNSEEN = {
    # https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
    "builds": {
        *("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"),
        *("s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt"),
    },
    "test": SOURCE,
    # Layers are uploaded; the sandbox's own builder keeps them beside ECR (tests/components/test_build.py).
    "image": {
        *SOURCE,
        *("ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload"),
        "ecr:UploadLayerPart",
    },
    # A training that failed is tried again, and a gate's sentence is read.
    "train": {*SOURCE, "sagemaker:RetryPipelineExecution", "sagemaker:DescribeProcessingJob"},
    "deploy": SOURCE,
    # The data plane judges its callers itself, and records no call. A package is looked at where its version did not join.
    "verify": {*SOURCE, "sagemaker:InvokeEndpoint", "sagemaker:DescribeModelPackage"},
}


@pytest.fixture(scope="module")
def calls(building, made):  # noqa: ARG001 - it makes them
    """What was called since the sandbox began, in whose name."""
    return building.stack.sandbox.calls()


@pytest.mark.parametrize("name", UNSEEN)
def test_a_builds_role_has_what_builds_take_and_nothing_more(building, calls, name):
    role = building.role(name)
    calls = [call for call in calls if call["role"] == role.arn]
    taken = {need["action"] for call in calls for need in call["needs"]}
    assert role.actions - taken - JUDGED == UNSEEN[name]
    assert [call for call in calls if call["denied"]] == []


def test_two_tags_at_one_commit_are_refused_by_name_before_anything_is_set_up(building):
    building.clone.commit("a commit with two versions")
    for identity in building.push("flights@v1.4.0", "flights@v1.4.1"):
        reason = building.stopped(building.followed(identity), "Test")
        assert "flights@v1.4.0, flights@v1.4.1" in reason


def test_a_tag_that_is_not_on_main_is_refused(building):
    building.clone.git("checkout", "--quiet", "-b", "aside", "HEAD~1")
    try:
        building.clone.commit("aside")
        building.clone.git("tag", "flights@v1.5.0")
        (identity,) = building.pushed(building.executions(), "flights@v1.5.0")
    finally:
        building.clone.git("checkout", "--quiet", "main")
    assert "is at a commit that is not on main" in building.stopped(building.followed(identity), "Test")


def test_a_finding_of_lint_stops_the_build_with_its_line(building):
    building.edit(*LINT)
    build = building.built("flights@v1.6.0")
    building.revert()
    reason = building.stopped(build, "Test")
    assert reason.startswith(f"lint: {FEATURES}:")
    assert f"flights@v1.6.0: Test: {reason}\n" in building.stack.modelctl("builds").stdout
    assert building.record("v1.6.0") is None


@pytest.mark.soak
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_commit_is_stopped_at_its_checks_with_the_first_finding(building, bad):
    version, file, edit, sentence = BAD[bad]
    building.edit(file, *edit)
    build = building.built(f"flights@{version}")
    building.revert()
    assert building.stopped(build, "Test").startswith(sentence)
    assert building.record(version) is None


@pytest.mark.soak
@pytest.mark.usefixtures("made")
def test_a_worse_model_is_stopped_at_training_with_its_gates_sentence(building):
    building.edit("params.yaml", "trees: 30", "trees: 1")
    build = building.built("flights@v1.8.0")
    building.revert()
    assert "evaluation gate: " in building.stopped(build, "Train")
    assert building.record("v1.8.0") is None


@pytest.mark.soak
def test_a_bad_month_in_a_commits_data_is_stopped_at_training_with_its_gates_sentence(building):
    building.spoil("flights/2013-01.csv", ",EWR,", ",NWR,")
    build = building.built("flights@v1.8.1")
    building.revert()
    reason = building.stopped(build, "Train")
    assert reason.startswith("v1.8.1 is stopped: validation gate: flights 2013-01, column origin: ")
    assert building.record("v1.8.1") is None


@pytest.mark.soak
def test_the_same_tag_pushed_again_changes_nothing(building, made):
    record = building.record("v1.2.0")
    building.clone.git("push", "--quiet", "sandbox", ":flights@v1.2.0")
    building.clone.git("tag", "--force", "flights@v1.2.0", made["commit"])
    (identity,) = building.pushed(building.executions(), "flights@v1.2.0")
    build = building.followed(identity)
    assert build["status"] == "Succeeded", building.log(identity)
    assert building.record("v1.2.0") == record
    assert len(building.packages("v1.2.0")) == 1


@pytest.mark.soak
def test_five_tags_pushed_at_once_are_built_one_after_another_and_what_stops_one_stops_no_other(building):
    """Whatever is written into their commits' messages."""
    good, bad = ["v2.0.0", "v2.0.4"], ["v2.0.1", "v2.0.2", "v2.0.3"]
    for version in sorted(good + bad):
        if version == bad[0]:
            building.edit(*LINT)
        elif version == good[-1]:
            building.edit(LINT[0], LINT[2], LINT[1])
        building.clone.commit(f"{version} \x1b[2J\x07 'quoted' \"twice\" $(false)\n\nand more")
        building.clone.git("tag", f"flights@{version}")
    tags = [f"flights@{version}" for version in sorted(good + bad)]
    identities = building.pushed(building.executions(), "HEAD:main", *tags)
    builds = {build["version"]: build for build in map(building.followed, identities)}
    assert len(identities) == len(builds) == len(tags)
    for version in good:
        assert builds[version]["status"] == "Succeeded", building.log(builds[version]["id"])
        assert len(building.packages(version)) == 1
    for version in bad:
        assert building.stopped(builds[version], "Test").startswith(f"lint: {FEATURES}:")
    ends = [builds[version]["stages"][1]["ended"] for version in sorted(builds)]
    assert ends == sorted(ends)
    assert all(line.isprintable() for line in building.stack.modelctl("builds").stdout.splitlines())


@pytest.mark.soak
def test_a_version_whose_commit_is_merged_later_is_built_once_its_stage_is_tried_again(building):
    building.clone.commit("tagged before it is merged")
    building.clone.git("tag", "flights@v2.1.0")
    (identity,) = building.pushed(building.executions(), "flights@v2.1.0")
    assert "merge it and retry the stage" in building.stopped(building.followed(identity), "Test")
    building.clone.git("push", "--quiet", "sandbox", "HEAD:main")
    building.retry(identity, "Test")
    assert building.followed(identity)["status"] == "Succeeded", building.log(identity)
    assert len(building.packages("v2.1.0")) == 1


@pytest.mark.soak
def test_a_tag_that_was_deleted_while_its_execution_waited_is_no_version_any_more(building):
    building.edit(*LINT)
    (first,) = building.push("flights@v2.2.0")
    building.kill(first, "Test", signal.SIGSTOP)
    building.revert()
    (second,) = building.push("flights@v2.2.1")
    building.clone.git("push", "--quiet", "sandbox", ":flights@v2.2.1")
    building.kill(first, "Test", signal.SIGCONT)
    building.followed(first)
    assert "no tag flights@vX.Y.Z is at this commit, or none any more" in building.stopped(
        building.followed(second), "Test"
    )
    assert building.record("v2.2.1") is None


@pytest.mark.soak
@pytest.mark.parametrize(
    ("tag", "change", "why"),
    [
        ("flights@v2.3", (), "flights@v2.3 is none; `git tag flights@v1.2.0` makes one"),
        (
            "flights@v2.3.1",
            ("rm", "-r", "--quiet", "pipelines/flights"),
            "this commit has no model flights, which is pipelines/flights/recipe.py: it has no model",
        ),
    ],
)
def test_a_tag_that_names_no_version_or_no_model_is_refused_before_anything_is_set_up(
    building, tag, change, why
):
    if change:
        building.clone.git(*change)
    building.clone.commit(f"tagged {tag}")
    build = building.built(tag)
    if change:
        building.revert()
    assert why in building.stopped(build, "Test")


@pytest.mark.soak
@pytest.mark.usefixtures("made")
def test_two_deployers_of_one_environment_converge(building, tmp_path):
    """A build's and CI's: whoever comes second waits, previews again, and finds it done."""
    building.edit("Pulumi.staging.yaml", "maxLatencyMs: 500", "maxLatencyMs: 450")
    building.clone.git("push", "--quiet", "sandbox", "HEAD:main")
    deployers = [building.deployer(tmp_path / name) for name in ("one", "other")]
    outputs = [process.communicate(timeout=600)[0] for process in deployers]
    assert [process.returncode for process in deployers] == [0, 0], outputs
    thresholds = {
        alarm["Threshold"]
        for alarm in building.stack.sandbox.client("staging", "cloudwatch").describe_alarms()["MetricAlarms"]
        if "latency" in alarm["AlarmName"]
    }
    assert thresholds == {450_000.0}
    assert building.stack.serving()["v1-0-0"] == 100


@pytest.mark.soak
@pytest.mark.parametrize("stage", STAGES)
def test_a_build_that_is_killed_goes_on_from_its_stage_when_it_is_tried_again(building, stage):
    version = f"v3.0.{STAGES.index(stage)}"
    building.clone.commit(f"killed in {stage}")
    (identity,) = building.push(f"flights@{version}")
    building.kill(identity, stage, signal.SIGKILL)
    build = building.followed(identity)
    assert (build["status"], build["stages"][-1]["name"]) == ("Failed", stage)
    building.retry(identity, stage)
    assert building.followed(identity)["status"] == "Succeeded", building.log(identity)
    assert len(building.packages(version)) == 1


@pytest.mark.soak
def test_a_stage_whose_follower_was_killed_says_that_the_training_goes_on_and_comes_to_its_version_again(
    building,
):
    building.clone.commit("the training's follower is killed")
    (identity,) = building.push("flights@v3.1.0")
    building.kill(identity, "Train", signal.SIGKILL, program="modelctl train")
    reason = building.stopped(building.followed(identity), "Train")
    assert "retry the stage" in reason
    building.retry(identity, "Train")
    assert building.followed(identity)["status"] == "Succeeded", building.log(identity)
    assert len(building.packages("v3.1.0")) == 1


@pytest.mark.soak
def test_a_killed_builds_follow_stops_nothing_and_a_push_meanwhile_waits_for_its_turn(building):
    building.clone.commit("one, followed")
    (first,) = building.push("flights@v4.0.0")
    follower = building.followed_by_command()
    assert any("Test: InProgress" in line for line in iter(follower.stderr.readline, ""))
    follower.kill()
    follower.communicate(timeout=30)
    building.clone.commit("two, while one is built")
    (second,) = building.push("flights@v4.0.1")
    again = building.followed_by_command()  # the newest
    output, _ = again.communicate(timeout=600)
    assert again.returncode == 0, output
    one, two = (building.followed(identity) for identity in (first, second))
    assert [build["version"] for build in (one, two)] == ["v4.0.0", "v4.0.1"]
    for before, after in zip(one["stages"], two["stages"], strict=True):
        assert before["ended"] <= after["started"], before["name"]
    for version in ("v4.0.0", "v4.0.1"):
        assert len(building.packages(version)) == 1


@pytest.mark.soak
def test_a_deploy_that_is_killed_is_tried_again_and_goes_on_once_a_person_took_its_lock_away(building):
    """Of the newest version, whichever were built before it: it is the one that joins."""
    building.clone.commit("killed in Deploy")
    (identity,) = building.push("flights@v9.0.0")
    building.kill_engine(identity)
    building.until(lambda: "is held by another deployer" in building.log(identity), identity)
    building.stack.pulumi("cancel", "--yes", "staging")
    assert building.followed(identity)["status"] == "Succeeded", building.log(identity)
    assert building.stack.serving()["v9-0-0"] == 0
