"""An act that is written down before it is carried out: of programs that decide at the same time one carries it out."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from pipelines import acts, places
from pipelines.acts import Taken

# What is begun, by the id of its run and all that was done so far; None for nothing.
Decide = Callable[[str, Sequence[Taken]], Taken | None]


def claim(place: str, decide: Decide, s3: Any) -> Taken | None:
    """Write down what is begun; None where nothing is.

    Decided on the very content that the claim replaces: of two that decide at the same time, the slower decides again and sees the
    other's. A claim whose answer was lost is found by its id, and is one's own.

    Args:
        place: the document of acts, a file or `s3://…`.
        decide: what follows from it; called again where another was faster.
        s3: a client; used for such a place alone.

    Raises:
        BadDocumentError: it is none.
        OSError: of the file.
        botocore.exceptions.ClientError: S3 refuses.
    """
    id_ = secrets.token_hex(8)
    claimed: Taken | None = None

    def begin(content: bytes | None) -> bytes | None:
        nonlocal claimed
        document = acts.decode(content, place)
        claimed = next((each for each in document.acts if each.id == id_), None)
        if claimed is not None:
            return None
        claimed = decide(id_, document.acts)
        return None if claimed is None else acts.encode(document.with_act(claimed))

    places.update(place, begin, s3)
    return claimed


def taken(place: str, s3: Any) -> Sequence[Taken]:
    """All that was done so far; none where there is no document. Raises as `claim`."""
    try:
        content: bytes | None = places.read(place, s3)
    except FileNotFoundError:
        content = None
    except Exception as error:
        if places.code_of(error) != places.ABSENT:
            raise
        content = None
    return acts.decode(content, place).acts


def keep(place: str, taken: Taken, s3: Any) -> None:
    """Write down what became of an act; raises as `claim`."""
    places.update(place, lambda content: acts.encode(acts.decode(content, place).with_act(taken)), s3)
