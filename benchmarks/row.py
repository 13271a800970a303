"""One promise and what was measured of it."""

from typing import Literal

import msgspec

Unit = Literal["ratio", "steps", "calls", "requests", "MiB", "s"]
_COUNTED = {"steps", "calls", "requests"}


class SkippedError(Exception):
    """What would be measured is not on this machine; the message says what is missing and how it comes there."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table.

    Attributes:
        what: the promise.
        measured: in `unit`.
        bar: the promise is kept at this value.
        more: more is better; else less is.
        made_of: what the number comes from, which tells the cause when the bar is missed.
    """

    what: str
    measured: float
    bar: float
    unit: Unit
    more: bool = False
    made_of: str

    @property
    def met(self) -> bool:
        return self.measured >= self.bar if self.more else self.measured <= self.bar

    @property
    def measured_text(self) -> str:
        """With two decimals, unless it is counted: a bar that is only just met shows."""
        return self._with_unit(f"{self.measured:.0f}" if self.unit in _COUNTED else f"{self.measured:.2f}")

    @property
    def bar_text(self) -> str:
        return f"{'≥' if self.more else '≤'} {self._with_unit(f'{self.bar:g}')}"

    def _with_unit(self, number: str) -> str:
        return number if self.unit == "ratio" else f"{number} {self.unit}"
