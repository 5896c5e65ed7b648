"""Memory that a host gives to a plug-in, with guards behind it, and the memory suite."""

import ctypes
import threading

from . import abi
from .abi import Status
from .faults import Refused

_GUARD = bytes([0xAB]) * 64
_FRESH = 0xCD


class Block:
    """Bytes, a guard behind them, and a handle."""

    def __init__(self, handles, size, title):
        self.size, self.title = size, title
        self._buffer = ctypes.create_string_buffer(bytes([_FRESH]) * size + _GUARD, size + 64)
        self.address = ctypes.addressof(self._buffer)
        self.handle = handles.new(self)

    def __str__(self):
        return f"{self.size} bytes of {self.title}"

    @property
    def overrun(self):
        """Whether something wrote behind the end."""
        return self._buffer.raw[self.size :] != _GUARD


class Blocks:
    """All memory that is lent out."""

    def __init__(self, handles):
        self._handles = handles
        self._lent = {}
        self._lock = threading.Lock()

    def allocate(self, size, title):
        block = Block(self._handles, size, title)
        with self._lock:
            self._lent[block.handle] = block
        return block

    def release(self, handle):
        with self._lock:
            block = self._lent.pop(handle, None)
        if block is None:
            raise Refused(Status.BAD_HANDLE, "freed memory that it does not have")
        self._handles.drop(handle)
        if block.overrun:
            raise Refused(Status.MEMORY, f"wrote behind {block}")

    def at(self, address):
        """The handle of the block at an address, None when there is none."""
        return next((key for key, block in self._lent.items() if block.address == address), None)

    def left(self):
        """What has not been freed."""
        return [str(block) for block in self._lent.values()]


class MemorySuite:
    """memoryAlloc and memoryFree."""

    def __init__(self, host):
        self._host = host

    def memoryAlloc(self, handle, size, address):
        abi.write(ctypes.c_void_p, address, self._host.allocate(size, "memory").address)

    def memoryFree(self, address):
        self._host.release(self._host.blocks.at(address))
