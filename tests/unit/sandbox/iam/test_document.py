"""A policy that is not understood whole is refused, with the place that is wrong."""

import json

import pytest

from sandbox.iam.core.document import PolicyError, read
from tests.unit.sandbox.iam.policies import allow, document, to

GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{", "p is not JSON"),
        ("[]", "p is no object"),
        ("{}", "p has no Statement"),
        (json.dumps({"Version": "2020-01-01", "Statement": []}), "Version '2020-01-01'"),
        (json.dumps({"Statements": []}), "an element 'Statements'"),
        (document({**GOOD, "Conditions": {}}), "p, statement 1 has an element 'Conditions'"),
        (document({**GOOD, "Effect": "allow"}), "Effect 'allow' is neither Allow nor Deny"),
        (document({**GOOD, "Sid": "S", "NotAction": "x"}), "p, S has both Action and NotAction"),
        (document({"Effect": "Deny", "Resource": "*"}), "neither Action nor NotAction"),
        (document({**GOOD, "Action": []}), "Action is neither a text nor a list of texts"),
        (document({**GOOD, "Resource": [1]}), "Resource is neither a text nor a list of texts"),
        (document({**GOOD, "Principal": "me"}), "Principal is no object"),
        (document({**GOOD, "Principal": {"Users": "me"}}), "an element 'Users'"),
        (document({**GOOD, "Principal": {}}), "Principal is empty"),
        (document(allow(**to("arn:aws:iam::111111111111:role/*"))), "has a wildcard"),
        (document({**GOOD, "Condition": {"StringEquals": "x"}}), "StringEquals is no object"),
        (document({**GOOD, "Condition": {"StringEquals": {"k": {}}}}), "neither a text nor a list"),
    ],
)
def test_what_is_wrong_is_named(text, wrong):
    with pytest.raises(PolicyError, match="p") as error:
        read(text, "p")
    assert wrong in str(error.value)


def test_one_statement_needs_no_list():
    assert len(read(json.dumps({"Statement": GOOD}), "p").statements) == 1
