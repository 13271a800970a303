"""A release through its life with the real engine: each test goes on from where the one before ended."""

import pytest

from tests.stacks.conftest import register
from tests.stacks.stack import EngineError

pytestmark = [pytest.mark.stacks, pytest.mark.sequence]

A, B, C = "v1-0-0", "v1-1-0", "v1-2-0"


def test_first_version_serves_everything(staging):
    assert staging.serving() == {A: 100}
    assert staging.invoke() == A


def test_preview_right_after_up_shows_no_change(staging):
    assert staging.changes() == {}


def test_candidate_enters_at_zero(staging):
    staging.release("v1.0.0", "v1.1.0", "v1.0.0")
    staging.up()
    assert staging.serving() == {A: 100, B: 0}


def test_preview_of_a_shift_shows_weights_from_and_to(staging):
    staging.release("v1.1.0", "v1.1.0", "v1.0.0")
    step = next(s for s in staging.preview()["steps"] if "modeldelivery:index:Endpoint::" in s["urn"])
    assert step["op"] == "update"
    assert step["newState"]["inputs"]["servingAtCheck"] == {"v1.0.0": 100, "v1.1.0": 0}
    assert step["newState"]["inputs"]["weights"] == {"v1.0.0": 0, "v1.1.0": 100}


def test_changed_live_gets_the_traffic(staging):
    staging.up()
    assert staging.serving() == {A: 0, B: 100}


def test_rollback_gives_the_fallback_its_traffic(staging):
    staging.modelctl("rollback", "--reason", "errors")
    assert staging.serving() == {A: 100, B: 0}
    assert staging.invoke() == A


def test_second_rollback_says_that_it_was_done(staging):
    again = staging.modelctl("rollback", "--reason", "errors")
    assert "already rolled back to v1.0.0" in again.stdout


def test_preview_right_after_a_rollback_shows_no_change(staging):
    assert staging.changes() == {}


def test_up_after_rollback_leaves_traffic_alone_and_says_why(staging):
    output = staging.up()
    assert staging.serving() == {A: 100, B: 0}
    assert "v1.1.0 was rejected by" in output


def test_refresh_shows_a_move_from_the_console(staging):
    staging.refresh()
    staging.sandbox.client("staging", "sagemaker").update_endpoint_weights_and_capacities(
        EndpointName="flights-staging",
        DesiredWeightsAndCapacities=[
            {"VariantName": A, "DesiredWeight": 60},
            {"VariantName": B, "DesiredWeight": 40},
        ],
    )
    assert [s["urn"].rpartition("::")[2] for s in staging.drift()] == ["flights-staging"]


def test_up_moves_a_rejected_version_off_foreign_traffic(staging):
    staging.up()
    assert staging.serving() == {A: 100, B: 0}


def test_accept_moves_no_traffic(staging):
    staging.modelctl("accept", "v1.1.0", "--reason", "fixed upstream")
    staging.up()
    assert staging.serving() == {A: 100, B: 0}


def test_failed_container_fails_the_up_and_the_old_fleet_serves_on(staging):
    register(staging, "v1.3.0", ping=500)
    before = staging.sandbox.client("staging", "sagemaker").describe_endpoint(EndpointName="flights-staging")
    staging.release("v1.0.0", "v1.3.0", "v1.1.0", "v1.0.0")
    with pytest.raises(EngineError, match="rolled the change of the fleet back"):
        staging.up()
    after = staging.sandbox.client("staging", "sagemaker").describe_endpoint(EndpointName="flights-staging")
    assert after["EndpointConfigName"] == before["EndpointConfigName"]
    staging.sandbox.client("staging", "sagemaker").describe_endpoint_config(
        EndpointConfigName=after["EndpointConfigName"]
    )
    assert staging.invoke() == A


def test_dropping_the_version_that_serves_is_refused(staging):
    staging.release("v1.1.0", "v1.1.0", "v1.2.0")
    with pytest.raises(EngineError, match=r"v1\.0\.0 has traffic and release\.fleet no longer names it"):
        staging.up()


def test_moving_traffic_and_dropping_what_it_leaves_are_two_changes_where_config_says_so(staging):
    staging.release("v1.0.0", "v1.1.0", "v1.0.0")
    staging.up()  # the live version that serves counts as applied
    staging.release("v1.1.0", "v1.1.0", "v1.2.0")
    staging.set("changes", {"separateDrop": True, "bakeMinutes": 0})
    with pytest.raises(EngineError, match="that is two changes"):
        staging.up()


def test_shift_and_drop_in_one_change_where_that_is_allowed(staging):
    staging.set("changes", {"separateDrop": False, "bakeMinutes": 0})
    staging.up()
    assert staging.serving() == {B: 100, C: 0}
    assert staging.changes() == {}


def test_another_instance_type_leaves_every_variant_scaled(staging):
    """SageMaker refuses to retype a scaling target, so the update takes it away; it must come back."""
    staging.config["config"]["model-delivery:instances"]["type"] = "ml.c6i.xlarge"
    staging.up()
    scaling = staging.sandbox.client("staging", "application-autoscaling")
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    scaled = [t["ResourceId"].split("/") for t in targets]  # endpoint/NAME/variant/NAME, other tests' too
    assert {variant for _, name, _, variant in scaled if name == f"flights-{staging.name}"} == {B, C}
    assert staging.serving() == {B: 100, C: 0}


def test_removing_the_release_is_refused(staging):
    staging.no_release()
    with pytest.raises(EngineError, match="release was removed"):
        staging.up()
    staging.release("v1.1.0", "v1.1.0", "v1.2.0")
