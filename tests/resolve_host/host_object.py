"""What every scripting object of Resolve has in common, wrong answers included."""

import functools

from tests.resolve_host import known

# Studio-only calls that were measured on the free edition (21.0.3.7): False, and a dialog.
STUDIO_ONLY = {
    ("Timeline", "CreateSubtitlesFromAudio"),
    ("MediaPoolItem", "TranscribeAudio"),
}


class HostObject:
    """A proxy: every call to Resolve hands out a new one, so that `is` and `==` say nothing.

    Public methods are checked against the version's table when they are called, recorded in
    `host.calls`, and can be made to fail (`host.faults`). What the version lacks answers None, as
    Resolve's own objects do. That, and calls in a form that it lacks, are in `host.missed`.
    """

    kind = ""

    def __init__(self, host, state=None):
        self._host = host
        self._state = state

    def __init_subclass__(cls):
        for name, function in list(vars(cls).items()):
            if name[0].isupper() and callable(function):
                if not known.ever(cls.kind, name):
                    raise known.UnknownCall(f"the fake offers {cls.kind}.{name}; who says so?")
                setattr(cls, name, _as_resolve_calls(cls.kind, name, function))

    def __getattribute__(self, name):
        if name[0].isupper():
            kind, host = type(self).kind, object.__getattribute__(self, "_host")
            if known.ever(kind, name) and not known.there(kind, name, host.version):
                host.missed.append(f"{kind}.{name}")
                return None
        return object.__getattribute__(self, name)

    def __getattr__(self, name):
        # Measured: getattr answers None to every name it does not know, so hasattr is always True.
        if name.startswith("_"):
            raise AttributeError(name)
        if known.ever(type(self).kind, name):
            if (type(self).kind, name) in STUDIO_ONLY:
                return _as_resolve_calls(type(self).kind, name, lambda *_: True).__get__(self)
            raise NotImplementedError(f"the fake has no {type(self).kind}.{name} yet")
        self._host.missed.append(f"{type(self).kind}.{name}")
        return None

    def __dir__(self):
        return _names(type(self), self._host.version)


@functools.cache
def _names(proxy, version):
    """What a version lists of an object."""
    return [
        name
        for name in dir(proxy)
        if name[0].isupper()
        and (not known.ever(proxy.kind, name) or known.there(proxy.kind, name, version))
    ]


def _as_resolve_calls(kind, name, function):
    @functools.wraps(function)
    def called(self, *arguments, **keywords):
        host = self._host
        try:
            known.check(kind, name, arguments, keywords, host.version)
        except known.UnknownCall:  # the code under test may catch it, as any failure
            host.missed.append(f"{kind}.{name}{arguments}")
            raise
        host.calls.append(f"{kind}.{name}")
        if host.modal:
            return _failure(kind, name, host.version)
        if host.edition == "free" and (kind, name) in STUDIO_ONLY:
            # Measured: False, and until somebody closes the dialog unrelated calls fail, too.
            host.modal = "You have reached a limitation with DaVinci Resolve"
            return False
        fault = host.fault(f"{kind}.{name}")
        if fault == "refuse":
            return _failure(kind, name, host.version)
        if fault == "lie":
            return _success(kind, name, host.version)
        return function(self, *arguments)

    return called


def _failure(kind, name, version):
    return False if known.call(kind, name, version).returns == "bool" else None


def _success(kind, name, version):
    """What a call that did nothing says when it lies: only truth values and lists can."""
    return True if known.call(kind, name, version).returns == "bool" else None
