"""Where the written definition of the training pipeline is, and of what it was written.

Without SageMaker's SDK, so that a definition.py that changed since is noticed wherever tests run.
"""

import hashlib
from pathlib import Path

_HERE = Path(__file__).parent
DEFINITION = _HERE / "definition.json"
SOURCES = "definition.sources"  # beside it: the sum of what it was written of
_WRITTEN_OF = (
    _HERE / "definition.py",
    _HERE / "sentinels.py",
    _HERE.parent / "requirements" / "definition.txt",
)


def sources() -> str:
    """Sum of what the definition is written of, as these files are."""
    digest = hashlib.sha256()
    for path in _WRITTEN_OF:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
