"""A journal that is gone is not a journal of an endpoint that never was: what it rejected would get traffic again.

An endpoint carries the place of its journal as a tag, and its journal is written before it is made. So an endpoint with that
tag and no journal is one whose journal was lost.
"""

from modeldelivery.release.core.action import Question, View
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import DamagedError


def must_ask(view: View) -> bool:
    """Whether it must be known first whose journal the endpoint names."""
    blank = view.endpoint is not None and view.journal == Journal()
    return blank and Question.OWNER not in view.answers


def refuse(journal: Journal, owner: str | None) -> None:
    """Raises DamagedError for an endpoint whose journal is gone; `owner` is the journal that the endpoint names."""
    if owner is not None and journal == Journal():
        raise DamagedError(sentence(owner), hint=REMEDY)


def sentence(owner: str) -> str:
    """What is missing."""
    return f"the endpoint names {owner} as its journal, and there is none: what it rejected and who decided what is not known"


REMEDY = (
    "put the last copy of it back (docs/operations.md), or, where none is left, begin a new one with what serves now: "
    "`modelctl adopt --reason …`; until then only `modelctl rollback --without-journal --to …` moves traffic"
)
