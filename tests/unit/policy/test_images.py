"""Bits are named by content."""

import pytest

from modeldelivery.policy.rules.images import IMMUTABLE_IMAGES
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import not_known, resource, whats

MODEL, REPOSITORY = "aws:sagemaker/model:Model", "aws:ecr/repository:Repository"
DIGEST = "222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights@sha256:" + "a" * 64
BY_TAG = ["flights:latest", "flights", "flights@sha256:abc", DIGEST + "0"]


@pytest.mark.parametrize("mutability", [None, "MUTABLE", "IMMUTABLE_WITH_EXCLUSION"])
def test_a_repository_whose_tags_move_is_found(mutability):
    props = {} if mutability is None else {"imageTagMutability": mutability}
    assert whats(IMMUTABLE_IMAGES, resource(REPOSITORY, **props)) == ["imageTagMutability"]


def test_a_repository_whose_tags_stay_is_not():
    assert whats(IMMUTABLE_IMAGES, resource(REPOSITORY, imageTagMutability="IMMUTABLE")) == []


@pytest.mark.parametrize("image", BY_TAG)
def test_an_image_that_is_not_named_by_digest_is_found(image):
    assert whats(IMMUTABLE_IMAGES, resource(MODEL, primaryContainer={"image": image})) == [f"image {image}"]
    assert whats(IMMUTABLE_IMAGES, resource(MODEL, containers=[{"image": DIGEST}, {"image": image}])) == [
        f"image {image}"
    ]


def test_an_image_named_by_digest_is_not():
    assert whats(IMMUTABLE_IMAGES, resource(MODEL, primaryContainer={"image": DIGEST})) == []


def test_an_image_that_is_not_known_yet_is_said_to_be():
    assert not_known(IMMUTABLE_IMAGES, resource(MODEL, primaryContainer={"image": UNKNOWN})) == ["image"]
