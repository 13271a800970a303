"""Of a failure the reader gets the cause: the end of a traceback, the specific one of several errors, all refusals of a kind."""

import pytest

from modeldelivery.review.core.reasons import of_update, reason, reasons
from modeldelivery.review.core.rules import Violation
from modeldelivery.review.report import markdown
from modeldelivery.review.report.preview import tell
from tests.unit.review.reviews import reviewed

SYNTAX = """\
Program failed with an unhandled exception:
Traceback (most recent call last):
  File "/runner/bin/pulumi-language-python-exec", line 232, in <module>
    loop.run_until_complete(coro)
  File "<frozen runpy>", line 304, in run_path
  File "/project/infra/__main__.py", line 89
    def (:
        ^
SyntaxError: invalid syntax

"""
DEEP = """\
Program failed with an unhandled exception:
Traceback (most recent call last):
  File "/project/infra/__main__.py", line 41, in <module>
    deep(30)
  File "/project/infra/__main__.py", line 40, in deep
    return deep(n-1) if n else {}["nothing"]
           ^^^^^^^^^
  [Previous line repeated 28 more times]
KeyError: 'nothing'
"""
CHAINED = """\
Traceback (most recent call last):
  File "/project/a.py", line 1, in <module>
    open("x")
FileNotFoundError: [Errno 2] No such file or directory: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/project/b.py", line 2, in <module>
    raise ValueError(text)
ValueError: x must be there
  type: touch x
"""
EXITED = "an unhandled error occurred: program exited with non-zero exit code: 1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SYNTAX, "Program failed with an unhandled exception: SyntaxError: invalid syntax (/project/infra/__main__.py, line 89: def (:)"),
        (DEEP, "Program failed with an unhandled exception: KeyError: 'nothing' (/project/infra/__main__.py, line 40: return deep(n-1) if n else {}[\"nothing\"])"),
        (CHAINED, "ValueError: x must be there type: touch x (/project/b.py, line 2: raise ValueError(text))"),
        ("Traceback (most recent call last):\nKeyError: 1\n", "KeyError: 1"),
        ("Pulumi.prod.yaml: x is wrong\n", "Pulumi.prod.yaml: x is wrong"),
    ],
)  # fmt: skip
def test_of_a_traceback_the_exception_is_told_and_where_it_was_raised(text, told):
    assert reason(text) == told


@pytest.mark.parametrize(
    ("errors", "output", "told"),
    [
        (["x is wrong", EXITED], "", ("x is wrong",)),
        (["preview failed", "x is wrong", "x is wrong", "y too"], "", ("x is wrong", "y too")),
        (["preview failed"], "", ("preview failed",)),
        ([EXITED, "preview failed"], "", (EXITED,)),
        ([EXITED], "the model is not ready: ask ada\n\n", (f"the model is not ready: ask ada ({EXITED})",)),
        ([EXITED], "1\n2\n3\n4\n5\n6\n7\n", (f"3 4 5 6 7 ({EXITED})",)),
        ([EXITED], CHAINED, (f"ValueError: x must be there type: touch x (/project/b.py, line 2: raise ValueError(text)) ({EXITED})",)),
        ([""], "", ("it failed, and what failed did not say why",)),
    ],
)  # fmt: skip
def test_of_several_errors_those_that_name_a_cause_are_told(errors, output, told):
    assert reasons(errors, output) == told


def test_a_long_message_keeps_its_beginning_and_its_end():
    (told,) = reasons(["what " + "x" * 2000 + " why"], "")
    assert told.startswith("what x")
    assert told.endswith("x why")
    assert len(told) < markdown.LONGEST


def failing(*diagnostics):
    """The comment on a preview whose engine said this."""

    def edit(document):
        document["diagnostics"] = [
            {"severity": severity, **diagnostic} for severity, diagnostic in diagnostics
        ]

    return markdown.draw(tell([reviewed("bad-config-value", edit=edit)]), 65_536)


def test_what_a_program_ends_with_reaches_the_comment():
    comment_text = failing(
        ("info#err", {"message": "the model is not ready: ask ada\n\n"}),
        ("error", {"message": f"error: {EXITED}\n"}),
    )
    assert f"Refused (`preview-failed`): `the model is not ready: ask ada ({EXITED})`" in comment_text


def test_a_syntax_error_reaches_the_comment_with_its_line():
    comment_text = failing(("error", {"message": f"error: {SYNTAX}"}))
    assert "SyntaxError: invalid syntax (/project/infra/__main__.py, line 89: def (:)`" in comment_text
    assert "runner/bin" not in comment_text


