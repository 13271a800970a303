"""What a build's last stage makes of a version that joined: one that does not hold is told apart in a sentence, and nothing else changes.

Each fault is a commit of the model's server, which the tests of the model do not see and the endpoint takes: `/ping` is answered.
"""

import json

import pytest

from pipelines.flights import samples
from tests.registered import evidence_of
from tests.stacks.building import building_in
from tests.stacks.test_verify import LOCUST
from tests.stacks.training import PLACE

pytestmark = [pytest.mark.stacks, pytest.mark.soak, pytest.mark.timeout(3000)]

APP, ANSWERS = "pipelines/server/app.py", "pipelines/server/answers.py"
ASKED = "        status, prediction = 500, None\n"  # an invocation has arrived
STAGING, PROTECT = "Pulumi.staging.yaml", "  model-delivery:protect"
VERIFY = "      - name: verify\n"
# By name: the version, the edits (a file, what of it becomes what), and how the sentence begins.
FAULTS = {
    "a dead container": (
        "v5.0.0",
        [(APP, ASKED, f'        __import__("os")._exit(1)\n{ASKED}')],
        "v5.0.0 does not answer: the self-check got no answer: ",
    ),
    # Slower at all is too slow: on a busy machine the live one is slow as well.
    "a slow one": (
        "v5.0.1",
        [
            (APP, ASKED, f"        time.sleep(0.1)\n{ASKED}"),
            (STAGING, PROTECT, f"  model-delivery:verify: {{latencyRatio: 1}}\n{PROTECT}"),
        ],
        "v5.0.1 is too slow: median of 500 requests ",
    ),
    "one with another schema": (
        "v5.0.2",
        [(ANSWERS, "(output.event, bool)", '("delayed", bool)')],
        "v5.0.2 has another schema than its model: the self-check row 0: the prediction ",
    ),
}
LOAD = "load-staging-ml.c6i.large.json"


@pytest.fixture(scope="module")
def building(module_sandbox, tmp_path_factory):
    return building_in(module_sandbox, tmp_path_factory.mktemp("building"))


@pytest.fixture(scope="module")
def faulty(building):
    """The build of a version with a fault, by the fault's name; each is made once."""
    made = {}

    def build(fault):
        if fault not in made:
            version, edits, _ = FAULTS[fault]
            for edit in edits:
                building.edit(*edit)
            made[fault] = building.built(f"flights@{version}")
            for file, before, after in edits:
                building.edit(file, after, before)
        return made[fault]

    return build


@pytest.fixture(scope="module")
def request_body():
    """A request as callers send them."""
    return json.dumps(samples.sample(1)).encode()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_version_that_joined_and_does_not_hold_is_told_apart_and_staging_serves_on(
    building, faulty, request_body, fault
):
    version, _, sentence = FAULTS[fault]

    reason = building.stopped(faulty(fault), "Verify")

    assert reason.startswith(sentence)
    assert f"`modelctl reject {version} --env staging --reason …` keeps it from traffic" in reason
    assert f"flights@{version}: Verify: {reason}\n" in building.stack.modelctl("builds").stdout
    assert building.stack.serving() == {"v1-0-0": 100, version.replace(".", "-"): 0}
    assert building.stack.invoke(request_body) == "v1-0-0"
    assert "verify-staging.json" not in evidence_of(building.s3, PLACE, building.record(version))


def test_the_tag_after_one_that_did_not_hold_has_its_place_and_is_verified(building, faulty):
    building.stopped(faulty("one with another schema"), "Verify")

    build = building.built("flights@v5.1.0")

    assert build["status"] == "Succeeded", building.log(build["id"])
    assert building.stack.serving() == {"v1-0-0": 100, "v5-1-0": 0}
    kept = evidence_of(building.s3, PLACE, building.record("v5.1.0"))
    assert json.loads(kept["verify-staging.json"])["latency"]["beside"] == "v1.0.0"
    assert LOAD not in kept


@pytest.mark.skipif(not LOCUST.exists(), reason="no .venv-load: `make setup-load` makes it")
def test_a_build_whose_config_says_load_leaves_what_one_instance_serves_as_evidence(building):
    """Already the one that brings that config: its stage *deploy* is before *verify*."""
    building.edit(STAGING, VERIFY, f"{VERIFY}        load: true\n")
    building.edit(STAGING, PROTECT, f"  model-delivery:verify: {{loadSeconds: 2}}\n{PROTECT}")

    build = building.built("flights@v5.2.0")

    assert build["status"] == "Succeeded", building.log(build["id"])
    load = json.loads(evidence_of(building.s3, PLACE, building.record("v5.2.0"))[LOAD])
    assert (load["environment"], load["instanceType"], load["withinMs"]) == ("staging", "ml.c6i.large", 500)
    assert load["requestsPerMinute"] in {int(trial["rate"]) for trial in load["trials"]}
    assert f"one ml.c6i.large serves {load['requestsPerMinute']} requests a minute" in building.log(
        build["id"]
    )
