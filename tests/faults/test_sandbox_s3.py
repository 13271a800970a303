"""S3 as the journal needs it: conditional writes that are atomic, and owners that are checked."""

import concurrent.futures
import re

import pytest
from botocore.exceptions import ClientError

from modeldelivery.release.aws.environment import AwsEndpoint
from modeldelivery.release.aws.session import Account
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import DamagedError

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def bucket(sandbox):
    name = "journals"
    region = {"LocationConstraint": "eu-west-1"}
    s3 = sandbox.client("staging", "s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=region)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def code(error):
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_of_many_first_writes_exactly_one_wins(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")

    def write(n):
        try:
            s3.put_object(Bucket=bucket, Key="first", Body=str(n), IfNoneMatch="*")
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "written"

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(40)))
    assert outcomes.count("written") == 1
    assert set(outcomes) <= {"written", "PreconditionFailed", "ConditionalRequestConflict"}


def test_no_update_is_lost_among_writers_that_compare_the_etag(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")
    s3.put_object(Bucket=bucket, Key="counter", Body=b"0")

    def add(_):
        while True:
            read = s3.get_object(Bucket=bucket, Key="counter")
            value = int(read["Body"].read()) + 1
            try:
                s3.put_object(Bucket=bucket, Key="counter", Body=str(value).encode(), IfMatch=read["ETag"])
            except ClientError as error:
                if error.response["Error"]["Code"] not in {
                    "PreconditionFailed",
                    "ConditionalRequestConflict",
                }:
                    raise
            else:
                return

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(24)))
    assert s3.get_object(Bucket=bucket, Key="counter")["Body"].read() == b"24"


def test_a_write_against_an_old_etag_is_412(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")
    old = s3.put_object(Bucket=bucket, Key="moved", Body=b"1")["ETag"]
    s3.put_object(Bucket=bucket, Key="moved", Body=b"2", IfMatch=old)
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="moved", Body=b"3", IfMatch=old)
    assert code(error) == ("PreconditionFailed", 412)


def test_a_write_against_an_etag_of_nothing_is_404(sandbox, bucket):
    with pytest.raises(ClientError) as error:
        sandbox.client("staging", "s3").put_object(Bucket=bucket, Key="nothing", Body=b"1", IfMatch='"x"')
    assert code(error) == ("NoSuchKey", 404)


@pytest.mark.parametrize("call", ["put_object", "delete_object"])
def test_a_write_against_the_etag_of_an_object_that_was_deleted_is_404(sandbox, bucket, call):
    """The bucket keeps versions: what is deleted has a marker, and its last version has the ETag still."""
    s3 = sandbox.client("staging", "s3")
    etag = s3.put_object(Bucket=bucket, Key="deleted", Body=b"1")["ETag"]
    s3.delete_object(Bucket=bucket, Key="deleted")
    with pytest.raises(ClientError) as error:
        getattr(s3, call)(Bucket=bucket, Key="deleted", IfMatch=etag)
    assert code(error) == ("NoSuchKey", 404)


def test_of_what_is_not_there_a_reader_learns_whether_it_was_deleted(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")
    s3.put_object(Bucket=bucket, Key="gone", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="gone")

    for key, marker in (("gone", "true"), ("never", None)):
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key=key)
        assert code(error) == ("NoSuchKey", 404)
        assert error.value.response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-delete-marker") == marker


def test_a_deleted_journal_is_got_back_by_the_commands_that_its_reader_names(sandbox, bucket):
    """The project's own store over the sandbox's S3: what is damaged, then what is deleted."""
    s3 = sandbox.client("staging", "s3")
    endpoint = AwsEndpoint(
        account=Account(sandbox.session("staging"), "111111111111"),
        name="x",
        bucket=bucket,
        key="journal/x.json",
    )
    kept = Journal(live="v1.0.0", weights={"v1.0.0": 100})
    etag = endpoint.store.write(kept, None).etag
    s3.put_object(Bucket=bucket, Key="journal/x.json", Body=b'{"fence": 1e20}', IfMatch=etag)

    for spoil in (lambda: None, lambda: s3.delete_object(Bucket=bucket, Key="journal/x.json")):
        spoil()
        with pytest.raises(DamagedError) as error:
            endpoint.store.read()
        named = re.search(
            r"--version-id (\S+) kept\.json.*(--if-(?:none-)?match) '(.*?)'`$", error.value.hint
        )
        version, condition, value = named.groups()
        body = s3.get_object(Bucket=bucket, Key="journal/x.json", VersionId=version)["Body"].read()
        matches = {"IfMatch": value} if condition == "--if-match" else {"IfNoneMatch": value}
        s3.put_object(Bucket=bucket, Key="journal/x.json", Body=body, **matches)
        assert endpoint.store.read().journal == kept


def test_a_first_write_after_a_deletion_wins(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")
    s3.put_object(Bucket=bucket, Key="again", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="again")
    s3.put_object(Bucket=bucket, Key="again", Body=b"2", IfNoneMatch="*")
    assert s3.get_object(Bucket=bucket, Key="again")["Body"].read() == b"2"


def test_a_deletion_against_an_old_etag_is_412(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")
    old = s3.put_object(Bucket=bucket, Key="kept", Body=b"1")["ETag"]
    new = s3.put_object(Bucket=bucket, Key="kept", Body=b"2")["ETag"]
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=bucket, Key="kept", IfMatch=old)
    assert code(error) == ("PreconditionFailed", 412)
    s3.delete_object(Bucket=bucket, Key="kept", IfMatch=new)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="kept")


def test_another_account_is_denied(sandbox, bucket):
    with pytest.raises(ClientError) as error:
        sandbox.client("prod", "s3").get_object(Bucket=bucket, Key="first")
    assert code(error) == ("AccessDenied", 403)


def test_another_accounts_object_cannot_be_copied(sandbox, bucket):
    s3 = sandbox.client("prod", "s3")
    s3.create_bucket(Bucket="thieves", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket="thieves", Key="k", CopySource=f"{bucket}/first")
    assert code(error) == ("AccessDenied", 403)


def test_an_unexpected_owner_is_denied(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")
    s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="111111111111")
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="222222222222")
    assert code(error) == ("AccessDenied", 403)


def test_every_answer_carries_a_date(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")
    assert "date" in s3.list_objects_v2(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="absent")
    assert "date" in error.value.response["ResponseMetadata"]["HTTPHeaders"]
