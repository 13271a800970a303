"""The command line over recorded previews: a `pulumi` that says what the real one said stands in for the engine."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import msgspec
import pytest
from botocore.exceptions import ClientError

from modeldelivery.review import cli, deploying, engine
from modeldelivery.review.core.deployed import Deployed, Outcome
from modeldelivery.review.evidence_source import Observation
from modeldelivery.review.folder import Folder, Look
from tests.unit.review.conftest import JUDGED
from tests.unit.review.documents import record
from tests.unit.review.test_drift import QUIET


def violation(policy):
    """As the engine logs it: all are advice in a preview, and the rule's own level decides."""
    return {
        "policyEvent": {
            "resourceUrn": "urn:pulumi:prod::model-delivery::aws:s3/bucket:Bucket::captures",
            "message": "Why there is a rule.\ncaptures is wrong.\nfix: do right\nwhat: it\n",
            "policyName": policy,
            "enforcementLevel": "advisory",
        }
    }


def test_a_change_that_breaks_no_rule_ends_well_and_leaves_a_plan(engine_says, run, tmp_path, capsys):
    engine_says("tags-only")
    assert run("preview", "--env", "prod") == 0
    assert "Impact on prod: metadata only" in capsys.readouterr().out
    assert (tmp_path / ".review" / "prod.plan").exists()


def test_a_refused_change_ends_with_3_and_is_still_told_in_the_comment(engine_says, run, capsys):
    engine_says("replace-endpoint-protected")
    assert run("preview", "--env", "prod") == 3
    capsys.readouterr()
    assert run("comment") == 0
    assert "REPLACES the endpoint `flights-prod`" in capsys.readouterr().out


def test_a_mandatory_policy_refuses_and_advice_does_not(engine_says, run, capsys):
    engine_says("nothing-in-staging", events=[violation("first-version"), JUDGED])
    assert run("preview", "--env", "staging") == 0
    engine_says("nothing-in-staging", events=[violation("private-storage"), JUDGED])
    assert run("preview", "--env", "staging") == 3
    assert (
        "Refused (policy private-storage): captures is wrong. To mend it: do right" in capsys.readouterr().out
    )


def test_a_policy_that_is_not_known_is_mandatory(engine_says, run):
    engine_says("nothing-in-staging", events=[violation("brand-new"), JUDGED])
    assert run("preview", "--env", "staging") == 3


def test_a_preview_that_the_policy_pack_did_not_judge_is_refused(engine_says, run, capsys):
    engine_says("nothing-in-staging", events=[])
    assert run("preview", "--env", "staging") == 3
    assert "the policy pack did not judge it" in capsys.readouterr().out


def test_a_preview_that_fails_without_a_reason_is_not_taken_for_nothing(engine_says, run):
    engine_says("nothing-in-staging", status=255)
    assert run("preview", "--env", "staging") == 3


def test_an_engine_that_says_nothing_readable_is_an_error_in_a_sentence(engine_says, run, tmp_path, capsys):
    engine_says(text="error: no stack named 'prod' found", status=255)
    assert run("preview", "--env", "prod") == 1
    assert "no stack named 'prod' found" in capsys.readouterr().err
    assert not (tmp_path / ".review" / "prod.json").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:allowedAccountIds", "123"),
        ("aws:region", None),
        ("model-delivery:promotion", '{"from": ["staging"]}'),
        ("model-delivery:protect", "perhaps"),
    ],
)
def test_of_a_config_that_the_program_refuses_its_own_sentence_is_told(
    engine_says, run, tmp_path, key, value
):
    document = record("bad-config")["document"]
    document["config"].pop(key)
    if value is not None:
        document["config"][key] = value
    document["diagnostics"] = [{"message": f"error: {key} is wrong: write it right\n", "severity": "error"}]
    engine_says(text=json.dumps(document), status=255)
    assert run("preview", "--env", "prod") == 1
    failure = json.loads((tmp_path / ".review" / "prod.failed").read_text())
    assert failure["why"] == f"{key} is wrong: write it right"


def test_a_reason_beside_a_document_that_has_none_is_told(engine_says, run, capsys):
    engine_says("nothing-in-staging", status=255, stderr="error: the state could not be written\n")
    assert run("preview", "--env", "staging") == 3
    assert "Refused (preview-failed): error: the state could not be written" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["preview", "drift", "deploy"])
