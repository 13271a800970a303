"""`python -m pipelines.server.healthcheck`: whether the server in this container is healthy; the image's HEALTHCHECK.

Exit status: 0 healthy, 1 not, with the reason on stdout, which `docker inspect` shows. SageMaker asks `/ping` itself.
"""

import http.client
import os
import sys
from collections.abc import Mapping

SECONDS = 3.0  # within the time-out of HEALTHCHECK
_HEALTHY = 200


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Ask `/ping` where the server listens; returns the exit status."""
    port = environ.get("SAGEMAKER_BIND_TO_PORT") or "8080"
    try:
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=SECONDS)
        connection.request("GET", "/ping")
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        print(f"no answer on port {port}: {error}")
        return 1
    print(text)
    return 0 if response.status == _HEALTHY else 1


if __name__ == "__main__":
    sys.exit(main())
