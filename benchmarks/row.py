"""One promise and what was measured of it."""

from typing import Literal

import msgspec

Unit = Literal["ratio", "steps", "calls", "requests", "MiB", "s"]


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
        return self._text(self.measured)

    @property
    def bar_text(self) -> str:
        return f"{'≥' if self.more else '≤'} {self._text(self.bar)}"

    def _text(self, value: float) -> str:
        return f"{value:.2f}" if self.unit == "ratio" else f"{value:.0f} {self.unit}"
