"""Parameters: descriptions, values with keys, and the parameter suite."""

import ctypes
import threading
from bisect import bisect_right

from . import abi, names
from .abi import Status
from .faults import Refused
from .properties import PropertySet, text_of

_DEFAULTS = {"int": 0, "double": 0.0, "string": ""}


class Curve:
    """A value, or keys {time: value}: doubles are linear between keys, all else holds.

    Before the first and after the last key the value stays. A callable gives any function of time.
    """

    def __init__(self, value, linear):
        self.linear = linear
        self.set(value)

    def set(self, value):
        """Replace everything by a value, keys, or a function."""
        self.keys = dict(sorted(value.items())) if isinstance(value, dict) else {}
        self.constant = None if self.keys else value

    def at(self, time):
        """The value at a time."""
        if callable(self.constant):
            return self.constant(time)
        if not self.keys:
            return self.constant
        times = list(self.keys)
        after = bisect_right(times, time)
        if after == 0:
            return self.keys[times[0]]
        left = times[after - 1]
        if after == len(times) or not self.linear:
            return self.keys[left]
        right = times[after]
        share = (time - left) / (right - left)
        return self.keys[left] + share * (self.keys[right] - self.keys[left])

    def integral(self, start, end):
        """The exact integral from start to end of what is linear between keys."""
        if end < start:
            return -self.integral(end, start)
        inside = [time for time in self.keys if start < time < end]
        edges = [start, *inside, end]
        return sum(
            (right - left) * (self.at(left) + self.at(right)) / 2
            for left, right in zip(edges, edges[1:])
        )


class ParamDescriptor:
    """A parameter as DescribeInContext defines it."""

    def __init__(self, host, kind, name):
        self.kind, self.name = kind, name
        value, count = names.PARAMETERS[kind]
        values = {"OfxPropType": "OfxTypeParameter", "OfxPropName": name, "OfxPropLabel": name}
        values |= {"OfxParamPropSecret": 0, "OfxParamPropEnabled": 1, "OfxParamPropParent": ""}
        values |= {"OfxParamPropHint": "", "OfxParamPropEvaluateOnChange": 1}
        if value:
            values["OfxParamPropDefault"] = [_DEFAULTS[value]] * count
            values |= {"OfxParamPropAnimates": 1, "OfxParamPropPersistant": 1}
        self.properties = PropertySet(
            host.handles, "param descriptor", f"parameter {name}", values, kind
        )

    def __str__(self):
        return f"parameter {self.name}"

    @property
    def default(self):
        """The default, as many values as the type has."""
        return list(self.properties.values.get("OfxParamPropDefault", []))


class Param:
    """A parameter of an instance."""

    def __init__(self, host, descriptor, instance):
        self.descriptor, self.instance = descriptor, instance
        self.name, self.kind = descriptor.name, descriptor.kind
        self.value_type, self.count = names.PARAMETERS[self.kind]
        self.properties = PropertySet(
            host.handles,
            "param",
            f"parameter {self.name}",
            {**descriptor.properties.values, "OfxPropType": "OfxTypeParameterInstance"},
            self.kind,
        )
        self.handle = host.handles.new(self)
        self.curves = [Curve(value, self.value_type == "double") for value in descriptor.default]

    def __str__(self):
        return f"parameter {self.name}"

    def set(self, *values):
        """Set by the host or its user: plain values, {time: value}, or a function of time."""
        for curve, value in zip(self.curves, values):
            curve.set(value)

    def at(self, time):
        """All values at a time."""
        return [self._clamped(curve.at(time)) for curve in self.curves]

    def value(self):
        """All values now."""
        return self.at(self.instance.time)

    def saved(self):
        """What a project file keeps of it."""
        return [dict(curve.keys) or curve.constant for curve in self.curves]

    def _clamped(self, value):
        """Hosts that need a range and a display range take short ones where there are none."""
        wanted = ("Min", "Max", "DisplayMin", "DisplayMax")
        numeric = self.kind in ("OfxParamTypeDouble", "OfxParamTypeInteger")
        given = all(
            f"OfxParamProp{name}" in self.descriptor.properties.set_by_plugin for name in wanted
        )
        if not numeric or given or not self.instance.host.profile.clamps_without_ranges:
            return value
        return max(-1.0, min(1.0, value)) if self.value_type == "double" else 0


class ParamSet:
    """All parameters of a descriptor or an instance."""

    def __init__(self, host, title):
        self.params = {}
        self.title = title
        self.properties = PropertySet(host.handles, "param set", title)
        self.handle = host.handles.new(self)

    def __str__(self):
        return f"{self.title} parameters"


