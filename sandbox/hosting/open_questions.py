"""What AWS' words leave open: answered either way by a coin, so that whoever builds on one answer is found out.

Each answer depends on the seed, the endpoint and how often the question was put for it, and on nothing else: the same
run gives the same answers. They are logged, and shown by `GET /sandbox/status`. A fault of the answer's name forces it.
"""

import logging
import random
import threading
from collections import Counter, deque
from dataclasses import dataclass

from sandbox.faults import Faults

_LOG = logging.getLogger(__name__)
_KEPT = 200


@dataclass(frozen=True)
class Answered:
    """One question that was put."""

    account: str
    endpoint: str
    number: int  # 1, 2, … of this question and endpoint
    answer: str
    forced: bool


class OpenQuestions:
    """Answers them."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self._seed = seed
        self._faults = faults
        self._asked: Counter[tuple[str, str, str]] = Counter()
        self._answered: deque[Answered] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def keeps_desired(self, account: str, endpoint: str) -> bool:
        """RetainAllVariantProperties keeps "variant properties", and a call those of variants that it does not name.

        Which, where Desired and Current differ? `VariantPropertyType` says DesiredWeight, its text "existing".
        """
        return self._answer(account, endpoint, "retain_desired", "retain_current")

    def reverts_desired(self, account: str, endpoint: str) -> bool:
        """The words are "Once the rollback completes, endpoint returns to an InService status": with which Desired?"""
        return self._answer(account, endpoint, "desired_reverted", "desired_stays")

    def retains_capture(self, account: str, endpoint: str) -> bool:
        """`VariantPropertyType` names DataCaptureConfig as a variant property, "(Not currently supported.)": is it kept?"""
        return self._answer(account, endpoint, "retain_capture", "replace_capture")

    def clears_reason_first(self, account: str, endpoint: str) -> bool:
        """FailureReason stays until the next update: until it begins, or until it ends well?"""
        return self._answer(account, endpoint, "reason_cleared_first", "reason_cleared_last")

    def answered(self) -> list[Answered]:
        """The latest, the oldest first."""
        with self._lock:
            return list(self._answered)

    def _answer(self, account: str, endpoint: str, yes: str, no: str) -> bool:
        forced = next((a for a in (yes, no) if self._faults.of_endpoint(a, account, endpoint)), None)
        with self._lock:
            question = account, endpoint, yes
            self._asked[question] += 1
            number = self._asked[question]
            coin = random.Random(f"{self._seed} {' '.join(question)} {number}")  # noqa: S311 - chance, no secret
            answer = forced or coin.choice((yes, no))
            self._answered.append(Answered(account, endpoint, number, answer, forced is not None))
        _LOG.info("%s in account %s, open question %d: %s", endpoint, account, number, answer)
        return answer == yes
