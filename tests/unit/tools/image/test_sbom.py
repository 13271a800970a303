"""The bill of materials of an image is what its requirement file pins for its platform."""

import json

import pytest
from packaging.requirements import Requirement

from tests.conftest import CHECKOUT
from tools.image.errors import ImageError
from tools.image.recipe import RECIPES, SERVER
from tools.image.sbom import bill

HASHES = "".join(f" \\\n    --hash=sha256:{each * 64}" for each in "ab")
BASE = f"python:3.11-slim@sha256:{'0' * 64}"


def components(text):
    return json.loads(bill(SERVER, text, BASE)).get("components", [])


def test_a_package_is_told_with_its_version_and_the_hashes_of_its_files():
    (one,) = components(f"msgspec==0.22.0{HASHES}\n    # via -r serving.in\n")
    assert (one["name"], one["version"], one["purl"]) == ("msgspec", "0.22.0", "pkg:pypi/msgspec@0.22.0")
    (reference,) = one["externalReferences"]
    assert [each["content"] for each in reference["hashes"]] == ["a" * 64, "b" * 64]


@pytest.mark.parametrize(
    "marker", ["sys_platform == 'win32'", "python_full_version >= '3.12'", "platform_machine == 'arm64'"]
)
def test_what_another_platform_installs_is_not_in_the_image(marker):
    assert components(f"colorama==0.4.6 ; {marker}{HASHES}\n") == []


@pytest.mark.parametrize(
    "line", [f"msgspec>=0.22{HASHES}\n", "msgspec==0.22.0\n", f"msgspec @ file:///tmp/msgspec{HASHES}\n"]
)
def test_what_is_not_pinned_by_version_and_hash_is_refused(line):
    with pytest.raises(
        ImageError, match=r"requirements/serving\.txt: msgspec is not pinned by version and hash"
    ):
        components(line)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_requirement_of_the_image_is_in_its_bill_and_twice_gives_the_same_bytes(recipe):
    text = (CHECKOUT / recipe.requirements).read_text()
    one = bill(recipe, text, BASE)
    assert one == bill(recipe, text, BASE)
    lines = [line.removesuffix("\\").strip() for line in text.splitlines() if line and line[0].isalnum()]
    linux = {
        "sys_platform": "linux",
        "python_full_version": "3.11.0",
        "platform_python_implementation": "CPython",
    }
    linux |= {"implementation_name": "cpython", "platform_machine": "x86_64", "platform_system": "Linux"}
    pinned = [Requirement(line) for line in lines]
    expected = {each.name for each in pinned if each.marker is None or each.marker.evaluate(linux)}
    document = json.loads(one)
    assert {each["name"] for each in document["components"]} == expected
    assert document["metadata"]["component"]["properties"] == [{"name": "model-delivery:base", "value": BASE}]


def test_another_base_is_another_bill():
    text = f"msgspec==0.22.0{HASHES}\n"
    assert bill(SERVER, text, BASE) != bill(SERVER, text, "other")


def test_an_image_with_nothing_beneath_has_a_bill_that_names_no_base():
    document = json.loads(bill(SERVER, f"msgspec==0.22.0{HASHES}\n", ""))
    assert "properties" not in document["metadata"]["component"]
