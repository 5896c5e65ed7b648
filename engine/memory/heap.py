"""Memory that is free, but still held by the process."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache


def give_back() -> None:
    """Return what was freed to the system, where the C library keeps it for later (glibc).

    After work with many temporaries of different sizes that is as much again as they took, and the
    next step, with other sizes, cannot use it. Takes milliseconds; does nothing elsewhere.
    """
    trim = _trim()
    if trim:
        trim(0)


@lru_cache(maxsize=1)
def _trim() -> ctypes._NamedFuncPointer | None:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
