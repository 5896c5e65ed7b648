"""A knob's animation as the shim sees it: AnimationCurve and its keys."""

from __future__ import annotations

from typing import Any

from tests.nuke_host.curves import Curve
from tests.nuke_host.strict import HostObject


class AnimationCurve(HostObject):
    """One channel's animation."""

    def __init__(self, knob: Any, index: int) -> None:
        self._knob, self._index = knob, index

    def _owner(self) -> Any:
        return self._knob._host

    def evaluate(self, t):
        return self._knob._number_at(t, self._index)

    def integrate(self, t1, t2, /):
        return self._knob._integral(t1, t2, self._index)

    def expression(self):
        return self._knob._expressions.get(self._index, "curve")

    def noExpression(self):
        return self._index not in self._knob._expressions

    def constant(self):
        values = {value for _, value in self._curve().keys}
        return self.noExpression() and len(values) < 2

    def _curve(self) -> Curve:
        return self._knob._curves.get(self._index, Curve())

    def size(self):
        return len(self._curve().keys)

    def keys(self):
        return [AnimationKey(x, y) for x, y in self._curve().keys]

    def setKey(self, t, y, /):
        self._knob._curves.setdefault(self._index, Curve()).set(t, y)
        self._knob._changed()
        return AnimationKey(t, y)

    def knobIndex(self):
        return self._index

    def knob(self):
        return self._knob


class AnimationKey:
    """A key: x is the frame, y the value; both can be read only here."""

    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y
