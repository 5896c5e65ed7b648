"""What a child process gets of its parent: an environment without the host's own, and a session."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

_WINDOWS_FLAGS = 0x00000200 | 0x08000000  # CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW

# What a host or its wrapper exports for its own interpreter and Qt; the child must not inherit it.
HOST_VARIABLES = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONEXECUTABLE",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
)


def detached() -> dict[str, Any]:
    """How a child gets a session of its own, for `subprocess.Popen`.

    Ctrl-C in a terminal must reach the front end alone, which cancels. And no console window, which
    Windows opens for a program that a host without one starts.
    """
    if sys.platform == "win32":
        return {"creationflags": _WINDOWS_FLAGS}
    return {"start_new_session": True}


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The child's environment: the host's, less what belongs to the host's own interpreter."""
    cleaned = {name: value for name, value in environment.items() if name not in HOST_VARIABLES}
    # Threads that spin while they wait make a busy machine several times slower.
    patient = {"OMP_WAIT_POLICY": "PASSIVE"}
    # A host's working folder may hold an `engine` of its own: nothing is imported from there.
    own = {"PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
    return {**patient, **cleaned, **own}
