"""What an exception of the system or of a library means to a user."""

from __future__ import annotations

import errno
import traceback

from .errors import EngineKilled, HifiError, OutOfMemory, OutputError

# OpenCV, torch and numpy say it in words alone.
_NO_MEMORY = (
    "insufficient memory", "failed to allocate", "can't allocate", "cannot allocate",
    "out of memory", "not enough memory", "unable to allocate", "bad_alloc",
    "failed to map segment",
)  # fmt: skip
_LESS_MEMORY = (
    "Lower Samples averaged or Patch size, end other programs, or use a machine with more memory; "
    "finished frames are kept."
)


def failure(error: BaseException) -> HifiError:
    """The error in words a user can act on; a HifiError is that already."""
    if isinstance(error, HifiError):
        return error
    words = " ".join(str(error).split())[:300].rstrip(".")
    if _is_shortage(error, words):
        return OutOfMemory(
            f"This machine's memory is too small for it: {words or 'there is no more'}.",
            _LESS_MEMORY,
        )
    if "can't start new thread" in words:
        return HifiError(
            "The system lets this user start no more threads.",
            "Raise the limit (ulimit -u, or the container's pids limit), or end other programs.",
        )
    if "home directory" in words:
        return HifiError("This user has no home folder.", "Set HOME, or name the folder itself.")
    if isinstance(error, OSError):
        return OutputError(
            f"{error.filename or 'The system'} says: {error.strerror or words}.",
            "Check the path, its permissions and the free space.",
        )
    return HifiError(
        f"hifi-ofx failed{_place(error)}: {type(error).__name__}: {words}.",
        "That is a fault of its own; please report this line. Finished frames are kept.",
    )


def killed(signal: int, last_words: str) -> EngineKilled:
    """What it means that an engine was ended by signal 9, which says nothing itself."""
    return EngineKilled(
        f"The engine was ended by signal {signal}: the system does that where memory runs out.",
        f"{_LESS_MEMORY} {last_words}".strip(),
    )


def _is_shortage(error: BaseException, words: str) -> bool:
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return any(sign in words.lower() for sign in _NO_MEMORY)


def _place(error: BaseException) -> str:
    """Where in the code it happened."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
