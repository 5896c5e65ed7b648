"""The C library's heap (glibc): what was freed stays with the process, until it is given back.

Left alone, it maps every large block anew and unmaps it when it is freed. The system hands out
zeroed pages one by one, so that a copy of 50 MB takes eight times as long as copying alone: a
quarter of a motion network's time. Does nothing with other C libraries.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt
KEPT = 64 << 20  # bytes of a block: larger ones, as whole 4K frames, would leave holes
_FREE = 1 << 30  # bytes that may stay


def keep_freed() -> None:
    """Keep what is freed for what comes next. To be called once, before other threads start.

    There is one heap for all threads then: those of their own hold no large blocks.
    """
    mallopt = _of_glibc("mallopt")
    if mallopt:
        for option, value in ((_MMAP_THRESHOLD, KEPT), (_TRIM_THRESHOLD, _FREE)):
            mallopt(option, value)
        mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Return what was freed to the system, where the C library keeps it for later (glibc).

    After work with many temporaries of different sizes that is as much again as they took, and the
    next step, with other sizes, cannot use it. Takes milliseconds; does nothing elsewhere.
    """
    trim = _of_glibc("malloc_trim")
    if trim:
        trim(0)


@lru_cache(maxsize=2)
def _of_glibc(name: str) -> ctypes._NamedFuncPointer | None:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), name, None)  # musl has none
