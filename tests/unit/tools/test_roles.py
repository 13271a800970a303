"""Roles' policies: exactly what was taken, in actions and resources that AWS knows."""

import json
import os
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.iam.core.access import Caller, Context, Need, Owned, Principal
from sandbox.iam.core.document import read
from sandbox.iam.core.judge import judge
from tests.examples import examples
from tests.unit import iam_reference
from tools.roles.derive import Grant, grants, ordered, policy
from tools.roles.flows import DEPLOY, ROLES, STEPS
from tools.roles.policies import (
    FOLDER,
    MOST,
    MOST_MANAGED,
    committed,
    derived,
    managed,
    names,
    needs_of,
    placed,
)
from tools.roles.resources import BUILD, TRAINING, StrangeResourceError, resource_of, resources
from tools.roles.site import PLACE, FlowError, Site
from tools.roles.unseen import unseen, unseen_of

KNOWN = resources(PLACE)
HERE = f"{PLACE.region}:{PLACE.account}"
STATEMENTS = [(role, s) for role, document in committed().items() for s in document["Statement"]]
TAGS = {"aws:resourcetag/environment": "prod", "aws:resourcetag/model": "flights"}


# A role that starts jobs by schedule is handed on only where the model is trained.
TO_SCHEDULER = {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


def need(action, resource, **keys):
    return {"action": action, "resource": resource, "keys": keys}


@pytest.mark.parametrize(("role", "statement"), STATEMENTS)
def test_a_statement_gives_actions_on_resources_that_they_are_about(role, statement):
    about = {
        (action, arn)
        for action, arn in product(statement["Action"], statement["Resource"])
        if iam_reference.kind_of(action, arn)
    }
    assert {action for action, _ in about} == set(statement["Action"]), role
    assert {arn for _, arn in about} == set(statement["Resource"]), role


@pytest.mark.parametrize("role", ["preview", "deploy"])
def test_whoever_runs_the_program_may_look_up_the_image_in_which_drift_is_judged(role):
    statements = committed()[f"{role}-training"]["Statement"]
    (images,) = (each for each in statements if each["Sid"] == "StepRepository")
    assert "ecr:DescribeImages" in images["Action"]


def test_who_deploys_may_read_what_a_preview_reads_since_a_build_previews_in_that_role():
    """But for the model and the data, which `make model` reads and no preview does."""
    of_make_model = {KNOWN[name].arn for name in ("Artifacts", "DataCache")}

    def given(role):
        return {
            (action, arn)
            for name in names(committed(), role)
            for statement in committed()[name]["Statement"]
            for action, arn in product(statement["Action"], statement["Resource"])
            if iam_reference.kind_of(action, arn)
        }

    assert {
        (action, arn) for action, arn in given("preview") - given("deploy") if arn not in of_make_model
    } == set()


@pytest.mark.parametrize(("role", "statement"), STATEMENTS)
def test_a_statement_names_actions_and_opens_everything_only_to_what_knows_no_resource(role, statement):
    assert not [action for action in statement["Action"] if "*" in action or "?" in action]
    if statement["Resource"] == ["*"]:
        required = [a for a in statement["Action"] if any(iam_reference.kinds(a).values())]
        assert required == [], role


@pytest.mark.parametrize(("role", "statement"), STATEMENTS)
def test_a_statements_conditions_ask_for_keys_that_its_actions_have(role, statement):
    keys = [key for tests in statement.get("Condition", {}).values() for key in tests]
    strange = [(a, k) for a, k in product(statement["Action"], keys) if not iam_reference.knows(a, k)]
    # The reference does not say so; the request's tags are there when CreateKey asks for the policy.
    assert set(strange) <= {
        ("kms:PutKeyPolicy", "aws:RequestTag/environment"),
        ("kms:PutKeyPolicy", "aws:RequestTag/model"),
    }, role


@pytest.mark.parametrize(("name", "document"), committed().items())
def test_what_there_is_only_where_a_model_is_trained_is_in_policies_of_its_own(name, document):
    """An environment that does not train has the others alone."""
    trains = name.endswith(("-training", "-build")) or name in {"trainer", "gates"}
    arns = {arn for statement in document["Statement"] for arn in statement["Resource"]}
    if not trains:
        assert arns.isdisjoint(KNOWN[each].arn for each in TRAINING)
    elif name.endswith("-training"):
        handed = {
            arn
            for statement in document["Statement"]
            if statement.get("Condition") == TO_SCHEDULER
            for arn in statement["Resource"]
        }
        assert arns - handed <= {KNOWN[each].arn for each in TRAINING}


@pytest.mark.parametrize(("name", "document"), committed().items())
def test_what_there_is_only_where_tags_are_built_is_in_policies_of_its_own(name, document):
    arns = {arn for statement in document["Statement"] for arn in statement["Resource"]}
    built = {KNOWN[each].arn for each in BUILD}
    services = {
        str(value)
        for statement in document["Statement"]
        for value in statement.get("Condition", {}).get("StringEquals", {}).get("iam:PassedToService", ())
    }
    if name.endswith("-build"):
        assert arns <= built | {"*", KNOWN["ServingRole"].arn}
    else:
        assert arns.isdisjoint(built)
        assert services.isdisjoint({"codebuild.amazonaws.com", "codepipeline.amazonaws.com"})


def test_a_role_that_is_passed_to_builds_and_to_endpoints_is_passed_by_two_statements():
    role = f"arn:aws:iam::{PLACE.account}:role/{PLACE.endpoint}-x"
    needs = [
        need("iam:PassRole", role, **{"iam:passedtoservice": f"{service}.amazonaws.com"})
        for service in ("sagemaker", "codebuild", "codepipeline")
    ]
    made = derived([{"role": f"arn:aws:iam::1:role/{DEPLOY}", "denied": False, "needs": needs}])

    def passed(name):
        (statement,) = (each for each in made[name]["Statement"] if each["Action"] == ["iam:PassRole"])
        return statement["Condition"]["StringEquals"]["iam:PassedToService"]

    assert passed("deploy") == "sagemaker.amazonaws.com"
    assert passed("deploy-build") == ["codebuild.amazonaws.com", "codepipeline.amazonaws.com"]


def test_a_policy_is_another_environments_by_its_words_alone():
    place = msgspec.structs.replace(
        PLACE, environment="staging", account="111111111111", region="eu-central-1"
    )
    text = json.dumps(placed(committed()["deploy"], place))
    for theirs in (PLACE.account, PLACE.region, PLACE.endpoint, '"prod"'):
        assert theirs not in text
    assert placed(committed()["deploy"], PLACE) == committed()["deploy"]


def test_what_a_role_takes_of_what_trains_is_apart_from_what_it_takes_everywhere():
    pipeline, endpoint = KNOWN["Pipeline"].arn, KNOWN["Endpoint"].arn
    needs = [
        need("sagemaker:DescribePipeline", pipeline),
        need("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint),
    ]
    made = derived([{"role": f"arn:aws:iam::1:role/{DEPLOY}", "denied": False, "needs": needs}])
    given = {
        name: [arn for each in document["Statement"] for arn in each["Resource"]]
        for name, document in made.items()
    }
    assert pipeline in given["deploy-training"]
    assert pipeline not in given["deploy"]
    assert endpoint in given["deploy"]
    assert endpoint not in given["deploy-training"]


@pytest.mark.parametrize(
    ("role", "elsewhere", "where_it_trains"),
    [
        ("deploy", ["deploy"], ["deploy", "deploy-training", "deploy-build"]),
        (
            "teardown",
            ["deploy", "teardown"],
            [
                *("deploy", "teardown", "deploy-training", "teardown-training"),
                *("deploy-build", "teardown-build"),
            ],
        ),
        ("operator", ["operator"], ["operator"]),
        ("gates", ["trainer", "gates"], ["trainer", "gates"]),
    ],
)
def test_a_role_has_its_own_policies_and_those_of_whose_work_it_does_too(role, elsewhere, where_it_trains):
    assert names(committed(), role, trains=False, builds=False) == elsewhere
    assert names(committed(), role) == where_it_trains


@pytest.mark.parametrize("role", ROLES)
def test_a_roles_policies_fit_into_it(role):
    size = {name: len("".join(json.dumps(each).split())) for name, each in committed().items()}
    apart = managed(committed(), role)
    assert sum(size[name] for name in names(committed(), role) if name not in apart) <= MOST
    assert max((size[name] for name in apart), default=0) <= MOST_MANAGED


def test_every_role_has_a_file_and_every_file_a_role():
    assert {name for role in ROLES for name in names(committed(), role)} == set(committed())
    assert {path.stem for path in FOLDER.iterdir()} == set(committed())
    assert {
        role: names(committed(), role)[-1].removesuffix("-build").removesuffix("-training") for role in ROLES
    } == dict(zip(ROLES, ROLES, strict=True))
    assert {step.role for step in STEPS} == set(ROLES)


@pytest.mark.parametrize("each", unseen(), ids=lambda each: each.actions[0])
def test_what_no_flow_shows_is_about_known_roles_and_resources(each):
    assert set(each.roles) <= set(ROLES)
    for action, name in product(each.actions, each.resources):
        assert iam_reference.kind_of(action, KNOWN[name].arn), (action, name)


def test_the_registrar_may_take_its_parts_away_of_artifacts_and_of_nothing_else():
    grants = [
        (action, resource)
        for statement in committed()["registrar"]["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action in {"s3:AbortMultipartUpload", "s3:DeleteObject"}
    ]
    assert grants == [("s3:AbortMultipartUpload", KNOWN["Artifacts"].arn)]


def connections():
    """Every statement about connections, with its action."""
    return [
        (action, statement)
        for document in committed().values()
        for statement in document["Statement"]
        for action in statement["Action"]
        if action.startswith("codeconnections:")
    ]


def test_no_role_gets_at_a_connection_that_is_not_its_environments():
    """Its ARN ends as AWS chose: the connection is told by its tags, one that is made by those that it is given."""
    keys = {"aws:ResourceTag/model", "aws:ResourceTag/environment"}
    new = {"aws:RequestTag/model", "aws:RequestTag/environment"}
    for action, statement in connections():
        conditions = set(statement["Condition"]["StringEquals"])
        assert conditions >= keys or conditions >= new, action
        if "aws:ResourceTag/model" not in conditions and statement["Resource"] != ["*"]:
            assert statement["Condition"]["Null"] == {"aws:ResourceTag/environment": "true"}, action


def test_a_connection_is_passed_to_nothing_but_codepipeline():
    passed = [statement for action, statement in connections() if action.endswith(":PassConnection")]
    assert [each["Condition"]["StringEquals"]["codeconnections:PassedToService"] for each in passed] == [
        "codepipeline.amazonaws.com"
    ]


def test_what_no_flow_shows_is_read_strictly():
    with pytest.raises(msgspec.ValidationError, match="role"):
        msgspec.convert({"role": "x"}, type(unseen()[0]))
    assert unseen_of("nobody", KNOWN) == set()


def test_a_permission_under_fewer_conditions_is_all_that_is_given():
    key = f"arn:aws:kms:{HERE}:key/k"
    direct = need("kms:DescribeKey", key, **TAGS)
    through = need("kms:DescribeKey", key, **TAGS, **{"kms:viaservice": "ecr.eu-west-1.amazonaws.com"})
    assert grants([direct, through], KNOWN) == grants([direct], KNOWN)


def test_values_of_one_condition_are_listed_together():
    key = f"arn:aws:kms:{HERE}:key/k"
    needs = [need("kms:Decrypt", key, **TAGS, **{"kms:viaservice": f"{s}.x"}) for s in ("s3", "ecr")]
    (grant,) = grants(needs, KNOWN)
    assert dict(grant.conditions)["StringEquals", "kms:ViaService"] == ("ecr.x", "s3.x")


def test_a_resource_that_nobody_looked_at_stops_the_derivation():
    for arn, keys in (
        ("arn:aws:s3:::somewhere-else/x", {}),
        (f"arn:aws:kms:{HERE}:key/k", {"kms:resourcealiases": ["alias/other"]}),
    ):
        with pytest.raises(StrangeResourceError, match="arn:aws"):
            resource_of(KNOWN, arn, keys)


def test_calls_of_other_roles_and_denied_ones_show_nothing():
    made = [
        {"role": f"arn:aws:iam::1:role/{role}", "denied": denied, "needs": [denied]}
        for role, denied in (("deploy", False), ("deploy", True), ("preview", False))
    ]
    assert needs_of("deploy", made) == [False]


ACTIONS = [
    *("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:PutBucketLogging"),
    *("sagemaker:DescribeModel", "sagemaker:UpdateEndpoint", "sagemaker:ListTags", "sagemaker:AddTags"),
    *("kms:CreateAlias", "kms:ListAliases", "ecr:PutImage", "cloudwatch:PutMetricAlarm"),
]
PAIRS = [
    (action, resource)
    for action, resource in product(ACTIONS, KNOWN.values())
    if not resource.conditions and iam_reference.kind_of(action, resource.arn) not in {None, "*"}
] + [("kms:ListAliases", KNOWN["Anything"])]


@settings(max_examples=examples(200))
@given(st.sets(st.sampled_from(PAIRS), min_size=1, max_size=14))
def test_a_policy_gives_what_was_granted_and_nothing_that_was_not(pairs):
    made = policy(Grant(action, resource, ordered(resource.conditions)) for action, resource in pairs)
    caller = Caller(Principal("arn:aws:sts::1:assumed-role/r/s", "1"), (read(json.dumps(made), "p"),))
    given_arns = {(action, resource.arn) for action, resource in pairs}
    for action, resource in PAIRS:
        arn = resource.arn.replace("*", "x") if resource.arn != "*" else "*"
        covered = any(action == a and KNOWN_BY_ARN[r].covers(arn) for a, r in given_arns)
        decision = judge(caller, Need(action, arn, Context()), Owned("1"))
        assert decision.allowed is covered, (action, arn)


KNOWN_BY_ARN = {resource.arn: resource for resource in KNOWN.values()}


def test_sids_are_unique():
    for role, document in committed().items():
        sids = [statement["Sid"] for statement in document["Statement"]]
        assert len(sids) == len(set(sids)), role


@pytest.mark.parametrize("status", [0, 5])
@pytest.mark.parametrize("role", ["preview", "deploy"])
def test_a_command_that_was_denied_something_has_failed_however_it_ends(tmp_path, monkeypatch, role, status):
    """What it wrote says nothing: a history tells of denials of another day."""
    site = Site(tmp_path, _profiles={"preview": dict(os.environ)})
    call = {"n": 7, "role": f"arn:aws:iam::{PLACE.account}:role/{role}", "denied": True}
    record = iter([[], [call]])
    monkeypatch.setattr(Site, "calls", lambda _, _since: next(record))
    command = ("python", "-c", f"import sys; print('X is not authorized to perform: y'); sys.exit({status})")
    if role == "preview":
        with pytest.raises(FlowError, match="was denied"):
            site.act("preview", *command, allowed=(0, 5))
    else:
        assert site.act("preview", *command, allowed=(0, 5)) == "X is not authorized to perform: y\n"
