"""The host: it loads a binary, gives it suites, calls its actions, and judges what it does."""

import _ctypes
import contextlib
import ctypes
import threading
import traceback
from collections import deque
from pathlib import Path

from . import abi, rules
from .abi import Status
from .doing import Doing
from .effect import Context, Descriptor
from .effect_suite import ImageEffectSuite
from .faults import Faults, PluginFault, Refused
from .handles import Handles
from .instance import Instance
from .memory import Block, Blocks, MemorySuite
from .names import ACTIONS
from .parameters import Param, ParameterSuite
from .profiles import REFERENCE, host_properties
from .properties import PropertySet, PropertySuite
from .talking import MessageSuite, ProgressSuite, TimeLineSuite
from .threads import MultiThreadSuite

API = b"OfxImageEffectPluginAPI"
OTHER_SUITES = {
    "OfxImageEffectOpenGLRenderSuite",
    "OfxInteractSuite",
    "OfxDrawSuite",
    "OfxParametricParameterSuite",
}
_SUITES = {
    "OfxPropertySuite": PropertySuite,
    "OfxImageEffectSuite": ImageEffectSuite,
    "OfxParameterSuite": ParameterSuite,
    "OfxMemorySuite": MemorySuite,
    "OfxMultiThreadSuite": MultiThreadSuite,
    "OfxMessageSuite": MessageSuite,
    "OfxProgressSuite": ProgressSuite,
    "OfxTimeLineSuite": TimeLineSuite,
}


class Declined(Exception):
    """The plug-in does not want to run in this host: from Load, Describe or DescribeInContext."""

    def __init__(self, action, status, messages):
        super().__init__(f"{action} answers {Status(status).name}; {messages}")
        self.action, self.status = action, Status(status)


