"""How many examples a claim is tried on: the same few each time in `make check`, many others in `make soak`.

hypothesis's profile decides, `soak` by `--hypothesis-profile=soak`. There `--hypothesis-seed` says where to look, and a
finding is printed as a `@reproduce_failure` that brings it back. It is kept in `.soak/examples` too: where that folder is
laid, a night's artifact for one, the next `make soak` tries what is in it first.
"""

from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

USUAL = 100  # hypothesis's own, for a claim that asks for no other number
PART = 0.3  # of them in `make check`
FINDINGS = Path(__file__).resolve().parent.parent / ".soak" / "examples"
TIMES = 6  # as many in `make soak`

# No claim fails by the time that its examples take: a busy machine makes all of them slow.
UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("check", max_examples=int(USUAL * PART), derandomize=True, database=None, **UNTIMED)
settings.register_profile(
    "soak",
    max_examples=USUAL * TIMES,
    database=DirectoryBasedExampleDatabase(FINDINGS),
    print_blob=True,
    **UNTIMED,
)


def examples(count: int) -> int:
    """Of a claim that would be tried on so many: a part of them in `make check`, times as many in `make soak`."""
    return count * settings.default.max_examples // USUAL
