"""Small files written whole: under a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from .errors import OutputError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it; an existing one keeps its mode.

    A link is followed: the file that it names is replaced, and the link stays. Raises OSError.
    """
    real = Path(os.path.realpath(path))
    temporary = real.with_name(f".{real.name}.{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_bytes(content)
        if real.exists():
            shutil.copymode(real, temporary)
        os.replace(temporary, real)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def not_written(path: Path, error: OSError, hint: str) -> OutputError:
    """The sentence for a file or folder that could not be written."""
    return OutputError(f"{path} was not written: {error.strerror or error}.", hint)
