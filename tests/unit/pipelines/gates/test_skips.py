"""A gate is opened by a person with a reason, and by nothing else."""

import pytest

from pipelines.gates.report import Skip
from pipelines.gates.skips import BadSkipError, skips_of

GATES = ("size", "limits.auc", "latency")
WHY = "the feed was down"


def test_a_person_with_a_reason_opens_the_gates_that_they_name():
    skips = skips_of(["latency", "size"], " ada@example.com ", WHY, GATES)
    assert skips == dict.fromkeys(["latency", "size"], Skip(by="ada@example.com", because=WHY))


def test_nothing_is_skipped_by_default():
    assert skips_of([], None, None, GATES) == {}


@pytest.mark.parametrize(
    ("names", "by", "because", "sentence"),
    [
        (["speed"], "ada", WHY, "--skip speed: there is no such gate; there are size, limits.auc, latency"),
        (["size", "size"], "ada", WHY, "each gate once"),
        (["size"], None, WHY, "name the person"),
        (["size"], "  ", WHY, "name the person"),
        (["size"], "42", WHY, "name the person"),
        (["size"], "a\nb", WHY, "name the person"),
        (["size"], "renovate[bot]", WHY, "name the person"),
        (["size"], "ada", None, "say in 3 words or more"),
        (["size"], "ada", "because", "say in 3 words or more"),
        (["size"], "ada", "one two\nthree", "say in 3 words or more"),
        ([], "ada", None, "name it with --skip"),
        ([], None, WHY, "name it with --skip"),
    ],
)
def test_a_skip_without_gate_person_or_reason_is_refused(names, by, because, sentence):
    with pytest.raises(BadSkipError) as refused:
        skips_of(names, by, because, GATES)
    assert sentence in str(refused.value)
