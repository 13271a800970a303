"""Answers of an API server that says no, for faults. Pure."""

import json

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


def body(status: int) -> bytes:
    """A `Status` of that code, as clients read it."""
    return json.dumps(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "a fault was asked for",
            "reason": REASONS[status],
            "code": status,
        }
    ).encode()
