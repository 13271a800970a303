"""What an image needs before it is built: `python -m tools.builds.dockerfile FILE…`."""

import sys
from pathlib import Path


def finding(path: str, text: str) -> str:
    """What the Dockerfile lacks; "" for nothing."""
    instructions = {words[0].upper() for line in text.splitlines() if (words := line.split())}
    if "ENTRYPOINT" in instructions:
        return ""
    return f"{path}: no ENTRYPOINT, by which SageMaker starts the container"


def main() -> int:
    """Returns 1 when something is missing."""
    findings = [why for path in sys.argv[1:] if (why := finding(path, Path(path).read_text()))]
    print("\n".join(findings))
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
