"""What every JournalStore does."""

import msgspec
import pytest

from modeldelivery.release.core.journal import Journal, Rejection
from modeldelivery.release.errors import ConflictError

FIRST = Journal(live="v1.0.0", weights={"v1.0.0": 100})
SECOND = msgspec.structs.replace(
    FIRST,
    rejections=(
        Rejection(version="v1.0.0", digest="sha256:1", at=1.0, actor="ada", reason="errors doubled"),
    ),
)


def test_before_the_first_write_the_journal_is_empty_and_has_no_etag(store):
    stored = store.read()

    assert (stored.journal, stored.etag) == (Journal(), None)


def test_what_is_written_is_read_back_with_the_etag_that_the_write_gave(store):
    written = store.write(SECOND, None)

    read = store.read()
    assert (read.journal, read.etag) == (SECOND, written.etag)
    assert written.journal == SECOND


def test_the_first_write_is_made_once(store):
    store.write(FIRST, None)

    with pytest.raises(ConflictError):
        store.write(SECOND, None)
    assert store.read().journal == FIRST


def test_a_write_with_an_old_etag_is_refused_and_changes_nothing(store):
    old = store.write(FIRST, None).etag
    store.write(SECOND, old)

    with pytest.raises(ConflictError):
        store.write(FIRST, old)
    assert store.read().journal == SECOND


def test_a_write_with_an_etag_of_nothing_is_refused(store):
    with pytest.raises(ConflictError):
        store.write(FIRST, '"0123456789abcdef0123456789abcdef"')
    assert store.read().etag is None


def test_the_stores_clock_never_goes_back(store):
    times = [store.read().now, store.write(FIRST, None).now, store.read().now]

    assert times == sorted(times)
    assert times[0] > 1e9
