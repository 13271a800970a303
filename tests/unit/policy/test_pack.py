"""The pack as the engine calls it: what a rule's own fault is told as."""

from datetime import date
from types import SimpleNamespace

import pytest

from modeldelivery.policy import pack
from modeldelivery.policy.finding import Level, ResourceRule, StackRule
from modeldelivery.policy.judgement import Judge
from modeldelivery.policy.recorded import Register
from modeldelivery.policy.stack import Environment

PROD = Environment(name="prod", model="flights", protects=True, registry_bucket="b")


def broken(*_):
    yield {}["nothing"]


@pytest.mark.parametrize(
    ("kind", "args", "subject"),
    [
        (
            ResourceRule,
            SimpleNamespace(
                resource_type="aws:s3/bucket:Bucket",
                name="captures",
                urn="urn",
                props={},
                opts=SimpleNamespace(protect=False),
            ),
            "captures",
        ),
        (StackRule, SimpleNamespace(resources=[]), "the stack"),
    ],
)
def test_a_rule_that_breaks_is_named_with_what_it_judged_and_where_it_broke(monkeypatch, kind, args, subject):
    """The engine passes on the exception's text, `'nothing'`, and no more."""
    rule = kind(name="private-storage", level=Level.MANDATORY, reason="r", fix="f", judge=broken)
    monkeypatch.setattr(pack, "JUDGED", (rule,))
    monkeypatch.setattr(pack, "_environment", lambda: PROD)
    policy = pack._Pack(Judge(register=Register(), today=date.min)).policies()[0]
    with pytest.raises(pack.RuleError) as raised:
        policy.validate(args, lambda *_: None)
    place = f"(test_pack.py, line {broken.__code__.co_firstlineno + 1})"
    assert str(raised.value) == f"private-storage could not judge {subject}: KeyError: 'nothing' {place}"
