"""modelctl as its user types it, against a real endpoint in the sandbox."""

import json

import pytest

from tests.stacks.endpoint import V1, V2, LiveEndpoint

pytestmark = pytest.mark.stacks


@pytest.fixture(scope="module")
def made(hosting):
    return LiveEndpoint(hosting, "operator")


@pytest.fixture
def operator(made):
    made.start()
    return made


def test_rollback_moves_traffic_and_rejects_with_at_most_four_calls_before_it_moves(operator):
    since = operator.sandbox.last_call()

    ended = operator.run("rollback", "--reason", "errors doubled", "--actor", "ada")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "rolled back to v1.0.0\n"
    calls = [call["action"] for call in operator.sandbox.calls(since)]
    assert calls.index("UpdateEndpointWeightsAndCapacities") <= 3, calls
    assert operator.weights == {"v1-0-0": 100, "v2-0-0": 0}
    (rejection,) = operator.journal.rejections
    assert (rejection.version, rejection.actor, rejection.reason) == (V2, "ada", "errors doubled")


def test_a_second_rollback_says_whose_the_first_was_and_moves_nothing(operator):
    operator.run("rollback", "--reason", "errors doubled", "--actor", "ada")
    since = operator.sandbox.last_call()

    ended = operator.run("rollback", "--reason", "again", "--json")

    output = json.loads(ended.stdout)
    assert (ended.returncode, output["outcome"]) == (0, "already")
    assert "already rolled back to v1.0.0 by ada: errors doubled" in output["summary"]
    assert not {"PutObject", "UpdateEndpointWeightsAndCapacities"} & {
        call["action"] for call in operator.sandbox.calls(since)
    }


def test_a_dry_run_lists_the_calls_that_the_run_then_makes_and_makes_none_that_writes(operator):
    before = operator.journal
    since = operator.sandbox.last_call()

    rehearsed = operator.run("rollback", "--reason", "errors doubled", "--dry-run", "--json")

    assert rehearsed.returncode == 0, rehearsed.stderr
    calls = json.loads(rehearsed.stdout)["calls"]
    reads = {"GetObject", "DescribeEndpoint", "ListTags", "GetCallerIdentity"}
    assert {call["action"] for call in operator.sandbox.calls(since)} <= reads
    assert operator.journal == before
    assert operator.weights == {"v1-0-0": 0, "v2-0-0": 100}
    since = operator.sandbox.last_call()
    operator.run("rollback", "--reason", "errors doubled")
    made = [call["action"] for call in operator.sandbox.calls(since) if call["action"] not in reads]
    assert [call["call"].partition(":")[2] for call in calls if call["writes"]] == made
    (move,) = [call for call in calls if call["call"] == "sagemaker:UpdateEndpointWeightsAndCapacities"]
    assert move["parameters"] == {
        "EndpointName": "operator-staging",
        "DesiredWeightsAndCapacities": [
            {"VariantName": "v1-0-0", "DesiredWeight": 100.0},
            {"VariantName": "v2-0-0", "DesiredWeight": 0.0},
        ],
    }


def test_history_joins_cloudtrail_by_the_callers_arn_and_the_request_of_the_weights_call(operator):
    since = operator.sandbox.last_call()
    operator.run("rollback", "--reason", "errors doubled", "--actor", "ada")

    (last,) = json.loads(operator.run("history", "--json", "--limit", "1").stdout)

    arn = operator.sandbox.client("staging", "sts").get_caller_identity()["Arn"]
    made = [
        call for call in operator.sandbox.calls(since) if call["action"].startswith("UpdateEndpointWeights")
    ]
    assert (last["by"], last["caller"]) == ("ada", arn)
    assert last["calls"] == [call["request"] for call in made]
    assert last["calls"][0] in operator.run("history").stdout


def test_an_sts_that_does_not_answer_costs_a_rollback_nothing_but_the_callers_name(operator):
    operator.sandbox.fault(kind="stall", action="GetCallerIdentity", seconds=20)

    ended = operator.run("rollback", "--reason", "errors doubled", "--actor", "ada")

    assert (ended.returncode, operator.weights) == (0, {"v1-0-0": 100, "v2-0-0": 0})
    (last,) = json.loads(operator.run("history", "--json", "--limit", "1").stdout)
    assert (last["caller"], len(last["calls"])) == (None, 1)


def test_a_rejected_version_gets_traffic_only_after_accept(operator):
    operator.run("rollback", "--reason", "errors doubled", "--actor", "ada")
    forward = ("rollback", "--to", "v2.0.0", "--keep", "--reason", "it was the weather")

    refused = operator.run(*forward)
    accepted = operator.run("accept", "v2.0.0", "--reason", "it was the weather")
    moved = operator.run(*forward)

    assert refused.returncode == 1
    assert "v2.0.0 was rejected by ada: errors doubled; first `modelctl accept v2.0.0" in refused.stderr
    assert accepted.returncode == 0, accepted.stderr
    assert "modelctl rollback --env staging --model operator --to v2.0.0 --keep" in accepted.stdout
    assert moved.returncode == 0, moved.stderr
    assert operator.weights == {"v1-0-0": 0, "v2-0-0": 100}


def test_a_move_by_hand_shows_in_status_until_it_is_adopted(operator):
    operator.weigh(**{"v1-0-0": 20, "v2-0-0": 80})

    before = json.loads(operator.run("status", "--json").stdout)
    adopted = operator.run("adopt", "--reason", "a look at v1 again", "--actor", "ada")
    after = json.loads(operator.run("status", "--json").stdout)
    last = json.loads(operator.run("history", "--json", "--limit", "1").stdout)

    assert any("moved by someone else" in sentence for sentence in before["divergence"])
    assert adopted.returncode == 0, adopted.stderr
    assert after["divergence"] == []
    assert {v["version"]: (v["intended"], v["actual"]) for v in after["versions"]} == {
        V1: (20, 20),
        V2: (80, 80),
    }
    assert [(e["kind"], e["by"], e["reason"]) for e in last] == [("adopt", "ada", "a look at v1 again")]


def test_without_the_journal_traffic_moves_and_everyone_waits_for_adopt(operator):
    moved = operator.run(
        "rollback",
        "--without-journal",
        "--to",
        "v1.0.0",
        "--reason",
        "S3 is down (again), v2's errors doubled",
    )

    assert moved.returncode == 4, moved.stderr
    assert "THE JOURNAL DOES NOT KNOW" in moved.stderr
    assert operator.weights == {"v1-0-0": 1, "v2-0-0": 0}
    refused = operator.run("rollback", "--to", "v2.0.0", "--reason", "back")
    assert refused.returncode == 1
    assert "modelctl adopt" in refused.stderr
    adopted = operator.run("adopt", "--reason", "S3 was down")
    assert adopted.returncode == 0, adopted.stderr
    assert operator.journal.weights == {V1: 100, V2: 0}
    assert json.loads(operator.run("status", "--json").stdout)["divergence"] == []


def test_status_works_where_nothing_was_made(operator):
    ended = operator.run("status", "--model", "nothing")

    assert ended.returncode == 5
    assert "nothing-staging: there is none" in ended.stdout
    assert "there is no bucket nothing-staging-registry-111111111111-eu-west-1" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_aws_that_does_not_answer_is_a_sentence(operator):
    ended = operator.run("rollback", "--reason", "now", env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})

    assert ended.returncode == 5
    assert ended.stderr.splitlines()[-1].startswith("modelctl: asked 5 times in vain: s3:GetObject ")
    assert "Traceback" not in ended.stderr
