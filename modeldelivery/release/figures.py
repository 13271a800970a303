"""What training measured of a model: one flat JSON object, kept among the evidence of its digest set and in its version's record."""

import msgspec

from modeldelivery.release.errors import RefusedError
from modeldelivery.release.record import Figures

NAME = "metrics.json"  # among the evidence of a digest set


def read_figures(content: bytes, where: str) -> Figures:
    """The figures by name.

    Args:
        content: of the document.
        where: it was read, for sentences.

    Raises:
        RefusedError: it is no flat object of numbers and texts.
    """
    try:
        return msgspec.json.decode(content, type=Figures)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(
            f'{where}: {error}: write one flat JSON object of numbers and texts, for example {{"auc": 0.71}}'
        ) from error