def test_a_folder_that_nothing_can_be_written_to_is_a_sentence(engine_says, tmp_path, capsys, command):
    engine_says("tags-only")
    file = tmp_path / "file"
    file.touch()
    assert cli.main(["--folder", str(file), command, "--env", "prod"]) == 1
    assert re.fullmatch(
        rf"review: {file}\S*: (File exists|Not a directory)\. FOLDER=… names another folder\n",
        capsys.readouterr().err,
    )


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"model-delivery:model": None}, "the config of prod has no 'model-delivery:model'"),
        ({"aws:region": None}, "the config of prod has no 'aws:region'"),
        ({"aws:allowedAccountIds": "123"}, "aws:allowedAccountIds of prod is 123: "),
    ],
)
def test_drift_in_an_environment_whose_config_cannot_be_read_is_told_as_far_as_it_goes(
    engine_says, run, capsys, setting, told
):
    document = record("drift-none")["document"]
    config = document["config"] | setting
    document["config"] = {key: value for key, value in config.items() if value is not None}
    engine_says(text=json.dumps(document), status=0)
    assert run("drift", "--env", "prod") == 0
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("release", ['{"live": 1}', "["])
def test_where_the_release_cannot_be_read_whether_a_candidate_waits_is_said_not_to_be_known(
    engine_says, run, monkeypatch, capsys, release
):
    monkeypatch.setattr(cli, "decided", lambda *_: QUIET)
    document = record("drift-none")["document"]
    document["config"]["model-delivery:release"] = release
    engine_says(text=json.dumps(document), status=0)
    assert run("drift", "--env", "prod") == 0
    told = f"whether a candidate waits cannot be told: model-delivery:release is {release}: "
    assert told in capsys.readouterr().out


def test_a_preview_that_failed_is_not_said_to_change_nothing_while_one_waits(engine_says, run, capsys):
    engine_says("bad-config")
    run("preview", "--env", "prod")
    assert "cannot be told, for the preview FAILED" in capsys.readouterr().err


def test_why_what_an_environment_has_proved_cannot_be_read_is_said(engine_says, run, capsys):
    engine_says("nothing-in-staging")
    run("preview", "--env", "staging")
    comment_text = capsys.readouterr()
    assert "what staging has proved cannot be read: AWS credentials of staging" in comment_text.err
    assert "Not everything could be looked at: what staging has proved cannot be read" in comment_text.out


def test_an_earlier_preview_does_not_outlive_one_that_fails(engine_says, run, tmp_path):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text="error: broken", status=255)
    run("preview", "--env", "prod")
    assert not (tmp_path / ".review" / "prod.json").exists()
    assert not (tmp_path / ".review" / "prod.plan").exists()


def test_the_comment_tells_production_first_and_both(engine_says, run, monkeypatch, capsys):
    monkeypatch.setattr(cli, "observe", lambda *_: Observation())
    engine_says("nothing-in-staging")
    run("preview", "--env", "staging")
    engine_says("tags-only")
    run("preview", "--env", "prod")
    capsys.readouterr()
    run("comment")
    comment_text = capsys.readouterr().out
    assert comment_text.index("Impact on `prod`") < comment_text.index("`staging`: nothing changes")


def leave(tmp_path, environment, promotes_from):
    """A preview of an environment that promotes from another, as if it had been made."""
    file = tmp_path / ".review" / "prod.json"
    review = json.loads(file.read_text())
    review["change"] |= {"environment": environment, "promotes_from": promotes_from}
    file.with_stem(environment).write_text(json.dumps(review))


def test_the_comment_tells_the_last_of_a_chain_of_environments_first(engine_says, run, tmp_path, capsys):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    for environment, source in (("prod", "canary"), ("canary", "lab"), ("lab", None)):
        leave(tmp_path, environment, source)
    capsys.readouterr()
    assert run("comment") == 0
    comment_text = capsys.readouterr().out
    assert comment_text.index("`prod`") < comment_text.index("`canary`") < comment_text.index("`lab`")


def test_environments_that_promote_from_each_other_are_refused(engine_says, run, tmp_path, capsys):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    leave(tmp_path, "canary", "prod")
    leave(tmp_path, "prod", "canary")
    capsys.readouterr()
    assert run("comment") == 1
    assert "promote in a circle: " in capsys.readouterr().err


def test_json_is_one_document_on_standard_output(engine_says, run, capsys):
    engine_says("fleet-resize")
    run("preview", "--env", "prod", "--json")
    assert json.loads(capsys.readouterr().out)["change"]["kinds"] == ["fleet"]


def test_without_a_preview_the_comment_says_what_to_type(run, capsys):
    assert run("comment") == 1
    assert "make preview ENV=staging" in capsys.readouterr().err


def test_a_review_of_another_commit_is_no_evidence(engine_says, run, monkeypatch, capsys):
    engine_says("nothing-in-staging")
    run("preview", "--env", "staging")
    monkeypatch.setattr(engine, "commit", lambda: "def")
    engine_says("tags-only")
    run("preview", "--env", "prod")
    assert "is of commit abc" in capsys.readouterr().err


def test_what_was_refused_is_not_deployed(engine_says, run, capsys):
    engine_says("replace-endpoint-protected")
    run("preview", "--env", "prod")
    assert run("deploy", "--env", "prod") == 3
    assert "prod is refused" in capsys.readouterr().err


