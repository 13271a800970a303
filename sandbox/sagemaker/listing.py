"""List calls: filter, order, page."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from sandbox.refusal import RefusedError
from sandbox.sagemaker.requests import Listing


class _Dated(Protocol):
    @property
    def created(self) -> float: ...


Item = TypeVar("Item", bound=_Dated)


def page(
    key: str,
    items: Iterable[Item],
    request: Listing,
    *,
    name: Callable[[Item], str],
    show: Callable[[Item], dict[str, Any]],
) -> dict[str, Any]:
    """One page under `key`; newest first unless asked otherwise, as SageMaker. Raises RefusedError."""
    if request.sort_by not in {None, "Name", "CreationTime"}:
        raise RefusedError(f"SortBy {request.sort_by!r} is not known here; it knows Name and CreationTime")
    start = _offset(request.next_token)
    after, before = request.creation_time_after, request.creation_time_before
    matching = [
        item
        for item in items
        if (request.name_contains or "").lower() in name(item).lower()
        and (after is None or item.created > after)
        and (before is None or item.created < before)
    ]
    matching.sort(
        key=name if request.sort_by == "Name" else _created, reverse=request.sort_order != "Ascending"
    )
    end = start + request.max_results
    answer: dict[str, Any] = {key: [show(item) for item in matching[start:end]]}
    if end < len(matching):
        answer["NextToken"] = str(end)
    return answer


def _created(item: _Dated) -> float:
    return item.created


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise RefusedError(f"NextToken {token!r} was not given out by a List call")
    return int(token)
