"""Scripts on disk and on the clipboard."""

from __future__ import annotations

import os
from typing import Any, Callable

from tests.nuke_host import script_text
from tests.nuke_host.graph import Core
from tests.nuke_host.script_reader import Reader


def save(host: Any, path: str) -> None:
    """Write the script. Callbacks hear of it before."""
    if "\\" in path:
        host.refuse(f"{path!r}: write paths with forward slashes.")
    host.callbacks.safely("OnScriptSave", host.root_core)
    host.root_core.knobs["name"]._text = path
    host.script_path = path
    write(host, path, host.root_core.children, with_root=True)
    host.modified = False


def write(host: Any, path: str, nodes: list[Core], *, with_root: bool) -> None:
    """Write nodes to a file."""
    text = script_text.script_text(host, nodes, with_root=with_root)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def open_script(host: Any, path: str) -> None:
    """A new script out of a file. -x stops at the first error; the GUI and -t go on."""
    if not os.path.isfile(path):
        raise RuntimeError(f"{path}: No such file or directory")
    clear(host)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    host.root_core.knobs["name"]._text = host.script_path = path
    reader = read(host, text, host.root_core)
    host.modified = False
    errors = reader.errors + [error for core in host.root_core.walk() for error in broken(core)]
    if errors and host.mode == "-x":
        raise RuntimeError("; ".join(errors))
    host.callbacks.safely("OnScriptLoad", host.root_core)


def broken(core: Core) -> list[str]:
    """The expressions of a node that cannot be evaluated. The GUI and -t find them when needed."""
    found = []
    for name, knob in core.knobs.items():
        for index in getattr(knob, "_expressions", {}):
            try:
                knob._number_at(core.host.frame, index)
            except RuntimeError as error:
                found.append(f"{core.full_name()}.{name}: {error}")
    return found


def read(host: Any, text: str, group: Core) -> Reader:
    """Make the nodes of a text in a group. Errors are shown."""
    reader = Reader(host, group)
    reader.run(text)
    host.shown.errors += reader.errors
    tell(host, reader)
    return reader


def tell(host: Any, reader: Reader) -> None:
    """onCreate of what was made, but for what heard of it already."""
    for core in reader.made:
        if core not in reader.told:
            host.callbacks.created(core)


def clear(host: Any) -> None:
    """An empty script."""
    host.callbacks.safely("OnScriptClose", host.root_core)
    for core in list(host.root_core.children):
        host.callbacks.safely("OnDestroy", core)
        core.delete()
    host.new_script()


def paste(host: Any, text: str) -> Core | None:
    """Nodes of a text into the current group; what was selected becomes the first one's input."""
    group = host.group
    chosen = next((core for core in group.children if core.selected), None)
    reader = Reader(host, group)
    reader.marks["cut_paste_input"] = chosen
    for core in group.children:
        core.selected = False
    reader.run(text)
    host.shown.errors += reader.errors
    top = [core for core in reader.made if core.parent is group]
    for core in top:
        core.selected = True
    tell(host, reader)
    return top[-1] if top else None


def functions(host: Any) -> dict[str, Callable]:
    """The functions of the module `nuke` that this file gives."""

    def scriptSaveAs(filename=None, overwrite=-1):
        if filename is None:
            host.refuse("scriptSaveAs without a name opens a file browser.")
        if os.path.exists(filename) and overwrite == -1 and host.gui:
            overwrite = host.answer(f"{filename} exists. Overwrite it?")
        if os.path.exists(filename) and overwrite in (-1, 0):
            raise RuntimeError(f"{filename} exists already")
        save(host, filename)

    def scriptSave(filename=None):
        if filename is None and not host.script_path:
            host.refuse("scriptSave of a script without a name opens a file browser.")
        save(host, filename or host.script_path)
        return True

    def scriptSaveToTemp(path):
        write(host, path, host.root_core.children, with_root=True)
        return path

    def scriptOpen(filename=None):
        if filename is None:
            host.refuse("scriptOpen without a name opens a file browser.")
        open_script(host, filename)

    def scriptClear():
        clear(host)

    def scriptClose(ask=True):
        clear(host)

    def scriptName():
        if not host.script_path:
            raise RuntimeError("No filename for current script")
        return host.script_path

    def scriptReadFile(s):
        with open(s, encoding="utf-8") as file:
            read(host, file.read(), host.group)

    def scriptReadText(s):
        read(host, s, host.group)

    def nodeCopy(s):
        nodes = [core for core in host.group.children if core.selected]
        if not nodes:
            raise RuntimeError("No nodes selected")
        if s == "%clipboard%":
            host.clipboard = script_text.script_text(host, nodes, with_root=False)
        else:
            write(host, s, nodes, with_root=False)

    def nodePaste(s):
        if s == "%clipboard%":
            return host.wrap(paste(host, host.clipboard))
        with open(s, encoding="utf-8") as file:
            return host.wrap(paste(host, file.read()))

    def duplicateSelectedNodes():
        nodes = [core for core in host.group.children if core.selected]
        paste(host, script_text.script_text(host, nodes, with_root=False))

    def modified(state=None):
        if state is not None:
            host.modified = bool(state)
        return host.modified

    def script_directory():
        return os.path.dirname(host.script_path).replace("\\", "/") if host.script_path else ""

    def tcl(cmd, *args):
        text = " ".join([cmd, *(script_text.tcl.quoted(arg) for arg in args)])
        reader = Reader(host, host.group)
        result = reader.run(text)
        tell(host, reader)
        if reader.errors:
            raise RuntimeError("; ".join(reader.errors))
        return result

    offered = (
        scriptSaveAs,
        scriptSave,
        scriptSaveToTemp,
        scriptOpen,
        scriptClear,
        scriptClose,
        scriptName,
        scriptReadFile,
        scriptReadText,
        nodeCopy,
        nodePaste,
        duplicateSelectedNodes,
        modified,
        script_directory,
        tcl,
    )
    return {entry.__name__: entry for entry in offered}
