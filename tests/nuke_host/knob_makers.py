"""How the knobs that nodes have by themselves are made: `number(1)` gives a function for it."""

from __future__ import annotations

from typing import Any, Callable

from tests.nuke_host import choice_knobs, number_knobs, text_knobs
from tests.nuke_host.knobs import Array_Knob, Knob

Maker = Callable[[Any, str], Knob]


def plain(kind: type, value: Any = None) -> Maker:
    """A knob of this class; numbers and texts with a default of their own."""

    def make(host: Any, name: str) -> Knob:
        knob = kind.__new__(kind)
        knob._setup(host, name)
        if value is not None and isinstance(knob, Array_Knob):
            values = value if isinstance(value, tuple) else (value,) * knob._size
            knob._values = [float(entry) for entry in values]
            knob._defaults = list(knob._values)
        elif value is not None:
            knob._text = knob._default_text = value
        return knob

    return make


def choice(values: list[str], default: str | None = None, kind: type | None = None) -> Maker:
    """A list of names."""

    def make(host: Any, name: str) -> Knob:
        chosen = kind or number_knobs.Enumeration_Knob
        knob = number_knobs.make_enumeration(chosen, host, name, values)
        if default is not None:
            knob._values = knob._defaults = [float(values.index(default))]
            knob._values = list(knob._values)
        return knob

    return make


String = plain(text_knobs.String_Knob)
Python = plain(text_knobs.PythonKnob)
File = plain(text_knobs.File_Knob)
Bool = plain(number_knobs.Boolean_Knob)
Int = plain(number_knobs.Int_Knob)
Double = plain(number_knobs.Double_Knob)
Button = plain(text_knobs.Button)
FormatKnob = plain(choice_knobs.Format_Knob)
Box = plain(number_knobs.BBox_Knob)


def number(value: float) -> Maker:
    """A number with a default."""
    return plain(number_knobs.Double_Knob, value)


def whole(value: int) -> Maker:
    """A whole number with a default."""
    return plain(number_knobs.Int_Knob, value)


def color(value: float) -> Maker:
    """Four numbers, one a channel."""
    return plain(number_knobs.AColor_Knob, value)


def layer(value: str) -> Maker:
    """Channels."""
    return plain(choice_knobs.Channel_Knob, value)
