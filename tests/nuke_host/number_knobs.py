"""The kinds of Array_Knob."""

from __future__ import annotations

from typing import Any

from tests.nuke_host import colors, tcl
from tests.nuke_host.knobs import Array_Knob


class Double_Knob(Array_Knob):
    """A number."""

    _kind = 7


class Int_Knob(Array_Knob):
    """A whole number."""

    _kind = 3

    def _in(self, value: Any) -> float:
        if isinstance(value, float) and value != int(value):
            raise TypeError(f"{self._name}: {value!r} is not an integer")
        return float(int(super()._in(value)))

    def _out(self, value: float) -> Any:
        return int(value)


class Boolean_Knob(Array_Knob):
    """On or off."""

    _kind = 6

    def __init__(self, name="", label=None, value=None, /) -> None:
        super().__init__(name, label)
        if value is not None:
            self._values = [float(bool(value))]

    def _in(self, value: Any) -> float:
        return float(bool(super()._in(value)))

    def _out(self, value: float) -> Any:
        return bool(value)

    def _plain(self, value: float) -> str:
        return "true" if value else "false"

    def _parse(self, text: str) -> float:
        known = {"true": 1.0, "false": 0.0, "on": 1.0, "off": 0.0}
        return known[text] if text in known else float(text)

    def _text_at(self, frame: float, view: str = "") -> str:
        return self._plain(self._number_at(frame, 0, view))


class Disable_Knob(Boolean_Knob):
    """Whether a node passes its input on untouched."""

    _stub = "Disable_Knob"


class Unsigned_Knob(Array_Knob):
    """A whole number from 0."""


class ColorChip_Knob(Unsigned_Knob):
    """A color as 0xRRGGBBAA."""


class Enumeration_Knob(Unsigned_Knob):
    """One of a list of names. value() is the name, getValue() its index."""

    _kind = 4

    def __init__(self, name="", label=None, values=(), /) -> None:
        if not isinstance(values, (list, tuple)) or not all(isinstance(v, str) for v in values):
            raise TypeError(f"{name}: the values of an enumeration are a list of strings")
        super().__init__(name, label)
        self._names = list(values)

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._names: list[str] = []

    def _all(self) -> list[str]:
        """The names; an entry `name\\tlabel` is stored by its first part."""
        return [entry.split("\t")[0] for entry in self._names]

    def _in(self, value: Any) -> float:
        names = self._all()
        if isinstance(value, str):
            if value not in names:
                raise TypeError(f"{self._name}: {value!r} is none of {names}")
            return float(names.index(value))
        if not 0 <= int(value) < len(names):
            raise TypeError(f"{self._name}: there is no entry {value!r} of {len(names)}")
        return float(int(value))

    def _out(self, value: float) -> Any:
        names, index = self._all(), int(value)
        return names[index] if 0 <= index < len(names) else ""

    def _plain(self, value: float) -> str:
        return tcl.quoted(self._out(value))

    def _parse(self, text: str) -> float:
        names = self._all()
        if text in names:
            return float(names.index(text))
        if text.isdigit() and int(text) < len(names):
            return float(text)
        raise RuntimeError(f"{self._name}: Bad value for enumeration: {text!r}")

    def _text_at(self, frame: float, view: str = "") -> str:
        return self._out(self._number_at(frame, 0, view))

    def _from_script(self, word: tcl.Word) -> None:
        if word.braced and word.text.startswith("{"):
            super()._from_script(word)
        else:
            self._curves, self._expressions = {}, {}
            self._values = [self._parse(word.text)]

    def value(self):
        return self._out(self._number_at(self._host.frame))

    def values(self):
        return list(self._names) or self._all()

    def setValue(self, val, chan=0, /):
        self._set(val, 0, None)
        self._changed()
        return True

    def setValues(self, items, /):
        if not isinstance(items, (list, tuple)) or not all(isinstance(v, str) for v in items):
            raise TypeError(f"{self._name}: the values of an enumeration are a list of strings")
        before = self._out(self._values[0])
        self._names = list(items)
        names = self._all()
        self._values = [float(names.index(before)) if before in names else 0.0]

    def numValues(self):
        return len(self._all())

    def enumName(self, n):
        return self._all()[n]


