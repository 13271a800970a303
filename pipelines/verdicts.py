"""What a judge keeps of its newest report where `modelctl status`, reviews and exporters look: `modeldelivery/release/verdicts.py`."""

from collections.abc import Callable
from typing import Any

from modeldelivery.release.errors import UpdateNeededError
from modeldelivery.release.verdicts import Verdicts, decode, encode
from pipelines import places
from pipelines.documents import BadDocumentError


def keep(place: str, change: Callable[[Verdicts], Verdicts], client: Any) -> None:
    """Put a verdict beside the others of the environment.

    Args:
        place: of the document, `s3://REGISTRY/verdicts/ENDPOINT.json` or a file.
        change: puts it there.
        client: of S3.

    Raises:
        BadDocumentError: what is there is none, or a newer program's.
        OSError, botocore.exceptions.ClientError: as `places.update`.
    """

    def changed(content: bytes | None) -> bytes:
        try:
            return encode(change(Verdicts() if content is None else decode(content, place)))
        except (ValueError, UpdateNeededError) as error:
            raise BadDocumentError(
                f"{place}: not the verdicts of an environment: {error}; delete it, and the next run writes it anew"
            ) from error

    places.update(place, changed, client)
