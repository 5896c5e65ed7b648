"""Knobs that choose channels, formats and views."""

from __future__ import annotations

from typing import Any

from tests.nuke_host import tcl
from tests.nuke_host.knobs import Knob
from tests.nuke_host.strict import HostObject, current_host


class Channel_Knob(Knob):
    """A layer, or channels of it: `rgba`, `rgb`, `all`, `none`, `alpha`, `depth` …"""

    _kind = 41_000  # its number is not documented: round trip in the fake only

    def __init__(self, name="", label=None, depth=0, /) -> None:
        super().__init__(name, label)

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._text, self._default_text = "none", "none"

    def _text_at(self, frame: float, view: str = "") -> str:
        return self._text

    def _is_default(self) -> bool:
        return self._text == self._default_text

    def _to_script(self) -> str:
        return tcl.quoted(self._text)

    def _from_script(self, word: tcl.Word) -> None:
        self._text = word.text

    def value(self):
        return self._text

    def setValue(self, name):
        if not isinstance(name, str):
            raise TypeError(f"{self._name}: {name!r} is not the name of a layer")
        self._text = name
        self._changed()


class ChannelMask_Knob(Channel_Knob):
    """Several layers."""

    _kind = 41_001


class Format(HostObject):
    """A size in pixels, with the shape of a pixel."""

    def __init__(self, width, height, pixelAspect=1.0, name="", /) -> None:
        self._width, self._height = int(width), int(height)
        self._aspect, self._name = float(pixelAspect), name
        self._host = current_host()

    def _owner(self) -> Any:
        return self._host

    def _key(self) -> tuple:
        return self._width, self._height, self._aspect

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Format) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def width(self):
        return self._width

    def height(self):
        return self._height

    def x(self):
        return 0

    def y(self):
        return 0

    def r(self):
        return self._width

    def t(self):
        return self._height

    def pixelAspect(self):
        return self._aspect

    def name(self):
        return self._name

    def setName(self, name):
        self._name = name


class Layer(HostObject):
    """Channels that belong together; making one makes them known to the script."""

    def __init__(self, name, channels, /) -> None:
        self._host, self._name, self._channels = current_host(), name, list(channels)
        self._host.threads.check("nuke.Layer()")
        wrong = [one for one in channels if one.partition(".")[0] != name]
        if wrong or not channels:
            self._host.refuse(f"nuke.Layer({name!r}): {wrong or 'no'} channels of that layer.")
        self._host.channels.update(channels)

    def _owner(self) -> Any:
        return self._host

    def name(self):
        return self._name

    def channels(self):
        return list(self._channels)


class Format_Knob(Knob):
    """A format: by its name or as a Format."""

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._format: Format | None = None

    def _current(self) -> Format:
        return self._format or self._host.default_format()

    def _is_default(self) -> bool:
        return self._format is None

    def _text_at(self, frame: float, view: str = "") -> str:
        return self._to_script()

    def _to_script(self) -> str:
        f = self._current()
        text = f"{f._width} {f._height} 0 0 {f._width} {f._height} {f._aspect:g} {f._name}"
        return tcl.quoted(text.rstrip())

    def _from_script(self, word: tcl.Word) -> None:
        self._format = self._host.format_from_text(word.text)

    def value(self):
        return self._current()

    def actualValue(self):
        return self._current()

    def setValue(self, value, /):
        if not isinstance(value, (str, Format)):
            raise TypeError(f"{self._name}: {value!r} is no format")
        self._format = self._host.format_named(value) if isinstance(value, str) else value
        self._changed()
        return True


class MultiView_Knob(Knob):
    """The views that a Write renders: names between spaces."""

    def _setup(self, host: Any, name: str, label: str | None = None) -> None:
        super()._setup(host, name, label)
        self._text: str | None = None

    def _views(self) -> list[str]:
        return list(self._host.views) if self._text is None else self._text.split()

    def _text_at(self, frame: float, view: str = "") -> str:
        return " ".join(self._views())

    def _is_default(self) -> bool:
        return self._text is None

    def _to_script(self) -> str:
        return "{" + " ".join(self._views()) + "}"

    def _from_script(self, word: tcl.Word) -> None:
        self._text = word.text

    def value(self):
        return " ".join(self._views())

    def setValue(self, value, /):
        names = value.split() if isinstance(value, str) else list(value)
        unknown = [name for name in names if name not in self._host.views]
        if unknown:
            raise ValueError(f"{self._name}: there is no view {unknown[0]!r}")
        self._text = " ".join(names)
        self._changed()
        return True
