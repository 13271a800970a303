"""Versions, and the names that lead to them and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.release.naming import (
    BadNameError,
    Place,
    parse_environment,
    parse_model,
    variant_name,
    variant_version,
)
from modeldelivery.release.version import BadVersionError, DigestSet, parse_version, precedence
from tests.unit.release.lives import steady

numbers = st.integers(0, 10**6)
some_versions = st.builds(lambda *parts: parse_version("v{}.{}.{}".format(*parts)), numbers, numbers, numbers)
DIGEST = "sha256:" + "0" * 64


@steady
@given(some_versions)
def test_a_variants_name_leads_back_to_its_version(version):
    assert variant_version(variant_name(version)) == version


@steady
@given(some_versions, some_versions)
def test_two_versions_never_share_a_variants_name(left, right):
    assert (variant_name(left) == variant_name(right)) == (left == right)


@pytest.mark.parametrize("variant", ["AllTraffic", "v1-4", "v1-4-0-rc1", "v01-4-0", "1-4-0", ""])
def test_a_variant_that_is_not_ours_is_refused(variant):
    with pytest.raises(BadVersionError):
        variant_version(variant)


NOT_VERSIONS = [
    "1.4.0",
    "v1.4",
    "v1.4.0-rc1",
    "v1.4.0+b",
    "v01.4.0",
    "v1.4.0 ",
    "v1.4.0\n",
    "V1.4.0",
    1.1,
    None,
]
ARABIC = "v1\N{ARABIC-INDIC DIGIT FOUR}.0.0"


@pytest.mark.parametrize("text", [*NOT_VERSIONS, ARABIC, "v" + "9" * 60 + ".0.0"])
def test_a_version_is_three_numbers_after_v_and_the_error_shows_one(text):
    with pytest.raises(BadVersionError, match=r"write vMAJOR\.MINOR\.PATCH, for example v1\.4\.0"):
        parse_version(text)


def test_precedence_counts_and_does_not_spell():
    assert precedence(parse_version("v1.10.0")) > precedence(parse_version("v1.9.0"))


def test_a_digest_sets_id_depends_on_each_of_its_parts():
    base = {"image": DIGEST, "model": DIGEST, "data": "r1"}
    other = "sha256:" + "1" * 64
    ids = {
        DigestSet(**base).id,
        *(DigestSet(**{**base, part: other}).id for part in base),
    }
    assert len(ids) == 4


@pytest.mark.parametrize("bad", [{"image": "latest"}, {"model": "sha256:abc"}, {"data": ""}])
def test_a_digest_set_of_anything_but_digests_is_refused(bad):
    with pytest.raises(BadVersionError, match=next(iter(bad))):
        DigestSet(**{"image": DIGEST, "model": DIGEST, "data": "r1", **bad})


@pytest.mark.parametrize("parse", [parse_model, parse_environment])
@pytest.mark.parametrize(
    "text", ["Flights", "flights-", "-a", "a--b", "1a", "a_b", "thirteenchars", "", None]
)
def test_a_name_that_s3_or_sagemaker_would_refuse_is_refused(parse, text):
    with pytest.raises(BadNameError, match="lowercase letters, digits and single hyphens"):
        parse(text)


def test_the_longest_names_fit_a_bucket():
    place = Place(
        model=parse_model("a" * 12),
        environment=parse_environment("b" * 12),
        account="1" * 12,
        region="ap-southeast-1",
    )
    assert len(place.registry_bucket) <= 63
