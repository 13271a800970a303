"""An error of AWS' is a sentence that says what to type next, and any other is itself."""

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError, ProfileNotFound

from pipelines.aws_errors import of_aws, sentence


def refused(code, **more):
    return ClientError({"Error": {"Code": code, "Message": "as AWS says", **more}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "sentence_end"),
    [
        (NoCredentialsError(), "Unable to locate credentials: export AWS_PROFILE=NAME"),
        (
            ProfileNotFound(profile="prd"),
            "The config profile (prd) could not be found: name another by --profile",
        ),
        (NoRegionError(), "You must specify a region: export AWS_PROFILE=NAME"),
        (refused("NoSuchBucket", BucketName="REGISTRY"), "as AWS says (REGISTRY): `pulumi stack output`"),
        (refused("ExpiredToken"), "as AWS says: sign in again"),
    ],
)
def test_what_to_type_next_stands_behind_what_aws_says(error, sentence_end):
    assert of_aws(error)
    assert sentence_end in sentence(error)


@pytest.mark.parametrize("error", [refused("SlowDown"), ValueError("no document")])
def test_of_what_is_not_known_only_its_own_words_are_told(error):
    assert sentence(error) == str(error)
