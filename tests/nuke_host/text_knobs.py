"""Knobs that hold text: strings, files, Python."""

from __future__ import annotations

import re
from typing import Any

from tests.nuke_host import expressions, tcl
from tests.nuke_host.curves import Curve
from tests.nuke_host.frames import parse_range
from tests.nuke_host.knobs import Knob
from tests.nuke_host.strict import HostObject, current_host


class OutputContext(HostObject):
    """A frame and a view to evaluate for."""

    def __init__(self, *args: Any) -> None:
        self._host = current_host()
        self._frame, self._view = self._host.frame, self._host.views.index(self._host.view)

    def _owner(self) -> Any:
        return self._host

    def frame(self):
        return self._frame

    def setFrame(self, f, /):
        self._frame = float(f)
        return True

    def view(self):
        return self._view

    def setView(self, n, /):
        self._view = int(n)
        return True

    def viewFromName(self, name):
        return self._host.views.index(name) if name in self._host.views else -1

    def viewcount(self):
        return len(self._host.views)

    def viewname(self, n):
        return self._host.views[n]


def when(host: Any, oc: OutputContext | None) -> tuple[float, str]:
    """The frame and view of a context; now without one."""
    return (host.frame, host.view) if oc is None else (oc._frame, host.views[oc._view])


class String_Knob(Knob):
    """A text."""

    _kind = 1

    def __init__(self, name="", label=None, value=None, /) -> None:
        super().__init__(name, label)
        if value is not None:
            self._text = value

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._text, self._default_text = "", ""

    def _text_at(self, frame: float, view: str = "") -> str:
        return expressions.expand(self._text, self._core, frame, view or self._host.view)

    def _is_default(self) -> bool:
        return self._text == self._default_text

    def _to_script(self) -> str:
        return tcl.quoted(self._text)

    def _from_script(self, word: tcl.Word) -> None:
        self._text = word.text

    def _assign(self, text: Any) -> None:
        if not isinstance(text, str):
            raise TypeError(f"{self._name}: {text!r} is not a string")
        self._text = text
        self._changed()

    def _evaluated(self, oc: Any = None) -> str:
        if self._core is None:
            return self._text
        frame, view = when(self._host, oc)
        return self._text_at(frame, view)

    def value(self, oc=None):
        return self._evaluated(oc)

    def getValue(self, oc=None, /):
        return self._evaluated(oc)

    def getText(self, oc=None):
        return self._text

    def setValue(self, val, view=None):
        self._assign(val)

    def setText(self, val, view=None, /):
        self._assign(val)


class EvalString_Knob(String_Knob):
    """A text with [ ] and $ in it."""

    _kind = 25

    def evaluate(self, context=None, /):
        return self._evaluated(context)


class Multiline_Eval_String_Knob(EvalString_Knob):
    """Several lines of it."""

    _kind = 43


class Password_Knob(Knob):
    """A text that is not shown and not saved."""


def technical(path: str) -> str:
    """`x.####.exr` as `x.%04d.exr`: how Nuke gives back the path of a sequence."""
    return re.sub(r"#+", lambda match: f"%0{len(match[0])}d", path)


def with_frame(path: str, frame: int, view: str) -> str:
    """The path of one frame and view: %04d and ####, %V the view's name, %v its first letter."""
    path = path.replace("%V", view).replace("%v", view[:1])
    path = re.sub(r"%0?(\d*)d", lambda m: str(frame).zfill(int(m[1] or 1)), technical(path))
    return path


class File_Knob(EvalString_Knob):
    """A path. value(), getValue() and getEvaluatedValue() give a sequence as %04d."""

    _kind = 2

    def _assign(self, text: Any) -> None:
        if isinstance(text, str) and "\\" in text:
            self._host.refuse(
                f"{self._name}: {text!r} has backslashes, which Nuke's scripts take for escapes. "
                "Write paths with forward slashes."
            )
        super()._assign(text)

    def value(self, oc=None, /):
        return technical(self._text)

    def getValue(self, oc=None, /):
        return technical(self._text)

    def getEvaluatedValue(self, oc=None, /):
        return technical(self._evaluated(oc))

    def evaluate(self, context=None, /):
        frame, view = when(self._host, context)
        return with_frame(self._evaluated(context), int(frame), view)

    def fromUserText(self, s, /):
        """Takes a frame range off the end and puts it into the Read."""
        match = re.fullmatch(r"(.*\S)\s+(-?\d+(?:-{1,2}\d+)?)", s)
        self._assign(match[1] if match else s)
        if match and self._core is not None and "origfirst" in self._core.knobs:
            first, last, _ = parse_range(match[2])
            for name, value in (("first", first), ("last", last)):
                for knob in (name, "orig" + name):
                    self._core.knobs[knob]._values = [float(value)]


