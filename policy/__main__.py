"""The pack as the engine starts it: the date and the folder of exceptions are read here, and nowhere else."""

import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Python put the pack's own folder first, where `stack` and `rules` would be modules of their own.
sys.path[0] = str(HERE.parent)

from policy.pack import serve  # noqa: E402 - the path comes first
from policy.recorded import read_register  # noqa: E402
from policy.rules import JUDGED  # noqa: E402

serve(read_register(HERE / "exceptions", rules={rule.name for rule in JUDGED}), datetime.now(UTC).date())
