"""Every call into the fake passes here: right thread, right name, right arguments, or it fails."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any, Callable

from tests.nuke_host import documented, stubs

# An argument that is annotated with one of these must be one; other annotations are not checked.
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool, int),
    "List[str]": (list, tuple),
    "Optional[str]": (str, type(None)),
    "Optional[bool]": (bool, int, type(None)),
}
# The same for classes of the fake: one of these names has to be among the value's classes.
_OBJECTS: dict[str, tuple[str, ...]] = {
    "Node": ("Node",),
    "Optional[Node]": ("Node", "NoneType"),
    "Union[Node, str]": ("Node", "str"),
    "Knob": ("Knob",),
    "FrameRanges": ("FrameRanges",),
}


class Refused(AssertionError, AttributeError):
    """The shim did what Nuke does not offer, or what hangs or breaks it.

    Also an AttributeError, so that hasattr answers as in Nuke.
    """


def current_host() -> Any:
    """The host of the fake that is installed now."""
    module = sys.modules.get("nuke")
    if module is None or not hasattr(module, "_fake"):
        raise Refused("Nuke has quit: the fake's session is over.")
    return module._fake


def check_call(label: str, calls: list[stubs.Call], args: tuple, kwargs: dict) -> str | None:
    """What is wrong with these arguments, or None when one of the calls accepts them."""
    complaints = []
    for call in calls:
        try:
            bound = call.signature.bind(*args, **kwargs)
        except TypeError as error:
            complaints.append(f"{label}{call.signature}: {error}")
            continue
        wrong = _wrong_type(call, bound.arguments)
        if wrong is None:
            return None
        complaints.append(f"{label}{call.signature}: {wrong}")
    return "; ".join(dict.fromkeys(complaints))


def _wrong_type(call: stubs.Call, arguments: dict[str, Any]) -> str | None:
    for name, value in arguments.items():
        expected = _TYPES.get(call.types.get(name, ""))
        objects = _OBJECTS.get(call.types.get(name, ""))
        names = {base.__name__ for base in type(value).__mro__}
        if (expected and not isinstance(value, expected)) or (objects and not names & {*objects}):
            return f"{name} is {value!r}, not {call.types[name]}"
    return None


def own_form(function: Callable, *, method: bool) -> list[stubs.Call]:
    """How the fake's own function is called, where the stubs say only *args, **kwargs."""
    entries = list(inspect.signature(function).parameters.values())
    return [stubs.Call(inspect.Signature(entries[1:] if method else entries), {})]


def _telling(calls: list[stubs.Call] | None) -> list[stubs.Call] | None:
    return None if calls is None or all(call.says_nothing for call in calls) else calls


def module_function(host: Any, name: str, function: Callable, known: Any, prefix: str) -> Callable:
    """A function of the module as the shim sees it. `known` are the stubs of that module."""
    label = f"{prefix}.{name}"
    calls = documented.calls(label) or documented.calls(name) or _telling(known.functions.get(name))
    calls = calls or own_form(function, method=False)
    any_thread = getattr(function, "any_thread", False)

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if not any_thread:
            host.threads.check(label)
        wrong = check_call(label, calls, args, kwargs)
        if wrong:
            host.refuse(wrong)
        return function(*args, **kwargs)

    return checked


def any_thread(function: Callable) -> Callable:
    """Mark what may be called from a worker thread, as Nuke documents."""
    function.any_thread = True  # type: ignore[attr-defined]  # a mark, read above
    return function


class HostObject:
    """Base of every class of the fake: public methods are checked, unknown names are refused."""

    _stub = ""  # the class in the stubs, when it is not the Python class's own name

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, value in list(vars(cls).items()):
            if inspect.isfunction(value) and not name.startswith("_"):
                setattr(cls, name, _method(name, value))

    @classmethod
    def _stub_name(cls) -> str:
        return cls.__dict__.get("_stub") or cls.__name__

    def _owner(self) -> Any:
        return current_host()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        kind = type(self)._stub_name()
        known = stubs.load().has_member(kind, name)
        what = "the fake does not offer it yet" if known else "Nuke does not have it (types-nuke)"
        raise self._owner().refusal(f"{kind}.{name}: {what}.")

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            kind = type(self)._stub_name()
            raise self._owner().refusal(f"{kind}.{name}: objects of Nuke take no attributes.")
        object.__setattr__(self, name, value)


def _method(name: str, function: Callable) -> Callable:
    """A method as the shim sees it: thread, life of the object and arguments are checked."""
    free = getattr(function, "any_thread", False)

    @functools.wraps(function)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        host = self._owner()
        label = f"{type(self)._stub_name()}.{name}"
        if not free:
            host.threads.check(label)
        alive = getattr(self, "_check_alive", None)
        if alive is not None:
            alive()
        if not stubs.load().has_member(type(self)._stub_name(), name):
            host.refuse(f"{label}: Nuke does not have it (types-nuke).")
        wrong = check_call(label, _calls_of(type(self), name, function), args, kwargs)
        if wrong:
            host.refuse(wrong)
        return function(self, *args, **kwargs)

    return checked


@functools.cache
def _calls_of(kind: type, name: str, function: Callable) -> list[stubs.Call]:
    for base in kind.__mro__:
        found = documented.calls(f"{base.__dict__.get('_stub') or base.__name__}.{name}")
        if found:
            return found
    known = stubs.load().calls(kind._stub_name(), name)  # type: ignore[attr-defined]  # HostObject
    return _telling(known) or own_form(function, method=True)
