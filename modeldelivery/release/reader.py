"""Reads a model with the model server's own code, in a process of its own: `modelctl` has no ONNX Runtime.

The code is the checkout's (`make setup`), or that of the image itself, which whoever registers can run.
"""

import subprocess
import sys
from pathlib import Path

import msgspec

from modeldelivery.release.errors import RefusedError

CHECKOUT = (sys.executable, "-m", "pipelines.server", "verify")
SECONDS = 600.0  # for one model; ONNX Runtime loads gigabytes in less
_SHOWN = 200  # characters of what a command said that was no reader


class _Report(msgspec.Struct):
    """What `pipelines.server.verify` prints."""

    contract: str
    model: str | None = None
    refused: str | None = None


class ServerReader(msgspec.Struct, frozen=True, kw_only=True):
    """A ModelReader. `command` takes the archive on stdin."""

    command: tuple[str, ...] = CHECKOUT

    def refuse_unread(self, artifact: Path, digest: str, contract: str) -> None:
        """Raises RefusedError unless the server's reader takes the archive; also where there is no such reader."""
        report = self._report(artifact, contract)
        if report.contract != contract:
            raise RefusedError(
                f"the image's model server keeps contract {contract}, and the reader that was asked {report.contract}: what "
                f"one takes the other may not",
                hint=_how(),
            )
        if report.model != digest:
            raise RefusedError(
                f"--artifact {artifact}: the image's model server would not serve it: {report.refused or 'other bits'}",
                hint="train and pack it again, then register",
            )

    def _report(self, artifact: Path, contract: str) -> _Report:
        try:
            with artifact.open("rb") as body:
                done = subprocess.run(
                    self.command, stdin=body, capture_output=True, check=False, timeout=SECONDS
                )
            return msgspec.json.decode(done.stdout, type=_Report)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise self._none(
                contract, lines[-1][:_SHOWN] if lines else f"it ended with {done.returncode}"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise self._none(contract, f"no answer in {SECONDS:.0f} s") from error
        except OSError as error:
            raise self._none(contract, str(error.strerror)) from error

    def _none(self, contract: str, why: str) -> RefusedError:
        return RefusedError(
            f"the image is of this project's model server ({contract}), so its own reader must read the artifact before "
            f"the version is claimed, and `{' '.join(self.command)}` does not: {why}",
            hint=_how(),
        )


def _how() -> str:
    return (
        "run this from a checkout after `make setup`, or let the image read it: "
        "--reader 'docker run --rm -i IMAGE verify'"
    )
