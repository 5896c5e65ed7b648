"""Every failure a user can meet, as one tree of exceptions.

    HifiError                   what happened, how much, and a hint what to do
    ├─ InvalidSetting           a knob outside its range, a timing that makes no sense
    ├─ SequenceError            the plate as a whole
    │  ├─ MissingFrames         frames that the plan needs are not on disk
    │  └─ MismatchedFrames      two frames of one plate differ in a way that cannot be reconciled
    ├─ FrameError               one file: unreadable, truncated, deep, unsupported
    ├─ OutputError              a full disk, a read-only folder, a target that is the source
    ├─ WeightsError             a weights file that is missing, damaged or of another kind
    ├─ OutOfMemory              even a batch of one patch does not fit, or the machine has no more
    ├─ EngineError              the engine process did not start, died, or speaks another protocol
    │  └─ EngineKilled          the system ended it, as it does where memory runs out
    └─ Cancelled                the user asked to stop

The tree travels from the engine to every front end unchanged: `to_json` and `from_json` keep the
kind, the sentence and the hint.
"""

from __future__ import annotations

from typing import Any


class HifiError(Exception):
    """A failure in words a user can act on: `message` says what and how much, `hint` what to do."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def to_json(self) -> dict[str, Any]:
        """The error as a JSON object: kind, message, hint."""
        return {"kind": type(self).__name__, "message": self.message, "hint": self.hint}


class InvalidSetting(HifiError):
    """A setting is outside its range, or two settings contradict each other."""

    exit_code = 2


class SequenceError(HifiError):
    """The plate as a whole cannot be used."""

    exit_code = 3


class MissingFrames(SequenceError):
    """Frames that the retime needs are not on disk."""


class MismatchedFrames(SequenceError):
    """Two frames of one plate differ in a way that cannot be reconciled."""


class FrameError(HifiError):
    """One file cannot be read: damaged, truncated, deep or of an unsupported kind."""

    exit_code = 3


class OutputError(HifiError):
    """A frame could not be written."""

    exit_code = 4


class WeightsError(HifiError):
    """A weights file is missing, damaged or of another kind."""

    exit_code = 5


class OutOfMemory(HifiError):
    """Even one patch at a time does not fit into the device's memory; or there is none left."""

    exit_code = 6


class EngineError(HifiError):
    """The engine process did not start, died, or speaks another protocol."""

    exit_code = 7


class EngineKilled(EngineError):
    """The system ended the engine without a word, as it does where memory runs out."""

    exit_code = 6


class Cancelled(HifiError):
    """The user asked to stop; finished frames are kept."""

    exit_code = 130


def from_json(data: dict[str, Any]) -> HifiError:
    """The exception that `HifiError.to_json` described; an unknown kind becomes a HifiError."""
    kinds = {kind.__name__: kind for kind in _tree(HifiError)}
    return kinds.get(data.get("kind", ""), HifiError)(data.get("message", ""), data.get("hint", ""))


def _tree(kind: type[HifiError]) -> list[type[HifiError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _tree(child))]
