import pytest

from sandbox.codebuild.driver import goes_on


@pytest.mark.parametrize(
    ("phase", "on_failure", "expected"),
    [
        ("INSTALL", None, False),
        ("PRE_BUILD", None, False),
        ("BUILD", None, True),
        ("BUILD", "ABORT", False),
        ("INSTALL", "CONTINUE", True),
        ("PRE_BUILD", "CONTINUE", True),
    ],
)
def test_post_build_follows_a_failed_build_and_nothing_a_failed_install_or_pre_build(
    phase, on_failure, expected
):
    assert goes_on(phase, failed=True, on_failure=on_failure) is expected
    assert goes_on(phase, failed=False, on_failure=on_failure)
