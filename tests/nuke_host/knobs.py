"""Knobs: what all have in common, and those that hold numbers."""

from __future__ import annotations

from typing import Any

from tests.nuke_host import expressions, tcl
from tests.nuke_host.animation import AnimationCurve
from tests.nuke_host.curves import Curve, number
from tests.nuke_host.strict import HostObject, current_host

UNATTACHED = "A PythonObject is not attached to a node"


class Knob(HostObject):
    """A control of a node. The fake reads it through the methods with an underscore."""

    _kind = 0  # the number of `addUserKnob`; 0: not a user knob

    def __init__(self, name="", label=None, /) -> None:
        host = current_host()
        host.threads.check(f"nuke.{type(self)._stub_name()}()")
        self._setup(host, name, label)

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        if not isinstance(name, str) or not isinstance(label, (str, type(None))):
            raise TypeError(f"{type(self).__name__}: name and label are strings")
        self._host, self._core = host, None
        self._name, self._label = name, label
        self._tooltip, self._flags = "", {}
        self._visible, self._enabled, self._user = True, True, False

    def _owner(self) -> Any:
        return self._host

    def _check_alive(self) -> None:
        if self._core is not None and self._core.deleted:
            raise ValueError(UNATTACHED)

    def _changed(self) -> None:
        """The value is another one now: callbacks hear of it."""
        if self._core is not None:
            self._host.knob_was_set(self._core, self)

    # What the fake needs to know of every knob.
    def _channel_index(self, name: str) -> int:
        return -1

    def _number_at(self, frame: float, index: int = 0, view: str = "") -> float:
        raise expressions.ExpressionError(f"{self._name} has no number")

    def _text_at(self, frame: float, view: str = "") -> str:
        return number(self._number_at(frame, 0, view))

    def _is_default(self) -> bool:
        return True

    def _to_script(self) -> str:
        return ""

    def _from_script(self, word: tcl.Word) -> None:
        self._host.refuse(f"{type(self).__name__} {self._name!r} has no value to read.")

    def _has_flag(self, name: str) -> bool:
        return bool(self._flags.get(self._host.constants[name], False))

    # What the shim sees.
    def Class(self):
        return type(self)._stub_name()

    def name(self):
        return self._name

    def setName(self, name):
        self._name = name

    def label(self):
        return self._name if self._label is None else self._label

    def setLabel(self, label):
        self._label = label

    def tooltip(self):
        return self._tooltip

    def setTooltip(self, tooltip):
        self._tooltip = tooltip

    def node(self):
        if self._core is None:
            raise ValueError(UNATTACHED)
        return self._host.wrap(self._core)

    def fullyQualifiedName(self, channel=-1):
        return f"{self._core.full_name()}.{self._name}"

    def setFlag(self, flag):
        self._flags[flag] = True

    def clearFlag(self, flag):
        self._flags[flag] = False

    def getFlag(self, flag):
        return self._flags.get(flag, False)

    def visible(self):
        return self._visible and not self._has_flag("INVISIBLE")

    def setVisible(self, visible):
        self._visible = bool(visible)

    def enabled(self):
        return self._enabled and not self._has_flag("DISABLED")

    def setEnabled(self, enabled):
        self._enabled = bool(enabled)
        self._flags.pop(self._host.constants["DISABLED"], None)

    def toScript(self, quote=True, context=None):
        return self._to_script()

    def fromScript(self, script):
        self._from_script(tcl.Word(script))
        self._changed()

    def isAnimated(self, channel=-1):
        return False

    def hasExpression(self, index=-1):
        return False

    def getKeyList(self):
        return []

    def getNumKeys(self, channel=-1):
        return 0

    def setExpression(self, expression, index=-1, view=None):
        self._host.refuse(f"{type(self).__name__} {self._name!r} takes no expression in the fake.")

    def error(self, message, /):
        self._host.shown.errors.append(message)

    def warning(self, message, /):
        self._host.shown.warnings.append(message)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object {self._name!r}>"