class Host:
    """A host with a profile. Use as a context manager: leaving it unloads every binary."""

    def __init__(self, profile=REFERENCE):
        self.profile = profile
        self.handles, self.faults = Handles(), Faults()
        self.blocks = Blocks(self.handles)
        self.rendering = threading.RLock()
        self.messages, self.suites_fetched, self.calls = [], [], {}
        self.held, self.most_held = set(), 0  # images that were fetched and not yet released
        self._thread = threading.local()
        self._binaries, self._kept = [], []
        self._tables = self._built()
        self.properties = PropertySet(self.handles, "host", "the host", host_properties(profile))
        self._fetch = abi.FETCH_SUITE(self._fetch_suite)
        self.struct = abi.OfxHost(self.properties.handle, self._fetch)

    def __str__(self):
        return self.profile.label

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    def open(self, path):
        """Load a binary and all its plug-ins; returns them."""
        binary = Binary(self, Path(path))
        self._binaries.append(binary)
        binary.start()
        return binary.plugins

    def close(self):
        """Unload everything, and look for what was left behind."""
        while self._binaries:
            self._binaries.pop().close()
        for title in self.blocks.left():
            self.faults.add(f"{title} were not freed")
        self.faults.check()

    # Calls into the plug-in

    @property
    def doing(self):
        """What this thread is doing inside a plug-in, None when it is outside."""
        return getattr(self._thread, "doing", None)

    @contextlib.contextmanager
    def inside(self, doing):
        """Let this thread count as doing something."""
        outer = self.doing
        self._thread.doing = doing
        try:
            yield
        finally:
            self._thread.doing = outer
            self._spoil()

    def arguments(self, place, values):
        """A property set for an action's arguments; None, which is NULL, for none."""
        if values is None:
            return None
        return PropertySet(self.handles, place, place, values)

    def call(self, entry, doing, handle, inputs, outputs, allowed):
        """One action, and its status. Raises PluginFault for everything that was wrong in it."""
        name = ACTIONS.get(doing.action, doing.action)
        ends = [None if given is None else given.handle for given in (inputs, outputs)]
        with self.inside(doing):
            code = entry(name.encode(), handle, *ends)
        for fault in doing.faults():
            self.faults.add(fault)
        for dead in [*doing.live, *(end for end in ends if end is not None)]:
            self.handles.drop(dead)
        if code not in allowed:
            self.faults.add(f"{name} answers {code}, not one of {[int(each) for each in allowed]}")
        self._check(name)
        return Status(code)

    def _check(self, name):
        faults = self.faults.taken()
        if faults:
            raise PluginFault("\n".join(f"{name}: {fault}" for fault in faults))

    # Calls from the plug-in

    def param(self, descriptor, instance):
        """A parameter of an instance."""
        return Param(self, descriptor, instance)

    def allocate(self, size, title):
        """Memory for the plug-in."""
        return self.blocks.allocate(size, title)

    def release(self, handle):
        """Take memory back."""
        self.blocks.release(handle)

    def block(self, handle):
        """The memory behind a handle."""
        return self.handles.get(handle, Block)

    def lent(self, text):
        """The address of a string that is valid until the next call of a suite."""
        buffer = ctypes.create_string_buffer(str(text).encode("utf-8"))
        self._lending.append(buffer)
        self._thread.fresh = [*getattr(self._thread, "fresh", ()), buffer]
        return ctypes.addressof(buffer)

    def ignores(self, properties, name, value):
        """Whether this host lets a change of a property of an instance pass without effect."""
        if properties.place != "param":
            return False
        shown_again = name == "OfxParamPropSecret" and properties.get(name) and not value
        return (self.profile.secrets_stay and shown_again) or (
            self.profile.labels_stay and name == "OfxPropLabel"
        )

    @property
    def _lending(self):
        if not hasattr(self._thread, "lending"):
            self._thread.lending = deque(maxlen=256)
        return self._thread.lending

    def _spoil(self):
        """Overwrite the strings lent before: their time is over, though their memory stays."""
        for buffer in getattr(self._thread, "fresh", ()):
            ctypes.memset(buffer, ord("#"), max(len(buffer) - 1, 0))
        self._thread.fresh = []

    def _fetch_suite(self, host, name, version):
        key = ((name or b"").decode(), version)
        self.suites_fetched.append(key)
        doing = self.doing
        if doing is None or not rules.allowed("fetchSuite", doing.action):
            where = "outside of any action" if doing is None else f"in {doing.action}"
            self.faults.add(f"called fetchSuite {where}")
        if host != self.properties.handle:
            self.faults.add("called fetchSuite with another host")
        if key[0] not in {*_SUITES, *OTHER_SUITES}:
            self.faults.add(f"fetched a suite {key[0]!r}")
        table = self._tables.get(key)
        return None if table is None else ctypes.addressof(table)

    def _built(self):
        made = {}
        tables = {}
        for name, version in self.profile.suites:
            suite = made.setdefault(name, _SUITES[name](self))
            pointers = [
                self._pointer(name, version, function, types, suite)
                for function, types in abi.SUITES[name, version]
            ]
            tables[name, version] = (ctypes.c_void_p * len(pointers))(*pointers)
        return tables

    def _pointer(self, suite, version, function, types, implementation):
        if (suite, version, function) in self.profile.null_functions:
            return None
        method = getattr(implementation, function)
        callback = ctypes.CFUNCTYPE(ctypes.c_int, *types)(
            lambda *arguments: self._called(function, method, arguments)
        )
        self._kept.append(callback)
        return ctypes.cast(callback, ctypes.c_void_p).value

    def _called(self, function, method, arguments):
        self._spoil()
        doing = self.doing
        self.calls[function] = self.calls.get(function, 0) + 1
        if doing is None:
            self.faults.add(f"called {function} outside of any action")
            return int(Status.FAILED)
        if not rules.allowed(function, doing.action):
            self.faults.add(f"called {function} in {doing.action}")
        try:
            answer = method(*arguments)
        except Refused as refused:
            if refused.fault:
                self.faults.add(refused.fault)
            return int(refused.status)
        except PluginFault as fault:
            self.faults.add(str(fault))
            return int(Status.FAILED)
        except Exception:
            self.faults.add(f"the host itself failed in {function}: {traceback.format_exc()}")
            return int(Status.FAILED)
        return int(Status.OK if answer is None else answer)