def test_every_resource_that_fails_reaches_the_comment_by_its_name():
    urn = "urn:pulumi:prod::model-delivery::aws:s3/bucket:Bucket::"
    comment_text = failing(
        ("error", {"urn": f"{urn}one", "message": "error: access denied\n"}),
        ("error", {"urn": f"{urn}two", "message": "error: two is taken\n"}),
        ("error", {"message": "error: preview failed\n"}),
    )
    assert (
        "Refused (`preview-failed`, 2 times): `one: access denied`; `two is taken`. To mend it"
        in comment_text
    )


def violations(count, *, policy="private-storage", fix="do right", why="{} is public"):
    return [
        Violation(policy=policy, resource=f"b{n}", why=why.format(f"b{n}"), fix=fix, mandatory=True)
        for n in range(1, count + 1)
    ]


def refusals(*findings):
    page = tell([reviewed("nothing", violations=findings)])
    drawn = markdown.draw(page, 65_536).splitlines()
    return [line.removeprefix("> - ").strip("*") for line in drawn if "Refused" in line]


def test_seven_findings_of_one_policy_are_counted_and_named():
    (line,) = refusals(*violations(7))
    assert line == (
        "Refused (`policy private-storage`, 7 times: `b1`, `b2`, `b3`, `b4`, `b5`, `b6`, `b7`): `b1 is public`; "
        "`b2 is public`; `b3 is public`; `b4 is public`; `b5 is public`; `b6 is public`; and 1 more. To mend it: `do right`"
    )


def test_a_hundred_findings_are_counted_and_their_names_bounded_with_a_count_of_the_rest():
    (line,) = refusals(*violations(100, why="it is public"))
    assert line.startswith("Refused (`policy private-storage`, 100 times: `b1`, `b2`, ")
    assert line.endswith("`b12` and 88 more): `it is public`. To mend it: `do right`")


def test_findings_with_another_fix_or_of_another_policy_stand_apart():
    lines = refusals(*violations(2), *violations(2, fix="do other"), *violations(1, policy="tags"))
    assert [line.partition(":")[0] for line in lines] == [
        "Refused (`policy private-storage`, 2 times",
        "Refused (`policy private-storage`, 2 times",
        "Refused (`policy tags`)",
    ]


def test_two_findings_on_one_resource_are_both_told():
    both = [*violations(1, why="{} is public"), *violations(1, why="{} keeps no versions")]
    (line,) = refusals(*both)
    assert "2 times: `b1`): `b1 is public`; `b1 keeps no versions`. To mend it" in line


UPDATE = """Previewing update (staging):
Diagnostics:
  modeldelivery:index:Endpoint (flights-staging):
    error: of the preview

Updating (staging):
 ~  modeldelivery:index:Endpoint flights-staging updating (3s) error: not moved: cut off at the terminal's
Diagnostics:
  aws:sagemaker:Model (flights-staging-v1-2-0):
    error: expected resource operations for urn:pulumi:staging::m::aws:sagemaker/model:Model::v1-2-0 but none were seen

  modeldelivery:index:Endpoint (flights-staging):
    changing the fleet to v1.1.0, v1.3.2
    warning: v1.0.0: no baseline
    error: not moved: the platform rolled the change of the fleet back:
    SyntaxError: invalid syntax

  pulumi:pulumi:Stack (model-delivery-staging):
    error: update failed

Outputs:
  - stepRepositoryUrl: "111111111111.dkr.ecr.eu-west-1.amazonaws.com/flights-staging-steps"

Resources:
    100 unchanged
    13 errored

Duration: 16s
"""


def test_of_an_update_the_error_that_names_a_cause_is_told_whole_and_neither_outputs_nor_counts():
    told = "not moved: the platform rolled the change of the fleet back: SyntaxError: invalid syntax"
    assert of_update(UPDATE) == (told,)


@pytest.mark.parametrize("heading", ["Outputs:", "Policies:", "Resources:"])
def test_of_an_update_whatever_comes_after_its_diagnostics_is_no_part_of_them(heading):
    output = f"Diagnostics:\n  aws:s3:Bucket (b):\n    error: no such bucket\n{heading}\n    error: 1\n"
    assert of_update(output) == ("no such bucket",)


def test_of_an_update_that_shows_no_error_its_last_words_are_told():
    assert of_update("error: no stack named 'x' found\n") == ("error: no stack named 'x' found",)
    assert of_update("Diagnostics:\n  a:b:C (d):\n    warning: old\nDuration: 1s\nkilled\n") == (
        "Diagnostics: a:b:C (d): warning: old Duration: 1s killed",
    )


def test_of_an_update_by_a_plan_that_came_to_nothing_else_the_engines_own_word_is_told():
    bare = "expected resource operations for urn:pulumi:x but none were seen"
    assert of_update(f"Diagnostics:\n  a:b:C (d):\n    error: {bare}\n") == (bare,)
