"""The policy pack under the real engine: this program passes it, and what it should refuse it refuses."""

import json
import re
import shutil
import sys
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tests.conftest import CHECKOUT
from tests.stacks.conftest import register
from tests.stacks.stack import EngineError, Stack

pytestmark = pytest.mark.stacks

# Days that stay what they are when the tests run across a midnight.
YESTERDAY, MONTH = (datetime.now(UTC).date() + timedelta(days=days) for days in (-1, 30))
LIVE, CANDIDATE = "v1.1.0", "v1.0.0"


def pack(folder, **expires):
    """The committed pack with exceptions that end in a month, or on the days given (None: without that file).

    The committed dates end some day, and a test must not end with them.
    """
    shutil.copytree(CHECKOUT / "modeldelivery" / "policy", folder / "policy")
    about = yaml.safe_load((folder / "policy" / "PulumiPolicy.yaml").read_text())
    about["runtime"]["options"]["virtualenv"] = sys.prefix
    (folder / "policy" / "PulumiPolicy.yaml").write_text(yaml.safe_dump(about))
    for path in (folder / "policy" / "exceptions").iterdir():
        day = expires.get(path.stem.replace("-", "_"), MONTH)
        if day is None:
            path.unlink()
        else:
            path.write_text(re.sub(r"expires = .*", f"expires = {day}", path.read_text()))
    return folder / "policy"


@pytest.fixture(scope="module")
def renewed(tmp_path_factory):
    return pack(tmp_path_factory.mktemp("renewed"))


@pytest.fixture(scope="module")
def expired(tmp_path_factory):
    """One exception expired, one was taken away, one is from nothing and one cannot be read."""
    made = pack(tmp_path_factory.mktemp("expired"), image_login=YESTERDAY, container_metrics=None)
    good = (CHECKOUT / "modeldelivery" / "policy" / "exceptions" / "image-login.toml").read_text()
    unused = re.sub("expires = .*", f"expires = {MONTH}", good).replace("-serving", "-watching")
    (made / "exceptions" / "unused.toml").write_text(unused)
    (made / "exceptions" / "misspelt.toml").write_text(good.replace("owner =", "ower ="))
    return made


@pytest.fixture(scope="module")
def environment(module_sandbox, tmp_path_factory):
    """Staging's registry with two versions; its endpoint is only ever previewed."""
    folder = tmp_path_factory.mktemp("policy")
    stack = Stack(
        "staging", module_sandbox, folder, {"PULUMI_DEBUG_COMMANDS": "true"}
    )  # lets the engine write its events
    stack.up()
    register(stack, LIVE, CANDIDATE)
    stack.release(LIVE, LIVE, CANDIDATE)
    return stack


@pytest.fixture
def as_prod(environment):
    """The same with all that prod's config demands, but its account, its versions and where those come from."""
    before = dict(environment.config["config"])
    for key, value in yaml.safe_load((CHECKOUT / "Pulumi.prod.yaml").read_text())["config"].items():
        if key not in {"model-delivery:release", "model-delivery:promotion"} and not key.startswith("aws:"):
            environment.set(key, value)
    # Its data and what trains from it stay: exceptions are recorded for them in an environment of this name.
    environment.set("data", {"bucket": True})
    yield environment
    environment.config["config"] = before


