"""Sentences that people see: in Resolve's console, and in a box of the system's own.

The free edition has no windows for scripts, and nobody looks at the console.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Optional

from hifi_ofx.engine_process import engine_python
from hifi_ofx.errors import HifiError

from .engine import no_console

TITLE = "HiFI Retime"


def say(text: str) -> None:
    """Print a text to the console, in whatever letters that has."""
    letters = getattr(sys.stdout, "encoding", None) or "ascii"
    print(f"{TITLE}: {text}".encode(letters, "replace").decode(letters), flush=True)


def show(text: str) -> None:
    """Print a text and show it in a box, where the system has one; the box does not hold us up."""
    say(text)
    try:
        command = box(text, sys.platform)
        if command is not None:
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=no_console(),
            )
    except (OSError, HifiError) as error:
        say(f"(no box: {error})")


def box(text: str, platform: str) -> Optional[list[str]]:
    """The command that shows a text in a box on this system; None when there is none.

    The text is an argument of its own: nothing in it is read as a command. Raises EngineError on
    Windows when there is no Python to show it.
    """
    if platform == "darwin":
        script = "on run words\ndisplay dialog (item 1 of words) with title (item 2 of words) "
        script += 'buttons {"OK"} default button 1\nend run'
        return ["osascript", "-e", script, text, TITLE]
    if platform == "win32":
        code = "import ctypes, sys; ctypes.windll.user32.MessageBoxW(0, *sys.argv[1:3], 0x40000)"
        return [engine_python(), "-c", code, text, TITLE]
    zenity = shutil.which("zenity")
    words = ["--info", "--no-markup", f"--title={TITLE}", f"--text={text}"]
    return [zenity, *words] if zenity else None
