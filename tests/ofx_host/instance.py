"""An instance of an effect: its actions, in the order and with the checks of a careful host."""

import contextlib
import threading

import numpy as np

from .abi import Status
from .clips import Clip, Plate
from .doing import Doing
from .faults import PluginFault
from .images import Layout, canonical, pixels_of
from .parameters import ParamSet
from .properties import PropertySet
from .rendering import Rendering

NO_PLATE = Plate({0: np.zeros((48, 64, 4), np.float32)})
USER, PLUGIN, TIME = "OfxChangeUserEdited", "OfxChangePluginEdited", "OfxChangeTime"


class Instance(Rendering):
    """Parameters and clips of one use of an effect. Use as a context manager, or `destroy` it.

    `stop`, called with what the asking thread is doing, says whether `abort` answers yes.
    `cancel_progress_at`: the share of progress from which on the user has pressed cancel.
    """

    def __init__(self, effect, values=None, plates=None, *, connect_late=False, time=0.0):
        self.effect, self.host, self.context = effect, effect.host, effect.description
        self.time = time
        self.layout = Layout()
        self.persistent = None
        self.messages, self.persistent_history = [], []
        self.labels_of_progress, self.progress = [], []
        self.stop = _never
        self.cancel_progress_at = None
        self.rendering = threading.RLock()
        self.talking = threading.Lock()
        self.progress_open = False
        self.handle = self.host.handles.new(self)
        self.properties = PropertySet(self.host.handles, "instance", "the instance", self._values())
        self.params = ParamSet(self.host, "the instance's")
        self.params.params = {
            name: self.host.param(described, self)
            for name, described in self.context.params.params.items()
        }
        self.clips = {
            name: Clip(self.host, described, self) for name, described in self.context.clips.items()
        }
        self.load(values or {})
        self._changing = 0
        self._waiting = []
        if not connect_late:
            self._connect(plates or {})
        self._create()
        if connect_late:
            self._connect(plates or {}, tell=True)

    def __str__(self):
        return "the instance"

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.destroy()

    def __getitem__(self, name):
        return self.params.params[name]

    # Parameters and clips

    def save(self):
        """The values that a project file keeps."""
        return {
            name: param.saved()
            for name, param in self.params.params.items()
            if param.curves and param.properties.get("OfxParamPropPersistant", 1)
        }

    def load(self, values):
        """Values of `save`, or {name: value or keys} for parameters of one dimension."""
        for name, value in values.items():
            self[name].set(*(value if isinstance(value, list) else [value]))

    def edit(self, name, *values):
        """The user changes a parameter."""
        self[name].set(*values)
        self.changed("OfxTypeParameter", name, USER)

    def press(self, name):
        """The user presses a push button."""
        self.changed("OfxTypeParameter", name, USER)

    def connect(self, name, plate, **marks):
        """Connect a plate while the instance lives."""
        self.clips[name].connect(plate, **marks)
        self.changed("OfxTypeClip", name, USER)

    def _connect(self, plates, tell=False):
        for name, plate in plates.items():
            self.clips[name].connect(plate)
        if "Output" in self.clips and self.leading_plate is not NO_PLATE:
            self.clips["Output"].connect(self.leading_plate)
        if tell:
            for name in plates:
                self.changed("OfxTypeClip", name, USER)

    @property
    def leading_plate(self):
        """The plate that decides the size of the output."""
        inputs = [clip.plate for name, clip in self.clips.items() if name != "Output"]
        return next((plate for plate in inputs if plate is not None), NO_PLATE)

    # Actions

    def _create(self):
        page = {"OfxImageEffectPropResolvePage": "Edit"}
        arguments = page if self.host.profile.private_arguments else None
        self._act("create", arguments, allowed=(Status.OK, Status.DEFAULT))
        self.created = True

    def destroy(self):
        """End it. A second call does nothing."""
        if getattr(self, "created", False):
            self.created = False
            if self.progress_open:
                self.host.faults.add("a progress was started and not ended")
            self._act("destroy")
            self.host.handles.drop(self.handle)

    def changed(self, kind, name, reason):
        """Begin, InstanceChanged and End, as after an edit."""
        self._changing += 1
        if self._changing > 20:
            raise PluginFault("parameters change each other without end")
        try:
            self._act("begin change", {"OfxPropChangeReason": reason})
            arguments = {
                "OfxPropType": kind,
                "OfxPropName": name,
                "OfxPropChangeReason": reason,
                "OfxPropTime": self.time,
                "OfxImageEffectPropRenderScale": [1.0, 1.0],
            }
            self._act("change", arguments, reason=reason, time=self.time)
            self._act("end change", {"OfxPropChangeReason": reason})
        finally:
            self._changing -= 1
        while self._waiting:
            self.changed("OfxTypeParameter", self._waiting.pop(0), PLUGIN)

    def changed_by_plugin(self, param):
        """What hosts do when a plug-in sets a parameter: tell it, at once or after the action."""
        doing = self.host.doing
        if doing.action != "change":
            return
        if self.host.profile.changes_at_once:
            self.changed("OfxTypeParameter", param.name, PLUGIN)
        else:
            self._waiting.append(param.name)

    def move_to(self, time):
        """The user moves the playhead."""
        self.time = time

    def purge(self):
        """PurgeCaches."""
        self._act("purge")

    def sync(self):
        """SyncPrivateData, as before a project is saved."""
        self._act("sync")

    @contextlib.contextmanager
    def edited(self):
        """BeginInstanceEdit and EndInstanceEdit around what the user does in the interface."""
        self._act("begin edit")
        yield self
        self._act("end edit")

    def time_domain(self):
        """The frame range that the effect gives itself, None when it leaves that to the host."""
        _, out = self._act("domain", None, {"OfxImageEffectPropFrameRange": []})
        given = out.values["OfxImageEffectPropFrameRange"]
        return tuple(given) or None

    def preferences(self):
        """What GetClipPreferences sets."""
        _, out = self._act("preferences", None, {})
        return {name: out.values[name] for name in out.set_by_plugin}

    def region(self, time, scale=(1.0, 1.0)):
        """The canonical region of definition: the effect's, else the union of the inputs'."""
        if not self.host.profile.asks_for_regions:
            return self.leading_plate.region_at(time)
        name = "OfxImageEffectPropRegionOfDefinition"
        arguments = {"OfxPropTime": time, "OfxImageEffectPropRenderScale": list(scale)}
        _, out = self._act("rod", arguments, {name: []}, time=time, scale=scale)
        return tuple(out.values[name]) or self.leading_plate.region_at(time)

    def regions_of_interest(self, time, scale, window):
        """{clip: canonical rectangle} as GetRegionsOfInterest says."""
        rectangle = canonical(window, scale, self.leading_plate.aspect)
        arguments = {
            "OfxPropTime": time,
            "OfxImageEffectPropRenderScale": list(scale),
            "OfxImageEffectPropRegionOfInterest": list(rectangle),
        }
        _, out = self._act("roi", arguments, {}, time=time, scale=scale)
        prefix = "OfxImageClipPropRoI_"
        return self._by_clip(out, prefix, lambda values: tuple(values))

    def frames_needed(self, time):
        """{clip: [(first, last), …]}, or None where the host does not ask."""
        if not self.temporal:
            return None
        _, out = self._act("frames", {"OfxPropTime": time}, {}, time=time)
        return self._by_clip(out, "OfxImageClipPropFrameRange_", _pairs)

    def identity(self, time, scale=(1.0, 1.0), window=None):
        """(clip, time) that the output equals, or None."""
        window = window or self.box_at(time, scale)
        arguments = {
            "OfxPropTime": time,
            "OfxImageEffectPropRenderScale": list(scale),
            "OfxImageEffectPropRenderWindow": list(window),
            "OfxImageEffectPropFieldToRender": "OfxFieldNone",
        }
        status, out = self._act(
            "identity", arguments, {"OfxPropName": [""], "OfxPropTime": [time]}, time=time
        )
        if status != Status.OK:
            return None
        name = out["OfxPropName"]
        if name not in self.clips:
            raise PluginFault(f"IsIdentity names the clip {name!r}")
        return name, out["OfxPropTime"]

    @property
    def temporal(self):
        """Whether host and effect agree on fetching other times."""
        return self.host.profile.temporal and self.context.flag(
            "OfxImageEffectPropTemporalClipAccess"
        )

    def _by_clip(self, out, prefix, understood):
        found = {}
        for name in sorted(out.set_by_plugin):
            clip = name.removeprefix(prefix)
            if clip not in self.clips:
                raise PluginFault(f"{name} names no clip")
            found[clip] = understood(out.values[name])
        return found

    def box_at(self, time, scale=(1.0, 1.0)):
        """The region of definition in pixels, asked anew."""
        return pixels_of(self.region(time, scale), scale, self.leading_plate.aspect)

    # What the suites ask

    def progress_cancelled(self):
        """Whether the user pressed cancel: from the share on that `cancel_progress_at` says."""
        at = self.cancel_progress_at
        return at is not None and self.progress[-1] >= at

    def _act(self, action, arguments=None, results=None, allowed=None, **doing):
        inputs = self.host.arguments(f"in:{action}", arguments)
        outputs = self.host.arguments(f"out:{action}", results)
        allowed = allowed or (Status.OK, Status.DEFAULT)
        status = self.host.call(
            self.effect.entry, Doing(action, self, **doing), self.handle, inputs, outputs, allowed
        )
        return status, outputs

    def _values(self):
        region = NO_PLATE.region
        values = {
            "OfxPropType": "OfxTypeImageEffectInstance",
            "OfxImageEffectPropContext": f"OfxImageEffectContext{self.context.name}",
            "OfxPropInstanceData": 0,
            "OfxImageEffectPropProjectSize": list(region[2:]),
            "OfxImageEffectPropProjectOffset": [0.0, 0.0],
            "OfxImageEffectPropProjectExtent": list(region[2:]),
            "OfxImageEffectPropPixelAspectRatio": 1.0,
            "OfxImageEffectInstancePropEffectDuration": 100.0,
            "OfxImageEffectPropFrameRate": 24.0,
            "OfxPropIsInteractive": 0,
            "OfxImageEffectInstancePropSequentialRender": 0,
        }
        absent = self.host.profile.absent_properties
        return {name: value for name, value in values.items() if name not in absent}


def _never(doing):
    return False


def _pairs(values):
    if len(values) % 2 or not values:
        raise PluginFault(f"GetFramesNeeded gives {values}, which is not pairs")
    pairs = list(zip(values[::2], values[1::2]))
    for first, last in pairs:
        if last < first:
            raise PluginFault(f"GetFramesNeeded gives the range {first} to {last}")
    return pairs
