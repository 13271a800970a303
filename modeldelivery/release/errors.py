"""One family of errors: what went wrong, what to type next, and the status with which a command then ends.

Callers catch `DeliveryError`; a narrower class is caught only where something is done about it.
"""

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Exit statuses of `modelctl`; scripts rely on them."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_MOVED = 3
    UNRECORDED = 4
    UNREACHABLE = 5
    DAMAGED = 6
    UNHEALTHY = 7
    GATE = 8
    FAILED = 9
    UNVERIFIED = 10
    BROKEN = 70  # as sysexits.h numbers an internal error
    INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it


class DeliveryError(Exception):
    """Anything that a person is told in a sentence.

    Attributes:
        message: what is wrong, and where.
        hint: what to type or look at next; empty when the message says it all.
        exit: the status with which a command ends.
    """

    exit: ClassVar[Exit] = Exit.REFUSED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message, self.hint = message, hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class RefusedError(DeliveryError):
    """What was requested would break a rule. Nothing was changed."""


class InvalidError(DeliveryError, ValueError):
    """A text or a value that is not what it should be."""


class BrokenError(DeliveryError):
    """The platform has given up on the endpoint, or keeps undoing what it was asked. Traffic was not moved."""


class GaveUpError(DeliveryError):
    """The time allowed ran out. What was decided is recorded; the operation can be run again and goes on."""


class UpdateNeededError(DeliveryError):
    """A stored format asks for something that this version of the program does not know. Nothing was written."""


class UnreachableError(DeliveryError):
    """The platform is unreachable, or access is denied."""

    exit = Exit.UNREACHABLE


class CredentialsError(UnreachableError):
    """There are no credentials, or the platform knows none of these."""


class NoRegistryError(UnreachableError):
    """There is no registry bucket: never made, or in another account."""


class DamagedError(DeliveryError):
    """A stored document is deleted, or holds what nobody ever stored: the hint says how to get it back."""

    exit = Exit.DAMAGED


class UncertainError(DeliveryError):
    """One call did not succeed, and the same operation, asked again, may: the message says why, as a wait shows it."""

    exit = Exit.UNREACHABLE


class BusyError(UncertainError):
    """The call was not taken: the endpoint is changing, or the platform asks to slow down."""


class UnseenError(BusyError):
    """What was made a moment ago cannot be found by the call that needs it, yet."""


class ConflictError(UncertainError):
    """The object is no longer what was read: someone else wrote it."""


class LostError(UncertainError):
    """No answer: the call may or may not have been carried out."""


class NotSentError(UncertainError):
    """No connection was made, so the call was not carried out."""