class Script_Knob(String_Knob):
    """A button with TCL behind it."""

    def _evaluated(self, oc: Any = None) -> str:
        return self._text

    def command(self):
        return self._text

    def setCommand(self, cmd):
        self._assign(cmd)

    def setValue(self, cmd):
        self._assign(cmd)

    def value(self):
        return self._text

    def execute(self):
        self._host.run_button(self._core, self)


class Button(Script_Knob):
    """A button that a node has by itself, such as a Read's reload or a Write's Render."""

    _stub = "Script_Knob"

    def _to_script(self) -> str:
        return ""

    def _is_default(self) -> bool:
        return True


class PyScript_Knob(Script_Knob):
    """A button with Python behind it."""

    _kind = 22

    def __init__(self, name="", label=None, command=None, /) -> None:
        super().__init__(name, label, command)


class PyCustom_Knob(Script_Knob):
    """A Qt widget: Python that gives an object with makeUI(). Built when the panel opens."""

    _kind = 52

    def __init__(self, name="", label=None, command=None, /) -> None:
        super().__init__(name, label, command)
        if not self._host.gui:
            self._host.refuse("PyCustom_Knob in terminal mode: there is no QApplication.")

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._object: Any = None

    def getObject(self):
        return self._object


class PythonKnob(String_Knob):
    """Python text, as in knobChanged."""

    def _evaluated(self, oc: Any = None) -> str:
        return self._text


class Text_Knob(Knob):
    """A text in the panel; with no text, a divider."""

    _kind = 26

    def __init__(self, name="", label=None, value=None, /) -> None:
        super().__init__(name, label)
        self._text = value if value is not None else ""

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._text = ""

    def _text_at(self, frame: float, view: str = "") -> str:
        return self._text

    def setValue(self, val, /):
        if not isinstance(val, str):
            raise TypeError(f"{self._name}: {val!r} is not a string")
        self._text = val
        self._changed()

    def value(self):
        return self._text


class Help_Knob(Knob):
    """The ? of a panel."""


class _Tab(Knob):
    """A tab, or where a group of them begins or ends."""

    _kind = 20

    def __init__(self, name="", label=None, flag=0, /) -> None:
        super().__init__(name, label)
        if not isinstance(flag, int):
            raise TypeError(f"{name}: the flag of a tab is one of nuke.TAB…")
        self._flag = flag

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._flag = 0


class Tab_Knob(_Tab):
    """A tab of the panel; with nuke.TABBEGINGROUP or TABENDGROUP, a group in it."""

    def value(self):
        return 0

    def setValue(self, val, /):
        pass


class BeginTabGroup_Knob(_Tab):
    """Where tabs in tabs begin."""


class EndTabGroup_Knob(_Tab):
    """Where they end."""


class Link_Knob(Knob):
    """Another knob, shown here."""

    _kind = 41

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._link = ""

    def _linked(self) -> Any:
        if not self._link or self._core is None:
            return None
        try:
            return expressions.find_knob(self._core, self._link.split("."))[0]
        except expressions.ExpressionError:
            return None

    def _number_at(self, frame: float, index: int = 0, view: str = "") -> float:
        return self._linked()._number_at(frame, index, view)

    def _text_at(self, frame: float, view: str = "") -> str:
        return self._linked()._text_at(frame, view)

    def setLink(self, s):
        self._link = s

    def makeLink(self, s, t):
        self._link = f"{s}.{t}" if s else t

    def getLink(self):
        return self._link

    def getLinkedKnob(self):
        return self._linked()

    def value(self):
        return self._linked().value()

    def setValue(self, val, chan=0, /):
        return self._linked().setValue(val)


class LookupCurves_Knob(Knob):
    """Named curves."""

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._curves: dict[str, Curve] = {}

    def addCurve(self, curve, expr=""):
        self._curves[curve] = Curve.from_script(expr)

    def editCurve(self, curve, expr=""):
        self._curves[curve] = Curve.from_script(expr)

    def delCurve(self, curve):
        del self._curves[curve]

    def getValueAt(self, frame, index=-1, view=None):
        curves = list(self._curves.values())
        return curves[max(index, 0)].at(frame)

    def _is_default(self) -> bool:
        return not self._curves

    def _text_at(self, frame: float, view: str = "") -> str:
        return self._to_script()

    def _to_script(self) -> str:
        pairs = " ".join(f"{name} {{{c.to_script()}}}" for name, c in self._curves.items())
        return "{" + pairs + "}"

    def _from_script(self, word: tcl.Word) -> None:
        pairs = tcl.knob_lines(word.text)
        self._curves = {name: Curve.from_script(entry.text) for name, entry in pairs}
