"""What was made last, kept for who asks next; the least recently used goes first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """At most `size` values by their keys. For one thread at a time; a size of 0 keeps nothing."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: dict[Key, Value] = {}  # the least recently used first

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """The value that is kept under the key, None where there is none."""
        if key not in self._values:
            return None
        value = self._values[key] = self._values.pop(key)
        return value

    def keep(self, key: Key, value: Value) -> None:
        """Keep a value, in the place of an earlier one of its key."""
        self._values.pop(key, None)
        self._make_room()
        if self._size:
            self._values[key] = value

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value that is kept under the key, else what `make` returns, kept from now on."""
        if key in self._values:
            self.keep(key, self._values[key])
            return self._values[key]
        self._make_room()  # before a frame is read: it and what it replaces are not there together
        value = make()
        self.keep(key, value)
        return value

    def clear(self) -> None:
        """Let go of everything."""
        self._values.clear()

    def _make_room(self) -> None:
        """Let go of what was used longest ago, where one more value would be too much."""
        while self._values and len(self._values) >= self._size:
            del self._values[next(iter(self._values))]