def test_a_plan_of_another_commit_is_not_deployed(engine_says, run, monkeypatch, capsys):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    monkeypatch.setattr(engine, "commit", lambda: "def")
    assert run("deploy", "--env", "prod") == 1
    assert "the plan is of commit abc and this is def" in capsys.readouterr().err


def test_nothing_is_deployed_without_a_preview(run, capsys):
    assert run("deploy", "--env", "prod") == 1
    assert "make preview ENV=prod" in capsys.readouterr().err


def test_a_stale_plan_is_said_to_be_stale(engine_says, run, capsys):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text="error: resource x violates plan: properties changed", status=255)
    assert run("deploy", "--env", "prod") == 3
    assert "the plan is stale" in capsys.readouterr().err


def test_a_plan_that_became_stale_within_an_update_is_not_said_to_have_changed_nothing(
    engine_says, run, tmp_path, capsys
):
    """The update's own preview fitted the plan; somebody rolled back while its first steps were carried out."""
    engine_says("tags-only")
    run("preview", "--env", "prod")
    overtaken = "Previewing update (prod):\nUpdating (prod):\n ~ aws:s3:Bucket updated\nerror: resource x violates plan: weights"
    engine_says(text=overtaken, status=255)
    assert run("deploy", "--env", "prod") == 255
    told = capsys.readouterr().err
    assert "Nothing was changed" not in told
    assert (
        "What is listed above as done was changed, the rest was not. Preview again what is left: `make preview ENV=prod`"
        in told
    )
    assert left(tmp_path).outcome is Outcome.STALE


LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with "
    "`pulumi cancel`.\n  file:///state/.pulumi/locks/organization/model-delivery/prod/0aa.json?no_tmp_dir=true: created by "
    "root@b1f (pid 4711) at 2026-11-30T00:55:27Z\n"
)


def left(tmp_path):
    return msgspec.json.decode((tmp_path / ".review" / "prod.deployed").read_bytes(), type=Deployed)


def test_who_holds_an_environment_that_is_locked_is_told_with_what_to_type(
    engine_says, run, tmp_path, capsys
):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text=LOCKED, status=255)
    assert run("deploy", "--env", "prod") == 4
    told = capsys.readouterr().err
    assert "root@b1f (pid 4711), since 2026-11-30T00:55:27Z" in told
    assert "`pulumi cancel --stack prod`" in told
    assert left(tmp_path).outcome is Outcome.LOCKED


def test_a_held_environment_is_waited_for_as_long_as_is_allowed(
    engine_says, run, tmp_path, capsys, monkeypatch
):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text=LOCKED, status=255)
    now, paused = [0.0], []

    def pause(seconds):
        now[0] += seconds
        paused.append(seconds)
        if len(paused) == 3:
            engine_says(text="done", status=0)

    monkeypatch.setattr(deploying, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=pause))
    assert run("deploy", "--env", "prod", "--wait", "1") == 0
    assert capsys.readouterr().err.count("waiting, 1 minutes at most") == 1
    assert (left(tmp_path).outcome, len(paused)) == (Outcome.DONE, 3)


def test_a_held_environment_is_waited_for_no_longer_than_is_allowed(engine_says, run, tmp_path, monkeypatch):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text=LOCKED, status=255)
    now = [0.0]
    clock = SimpleNamespace(
        monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds)
    )
    monkeypatch.setattr(deploying, "time", clock)
    assert run("deploy", "--env", "prod", "--wait", "1") == 4
    assert now[0] <= 60
    assert "did not end within 1 minutes" in left(tmp_path).why


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("error: resource x violates plan: properties changed", Outcome.STALE),
        ("error: AccessDenied", Outcome.FAILED),
    ],
)
def test_what_became_of_an_update_is_left_for_whoever_called_make(engine_says, run, tmp_path, text, outcome):
    why = {Outcome.STALE: "the plan is stale", Outcome.FAILED: "error: AccessDenied"}[outcome]
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text=text, status=255)
    run("deploy", "--env", "prod")
    assert (left(tmp_path).outcome, left(tmp_path).commit) == (outcome, "abc")
    assert why in left(tmp_path).why


def test_an_update_that_was_refused_leaves_why_and_nothing_of_an_earlier_one(engine_says, run, tmp_path):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text="done", status=0)
    run("deploy", "--env", "prod")
    engine_says("replace-endpoint-protected")
    run("preview", "--env", "prod")
    run("deploy", "--env", "prod")
    assert (left(tmp_path).outcome, left(tmp_path).why[:15]) == (Outcome.REFUSED, "prod is refused")


