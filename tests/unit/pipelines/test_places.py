"""Files below a folder, or below a prefix of S3."""

import io
import threading
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from pipelines import places
from pipelines.places import NothingThereError


def refused(code, call):
    return ClientError({"Error": {"Code": code, "Message": code}}, call)


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
        if Key not in self.objects:
            raise refused("NoSuchKey", "GetObject")
        return {"Body": io.BytesIO(self.objects[Key]), "ETag": self.objects[Key]}

    def put_object(self, *, Bucket, Key, Body, IfMatch=None, IfNoneMatch=None):  # noqa: N803
        assert Bucket == "bucket"
        if (IfNoneMatch and Key in self.objects) or (IfMatch and self.objects.get(Key) != IfMatch):
            raise refused("PreconditionFailed", "PutObject")
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


def test_two_writers_of_one_object_lose_nothing_of_each_other():
    bucket = Bucket()
    others = [b"b", b"c"]

    def change(content):
        """Another is faster, twice: once it makes the object, once it changes it."""
        if others:
            bucket.objects["p/x.json"] = (bucket.objects.get("p/x.json") or b"") + others.pop(0)
        return (content or b"") + b"a"

    places.update("s3://bucket/p/x.json", change, bucket)
    assert bucket.objects["p/x.json"] == b"bca"


def test_a_writer_that_is_slower_each_time_gives_up_with_a_sentence():
    bucket = Bucket(**{"x.json": b"0"})

    def change(_):
        bucket.objects["x.json"] += b"+"
        return b""

    with pytest.raises(OSError, match="others go on writing it: run it again"):
        places.update("s3://bucket/x.json", change, bucket)


def test_what_s3_refuses_ends_an_update(monkeypatch):
    bucket = Bucket()
    for method in ("put_object", "get_object"):
        monkeypatch.setattr(bucket, method, lambda **_: (_ for _ in ()).throw(refused("AccessDenied", "x")))
        with pytest.raises(ClientError, match="AccessDenied"):
            places.update("s3://bucket/x.json", lambda _: b"", bucket)


def test_two_writers_of_one_file_lose_nothing_of_each_other(tmp_path):
    place, turns = tmp_path / "acts" / "x.txt", 20

    def write():
        for _ in range(turns):
            places.update(str(place), lambda content: (content or b"") + b"a", None)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert place.read_bytes() == b"a" * turns * len(writers)


def test_two_who_write_one_file_at_the_same_time_both_do_and_leave_nothing_beside_it(tmp_path, monkeypatch):
    replace, others = Path.replace, [b"second"]

    def overtaken(self, target):
        if others:
            places.write(str(tmp_path), "x.json", others.pop(), None)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", overtaken)
    places.write(str(tmp_path), "x.json", b"first", None)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x.json": b"first"}
