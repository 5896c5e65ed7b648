"""The handles a host gives out: numbers that mean nothing, so that looking inside one crashes."""

import itertools
import threading
from collections import OrderedDict

from .abi import Status
from .faults import Refused

REMEMBERED = 10_000


class Handles:
    """Which object every handle stands for, and which handles have died."""

    def __init__(self):
        self._numbers = itertools.count(0x1000, 0x10)
        self._objects = {}
        self._dead = OrderedDict()
        self._lock = threading.Lock()

    def new(self, thing):
        """A handle for an object, until `drop`."""
        with self._lock:
            handle = next(self._numbers)
            self._objects[handle] = thing
        return handle

    def get(self, handle, kind):
        """The object of class `kind` behind a handle."""
        thing = self._objects.get(handle)
        if isinstance(thing, kind):
            return thing
        if handle in self._dead:
            fault = f"used the handle of {self._dead[handle]} after its end"
        else:
            found = f"that of {thing}" if thing is not None else repr(handle)
            fault = f"gave {found} where the handle of {kind.__name__} belongs"
        raise Refused(Status.BAD_HANDLE, fault)

    def drop(self, handle):
        """Let a handle die."""
        with self._lock:
            self._dead[handle] = str(self._objects.pop(handle))
            if len(self._dead) > REMEMBERED:
                self._dead.popitem(last=False)
