import gzip
import io
import json
import os
import tarfile

import pytest

from sandbox.image.build import Blobs, DigestError, build
from sandbox.image.dockerfile import Copy, DockerfileError, parse

DOCKERFILE = """
# A comment.
ARG BASE=python:3.11
FROM ${BASE}
ENV PYTHONPATH=/opt/program LEVEL="a b"
WORKDIR /opt/program
COPY serve.py lib /opt/program/
RUN pip install -r requirements.txt \\
    --no-deps
ENTRYPOINT ["python", "serve.py"]
"""


@pytest.fixture
def context(tmp_path):
    folder = tmp_path / "context"
    (folder / "lib" / "__pycache__").mkdir(parents=True)
    (folder / "serve.py").write_text("print()")
    (folder / "lib" / "a.py").write_text("1")
    (folder / "lib" / "__pycache__" / "a.pyc").write_bytes(b"x")
    return folder


def test_a_dockerfile_is_read():
    parsed = parse(DOCKERFILE)
    assert parsed.copies == [Copy(("serve.py", "lib"), "/opt/program/")]
    assert (parsed.env, parsed.workdir) == ({"PYTHONPATH": "/opt/program", "LEVEL": "a b"}, "/opt/program")
    assert parsed.entrypoint == ["python", "serve.py"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ADD https://x /y", "line 1: the sandbox does not build ADD"),
        ("COPY --from=build /a /b", "COPY --from=build is not known"),
        ("COPY alone", "needs a source and a target"),
        ("ENTRYPOINT python serve.py", "line 1: write ENTRYPOINT as a JSON list"),
        ("FROM scratch", "no ENTRYPOINT"),
    ],
)
def test_what_cannot_be_built_is_refused_with_its_line(line, why):
    with pytest.raises(DockerfileError, match=why):
        parse(line)


def test_the_same_sources_give_the_same_digest(context, tmp_path):
    first = build(parse(DOCKERFILE), context, Blobs(tmp_path / "one"))
    for path in context.rglob("*"):
        os.utime(path, (1, 1))
    (context / "lib" / "__pycache__" / "b.pyc").write_bytes(b"y")
    assert build(parse(DOCKERFILE), context, Blobs(tmp_path / "two")) == first


def test_another_byte_gives_another_digest(context, tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    first = build(parse(DOCKERFILE), context, blobs)
    (context / "serve.py").write_text("print() ")
    assert build(parse(DOCKERFILE), context, blobs).digest != first.digest


def test_the_layer_holds_sources_only_owned_by_root_without_times(context, tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    manifest = json.loads(build(parse(DOCKERFILE), context, blobs).manifest)
    layer = blobs.get(manifest["layers"][0]["digest"])
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer))) as tar:
        entries = [(e.name, e.uid, e.mtime, e.mode) for e in tar]
    assert entries == [("opt/program/a.py", 0, 0, 0o644), ("opt/program/serve.py", 0, 0, 0o644)]


def test_a_source_that_is_not_there_is_named(context, tmp_path):
    with pytest.raises(DockerfileError, match=r"COPY gone.py: no such file"):
        build(parse('COPY gone.py /x\nENTRYPOINT ["a"]'), context, Blobs(tmp_path / "blobs"))


def test_a_source_outside_the_context_is_refused(context, tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(DockerfileError, match="no such file in the context"):
        build(parse('COPY ../secret /x\nENTRYPOINT ["a"]'), context, Blobs(tmp_path / "blobs"))


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:../../../../etc/passwd",
        f"sha256:{'a' * 63}",
        f"sha256:{'A' * 64}",
        f"sha512:{'a' * 64}",
        f"sha256:{'a' * 64}/../x",
        f"sha256:{'a' * 64}\n",
        "../sha256",
        "",
        None,
        {},
    ],
)
def test_a_digest_that_is_none_never_becomes_a_path(digest, tmp_path):
    with pytest.raises(DigestError, match="is no digest"):
        Blobs(tmp_path).get(digest)


def test_a_health_check_is_recorded_as_what_the_image_says_of_itself():
    check = 'HEALTHCHECK --interval=10s \\\n  CMD ["python", "-m", "healthcheck"]\n'
    assert (
        parse(DOCKERFILE + check).history[-1]
        == 'HEALTHCHECK --interval=10s CMD ["python", "-m", "healthcheck"]'
    )
