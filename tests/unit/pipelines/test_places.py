"""Files below a folder, or below a prefix of S3."""

import io
from pathlib import Path

import pytest

from pipelines import places
from pipelines.places import NothingThereError


class Bucket:
    """What is used of an S3 client, two keys a page."""

    def __init__(self, **objects):
        self.objects = objects

    def get_paginator(self, name):
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket, Prefix):  # noqa: N803 - boto3's
        assert Bucket == "bucket"
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        yield from (
            {"Contents": [{"Key": key} for key in keys[at : at + 2]]} for at in range(0, len(keys), 2)
        )
        yield {}

    def get_object(self, *, Bucket, Key):  # noqa: N803
        assert Bucket == "bucket"
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, *, Bucket, Key, Body):  # noqa: N803
        assert Bucket == "bucket"
        self.objects[Key] = Body


FILES = {"a/1.jsonl": b"1", "a/b/2.jsonl": b"2", "a/b/3.txt": b"3", "a/b/4.jsonl": b"4"}


def test_a_folder_and_a_prefix_hold_the_same(tmp_path):
    bucket = Bucket(**{f"p/{name}": content for name, content in FILES.items()}, **{"p2/a/5.jsonl": b"5"})
    for name, content in FILES.items():
        places.write(str(tmp_path), name, content, None)
    of_folder = [
        (name.removeprefix(f"{tmp_path}/"), content)
        for name, content in places.below(str(tmp_path), ".jsonl", None)
    ]
    of_bucket = [
        (name.removeprefix("s3://bucket/p/"), content)
        for name, content in places.below("s3://bucket/p", ".jsonl", bucket)
    ]
    assert of_folder == of_bucket == [("a/1.jsonl", b"1"), ("a/b/2.jsonl", b"2"), ("a/b/4.jsonl", b"4")]


def test_one_file_is_read_where_it_is(tmp_path):
    (tmp_path / "one.json").write_bytes(b"1")
    assert places.read(str(tmp_path / "one.json"), None) == b"1"
    assert places.read("s3://bucket/p/one.json", Bucket(**{"p/one.json": b"1"})) == b"1"


def test_what_is_written_is_below_its_place(tmp_path):
    bucket = Bucket()
    assert places.write("s3://bucket/p/", "a/1.json", b"1", bucket) == "s3://bucket/p/a/1.json"
    assert bucket.objects == {"p/a/1.json": b"1"}
    assert places.write(str(tmp_path), "a/1.json", b"1", None) == f"{tmp_path}/a/1.json"
    assert (tmp_path / "a/1.json").read_bytes() == b"1"


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(NothingThereError, match="there is no such folder"):
        list(places.below(str(tmp_path / "nowhere"), ".jsonl", None))


def test_a_file_whose_writing_is_cut_off_is_the_one_before(tmp_path, monkeypatch):
    places.write(str(tmp_path), "v1.0.0/week.json", b"before", None)
    whole = Path.write_bytes

    def cut_off(path, content):
        whole(path, content[:3])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", cut_off)
        with pytest.raises(OSError, match="No space left"):
            places.write(str(tmp_path), "v1.0.0/week.json", b"after", None)
    assert list(places.below(str(tmp_path), ".json", None)) == [(f"{tmp_path}/v1.0.0/week.json", b"before")]


def test_folders_alone_need_no_client(tmp_path):
    assert places.client_of(str(tmp_path), None, profile="nobody") is None
