"""A pull request's road with the real engine: previewed, judged, told, deployed by its plan, refused when that went stale."""

import pytest

from tests.stacks.conftest import FLEET

pytestmark = [pytest.mark.stacks, pytest.mark.sequence, pytest.mark.timeout(600)]

A, B = "v1-0-0", "v1-1-0"
REFUSED = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("review")


@pytest.fixture(scope="module")
def review(environments, folder):
    """Runs `python -m modeldelivery.review COMMAND` for an environment, with its config as it is now: `review("preview", "prod")`."""

    def run(command, name=None):
        return environments[name or "staging"].review(command, folder, of_one=name is not None)

    return run


@pytest.fixture(scope="module")
def staging(environments):
    return environments["staging"]


@pytest.fixture(scope="module")
def prod(environments):
    return environments["prod"]


def previewed(review, *names):
    """Previews of environments, one after the other; the last one's outcome."""
    return [review("preview", name) for name in names][-1]


def test_both_environments_are_the_same_graph(staging, prod):
    assert staging.graph() == prod.graph()


def test_a_tree_without_a_change_is_told_to_change_nothing(review):
    done = previewed(review, "staging", "prod")
    assert done.returncode == 0, done.stderr
    assert "Impact on `prod`: nothing" in review("comment").stdout


def test_a_version_that_never_served_in_staging_gets_no_traffic_in_production(review, prod):
    prod.release("v1.1.0", *FLEET)
    done = previewed(review, "prod")
    assert done.returncode == REFUSED
    assert "make v1.1.0 live in staging first" in done.stdout


def test_what_was_refused_is_not_deployed(review, prod):
    assert review("deploy", "prod").returncode == REFUSED
    assert prod.serving() == {A: 100, B: 0}


def test_staging_is_deployed_by_the_plan_that_was_previewed(review, staging):
    staging.release("v1.1.0", *FLEET)
    assert previewed(review, "staging").returncode == 0
    done = review("deploy", "staging")
    assert done.returncode == 0, done.stdout + done.stderr
    assert staging.serving() == {A: 0, B: 100}


def test_with_evidence_from_staging_production_may_go_on_and_the_comment_says_how_to_go_back(review):
    done = previewed(review, "staging", "prod")
    assert done.returncode == 0, done.stdout
    output = review("comment").stdout
    assert "## Impact on `prod`: traffic only: `v1.1.0` 0 → 100 %, `v1.0.0` 100 → 0 %" in output
    assert "Evidence for `v1.1.0`: carried all traffic in `staging`" in output
    assert "`modelctl rollback --env prod --reason …` gives `v1.0.0` its traffic again" in output


def test_a_plan_is_refused_when_an_operator_moved_traffic_since(review, prod):
    prod.modelctl("rollback", "--to", "v1.1.0", "--keep", "--reason", "ahead of the build")
    prod.modelctl("rollback", "--to", "v1.0.0", "--keep", "--reason", "and back")
    done = review("deploy", "prod")
    assert done.returncode == REFUSED, done.stdout
    assert "the plan is stale" in done.stderr
    assert prod.serving() == {A: 100, B: 0}


def test_a_plan_made_again_is_deployed(review, prod):
    assert previewed(review, "prod").returncode == 0
    assert review("deploy", "prod").returncode == 0
    assert prod.serving() == {A: 0, B: 100}


def test_dropping_what_a_rollback_would_go_to_is_refused(review, prod):
    prod.release("v1.1.0", "v1.1.0")
    done = previewed(review, "prod")
    prod.release("v1.1.0", *FLEET)
    assert done.returncode == REFUSED
    assert "v1.0.0, to which a rollback would go, leaves the fleet" in done.stdout


def test_another_model_s_name_would_take_production_down_and_is_refused(review, prod):
    prod.set("model-delivery:model", "delays")
    done = previewed(review, "prod")
    del prod.config["config"]["model-delivery:model"]
    assert done.returncode == REFUSED
    assert "DELETES the endpoint flights-prod" in done.stdout
    assert "DELETES the endpoint `flights-prod`" in review("comment").stdout


def test_an_environment_as_it_was_deployed_has_no_drift(review):
    assert "no environment differs from Git" in review("drift", "prod").stdout


def test_a_rollback_is_an_operator_s_drift(review, prod):
    prod.modelctl("rollback", "--reason", "5xx")
    output = review("drift", "prod").stdout
    assert "0 by someone else, 1 by an operator, a decision holds" in output
    assert "rollback by" in output


def test_traffic_moved_past_the_journal_is_someone_else_s_drift(review, prod):
    prod.sandbox.client("prod", "sagemaker").update_endpoint_weights_and_capacities(
        EndpointName="flights-prod",
        DesiredWeightsAndCapacities=[
            {"VariantName": A, "DesiredWeight": 60},
            {"VariantName": B, "DesiredWeight": 40},
        ],
    )
    output = review("drift", "prod").stdout
    assert "1 by someone else" in output
    assert "traffic was moved by someone else" in review("report").stdout
