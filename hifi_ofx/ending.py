"""How a program of ours ends: with an exit code, and with a sentence where it fails."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from .errors import Cancelled, HifiError, OutputError
from .failures import failure

# Of a pipe that nobody reads, a full disk. Who opens a file by name says its name.
_OUTPUT = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)

Tell = Callable[[HifiError], None]


def on_stderr(error: HifiError) -> None:
    """Say why a program ends. A stderr that nobody reads is no further failure."""
    with contextlib.suppress(OSError, ValueError):
        print(f"hifi-ofx: {error}", file=sys.stderr, flush=True)


def ended(run: Callable[[], int], tell: Tell = on_stderr) -> int:
    """Run a program to its end. Returns its exit code; every failure is told in a sentence."""
    open_streams()
    try:
        code = run()
        sys.stdout.flush()
        return code
    except SystemExit:
        _flush()
        raise
    except BaseException as error:
        with _deaf():
            known = _known(error)
            try:
                tell(known)
            except (OSError, ValueError):
                on_stderr(known)
            _flush()
        return known.exit_code


def open_streams() -> None:
    """Give the program the standard streams that were closed before it began, as /dev/null.

    Else the next file it opens takes their number, and whatever prints, prints into that file. What
    the encoding of an output lacks, as letters of a name, is printed as its code.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - for as long as it runs
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _known(error: BaseException) -> HifiError:
    if isinstance(error, KeyboardInterrupt):
        return Cancelled("Cancelled.", "Finished frames are kept; the same command goes on.")
    if isinstance(error, OSError) and error.errno in _OUTPUT and not error.filename:
        return OutputError(
            f"What is printed here cannot be written any more: {error.strerror}.",
            "Of a render, finished frames are kept; the same command goes on from them.",
        )
    return failure(error)


def _flush() -> None:
    """Write what is left; where that fails, let the interpreter find nothing to fail at again."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Within it a further Ctrl-C is not heard: the program ends already."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
