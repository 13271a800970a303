import pytest

from pipelines import dataset
from pipelines.dataset import BadDataError
from pipelines.publish import OtherBytesError, publish

FILES = {f"trips/2013-0{month}.csv": f"month\n{month}\n".encode() for month in (1, 2, 3)}
OBJECTS = len(FILES) + 1


class KilledError(Exception):
    """The process ends here."""


class Memory:
    """A store that ends the process before or after its nth write."""

    def __init__(self, objects=None, ends_at=None, *, after=False):
        self.objects = {} if objects is None else objects
        self._left, self._after = ends_at, after

    def create(self, key, content):
        ends = self._left == 0
        self._left = None if self._left is None else self._left - 1
        if ends and not self._after:
            raise KilledError
        written = self.objects.setdefault(key, content) is content
        if ends:
            raise KilledError
        return written

    def read(self, key):
        return self.objects.get(key)


@pytest.fixture
def folder(tmp_path):
    dataset.write(tmp_path, FILES)
    return tmp_path


def expected(folder):
    prefix = "datasets/" + dataset.read_manifest(folder).revision.replace(":", "/") + "/"
    return prefix, {
        **{prefix + path: content for path, content in FILES.items()},
        prefix + "manifest.json": (folder / "manifest.json").read_bytes(),
    }


def test_a_revision_is_written_under_its_own_prefix_the_manifest_last(folder):
    store = Memory()
    prefix, objects = expected(folder)
    assert publish(folder, store) == (prefix, OBJECTS)
    assert store.objects == objects
    assert list(store.objects)[-1] == prefix + "manifest.json"


def test_a_revision_that_is_there_is_left_alone(folder):
    store = Memory()
    publish(folder, store)
    again = Memory(store.objects, ends_at=0)  # any write would end it
    assert publish(folder, again) == (expected(folder)[0], 0)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", range(OBJECTS))
def test_a_run_that_was_killed_anywhere_is_finished_by_the_next(folder, nth, after):
    store = Memory(ends_at=nth, after=after)
    with pytest.raises(KilledError):
        publish(folder, store)
    whole = expected(folder)[0] + "manifest.json" in store.objects
    assert whole == (nth == OBJECTS - 1 and after)
    publish(folder, Memory(store.objects))
    assert store.objects == expected(folder)[1]


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_place_that_holds_something_else_is_refused_by_its_key(folder, name):
    prefix, _ = expected(folder)
    store = Memory({prefix + name: b"forged"})
    with pytest.raises(OtherBytesError, match=rf"{prefix}{name} holds sha256:\w+ and not sha256:"):
        publish(folder, store)
    assert store.objects[prefix + name] == b"forged"
    assert name == "manifest.json" or prefix + "manifest.json" not in store.objects


def test_a_folder_that_is_not_what_its_manifest_says_is_not_published(folder):
    (folder / "trips" / "2013-03.csv").write_bytes(b"changed")
    store = Memory()
    with pytest.raises(BadDataError, match=r"trips/2013-03\.csv: 7 bytes"):
        publish(folder, store)
    assert not any(key.endswith("manifest.json") for key in store.objects)
