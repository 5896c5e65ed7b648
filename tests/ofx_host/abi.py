"""OpenFX's C side as ctypes sees it: structures, the suites' functions in order, status codes.

OpenFX declares a few functions variadic, which a ctypes callback cannot be. On x86-64 System V
(Linux) a variadic call puts pointers and integers into the same registers as a call with a fixed
list would, and doubles into the vector registers: a callback that declares enough of both gets
them. `VARIADIC_CALLBACKS` says whether this machine works that way.
"""

import ctypes
import platform
import sys
from ctypes import c_char_p as Text
from ctypes import c_double as Double
from ctypes import c_int as Int
from ctypes import c_size_t as Size
from ctypes import c_uint as Unsigned
from ctypes import c_void_p as Pointer
from enum import IntEnum

VARIADIC_CALLBACKS = sys.platform.startswith("linux") and platform.machine() == "x86_64"


class Status(IntEnum):
    """What actions and suite functions answer."""

    OK = 0
    FAILED = 1
    FATAL = 2
    UNKNOWN = 3
    MISSING_HOST_FEATURE = 4
    UNSUPPORTED = 5
    EXISTS = 6
    FORMAT = 7
    MEMORY = 8
    BAD_HANDLE = 9
    BAD_INDEX = 10
    VALUE = 11
    YES = 12
    NO = 13
    DEFAULT = 14


ENTRY_POINT = ctypes.CFUNCTYPE(Int, Text, Pointer, Pointer, Pointer)
SET_HOST = ctypes.CFUNCTYPE(None, Pointer)
FETCH_SUITE = ctypes.CFUNCTYPE(Pointer, Pointer, Text, Int)
THREAD_FUNCTION = ctypes.CFUNCTYPE(None, Unsigned, Unsigned, Pointer)


class OfxHost(ctypes.Structure):
    _fields_ = (("host", Pointer), ("fetchSuite", FETCH_SUITE))


class OfxPlugin(ctypes.Structure):
    _fields_ = (
        ("pluginApi", Text),
        ("apiVersion", Int),
        ("pluginIdentifier", Text),
        ("pluginVersionMajor", Unsigned),
        ("pluginVersionMinor", Unsigned),
        ("setHost", SET_HOST),
        ("mainEntry", ENTRY_POINT),
    )


class OfxRectD(ctypes.Structure):
    _fields_ = (("x1", Double), ("y1", Double), ("x2", Double), ("y2", Double))


_P, _I, _D, _S = Pointer, Int, Double, Text
_AT = (_P, _S, _I)  # property set, name, index or count
_OUT = (_P,) * 4  # the pointers of paramGetValue: up to four dimensions
_VALUES = (Size,) * 4 + (_D,) * 4  # the values of paramSetValue: whole numbers, or doubles
# What a printf-like format may name: two in registers, the rest on the stack, doubles apart.
_FORMAT = (_P,) * 6 + (_D,) * 4

_MESSAGE = [("message", (_P, _S, _S, _S, *_FORMAT))]
_PROGRESS = [("progressUpdate", (_P, _D)), ("progressEnd", (_P,))]

SUITES = {
    ("OfxPropertySuite", 1): [
        *(
            (f"propSet{kind}", (*_AT, one))
            for kind, one in (("Pointer", _P), ("String", _S), ("Double", _D), ("Int", _I))
        ),
        *((f"propSet{kind}N", (*_AT, _P)) for kind in ("Pointer", "String", "Double", "Int")),
        *((f"propGet{kind}", (*_AT, _P)) for kind in ("Pointer", "String", "Double", "Int")),
        *((f"propGet{kind}N", (*_AT, _P)) for kind in ("Pointer", "String", "Double", "Int")),
        ("propReset", (_P, _S)),
        ("propGetDimension", (_P, _S, _P)),
    ],
    ("OfxImageEffectSuite", 1): [
        ("getPropertySet", (_P, _P)),
        ("getParamSet", (_P, _P)),
        ("clipDefine", (_P, _S, _P)),
        ("clipGetHandle", (_P, _S, _P, _P)),
        ("clipGetPropertySet", (_P, _P)),
        ("clipGetImage", (_P, _D, _P, _P)),
        ("clipReleaseImage", (_P,)),
        ("clipGetRegionOfDefinition", (_P, _D, _P)),
        ("abort", (_P,)),
        ("imageMemoryAlloc", (_P, Size, _P)),
        ("imageMemoryFree", (_P,)),
        ("imageMemoryLock", (_P, _P)),
        ("imageMemoryUnlock", (_P,)),
    ],
    ("OfxParameterSuite", 1): [
        ("paramDefine", (_P, _S, _S, _P)),
        ("paramGetHandle", (_P, _S, _P, _P)),
        ("paramSetGetPropertySet", (_P, _P)),
        ("paramGetPropertySet", (_P, _P)),
        ("paramGetValue", (_P, *_OUT)),
        ("paramGetValueAtTime", (_P, _D, *_OUT)),
        ("paramGetDerivative", (_P, _D, *_OUT)),
        ("paramGetIntegral", (_P, _D, _D, *_OUT)),
        ("paramSetValue", (_P, *_VALUES)),
        ("paramSetValueAtTime", (_P, _D, *_VALUES)),
        ("paramGetNumKeys", (_P, _P)),
        ("paramGetKeyTime", (_P, Unsigned, _P)),
        ("paramGetKeyIndex", (_P, _D, _I, _P)),
        ("paramDeleteKey", (_P, _D)),
        ("paramDeleteAllKeys", (_P,)),
        ("paramCopy", (_P, _P, _D, _P)),
        ("paramEditBegin", (_P, _S)),
        ("paramEditEnd", (_P,)),
    ],
    ("OfxMemorySuite", 1): [("memoryAlloc", (_P, Size, _P)), ("memoryFree", (_P,))],
    ("OfxMultiThreadSuite", 1): [
        ("multiThread", (_P, Unsigned, _P)),
        ("multiThreadNumCPUs", (_P,)),
        ("multiThreadIndex", (_P,)),
        ("multiThreadIsSpawnedThread", ()),
        ("mutexCreate", (_P, _I)),
        ("mutexDestroy", (_P,)),
        ("mutexLock", (_P,)),
        ("mutexUnLock", (_P,)),
        ("mutexTryLock", (_P,)),
    ],
    ("OfxMessageSuite", 1): _MESSAGE,
    ("OfxMessageSuite", 2): [
        *_MESSAGE,
        ("setPersistentMessage", (_P, _S, _S, _S, *_FORMAT)),
        ("clearPersistentMessage", (_P,)),
    ],
    ("OfxProgressSuite", 1): [("progressStart", (_P, _S)), *_PROGRESS],
    ("OfxProgressSuite", 2): [("progressStart", (_P, _S, _S)), *_PROGRESS],
    ("OfxTimeLineSuite", 1): [
        ("getTime", (_P, _P)),
        ("gotoTime", (_P, _D)),
        ("getTimeBounds", (_P, _P, _P)),
    ],
}


def write(kind, address, value, index=0):
    """Put a value of a ctypes kind where a plug-in's pointer points."""
    kind.from_address(address + index * ctypes.sizeof(kind)).value = value


def read(kind, address, index=0):
    """The value of a ctypes kind that a plug-in's pointer points to."""
    return kind.from_address(address + index * ctypes.sizeof(kind)).value
