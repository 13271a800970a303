"""docs/policies.md says what the code does."""

import re
from datetime import date
from pathlib import Path

from modeldelivery.policy.judgement import Judge
from modeldelivery.policy.recorded import Register, parse_exception
from modeldelivery.policy.rules import JUDGED

PROJECT = Path(__file__).parents[3]
PAGE = (PROJECT / "docs" / "policies.md").read_text()
RULES = (*JUDGED, *Judge(register=Register(), today=date.min).about_exceptions)


def rows():
    lines = [line for line in PAGE.splitlines() if line.startswith("| `")]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]


def test_the_table_and_the_rules_are_the_same():
    assert rows() == [(f"`{rule.name}`", rule.reason, rule.fix, rule.level.value) for rule in RULES]


def test_each_rule_has_a_name_of_its_own():
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_the_exception_on_the_page_is_one():
    (example,) = re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL)
    assert parse_exception("example.toml", example, rules={rule.name for rule in JUDGED})
