import pytest

from sandbox.codepipeline.triggers import Filter, PatternError, check, matches, starts


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("flights@v*", "flights@v1.2.0", True),
        ("flights@v*", "flights#prod", False),
        ("flights@v*", "other-flights@v1.2.0", False),
        ("v*", "v1/rc", False),
        ("v**", "v1/rc", True),
        ("release/*", "release/1", True),
        ("v?.0", "v1.0", True),
        ("v?.0", "v12.0", False),
        ("v[0-9].*", "v1.x", True),
        ("v[!0-9]", "v1", False),
        ("v[!0-9]", "va", True),
        ("{main,release/*}", "release/2", True),
        ("{main,release/*}", "dev", False),
        ("a.b", "axb", False),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
    ],
)
def test_a_pattern_means_what_a_shell_means_by_it(pattern, name, expected):
    assert matches(pattern, name) is expected


@pytest.mark.parametrize("pattern", ["v[0-9", "{a,b", "a}", "{{a},b}", "[z-a]"])
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(PatternError):
        check(pattern)


def test_a_push_starts_what_includes_its_name_and_does_not_exclude_it():
    filters = [Filter("tag", ("flights@v*",), ("*-rc*",))]
    assert starts(filters, "tag", "flights@v1.0.0")
    assert not starts(filters, "tag", "flights@v1.0.0-rc1")
    assert not starts(filters, "branch", "flights@v1.0.0")


def test_without_includes_every_name_starts_that_is_not_excluded():
    assert starts([Filter("branch", excludes=("wip/*",))], "branch", "main")
    assert not starts([Filter("branch", excludes=("wip/*",))], "branch", "wip/x")


def test_without_a_filter_nothing_starts():
    assert not starts([], "tag", "v1")
