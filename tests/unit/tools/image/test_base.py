"""What both images are built on."""

import pytest

from modeldelivery.terminal.steps import Step
from tools.image import base
from tools.image.errors import ImageError, NoEngineError

DIGEST = f"python:3.11-slim@sha256:{'0' * 64}"


class Engine:
    """Has these images, and reaches a registry that has those."""

    name = "buildah"

    def __init__(self, here=(), there=()):
        self.here, self.there = here, there

    def find(self, name):
        return name if name in self.here else None

    def pull(self, reference, _):
        return self.there.get(reference) if self.there else None


@pytest.fixture
def step():
    class Nowhere:
        def isatty(self):
            return False

    return Step("base", Nowhere())


@pytest.mark.parametrize(
    "given", ["python:3.11-slim", "python@sha256:abc", f"{DIGEST} ", "sha256:" + "0" * 64]
)
def test_a_base_that_may_be_another_one_tomorrow_is_refused(step, given):
    with pytest.raises(ImageError, match=r"BASE_IMAGE=.* may be another image tomorrow: name it by digest"):
        base.choose(Engine(), given, step)


def test_a_base_by_digest_is_taken_as_it_is(step):
    assert base.choose(Engine(there={DIGEST: DIGEST}), DIGEST, step) == DIGEST


def test_a_base_that_no_registry_has_is_told(step):
    with pytest.raises(ImageError, match="no registry that buildah reaches has it"):
        base.choose(Engine(), DIGEST, step)


def test_without_one_it_is_todays_by_its_digest(step):
    assert base.choose(Engine(there={base.PYTHON: DIGEST}), "", step) == DIGEST


def test_where_nothing_can_make_one_it_says_what_to_install(step, monkeypatch):
    monkeypatch.setattr(base.shutil, "which", lambda _: None)
    with pytest.raises(NoEngineError, match="apt install mmdebstrap"):
        base.choose(Engine(), "", step)
