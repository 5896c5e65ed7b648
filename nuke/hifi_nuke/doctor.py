"""Which of the assumptions about Nuke hold here: `hifi-ofx doctor nuke`, in `nuke -t`.

No document says some of what the node relies on, or documents differ. Each of them is tried in a
script of its own and in a temporary folder, and a line says what came. docs/nuke.md has what
follows where one does not hold.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nuke

Check = Callable[[Path], str]


class Fails(Exception):
    """The assumption does not hold; the text says what came instead."""


def main() -> int:
    """Try everything, print a line each. Returns 0 where all of it holds, else 1."""
    print(f"Nuke {nuke.NUKE_VERSION_STRING}, Python {sys.version.split()[0]}")
    folder = Path(tempfile.mkdtemp(prefix="hifi_doctor_"))
    failed = 0
    try:
        for words, check in CHECKS:
            try:
                said = check(folder)
                print(f"  holds   {words}{': ' if said else ''}{said}")
            except Exception as error:
                failed += 1
                print(f"  FAILS   {words}: {error}")
    finally:
        nuke.scriptClear()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} hold.")
    return 1 if failed else 0


def _require(found: object, words: str) -> None:
    if not found:
        raise Fails(words)


def _python(folder: Path) -> str:
    _require(sys.version_info >= (3, 9), "Nuke 14 and later have Python 3.9 or later")
    return ""


def _dotted_knob(folder: Path) -> str:
    node = nuke.nodes.NoOp(name="HiFIDoctor1")
    node.addKnob(nuke.Int_Knob("input.first", "Input Range"))
    node["input.first"].setValue(1001)
    path = (folder / "dotted.nk").as_posix()
    nuke.scriptSaveToTemp(path)
    nuke.scriptOpen(path)
    again = nuke.root().node("HiFIDoctor1")
    _require(again is not None and again.knob("input.first"), "the knob is gone after loading")
    assert again is not None
    _require(again["input.first"].value() == 1001, f"it came back {again['input.first'].value()}")
    return ""


def _group_switch(folder: Path) -> str:
    from . import node

    retime = node.build()
    inside = retime.node(node.SHOW)
    _require(inside is not None, "the Group has no Switch")
    assert inside is not None
    for stale, when, expected in ((0, 0, 0), (1, 0, node.OLD_INPUT), (1, 1, 0), (1, 2, 2)):
        retime["hifi_stale"].setValue(stale)
        retime["whenOld"].setValue(when)
        found = inside["which"].value()
        _require(int(found) == expected, f"stale {stale}, policy {when}: input {found}")
    return ""


def _missing_file(folder: Path) -> str:
    read = nuke.nodes.Read(name="HiFIDoctorRead1")
    read["file"].setValue((folder / "missing.%04d.exr").as_posix())
    read["on_error"].setValue("error")
    write = _write(folder, read, "missing")
    try:
        nuke.execute(write, 1, 1, 1)
    except RuntimeError as error:
        return str(error).splitlines()[0][:60]
    raise Fails("a Write below a Read without its file renders something")


def _write(folder: Path, above: nuke.Node, name: str) -> nuke.Node:
    write = nuke.nodes.Write(name=f"HiFIDoctor_{name}")
    write.setInput(0, above)
    write["file_type"].setValue("exr")
    write["file"].setValue((folder / f"{name}.%04d.exr").as_posix())
    return write


def _constant() -> nuke.Node:
    node: nuke.Node = nuke.nodes.Constant()
    return node


def _write_knobs(folder: Path) -> str:
    from . import bake

    write = _write(folder, _constant(), "knobs")
    for name, value in {**bake.SETTINGS, "datatype": "32 bit float"}.items():
        knob = write.knob(name)
        _require(knob is not None, f"no knob {name}")
        assert knob is not None
        knob.setValue(value)
        _require(knob.value() == value, f"{name} is {knob.value()!r}, not {value!r}")
    nuke.execute(write, 1, 1, 1)
    _require((folder / "knobs.0001.exr").is_file(), "no file was written")
    return ""


def _localization(folder: Path) -> str:
    knob = nuke.nodes.Read().knob("localizationPolicy")
    _require(isinstance(knob, nuke.Enumeration_Knob), "Reads have no such list")
    assert isinstance(knob, nuke.Enumeration_Knob)
    names = [str(one).lower() for one in knob.values()]
    _require("off" in names, f"it has {names}")
    return ""


def _refusing_callback(folder: Path) -> str:
    write = _write(folder, _constant(), "refused")

    def refuse() -> None:
        if nuke.thisNode().name() == write.name():
            raise RuntimeError("refused")

    nuke.addBeforeRender(refuse, nodeClass="Write")
    try:
        nuke.execute(write, 1, 1, 1)
    except RuntimeError:
        _require(not (folder / "refused.0001.exr").exists(), "it raises, and yet writes")
        return ""
    finally:
        nuke.removeBeforeRender(refuse, nodeClass="Write")
    raise Fails("the render goes on (old frames are then refused by the Read inside alone)")


def _nested(folder: Path) -> str:
    outer, inner = (_write(folder, _constant(), name) for name in ("outer", "inner"))
    heard: list[str] = []

    def nest() -> None:
        if nuke.thisNode().name() == outer.name():
            try:
                nuke.execute(inner, 1, 1, 1)
                heard.append("")
            except RuntimeError as error:
                heard.append(str(error))

    nuke.addBeforeRender(nest, nodeClass="Write")
    try:
        nuke.execute(outer, 1, 1, 1)
    finally:
        nuke.removeBeforeRender(nest, nodeClass="Write")
    _require(heard and "already executing" in heard[0], f"it says {heard}")
    return ""


def _lists(folder: Path) -> str:
    for name in ("beforeRenders", "afterRenders", "filenameFilters"):
        found = getattr(nuke.callbacks, name, None)
        _require(isinstance(found, dict), f"nuke.callbacks.{name} is {type(found).__name__}")
    return ""


def _load_callback(folder: Path) -> str:
    heard: list[str] = []

    def loaded() -> None:
        heard.append("loaded")

    path = (folder / "loaded.nk").as_posix()
    nuke.scriptSaveToTemp(path)
    nuke.addOnScriptLoad(loaded)
    try:
        nuke.scriptOpen(path)
    finally:
        nuke.removeOnScriptLoad(loaded)
    _require(heard, "nobody was told")
    return ""


def _wrapped(folder: Path) -> str:
    _require(hasattr(nuke.execute, "hifi_plain"), "nuke.execute is Nuke's own")
    return ""


def _dependencies(folder: Path) -> str:
    one, other = nuke.nodes.NoOp(), nuke.nodes.NoOp()
    other.addKnob(nuke.Double_Knob("a", "a"))
    other["a"].setExpression(f"{one.name()}.xpos")
    names = [node.name() for node in other.dependencies(nuke.EXPRESSIONS)]
    _require(one.name() in names, f"it names {names}")
    return ""


def _creation(folder: Path) -> str:
    from . import node, result

    made = node.build()
    made.setName("HiFIDoctorNode1")
    made["onCreate"].setValue(
        "import sys; sys.hifi_doctor = nuke.thisNode().node('Result1') is not None"
    )
    path = (folder / "created.nk").as_posix()
    nuke.scriptSaveToTemp(path)
    nuke.scriptOpen(path)
    late = getattr(sys, "hifi_doctor", None)
    _require(late is not None, "onCreate of a Group in a script was not called")
    again = nuke.root().node("HiFIDoctorNode1")
    _require(again is not None and result.has_reads(again), "what is inside is not there")
    return "after the nodes inside" if late else "before the nodes inside"


def _undo(folder: Path) -> str:
    nuke.Undo.disable()
    nuke.Undo.enable()
    return ""


def _space(folder: Path) -> str:
    read = nuke.nodes.Read()
    return f"{nuke.root()['colorManagement'].value()}, {read['colorspace'].value()!r}"


def _openfx(folder: Path) -> str:
    from . import live

    try:
        nuke.delete(getattr(nuke.nodes, live.CLASS)())
    except RuntimeError:
        return "not installed (Show: live says so)"
    return "installed"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Python is 3.9 or later", _python),
    ("a user knob may have a dot in its name, and keeps it in scripts", _dotted_knob),
    ("the Switch inside follows the hidden knobs", _group_switch),
    ("a Read whose file is missing ends a render", _missing_file),
    ("a Write has the EXR knobs that the input is written with", _write_knobs),
    ("localization can be switched off by name", _localization),
    ("an exception of a beforeRender callback ends the render", _refusing_callback),
    ("nuke.execute inside of a render is refused", _nested),
    ("the lists of callbacks can be read", _lists),
    ("onScriptLoad is called by scriptOpen", _load_callback),
    ("nuke.execute is wrapped in terminals", _wrapped),
    ("dependencies by expressions are told", _dependencies),
    ("onCreate of a Group is called when a script is opened", _creation),
    ("Undo can be switched off", _undo),
    ("how color spaces are spelled here", _space),
    ("the OpenFX plug-in", _openfx),
)