class Pulldown_Knob(Enumeration_Knob):
    """A list whose entries run a command."""

    _kind = 0


class Radio_Knob(Enumeration_Knob):
    """A list with one button an entry."""

    _kind = 0


class CascadingEnumeration_Knob(Enumeration_Knob):
    """A list in submenus."""

    _kind = 0


class EditableEnumeration_Knob(Enumeration_Knob):
    """A list that one can type into."""

    _kind = 0


class OneView_Knob(Enumeration_Knob):
    """One of the script's views."""

    _kind = 0

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._names = host.views


class Colorspace_Knob(Enumeration_Knob):
    """The colorspace of a Read or Write: `default (linear)`, or a name of the configuration.

    It can be set to `default` alone; what it stands for follows the root.
    """

    _stub = "Enumeration_Knob"
    _kind = 0

    def _all(self) -> list[str]:
        return colors.names(self._host)

    def _in(self, value: Any) -> float:
        return super()._in(0 if value == "default" else value)

    def _parse(self, text: str) -> float:
        return 0.0 if text.startswith("default") else super()._parse(text)


class _Point(Array_Knob):
    """Several numbers; value() asks for one of them, getValue() gives all."""

    def value(self, n, oc=None):
        return self._number_at(self._host.frame, n)


class WH_Knob(Array_Knob):
    """Width and height."""

    _kind, _size, _channels = 14, 2, ("w", "h")

    def x(self, context=None, /):
        return self._number_at(self._host.frame, 0)

    def y(self, context=None, /):
        return self._number_at(self._host.frame, 1)


class XY_Knob(_Point):
    """A position."""

    _kind, _size, _channels = 12, 2, ("x", "y")

    def x(self, oc=None):
        return self._number_at(self._host.frame, 0)

    def y(self, oc=None):
        return self._number_at(self._host.frame, 1)


class UV_Knob(Array_Knob):
    """A position in a texture."""

    _kind, _size, _channels = 30, 2, ("u", "v")


class XYZ_Knob(_Point):
    """A position in space."""

    _kind, _size, _channels = 13, 3, ("x", "y", "z")


class BBox_Knob(Array_Knob):
    """A box: left, bottom, right, top."""

    _kind, _size, _channels = 15, 4, ("x", "y", "r", "t")

    def value(self):
        return [self._number_at(self._host.frame, index) for index in range(4)]


class Color_Knob(Array_Knob):
    """Red, green, blue."""

    _size, _channels = 3, ("r", "g", "b")


class AColor_Knob(Color_Knob):
    """Red, green, blue, alpha."""

    _kind, _size, _channels = 18, 4, ("r", "g", "b", "a")


class Scale_Knob(_Point):
    """A factor a direction."""

    _size, _channels = 3, ("x", "y", "z")


class Range_Knob(Array_Knob):
    """A lowest and a highest value."""

    _size, _channels = 2, ("min", "max")


class IArray_Knob(Array_Knob):
    """Numbers in rows and columns."""

    def __init__(self, name="", label=None, dims=(1, 1), /) -> None:
        self._size = dims[0] * dims[1]
        super().__init__(name, label)


def make_enumeration(kind: type, host: Any, name: str, values: list[str]) -> Any:
    """An enumeration that a node has by itself."""
    knob = kind.__new__(kind)
    knob._setup(host, name)
    knob._names = list(values)
    return knob


class WorkingSpace_Knob(Colorspace_Knob):
    """The root's working space, as the color management spells it."""

    _stub = "Enumeration_Knob"
    _kind = 0

    def _all(self) -> list[str]:
        return colors.working(self._host)