def test_an_update_that_was_interrupted_leaves_nothing_of_an_earlier_one(
    engine_says, run, tmp_path, monkeypatch
):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text="done", status=0)
    run("deploy", "--env", "prod")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "update", interrupted)
    assert run("deploy", "--env", "prod") == 130
    assert not (tmp_path / ".review" / "prod.deployed").exists()


def test_what_became_of_an_update_is_no_environment_of_the_comment(engine_says, run, tmp_path):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text="done", status=0)
    run("deploy", "--env", "prod")
    assert Folder(tmp_path / ".review").environments(Look.PREVIEW) == {"prod"}


def test_a_review_that_another_version_wrote_is_refused(engine_says, run, tmp_path, capsys):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    file = tmp_path / ".review" / "prod.json"
    file.write_text(file.read_text().replace('"schema": 9', '"schema": 7'))
    assert run("comment") == 1
    assert "make preview ENV=prod" in capsys.readouterr().err


def test_drift_is_written_shown_and_reported(engine_says, run, capsys):
    engine_says("drift-alarm-deleted")
    assert run("drift", "--env", "prod") == 0
    assert run("report") == 0
    comment_text = capsys.readouterr().out
    assert re.search(r"the alarm `flights-prod-v1-1-0-\w+` is GONE", comment_text)


def test_no_drift_needs_no_issue(engine_says, run, monkeypatch, capsys):
    monkeypatch.setattr(cli, "decided", lambda *_: QUIET)
    engine_says("drift-none")
    for environment in ("staging", "prod"):
        run("drift", "--env", environment)
    capsys.readouterr()
    run("report")
    assert "no issue is due" in capsys.readouterr().out


def test_an_issue_stays_as_it_is_where_not_everything_could_be_looked_at(
    engine_says, run, monkeypatch, capsys
):
    monkeypatch.setattr(cli, "decided", lambda *_: "no credentials")
    engine_says("drift-none")
    assert run("drift", "--env", "prod") == 0
    assert "no environment differs from Git, as far as it could be looked at" in capsys.readouterr().out
    assert run("report") == 0
    comment_text = capsys.readouterr()
    assert comment_text.out == ""
    assert "not everything of prod could be looked at: no credentials" in comment_text.err


def test_without_pulumi_it_is_said_where_it_is(engine_says, run, monkeypatch, tmp_path, capsys):
    engine_says("nothing-in-staging")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run("preview", "--env", "prod") == 1
    assert "pulumi is not on PATH" in capsys.readouterr().err


def test_an_interrupt_is_no_traceback(run, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "preview", interrupted)
    assert run("preview", "--env", "prod") == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_wrong_environment_is_a_usage_error():
    done = subprocess.run(
        [sys.executable, "-m", "modeldelivery.review", "preview", "--env", "Not One"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "environment" in done.stderr
    assert "Traceback" not in done.stderr


SIGN_IN = "enter the tent: `zip open`"


def test_a_shell_without_credentials_is_told_what_to_type(engine_says, run, capsys):
    engine_says("nothing-in-staging")
    run("--sign-in", SIGN_IN, "preview", "--env", "staging")
    comment_text = capsys.readouterr().err
    assert "The config profile (staging) could not be found: name another by --profile" in comment_text
    assert "What to type: `aws sso login --profile staging`" in comment_text
    assert comment_text.rstrip().endswith(f"; or {SIGN_IN}")


def test_a_shell_whose_keys_aws_does_not_know_is_told_what_to_type(engine_says, run, capsys, monkeypatch):
    refused = ClientError(
        {"Error": {"Code": "InvalidClientTokenId"}, "ResponseMetadata": {"HTTPStatusCode": 403}},
        "GetCallerIdentity",
    )

    def ask(*_):
        raise refused

    monkeypatch.setattr("modeldelivery.release.aws.session._ask_sts", ask)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    engine_says(text="error: no valid credential sources found", status=255)
    assert run("drift", "--env", "staging") == 5
    comment_text = capsys.readouterr().err
    assert "InvalidClientTokenId" in comment_text
    assert "What to type: `aws sso login --profile staging`" in comment_text


def test_a_shell_that_pulumi_has_no_state_for_is_told_what_to_type(engine_says, run, capsys):
    engine_says(
        text="error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI", status=255
    )
    assert run("--sign-in", SIGN_IN, "preview", "--env", "prod") == 1
    comment_text = capsys.readouterr().err
    assert "What to type: `pulumi login URL`, or `export PULUMI_BACKEND_URL=URL`" in comment_text
    assert comment_text.rstrip().endswith(f"; or {SIGN_IN}")


def test_a_failure_of_another_kind_gets_no_advice_on_credentials(engine_says, run, capsys, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of somebody")
    engine_says(text="error: no stack named 'prod' found", status=255)
    assert run("preview", "--env", "prod") == 1
    assert "What to type" not in capsys.readouterr().err
