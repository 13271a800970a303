"""The pack as the engine starts it: the date and the folder of exceptions are read here, and nowhere else."""

from datetime import UTC, datetime
from pathlib import Path

from modeldelivery.policy.pack import serve
from modeldelivery.policy.recorded import read_register
from modeldelivery.policy.rules import JUDGED

_EXCEPTIONS = Path(__file__).resolve().parent / "exceptions"

serve(read_register(_EXCEPTIONS, rules={rule.name for rule in JUDGED}), datetime.now(UTC).date())