@pytest.fixture
def rejected(environment):
    """The candidate's approval is taken back."""
    sagemaker = environment.sandbox.client("staging", "sagemaker")
    packages = sagemaker.list_model_packages(ModelPackageGroupName="flights-staging")[
        "ModelPackageSummaryList"
    ]
    newest = max(packages, key=lambda package: package["ModelPackageVersion"])["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=newest, ModelApprovalStatus="Rejected")
    yield
    sagemaker.update_model_package(ModelPackageArn=newest, ModelApprovalStatus="Approved")


def refused(stack, *arguments):
    """What the engine says when it refuses."""
    with pytest.raises(EngineError) as raised:
        stack.pulumi(*arguments, config=True)
    return str(raised.value)


def test_the_committed_pack_runs_in_the_projects_environment():
    about = yaml.safe_load((CHECKOUT / "modeldelivery" / "policy" / "PulumiPolicy.yaml").read_text())
    assert (
        CHECKOUT / "modeldelivery" / "policy" / about["runtime"]["options"]["virtualenv"]
    ).resolve() == CHECKOUT / ".venv"


def test_the_program_passes_with_stagings_config(environment, renewed):
    output = environment.pulumi("preview", "--policy-pack", str(renewed), config=True)
    assert "✅ model-delivery@v0.1.0" in output
    assert "[advisory]" not in output


def test_the_program_passes_with_prods_config(as_prod, renewed):
    output = as_prod.pulumi("preview", "--policy-pack", str(renewed), config=True)
    assert "✅ model-delivery@v0.1.0" in output
    assert "[advisory]" not in output


def test_a_first_preview_passes_and_says_what_it_cannot_judge(module_sandbox, tmp_path, renewed):
    new = Stack("prod", module_sandbox, tmp_path)
    new.no_release()
    output = new.pulumi("preview", "--policy-pack", str(renewed), config=True)
    assert "[mandatory]" not in output
    assert "policy of flights-prod-registry is not known yet, so iam-wildcards was not judged." in output


@pytest.mark.usefixtures("rejected")
def test_each_violation_is_an_event_that_names_rule_resource_and_fix(environment, expired, tmp_path):
    log = tmp_path / "events.jsonl"
    refused(environment, "preview", "--json", "--policy-pack", str(expired), "--event-log", str(log))
    events = [json.loads(line) for line in log.read_text().splitlines()]
    findings = [each["policyEvent"] for each in events if "policyEvent" in each]

    def of(rule):
        return [event for event in findings if event["policyName"] == rule]

    assert {(event["policyName"], event["enforcementLevel"]) for event in findings} == {
        ("iam-wildcards", "mandatory"),
        ("approved-models", "mandatory"),
        ("exceptions", "mandatory"),
        ("unused-exceptions", "advisory"),
    }
    (approval,) = of("approved-models")
    assert approval["resourceUrn"].endswith("modeldelivery:index:Endpoint::flights-staging")
    assert f"{CANDIDATE} would join the fleet, and its model package is Rejected." in approval["message"]

    wildcards = of("iam-wildcards")
    assert {event["resourceUrn"].rpartition("$")[2] for event in wildcards} == {
        "aws:iam/rolePolicy:RolePolicy::flights-staging-serving"
    }
    assert {event["message"].strip().rpartition("\n")[2] for event in wildcards} == {
        "what: ecr:GetAuthorizationToken on *",
        "what: cloudwatch:PutMetricData on *",
    }
    assert all("\nfix: name the actions and the ARNs" in event["message"] for event in wildcards)

    about = "".join(event["message"] for event in of("exceptions"))
    assert (
        f"modeldelivery/policy/exceptions/image-login.toml, from iam-wildcards, expired on {YESTERDAY}"
        in about
    )
    assert (
        "modeldelivery/policy/exceptions/misspelt.toml: ower is 'ml-platform', but an exception has no such key; allowed:"
        in about
    )


def test_an_update_is_stopped_before_it_makes_what_breaks_a_rule(environment, expired):
    output = refused(environment, "up", "--yes", "--skip-preview", "--policy-pack", str(expired))
    assert "flights-staging-serving allows ecr:GetAuthorizationToken on *." in output
    made = {
        resource["urn"].rpartition("::")[2]
        for resource in environment.exported()["deployment"]["resources"]
        if resource["type"] == "aws:iam/rolePolicy:RolePolicy"
    }
    assert "flights-staging-training" in made  # which was there before
    assert "flights-staging-serving" not in made
