"""A move without the journal stands in everybody's way until it is adopted: the endpoint's mark tells of it."""

from modeldelivery.release.errors import RefusedError

REMEDY = "`modelctl adopt --reason …`"


def refuse(mark: str | None) -> None:
    """Raises RefusedError while the endpoint has a mark."""
    if mark:
        raise RefusedError(f"{sentence(mark)}: {REMEDY}")


def sentence(mark: str) -> str:
    """What stands in the way."""
    return (
        f"traffic was moved without the journal ({mark}), and nothing else may move it until that is recorded"
    )
