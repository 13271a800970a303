import pytest

from sandbox.buckets import ConditionalWrites
from sandbox.call import Call
from sandbox.refusal import RefusedError

PUT = Call("s3", "PutObject", "key", "eu-west-1", "rest-xml")
CONDITION = {"if-match": '"etag"'}


def test_a_conditional_write_that_meets_another_on_its_key_is_409():
    writes = ConditionalWrites()
    with writes.entered(PUT, "/b/k", CONDITION), pytest.raises(RefusedError) as refused:
        writes.entered(PUT, "/b/k", CONDITION).__enter__()
    assert (refused.value.code, refused.value.status) == ("ConditionalRequestConflict", 409)


@pytest.mark.parametrize(("path", "headers"), [("/b/other", CONDITION), ("/b/k", {})])
def test_other_writes_are_let_through(path, headers):
    writes = ConditionalWrites()
    with writes.entered(PUT, "/b/k", CONDITION), writes.entered(PUT, path, headers):
        pass


def test_a_key_is_free_again_after_a_write_that_failed():
    writes = ConditionalWrites()
    with pytest.raises(ZeroDivisionError), writes.entered(PUT, "/b/k", CONDITION):
        raise ZeroDivisionError
    with writes.entered(PUT, "/b/k", CONDITION):
        pass
