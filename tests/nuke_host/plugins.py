"""The plug-in path, and when init.py and menu.py run."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable


def start(host: Any, folders: list[str], home: str | None) -> None:
    """Run the folders' init.py as Nuke does, then in the GUI their menu.py.

    The path is [~/.nuke, NUKE_PATH from left to right]; the files run in reverse order, so that the
    artist's own run last. Folders that an init.py adds come to the front, and their init.py runs
    there and then.
    """
    host.plugin_path = ([home] if home else []) + [_slashes(folder) for folder in folders]
    for folder in reversed(list(host.plugin_path)):
        _on_sys_path(folder)
        run_file(host, folder, "init.py")
    if host.gui:
        for folder in reversed(list(host.plugin_path)):
            run_file(host, folder, "menu.py")


def _slashes(folder: Any) -> str:
    return os.fspath(folder).replace("\\", "/")


def _on_sys_path(folder: str) -> None:
    if folder not in sys.path:
        sys.path.insert(0, folder)


def run_file(host: Any, folder: str, name: str) -> None:
    """Run a start-up file in Nuke's main namespace; __file__ is its path."""
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        return
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    before = host.main_namespace.get("__file__")
    host.main_namespace["__file__"] = path
    try:
        exec(code, host.main_namespace)
    finally:
        host.main_namespace["__file__"] = before


def functions(host: Any) -> dict[str, Callable]:
    """The functions of the module `nuke` that this file gives."""

    def pluginPath():
        return list(host.plugin_path)

    def add(args: Any, to_sys: bool, first: bool) -> None:
        given = [args] if isinstance(args, str) else list(args)
        for folder in given:
            folder = _absolute(host, _slashes(folder))
            if folder in host.plugin_path:
                continue
            host.plugin_path.insert(0 if first else len(host.plugin_path), folder)
            if to_sys:
                _on_sys_path(folder)
            run_file(host, folder, "init.py")

    def pluginAddPath(args, addToSysPath=True):
        add(args, addToSysPath, True)

    def pluginAppendPath(args, addToSysPath=True):
        add(args, addToSysPath, False)

    def pluginExists(name):
        return host.plugin(name) is not None or host.plugin(f"{name}.gizmo") is not None

    def ofxPluginPath():
        return []

    def load(s):
        if host.plugin(s) is None and host.plugin(f"{s}.py") is None:
            raise RuntimeError(f"{s}: plugin not found")

    offered = (pluginPath, pluginAddPath, pluginAppendPath, pluginExists, ofxPluginPath, load)
    return {entry.__name__: entry for entry in offered}


def _absolute(host: Any, folder: str) -> str:
    """A relative folder is relative to the file that is running."""
    running = host.main_namespace.get("__file__")
    if os.path.isabs(folder) or running is None:
        return os.path.expanduser(folder)
    return os.path.normpath(os.path.join(os.path.dirname(running), folder)).replace("\\", "/")
