"""The application: editions, versions, pages, and what a menu script finds."""

from tests.resolve_host import known, versions
from tests.resolve_host.host_object import HostObject
from tests.resolve_host.project import AUDIO_ONLY, VIDEO, ProjectManager
from tests.resolve_host.state import ProjectState


class Fusion(HostObject):
    kind = "Fusion"

    @property
    def UIManager(self):
        """None on the free edition from 19.1 on, and a purchase pop-up appears."""
        if self._host.edition == "free" and self._host.version >= (19, 1):
            self._host.modal = "UI Manager is a Studio feature"
            return None
        return "a UI manager"


class Resolve(HostObject):
    kind = "Resolve"
    EXPORT_EDL = 3.0
    EXPORT_NONE = 0.0

    def Fusion(self):
        return Fusion(self._host)

    def GetProjectManager(self):
        return ProjectManager(self._host)

    def GetProductName(self):
        return "DaVinci Resolve" + (" Studio" if self._host.edition == "studio" else "")

    def GetVersion(self):
        return [*self._host.version, *[0] * (4 - len(self._host.version)), ""]

    def GetVersionString(self):
        return ".".join(str(number) for number in self._host.version)

    def GetCurrentPage(self):
        return self._host.page

    def OpenPage(self, name):
        if name not in ("media", "cut", "edit", "fusion", "color", "fairlight", "deliver"):
            return False
        self._host.page = name
        return True


class Host:
    """A running Resolve, with the switches for what versions and accounts disagree about."""

    def __init__(self, edition="studio", version=None, rate="24"):
        self.edition, self.version = edition, tuple(version or versions.chosen())
        self.page = "edit"
        self.modal = ""
        self.headless = False
        self.calls = []
        self.missed = []
        self._faults = {}
        self._flaky = {"Timeline.DeleteClips"}
        # Switches.
        self.end_frame_inclusive = False
        self.frames_by_number = True
        self.append_errors = 0
        self.individual_frames = False
        self.reel_names_automatic = False
        self.color_managed = False
        self.says_false_when_done = False
        self.source_start_off_by_one = True
        # Measured on 21.1: how far a clip reaches to the left counts in the timeline's frames.
        self.offset_in_record_frames = self.version >= (21, 1)
        self.timeline_colors_locked = False
        self.ripple_broken = self.ripple_missing = False
        self.ramp = {}  # id -> the one number that Resolve has for a clip with a ramp
        self.timeline_rate_locked = False
        self.formats_by_extension = True
        self.render_breaks_after = None
        self.project = _project(rate)
        self.app = Resolve(self)

    def flaky(self, call):
        """Whether a call that is flaky fails now: its first try does."""
        first = call in self._flaky
        self._flaky.discard(call)
        return first

    def break_call(self, call, times=(1,), how="refuse"):
        """Let the given calls (counted from 1) of "Class.Method" fail: refuse, or lie."""
        kind, _, name = call.partition(".")
        if not known.ever(kind, name):
            raise known.UnknownCall(call)
        self._faults[call] = ({*times}, how, [0])

    def fault(self, call):
        if call not in self._faults:
            return ""
        times, how, count = self._faults[call]
        count[0] += 1
        return how if count[0] in times or 0 in times else ""

    def runs_python_menu_scripts(self):
        """The free edition stopped listing Python scripts in 21.1."""
        return not (self.edition == "free" and self.version >= (21, 1))

    def scriptapp(self, name):
        """What a script outside Resolve gets: None on the free edition."""
        return self.app if name == "Resolve" and self.edition == "studio" else None


def _project(rate):
    project = ProjectState()
    project.settings = {
        "timelineFrameRate": rate,
        "timelineResolutionWidth": "1920",
        "timelineResolutionHeight": "1080",
        "colorScienceMode": "davinciYRGB",
        "colorSpaceTimeline": "Rec.709 Gamma 2.4",
        "colorSpaceOutput": "Rec.709 Gamma 2.4",
    }
    project.current_bin = project.root.id
    page = project.deliver
    page.presets = {
        name: {"hidden": dict(hidden), "format": "mov", "codec": "ProRes422HQ", "mode": 1}
        for name, hidden in [
            ("H.264 Master", VIDEO),
            ("ProRes 422 HQ", VIDEO),
            ("Audio Only", AUDIO_ONLY),
        ]
    }
    # Somebody delivered sound last: the page holds on to it until a preset is loaded.
    page.hidden = {**AUDIO_ONLY, "TargetDir": "/mnt/sound", "CustomName": "mix"}
    return project
