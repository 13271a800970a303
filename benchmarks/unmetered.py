"""The model server as it is, but that it counts nothing: what its metrics cost is the difference.

    python -m benchmarks.unmetered

Its settings are the model server's own variables.
"""

import sys
from unittest.mock import patch

from pipelines.server import app
from pipelines.server.__main__ import main
from pipelines.server.metrics import Metrics
from pipelines.server.rows import Batch, Fault, Matrix
from pipelines.server.schema import Schema


class NoMetrics(Metrics):
    """Takes what it is told and keeps nothing of it."""

    def loaded(self, version: str, digest: str, schema: Schema, seconds: float) -> None:
        pass

    def begin(self) -> None:
        pass

    def end(self, status: int, seconds: float, prediction: tuple[Batch, Matrix] | None = None) -> None:
        pass

    def refused(self, name: str, fault: Fault) -> None:
        pass


if __name__ == "__main__":
    with patch.object(app, "Metrics", NoMetrics):
        sys.exit(main(sys.argv[1:]))