class Array_Knob(Knob):
    """Numbers, each with its animation or expression."""

    _channels: tuple[str, ...] = ()
    _size = 1

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._values = [0.0] * self._size
        self._defaults = [0.0] * self._size
        self._curves: dict[int, Curve] = {}
        self._expressions: dict[int, str] = {}
        self._range: tuple[float, float] | None = None

    def _channel_index(self, name: str) -> int:
        return self._channels.index(name) if name in self._channels else -1

    def _number_at(self, frame: float, index: int = 0, view: str = "") -> float:
        if index in self._expressions:
            text = self._expressions[index]
            return expressions.evaluate(text, self._core, frame, view or self._host.view)
        if index in self._curves and self._curves[index].keys:
            return self._curves[index].at(frame)
        return self._values[index]

    def _integral(self, start: float, end: float, index: int = 0) -> float:
        curve = self._curves.get(index)
        if curve is not None and curve.keys and index not in self._expressions:
            return curve.integral(start, end)
        if index not in self._expressions:
            return self._values[index] * (end - start)
        # Simpson on 1/16 frames: exact for cubic pieces between multiples of that.
        count = max(2, 2 * round(abs(end - start) * 16))
        width = (end - start) / count
        total = sum(
            (1 if n in (0, count) else 4 if n % 2 else 2)
            * self._number_at(start + n * width, index)
            for n in range(count + 1)
        )
        return total * width / 3

    def _indices(self, index: int) -> list[int]:
        if index >= self._size:
            raise IndexError(f"{self._name}: channel {index} of {self._size}")
        return list(range(self._size)) if index < 0 else [index]

    def _in(self, value: Any) -> float:
        """A value that was given, as a number."""
        if isinstance(value, str):
            raise TypeError(f"{self._name}: {value!r} is not a number")
        return float(value)

    def _out(self, value: float) -> Any:
        """A number as `value()` gives it."""
        return value

    def _set(self, value: Any, index: int, frame: float | None) -> None:
        values = list(value) if isinstance(value, (list, tuple)) else None
        for order, channel in enumerate(self._indices(-1 if values else index)):
            entry = self._in(values[order] if values else value)
            curve = self._curves.get(channel)
            if curve is not None:
                curve.set(self._host.frame if frame is None else frame, entry)
            else:
                self._values[channel] = entry

    def _is_default(self) -> bool:
        return not self._curves and not self._expressions and self._values == self._defaults

    def _word(self, index: int) -> str:
        if index in self._expressions:
            text = self._expressions[index]
            return "{" + (text if tcl._PLAIN.fullmatch(text) else tcl.quoted(text)) + "}"
        if index in self._curves:
            return "{" + self._curves[index].to_script() + "}"
        return self._plain(self._values[index])

    def _plain(self, value: float) -> str:
        return number(value)

    def _parse(self, text: str) -> float:
        return float(text)

    def _to_script(self) -> str:
        parts = [self._word(index) for index in range(self._size)]
        simple = self._size == 1 and not parts[0].startswith("{")
        return parts[0] if simple else "{" + " ".join(parts) + "}"

    def _from_script(self, word: tcl.Word) -> None:
        parts = tcl.words(word.text)
        if len(parts) == 1 and parts[0].braced and tcl.words(parts[0].text)[0].braced:
            parts = tcl.words(parts[0].text)
        parts = parts * self._size if len(parts) == 1 else parts
        self._curves, self._expressions = {}, {}
        for index, part in enumerate(parts[: self._size]):
            if not part.braced:
                self._values[index] = self._parse(part.text)
            elif part.text.split()[:1] == ["curve"]:
                self._curves[index] = Curve.from_script(part.text)
            else:
                self._expressions[index] = tcl.words(part.text)[0].text

    def getValue(self, channel=-1):
        return self._read(channel, None)

    def value(self, channel=-1):
        if self._size == 1 or channel >= 0:
            return self._out(self._number_at(self._host.frame, max(channel, 0)))
        return self._read(channel, None)

    def getValueAt(self, frame, index=-1, view=None):
        return self._read(index, frame)

    def valueAt(self, frame, index=-1, view=None):
        return self._read(index, frame)

    def _read(self, index: int, frame: float | None) -> Any:
        frame = self._host.frame if frame is None else frame
        values = [self._number_at(frame, entry) for entry in self._indices(index)]
        return values[0] if len(values) == 1 else values

    def array(self):
        return [self._number_at(self._host.frame, entry) for entry in range(self._size)]

    def arraySize(self):
        return self._size

    def setValue(self, val, chan=-1, time=None, view=None):
        self._set(val, chan, time)
        self._changed()
        return True

    def setValueAt(self, val, time, index=-1, view=None):
        """Sets a key where the knob is animated already (setAnimated), else the plain value."""
        self._set(val, index, time)
        self._changed()
        return True

    def setAnimated(self, channel=-1):
        for index in self._indices(channel):
            self._curves.setdefault(index, Curve())
        self._changed()
        return True

    def clearAnimated(self, channel=-1):
        for index in self._indices(channel):
            self._values[index] = self._number_at(self._host.frame, index)
            self._curves.pop(index, None)
            self._expressions.pop(index, None)
        self._changed()
        return True

    def isAnimated(self, channel=-1):
        return any(i in self._curves or i in self._expressions for i in self._indices(channel))

    def hasExpression(self, index=-1):
        return any(entry in self._expressions for entry in self._indices(index))

    def setExpression(self, expression, channel=-1, view=None):
        for index in self._indices(channel):
            self._expressions[index] = expression
        self._changed()
        return True

    def getKeyList(self):
        return sorted({key[0] for curve in self._curves.values() for key in curve.keys})

    def getNumKeys(self, channel=-1):
        return max((len(c.keys) for i, c in self._curves.items() if channel in (-1, i)), default=0)

    def isKey(self, channel=-1):
        return self._host.frame in self.getKeyList()

    def isKeyAt(self, frame, index=-1, view=None):
        return frame in self.getKeyList()

    def removeKeyAt(self, frame, index=-1, view=None):
        found = [self._curves[i].remove(frame) for i in self._indices(index) if i in self._curves]
        self._changed()
        return any(found)

    def getIntegral(self, t1, t2, channel=-1, /):
        return self._integral(t1, t2, max(channel, 0))

    def getDerivative(self, t, channel=-1, /):
        index = max(channel, 0)
        if index in self._expressions:
            step = 1 / 1024
            later, before = (self._number_at(t + way * step, index) for way in (1, -1))
            return (later - before) / (2 * step)
        return self._curves[index].derivative(t) if index in self._curves else 0.0

    def animation(self, chan, view=None, /):
        return AnimationCurve(self, chan) if self.isAnimated(chan) else None

    def animations(self, view=None, /):
        return [
            AnimationCurve(self, index) for index in range(self._size) if self.isAnimated(index)
        ]

    def setRange(self, f1, f2, /):
        self._range = (float(f1), float(f2))

    def min(self):
        return self._range[0] if self._range else 0.0

    def max(self):
        return self._range[1] if self._range else 1.0

    def setDefaultValue(self, s, /):
        values = s if isinstance(s, (list, tuple)) else [s] * self._size
        self._defaults = [self._in(entry) for entry in values]
        self._values = list(self._defaults)

    def defaultValue(self):
        return self._out(self._defaults[0])

    def notDefault(self):
        return not self._is_default()
