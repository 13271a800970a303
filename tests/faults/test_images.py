"""Both images for real: built twice by this machine's engine, run as SageMaker does and stricter, compared."""

import json
import subprocess

import pytest

from tests.conftest import CHECKOUT

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def report():
    """What `make image` tells; a machine without an engine skips, as the command itself does."""
    done = subprocess.run(
        ["make", "--silent", "image", "JSON=yes"],
        cwd=CHECKOUT, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    if "skipped" in told:
        assert told["skipped"] in done.stderr
        pytest.skip(told["skipped"])
    return {image["name"]: image for image in told["images"]}


@pytest.mark.parametrize("name", ["server", "steps"])
def test_two_builds_of_an_image_have_one_digest(report, name):
    assert report[name]["builds"] == 2
    assert report[name]["digest"].startswith("sha256:")


def test_the_server_is_healthy_within_ten_seconds_with_a_read_only_root_and_without_root(report):
    """`make image` refuses a server that is root, that writes to its image, or that answers wrongly."""
    assert 0 < report["server"]["healthy_seconds"] <= 10


@pytest.mark.parametrize("name", ["server", "steps"])
def test_an_image_leaves_its_bill_of_materials(report, name):
    document = json.loads((CHECKOUT / report[name]["sbom"]).read_text())
    assert document["bomFormat"] == "CycloneDX"
    assert {"msgspec", "numpy", "onnxruntime"} <= {each["name"] for each in document["components"]}
