"""Property sets, and the property suite, which checks every name, type, count and place."""

import ctypes

from . import abi, names
from .abi import Status
from .faults import Refused

_KINDS = {
    "pointer": ctypes.c_void_p,
    "string": ctypes.c_char_p,
    "double": ctypes.c_double,
    "int": ctypes.c_int,
}


class PropertySet:
    """Named lists of values at one place of the table in names.py.

    `parameter_type` decides the type and count of a parameter's default and limits.
    """

    def __init__(self, handles, place, title, values=None, parameter_type=None):
        self.place, self.title = place, title
        self.parameter_type = parameter_type
        self.values = {name: list(_as_list(value)) for name, value in (values or {}).items()}
        self.defaults = {name: list(value) for name, value in self.values.items()}
        self.set_by_plugin = set()
        self.handle = handles.new(self)
        for name in self.values:
            assert names.known(name), f"the host itself uses {name}"

    def __str__(self):
        return f"{self.title}'s properties"

    def __getitem__(self, name):
        return self.values[name][0]

    def get(self, name, default=None):
        """The first value, or the default where there is none."""
        return (self.values.get(name) or [default])[0]

    def put(self, name, *values):
        """Set by the host."""
        self.values[name] = list(values)

    def shape(self, name):
        """The table's entry for a name, its types and its count (None for any number)."""
        entry = names.known(name)
        if entry is None:
            raise Refused(Status.UNKNOWN, f"used the property {name!r}, which is not in OpenFX")
        types, count = entry.types, entry.count
        if self.parameter_type and (types is None or entry.by_type):
            kind, number = names.PARAMETERS[self.parameter_type]
            types = types or (kind,)
            count = number if entry.by_type else count
        return entry, types or ("none",), count


def _as_list(value):
    return value if isinstance(value, (list, tuple)) else [value]


class PropertySuite:
    """The 18 functions, made of four verbs and four types."""

    def __init__(self, host):
        self._host = host
        for kind in _KINDS:
            title = kind.capitalize()
            setattr(self, f"propSet{title}", self._setter(kind))
            setattr(self, f"propSet{title}N", self._setter_of_many(kind))
            setattr(self, f"propGet{title}", self._getter(kind))
            setattr(self, f"propGet{title}N", self._getter_of_many(kind))

    def propReset(self, properties, name):
        found = self._found(properties)
        name = text_of(name)
        self._entry(found, name, None, "set")
        found.values[name] = list(found.defaults.get(name, []))

    def propGetDimension(self, properties, name, count):
        found = self._found(properties)
        name = text_of(name)
        self._entry(found, name, None, "read")
        if name not in found.values:
            raise Refused(Status.UNKNOWN)
        abi.write(ctypes.c_int, count, len(found.values[name]))

    def _setter(self, kind):
        def propSet(properties, name, index, value):
            found = self._found(properties)
            self._store(found, text_of(name), kind, index, value)

        return propSet

    def _setter_of_many(self, kind):
        def propSetN(properties, name, count, values):
            found, name = self._found(properties), text_of(name)
            _, _, wanted = found.shape(name)
            if wanted is not None and count != wanted:
                raise Refused(
                    Status.VALUE, f"set {count} values of {name} on {found.title}, not {wanted}"
                )
            found.values[name] = []
            for index in range(count):
                self._store(found, name, kind, index, abi.read(_KINDS[kind], values, index))

        return propSetN

    def _getter(self, kind):
        def propGet(properties, name, index, value):
            found = self._found(properties)
            self._lend(kind, value, 0, self._loaded(found, text_of(name), kind, index))

        return propGet

    def _getter_of_many(self, kind):
        def propGetN(properties, name, count, values):
            found = self._found(properties)
            for index in range(count):
                self._lend(kind, values, index, self._loaded(found, text_of(name), kind, index))

        return propGetN

    def _found(self, handle):
        return self._host.handles.get(handle, PropertySet)

    def _entry(self, found, name, kind, verb):
        entry, types, count = found.shape(name)
        places = entry.set_in if verb == "set" else entry.read_in
        if found.place not in places:
            raise Refused(Status.UNKNOWN, f"{verb} {name} of {found.title} ({found.place})")
        if kind is not None and kind not in types:
            raise Refused(
                Status.UNKNOWN, f"{verb} {name} of {found.title} as {kind}; it is {types[0]}"
            )
        if verb == "set" and name.startswith("OfxParamProp"):
            self._check_parameter(found, name)
        return count

    def _check_parameter(self, found, name):
        kinds = names.ONLY_FOR.get(name)
        kind = found.parameter_type
        if kinds is not None and kind not in kinds:
            raise Refused(Status.UNKNOWN, f"set {name} of {found.title}, which is a {kind}")

    def _store(self, found, name, kind, index, value):
        count = self._entry(found, name, kind, "set")
        here = found.values.setdefault(name, [])
        if not 0 <= index <= len(here) or (count is not None and index >= count):
            raise Refused(Status.BAD_INDEX, f"set {name}[{index}] of {found.title}")
        value = _checked(found, name, kind, value)
        if self._host.ignores(found, name, value):
            return
        here[index : index + 1] = [value]
        found.set_by_plugin.add(name)

    def _loaded(self, found, name, kind, index):
        self._entry(found, name, kind, "read")
        if name not in found.values:
            raise Refused(Status.UNKNOWN)
        values = found.values[name]
        if not 0 <= index < len(values):
            raise Refused(
                Status.BAD_INDEX,
                f"read {name}[{index}] of {found.title}, which has {len(values)} values",
            )
        return values[index]

    def _lend(self, kind, address, index, value):
        if kind == "string":
            abi.write(ctypes.c_void_p, address, self._host.lent(value), index)
        elif kind == "pointer":
            abi.write(ctypes.c_void_p, address, value, index)
        else:
            abi.write(_KINDS[kind], address, value, index)


def text_of(name):
    return "" if name is None else name.decode("utf-8", "replace")


def _checked(found, name, kind, value):
    if kind != "string":
        if kind == "double" and value != value:
            raise Refused(Status.VALUE, f"set {name} of {found.title} to NaN")
        return value
    if value is None:
        raise Refused(Status.VALUE, f"set {name} of {found.title} to a NULL string")
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(
            Status.VALUE, f"set {name} of {found.title} to bytes that are not UTF-8"
        ) from None
    allowed = names.VALUES.get(name)
    if allowed is not None and text not in allowed:
        raise Refused(Status.VALUE, f"set {name} of {found.title} to {text!r}")
    return text
