"""What an environment's journal and endpoint may say beside a look for drift."""

import msgspec

from modeldelivery.release.core.journal import EventKind
from modeldelivery.release.operations.status import Decided, Status
from tests.unit.review.reviews import AT

STATUS = Status(
    model="flights",
    environment="prod",
    account="222222222222",
    region="eu-west-1",
    endpoint="flights-prod",
    endpoint_status="InService",
    serving="v1.0.0",
    live="v1.1.0",
    fallback=None,
    candidates=(),
    versions=(),
    decision=Decided(
        kind=EventKind.ROLLBACK, by="ada", at=AT, reason="5xx", operation="x", target={"v1.0.0": 100}
    ),
    hold="v1.1.0 was rejected by ada: 5xx",
    pending=None,
    divergence=(),
    findings=(),
    problems=(),
    at=AT,
)
FOREIGN = msgspec.structs.replace(STATUS, divergence=("traffic was moved by someone else",), hold=None)
QUIET = msgspec.structs.replace(STATUS, hold=None)
