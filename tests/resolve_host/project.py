"""A project and its Deliver page."""

from fractions import Fraction

from tests.resolve_host import clock, known, media
from tests.resolve_host.host_object import HostObject
from tests.resolve_host.item import RATE
from tests.resolve_host.pool import MediaPool
from tests.resolve_host.state import new_id
from tests.resolve_host.timeline import Timeline, typed

CODECS = {
    "EXR": {
        f"RGB {kind}{' (' + packing + ')' if packing else ''}": f"RGB{kind.title()}{packing}"
        for kind in ("half", "float")
        for packing in ("", "ZIP", "PIZ", "RLE", "DWAA", "DWAB")
    },
    "QuickTime": {"Apple ProRes 422 HQ": "ProRes422HQ"},
    "Wave": {},  # measured: some formats expose no codec at all
}
FORMATS = {"EXR": "exr", "QuickTime": "mov", "Wave": "wav"}

# What a page that nobody touched delivers, and what the stock preset carries along.
VIDEO = {"ExportVideo": True, "ExportAudio": True, "FormatWidth": 1920, "FormatHeight": 1080}
AUDIO_ONLY = {"ExportVideo": False, "ExportAudio": True, "NoVideoWhateverYouAsk": True}


class Project(HostObject):
    kind = "Project"

    @property
    def _page(self):
        return self._state.deliver

    def GetName(self):
        return self._state.name

    def GetUniqueId(self):
        return self._state.id

    def GetMediaPool(self):
        return MediaPool(self._host, self._state)

    def GetTimelineCount(self):
        return len(self._state.timelines)

    def GetTimelineByIndex(self, index):
        if not 1 <= index <= len(self._state.timelines):
            return None
        return Timeline(self._host, self._state.timelines[index - 1])

    def GetCurrentTimeline(self):
        timeline = self._state.timeline(self._state.current_timeline)
        return Timeline(self._host, timeline) if timeline else None

    def SetCurrentTimeline(self, timeline):
        if self._state.timeline(timeline._state.id) is None:
            return False
        self._state.current_timeline = timeline._state.id
        return True

    def GetSetting(self, key=""):
        if not key:
            return dict(self._state.settings)
        known.check_keys([key], known.SETTINGS, "Project.GetSetting")
        return self._state.settings.get(key, "")

    def GetSettings(self):
        return typed(self._state.settings)

    def GetRenderFormats(self):
        return dict(FORMATS)

    def GetRenderCodecs(self, name):
        found = {**CODECS, **{FORMATS[key]: value for key, value in CODECS.items()}}
        return dict(found.get(name, {}))

    def GetCurrentRenderFormatAndCodec(self):
        return {"format": self._page.format, "codec": self._page.codec}

    def SetCurrentRenderFormatAndCodec(self, name, codec):
        words = FORMATS.values() if self._host.formats_by_extension else FORMATS
        ids = self._codec_ids(name)
        # Measured: the id is wanted, and the description that people see is refused.
        if name not in words or codec not in ids:
            return False
        self._page.format, self._page.codec = FORMATS.get(name, name), codec
        return True

    def _codec_ids(self, name):
        long_name = {value: key for key, value in FORMATS.items()}.get(name, name)
        return CODECS.get(long_name, {}).values()

    def GetCurrentRenderMode(self):
        return self._page.mode

    def SetCurrentRenderMode(self, mode):
        self._page.mode = mode
        return True

    def GetRenderPresetList(self):
        return list(self._page.presets)

    def LoadRenderPreset(self, name):
        if name not in self._page.presets:
            return False
        preset = self._page.presets[name]
        # A stock preset says nothing of where to; the page keeps what it had.
        kept = {k: v for k, v in self._page.hidden.items() if k in ("TargetDir", "CustomName")}
        self._page.hidden = {**kept, **preset["hidden"]}
        self._page.format, self._page.codec = preset["format"], preset["codec"]
        self._page.mode = preset["mode"]
        return True

    def SaveAsNewRenderPreset(self, name):
        if name in self._page.presets:
            return False
        page = self._page
        page.presets[name] = {
            "hidden": dict(page.hidden),
            "format": page.format,
            "codec": page.codec,
            "mode": page.mode,
        }
        return True

    def DeleteRenderPreset(self, name):
        return self._page.presets.pop(name, None) is not None

    def SetRenderSettings(self, settings):
        known.check_keys(
            settings,
            known.keys("RenderSettings", self._host.version) | known.RENDER_SETTINGS,
            "SetRenderSettings",
        )
        # Measured: layered on top of what the page holds, and nothing reads it back.
        self._page.hidden.update(settings)
        return True

    def AddRenderJob(self):
        job = {
            "JobId": new_id("job"),
            "timeline": self._state.current_timeline,
            "settings": dict(self._page.hidden),
            "format": self._page.format,
            "status": "Ready",
            "done": 0,
        }
        self._page.jobs.append(job)
        return job["JobId"]

    def GetRenderJobList(self):
        # Measured: the record repeats what was asked for; it is no witness of what is written.
        return [
            {
                "JobId": job["JobId"],
                "IsExportVideo": True,
                "TargetDir": job["settings"].get("TargetDir"),
            }
            for job in self._page.jobs
        ]

    def DeleteRenderJob(self, job):
        before = len(self._page.jobs)
        self._page.jobs = [entry for entry in self._page.jobs if entry["JobId"] != job]
        return len(self._page.jobs) < before

    def StartRendering(self, jobs, interactive=False):
        for entry in self._page.jobs:
            if entry["JobId"] in jobs:
                entry["status"] = "Rendering"
        return True  # at once: the frames come later

    def StopRendering(self):
        for entry in self._page.jobs:
            if entry["status"] == "Rendering":
                entry["status"] = "Cancelled"

    def IsRenderingInProgress(self):
        for entry in self._page.jobs:
            if entry["status"] == "Rendering":
                _render_some(self._host, self._state, entry)
        return any(entry["status"] == "Rendering" for entry in self._page.jobs)

    def GetRenderJobStatus(self, job):
        for entry in self._page.jobs:
            if entry["JobId"] == job:
                return {"JobStatus": entry["status"], "CompletionPercentage": entry["done"]}
        return None


