"""A step in its image is root no longer than it has to be."""

import pytest

from pipelines.steps.user import chosen


@pytest.mark.parametrize(
    ("environ", "uid", "user"),
    [
        ({"STEP_USER": "10001"}, 0, 10001),
        ({"STEP_USER": "10001"}, 10001, None),  # started as it already
        ({"STEP_USER": "10001", "SAGEMAKER_BASE_DIR": "build/train"}, 0, None),  # the caller's own folders
        ({}, 0, None),  # no image says so
        ({"STEP_USER": ""}, 0, None),
    ],
)
def test_root_in_the_image_becomes_the_user_that_the_image_names(environ, uid, user):
    assert chosen(environ, uid) == user


@pytest.mark.parametrize("text", ["0", "-1", "steps", "1_0", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_user_that_is_root_or_no_number_is_refused(text):
    with pytest.raises(ValueError, match="is no user to become"):
        chosen({"STEP_USER": text}, 0)