class Binary:
    """A loaded `.ofx` file."""

    def __init__(self, host, path):
        self.host, self.path = host, path
        self._library = ctypes.CDLL(str(path), mode=ctypes.RTLD_LOCAL)
        self._library.OfxGetNumberOfPlugins.restype = ctypes.c_int
        self._library.OfxGetPlugin.restype = ctypes.POINTER(abi.OfxPlugin)
        self._library.OfxGetPlugin.argtypes = [ctypes.c_int]
        self.plugins = []

    def start(self):
        """The loading sequence of the documents."""
        address = ctypes.addressof(self.host.struct)
        if self.host.profile.calls_set_host and hasattr(self._library, "OfxSetHost"):
            self._library.OfxSetHost.argtypes = [ctypes.c_void_p]
            with self.host.inside(Doing("OfxSetHost")):
                status = self._library.OfxSetHost(address)
            if status != Status.OK:
                self.host.faults.add(f"OfxSetHost answers {status}")
        for index in range(self._library.OfxGetNumberOfPlugins()):
            struct = self._library.OfxGetPlugin(index).contents
            self.plugins.append(Plugin(self.host, struct, self.path, address))
        for plugin in self.plugins:
            plugin.load()

    def close(self):
        """Unload the plug-ins, then the file."""
        try:
            for plugin in self.plugins:
                plugin.unload()
        finally:
            _ctypes.dlclose(self._library._handle)


class Plugin:
    """One plug-in of a binary, described."""

    def __init__(self, host, struct, path, host_address):
        self.host, self.struct, self.path = host, struct, path
        self.entry = struct.mainEntry
        self._loaded = False
        self._instances, self._effects = [], {}
        if struct.pluginApi != API or struct.apiVersion != 1:
            host.faults.add(f"the plug-in's API is {struct.pluginApi} {struct.apiVersion}")
        with host.inside(Doing("setHost")):
            struct.setHost(host_address)
        host.faults.check()

    @property
    def identifier(self):
        """The plug-in's name for ever."""
        return self.struct.pluginIdentifier.decode()

    def load(self):
        """Load and Describe. Raises Declined when the plug-in does not want this host."""
        self._ask("load", None, (Status.OK, Status.DEFAULT, Status.FAILED))
        self._loaded = True
        self.descriptor = Descriptor(self.host, self.path)
        self._ask("describe", self.descriptor.handle, _MAY_DECLINE)
        self.descriptor.check()
        self._ask("OfxActionNobodyKnows", self.descriptor.handle, (Status.DEFAULT,))

    def effect(self, context):
        """The effect in a context that host and plug-in have. Raises Declined when it refuses."""
        if context not in self.descriptor.contexts or context not in self.host.profile.contexts:
            raise ValueError(f"{context} is not a context of both {self} and {self.host}")
        if context not in self._effects:
            described = Context(self.host, self.descriptor, context)
            name = {"OfxImageEffectPropContext": f"OfxImageEffectContext{context}"}
            self._ask("context", described.handle, _MAY_DECLINE, name)
            described.check()
            self._effects[context] = Effect(self, described)
        return self._effects[context]

    @property
    def contexts(self):
        """The contexts that both sides have, in the host's order."""
        return [name for name in self.host.profile.contexts if name in self.descriptor.contexts]

    def unload(self):
        """Destroy what is left, and Unload."""
        for instance in self._instances:
            instance.destroy()
        if self._loaded:
            self._loaded = False
            self._ask("unload", None, (Status.OK, Status.DEFAULT))

    def keep(self, instance):
        """Remember an instance, to destroy it before the end."""
        self._instances.append(instance)

    def __str__(self):
        return self.identifier

    def _ask(self, action, handle, allowed, arguments=None):
        inputs = self.host.arguments(f"in:{action}", arguments)
        status = self.host.call(self.entry, Doing(action), handle, inputs, None, allowed)
        if status not in (Status.OK, Status.DEFAULT):
            raise Declined(action, status, self.host.messages)


_MAY_DECLINE = (Status.OK, Status.MISSING_HOST_FEATURE)


class Effect:
    """An effect in a context: makes instances."""

    def __init__(self, plugin, description):
        self.plugin, self.description = plugin, description
        self.host, self.entry = plugin.host, plugin.entry

    def instance(self, values=None, plates=None, **how):
        """A new instance with loaded values and connected plates {clip: Plate}."""
        made = Instance(self, values, plates, **how)
        self.plugin.keep(made)
        return made
