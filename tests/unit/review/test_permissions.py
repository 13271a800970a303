"""Where policies stand in a resource, what is one, and what is said when one cannot be compared."""

import json

import pytest

from modeldelivery.catalogue.table import kind_of
from modeldelivery.review.core.document import SECRET, UNKNOWN, State
from modeldelivery.review.core.permissions import permission_changes
from modeldelivery.review.core.touched import Effect, Touched
from tests.unit.review.iam_policies import allow, policy

ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
LIFECYCLE, ATTACHMENT = (
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
)
READS, WRITES = json.dumps(policy(allow())), json.dumps(policy(allow(["s3:GetObject", "s3:PutObject"])))
KEEPS_TEN, KEEPS_TWO = (json.dumps({"rules": [{"selection": {"countNumber": n}}]}) for n in (10, 2))


def changes(type_, before, after, effect=None):
    """What is said of a resource whose inputs were `before` and become `after`; None for not there."""
    urn = f"urn:pulumi:prod::model-delivery::{type_}::it"
    old, new = (
        None if inputs is None else State(urn=urn, type=type_, custom=True, inputs=inputs)
        for inputs in (before, after)
    )
    usual = Effect.CREATE if before is None else Effect.DELETE if after is None else Effect.UPDATE
    return list(
        permission_changes(
            Touched(
                urn=urn,
                kind=kind_of(type_),
                type=type_,
                effect=usual if effect is None else effect,
                old=old,
                new=new,
                reasons=frozenset(),
                forced=frozenset(),
            )
        )
    )


def widened(widenings):
    return {(each.property, what.what) for each in widenings for what in each.widened}


def test_a_policy_is_found_wherever_it_stands():
    inline = {"inlinePolicies": [{"name": "a", "policy": READS}, {"name": "b", "policy": READS}]}
    wider = {"inlinePolicies": [{"name": "a", "policy": READS}, {"name": "b", "policy": WRITES}]}
    assert widened(changes(ROLE, inline, wider)) == {("inlinePolicies[1].policy", "s3:putobject")}
    assert widened(changes("aws:new/store:Store", {"access": READS}, {"access": WRITES})) == {
        ("access", "s3:putobject")
    }


def test_a_policy_that_is_an_object_and_no_text_is_one_all_the_same():
    before, after = {"policy": json.loads(READS)}, {"policy": json.loads(WRITES)}
    assert widened(changes(ROLE_POLICY, before, after)) == {("policy", "s3:putobject")}


def test_what_leaves_management_goes_on_granting_and_what_is_deleted_does_not():
    before = {"policy": WRITES}
    assert changes(ROLE_POLICY, before, None, Effect.ABANDON) == []
    (gone,) = changes(ROLE_POLICY, before, None)
    assert (gone.widened, gone.narrowed) == ((), True)


@pytest.mark.parametrize(
    "text", ["{", "not JSON", json.dumps({"Version": "2012-10-17"}), f'{{"a": "{SECRET}"}}']
)
def test_a_policy_that_is_not_understood_is_said_to_be_unknown_and_why(text):
    (finding,) = changes(ROLE_POLICY, {"policy": READS}, {"policy": text})
    assert finding.unknown
    assert finding.why


def test_of_a_policy_with_a_secret_in_it_nobody_can_say_that_it_is_the_same():
    """The document shows the same word for every secret."""
    hidden = json.dumps(policy(allow(resource=f"arn:aws:s3:::{SECRET}/*")))
    (finding,) = changes(ROLE_POLICY, {"policy": hidden, "name": "a"}, {"policy": hidden, "name": "b"})
    assert finding.unknown


def test_a_policy_that_was_never_understood_and_does_not_change_is_no_change():
    assert changes(ROLE_POLICY, {"policy": "{", "name": "a"}, {"policy": "{", "name": "b"}) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, {"policy": KEEPS_TEN}),
        ({"policy": KEEPS_TEN}, {"policy": KEEPS_TWO}),
        ({"policy": KEEPS_TEN}, None),
    ],
)
def test_how_long_images_are_kept_is_no_permission(before, after):
    assert changes(LIFECYCLE, before, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [({"policy": READS}, {"policy": KEEPS_TEN}), ({"policy": KEEPS_TEN}, {"policy": "{"})],
)
def test_another_kind_of_document_in_a_policys_place_is_not_understood(before, after):
    (finding,) = changes("aws:ecr/repositoryPolicy:RepositoryPolicy", before, after)
    assert finding.unknown


def test_a_grant_that_is_known_after_the_update_is_unknown_and_one_that_is_gone_narrows():
    (unknown,) = changes(ATTACHMENT, {"policyArn": "a"}, {"policyArn": UNKNOWN})
    (gone,) = changes(ATTACHMENT, {"policyArn": "a"}, None)
    (other,) = changes(ATTACHMENT, {"policyArn": "a"}, {"policyArn": "b"})
    assert (unknown.unknown, unknown.widened) == (True, ())
    assert (gone.unknown, gone.widened, gone.narrowed) == (False, (), True)
    assert ({what.what for what in other.widened}, other.narrowed) == ({"b"}, True)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [({}, {"permissionsBoundary": "a"}, False), ({"permissionsBoundary": "a"}, {}, True),
     ({"permissionsBoundary": "a"}, {"permissionsBoundary": "b"}, True)],
)  # fmt: skip
def test_a_boundary_that_goes_or_changes_widens_and_one_that_comes_does_not(before, after, sentence):
    assert (
        bool(
            widened(
                changes(ROLE, {"assumeRolePolicy": READS, **before}, {"assumeRolePolicy": READS, **after})
            )
        )
        is sentence
    )