class ParameterSuite:
    """The 18 functions of the parameter suite."""

    def __init__(self, host):
        self._host = host
        self._lock = threading.RLock()

    def paramDefine(self, params, kind, name, properties):
        found = self._host.handles.get(params, ParamSet)
        kind, name = text_of(kind), text_of(name)
        if kind not in names.PARAMETERS:
            raise Refused(Status.UNKNOWN, f"defined a parameter of type {kind!r}")
        if not name or name in found.params:
            raise Refused(Status.EXISTS, f"defined the parameter {name!r} twice, or without a name")
        param = found.params[name] = ParamDescriptor(self._host, kind, name)
        if properties:
            abi.write(ctypes.c_void_p, properties, param.properties.handle)

    def paramGetHandle(self, params, name, param, properties):
        found = self._host.handles.get(params, ParamSet).params.get(text_of(name))
        if found is None:
            raise Refused(Status.UNKNOWN, f"asked for the parameter {text_of(name)!r}")
        abi.write(ctypes.c_void_p, param, found.handle)
        if properties:
            abi.write(ctypes.c_void_p, properties, found.properties.handle)

    def paramSetGetPropertySet(self, params, properties):
        found = self._host.handles.get(params, ParamSet)
        abi.write(ctypes.c_void_p, properties, found.properties.handle)

    def paramGetPropertySet(self, param, properties):
        abi.write(ctypes.c_void_p, properties, self._param(param).properties.handle)

    def paramGetValue(self, param, *out):
        found = self._param(param)
        self._give(found, found.value(), out)

    def paramGetValueAtTime(self, param, time, *out):
        found = self._param(param)
        self._give(found, found.at(time), out)

    def paramGetDerivative(self, param, time, *out):
        raise Refused(Status.UNSUPPORTED)

    def paramGetIntegral(self, param, start, end, *out):
        found = self._param(param)
        if found.value_type != "double":
            raise Refused(Status.UNSUPPORTED, f"asked for the integral of {found}")
        if not self._host.profile.has_integral:
            raise Refused(Status.UNSUPPORTED)
        self._give(found, [curve.integral(start, end) for curve in found.curves], out)

    def paramSetValue(self, param, *values):
        found = self._param(param)
        self._check_action(found)
        with self._lock:
            found.set(*self._taken(found, values))
        found.instance.changed_by_plugin(found)

    def _check_action(self, param):
        """A plug-in sets parameters in these actions alone (ofxParam.h, "paramSetValue")."""
        action = self._host.doing.action
        if action not in ("create", "begin change", "change", "end change", "sync"):
            raise Refused(Status.FAILED, f"set {param} in the action {action}")

    def paramSetValueAtTime(self, param, time, *values):
        found = self._param(param)
        self._check_action(found)
        with self._lock:
            for curve, value in zip(found.curves, self._taken(found, values)):
                curve.set({**curve.keys, time: value})
        found.instance.changed_by_plugin(found)

    def paramGetNumKeys(self, param, count):
        found = self._param(param)
        abi.write(ctypes.c_uint, count, len(found.curves[0].keys) if found.curves else 0)

    def paramGetKeyTime(self, param, index, time):
        keys = list(self._param(param).curves[0].keys)
        if index >= len(keys):
            raise Refused(Status.BAD_INDEX, f"asked for key {index} of {len(keys)}")
        abi.write(ctypes.c_double, time, keys[index])

    def paramGetKeyIndex(self, param, time, direction, index):
        keys = list(self._param(param).curves[0].keys)
        fits = [
            number
            for number, key in enumerate(keys)
            if (key - time) * direction > 0 or (direction == 0 and key == time)
        ]
        if not fits:
            raise Refused(Status.FAILED)
        abi.write(ctypes.c_int, index, fits[-1] if direction < 0 else fits[0])

    def paramDeleteKey(self, param, time):
        for curve in self._param(param).curves:
            rest = {key: value for key, value in curve.keys.items() if key != time}
            curve.set(rest or curve.at(time))

    def paramDeleteAllKeys(self, param):
        found = self._param(param)
        found.set(*found.value())

    def paramCopy(self, target, source, offset, interval):
        to, of = self._param(target), self._param(source)
        if not self._host.profile.copies_parameters:
            return
        for ours, theirs in zip(to.curves, of.curves):
            keys = {time + offset: value for time, value in theirs.keys.items()}
            ours.set(keys or theirs.constant)

    def paramEditBegin(self, params, name):
        self._host.handles.get(params, ParamSet)

    def paramEditEnd(self, params):
        self._host.handles.get(params, ParamSet)

    def _param(self, handle):
        return self._host.handles.get(handle, Param)

    def _give(self, param, values, out):
        if not param.count:
            raise Refused(Status.UNSUPPORTED, f"asked for the value of {param}")
        for address, value in zip(out, values):
            if not address:
                raise Refused(Status.VALUE, f"gave NULL for the value of {param}")
            if param.value_type == "string":
                abi.write(ctypes.c_void_p, address, self._host.lent(value))
            elif param.value_type == "double":
                abi.write(ctypes.c_double, address, value)
            else:
                abi.write(ctypes.c_int, address, int(value))

    def _taken(self, param, values):
        whole, doubles = values[:4], values[4:]
        if param.value_type == "double":
            return [float(value) for value in doubles[: param.count]]
        if param.value_type == "string":
            return [ctypes.string_at(whole[0]).decode("utf-8") if whole[0] else ""]
        if not param.count:
            raise Refused(Status.UNSUPPORTED, f"set the value of {param}")
        return [ctypes.c_int(value & 0xFFFFFFFF).value for value in whole[: param.count]]
