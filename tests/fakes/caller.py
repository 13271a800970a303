"""A Caller in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class FakeCaller:
    """Known from the moment that it is asked, or never (`arn` None); `on_ask`: what is looked at in that moment."""

    arn: str | None = "arn:aws:sts::222222222222:assumed-role/operator/ada"
    on_ask: Callable[[], object] = lambda: None
    requests: list[object] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def ask(self) -> None:
        if not self.requests:
            self.requests.append(self.on_ask())

    def answer(self, within: float) -> str | None:
        assert self.requests, "asked before it is to answer"
        self.waited.append(within)
        return self.arn
