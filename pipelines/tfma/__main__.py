"""The evaluation gate's second engine, in its own environment: `.venv-tfma/bin/python -m pipelines.tfma FOLDER`.

Reads request and rows in the folder, and writes response and validation there (`protocol.py`).

Exit status: 0 done, 1 an option is not what it should be, anything else a bug.
"""

import os
import sys
from pathlib import Path

import msgspec

from pipelines.tfma import protocol
from pipelines.tfma.protocol import Request


def main(arguments: list[str]) -> int:
    """See the module."""
    # Before TensorFlow is imported: it looks for graphics cards, and logs what it did not find.
    os.environ.update({"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""})
    from pipelines.tfma.beam_options import BadOptionsError, parse  # noqa: PLC0415 - as above
    from pipelines.tfma.evaluation import evaluate  # noqa: PLC0415 - as above

    folder = Path(arguments[0])
    request = msgspec.json.decode((folder / protocol.REQUEST_FILE).read_bytes(), type=Request)
    try:
        options = parse(request.options)
    except BadOptionsError as error:
        print(error, file=sys.stderr)
        return 1
    (folder / protocol.RESPONSE_FILE).write_bytes(msgspec.json.encode(evaluate(folder, options, request)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