def _render_some(host, project, job):
    """A few frames between two questions: <CustomName>.<8 digits>.exr, numbered by the timeline."""
    timeline = project.timeline(job["timeline"])
    settings = job["settings"]
    if timeline is None or job["format"] != "exr" or settings.get("NoVideoWhateverYouAsk"):
        job["status"], job["done"] = "Complete", 100  # it says so; there are no pictures
        return
    fps = timeline.settings.get(RATE, project.settings[RATE])
    begin = clock.frame_of(timeline.start_timecode, fps)
    end = max((i.start + i.duration for t in timeline.video for i in t.items), default=begin)
    frames = range(begin, end)
    if not settings.get("SelectAllFrames", True):  # in and out count in the timeline's frames
        frames = range(settings["MarkIn"], settings["MarkOut"] + 1)
    done = round(job["done"] * len(frames) / 100)
    if host.render_breaks_after is not None and done >= host.render_breaks_after:
        job["status"] = "Failed"
        return
    for number in frames[done : done + 4]:
        _write(project, timeline, number, fps, settings)
    done = min(done + 4, len(frames))
    job["done"] = 100 * done / max(len(frames), 1)
    if done == len(frames):
        job["status"] = "Complete"


def _write(project, timeline, number, fps, settings):
    size = settings.get("FormatWidth", 1920), settings.get("FormatHeight", 1080)
    pixels = media.placed(_composited(project, timeline, number, fps, size), size)
    own = timeline.settings if timeline.settings.get("useCustomSettings") == "1" else {}
    pixels = delivered(pixels, {**project.settings, **own})
    name = f"{settings.get('CustomName', timeline.name)}.{number:08d}.exr"
    media.write_exr(f"{settings['TargetDir']}/{name}", pixels, clock.timecode_of(number, fps))


def delivered(pixels, settings):
    """What Deliver writes of scene-linear pixels: the output space, and what it cannot hold."""
    mode = settings.get("colorScienceMode", "davinciYRGB")
    if mode == "davinciYRGB":
        return pixels
    if mode.startswith("aces"):
        return media.encode(pixels, settings.get("colorAcesODT", ""))
    if settings.get("separateColorSpaceAndGamma") == "1":
        return media.encode(pixels, settings.get("colorSpaceOutputGamma", ""))
    return media.encode(pixels, settings.get("colorSpaceOutput", ""))


def _composited(project, timeline, number, fps, size):
    """The topmost clip of the timeline at a record frame: its source frame in the media's rate."""
    for track in reversed(timeline.video):
        for item in track.items:
            if item.start <= number < item.start + item.duration:
                clip = project.media(item.media)
                ratio = clock.rate(clip.fps) / clock.rate(fps)
                index = item.source + (number - item.start) * Fraction(item.speed) * ratio
                return media.read(clip, min(int(index), clip.frames - 1))
    return media.paint(0, size) * 0


class ProjectManager(HostObject):
    kind = "ProjectManager"

    def GetCurrentProject(self):
        return Project(self._host, self._host.project)

    def SaveProject(self):
        if self._host.project.name == "Untitled Project":
            if self._host.headless:
                raise TimeoutError("SaveProject of an untitled project never returns with -nogui")
            return False
        for timeline in self._host.project.timelines:
            for track in timeline.video:
                track.items = [item for item in track.items if not item.discarded_on_save]
        return True
