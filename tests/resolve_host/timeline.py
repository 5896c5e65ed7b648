"""Timelines, their tracks, marks and settings."""

from fractions import Fraction

from tests.resolve_host import clock, known
from tests.resolve_host.host_object import HostObject
from tests.resolve_host.item import RATE, TimelineItem
from tests.resolve_host.state import Track

COLORS = {
    "colorScienceMode": "davinciYRGB",
    "colorSpaceTimeline": "Rec.709 Gamma 2.4",
    "colorSpaceOutput": "Rec.709 Gamma 2.4",
    "colorSpaceTimelineGamma": "",
    "colorSpaceOutputGamma": "",
    "separateColorSpaceAndGamma": "0",
    "isAutoColorManage": "0",
    "rcmPresetMode": "",
    "outputDRT": "",
    "colorAcesODT": "",
}


def typed(values):
    """Settings of the typed interface: the rate is a number, and says nothing of labels."""
    drops = clock.drops(values[RATE])
    return {
        **values,
        RATE: float(values[RATE].removesuffix(" DF")),
        "timelineDropFrameTimecode": "1" if drops else "0",
    }


class Timeline(HostObject):
    kind = "Timeline"

    @property
    def _fps(self):
        return self._state.settings.get(RATE, self._host.project.settings[RATE])

    @property
    def _begin(self):
        return clock.frame_of(self._state.start_timecode, self._fps)

    def _tracks(self, kind):
        return {"video": self._state.video, "audio": self._state.audio}[kind]

    def GetName(self):
        return self._state.name

    def GetUniqueId(self):
        return self._state.id

    def GetStartFrame(self):
        return self._begin

    def GetEndFrame(self):
        ends = [i.start + i.duration for t in self._state.video for i in t.items]
        return max(ends, default=self._begin)

    def GetStartTimecode(self):
        return self._state.start_timecode

    def SetStartTimecode(self, timecode):
        before = self._begin
        self._state.start_timecode = timecode
        for track in self._state.video:
            for item in track.items:
                item.start += self._begin - before
        return True

    def GetCurrentTimecode(self):
        return clock.timecode_of(self._begin + self._state.playhead, self._fps)

    def SetCurrentTimecode(self, timecode):
        if self._host.page in ("media", "fusion"):
            return False  # README: Cut, Edit, Color, Fairlight and Deliver pages
        self._state.playhead = clock.frame_of(timecode, self._fps) - self._begin
        return True

    def GetSetting(self, key=""):
        values = {**self._host.project.settings, **self._state.settings}
        if not key:
            return values
        known.check_keys([key], known.SETTINGS, "Timeline.GetSetting")
        return values.get(key, "")

    def GetSettings(self):
        # The typed interface: rates come as numbers, and are set as text.
        values = Timeline.GetSetting.__wrapped__(self)
        return typed(values)

    def SetSetting(self, key, value):
        known.check_keys([key], known.SETTINGS, "Timeline.SetSetting")
        own = self._state.settings.get("useCustomSettings") == "1"
        if key == "useCustomSettings":
            # Measured: the colors of the project are lost when a timeline gets settings of its own.
            self._state.settings.update({key: value, **COLORS})
            return True
        if not own:
            return True  # follows the project: said, not done
        if key in COLORS and self._host.timeline_colors_locked:
            return False
        if key == RATE and (
            self._host.timeline_rate_locked or any(t.items for t in self._state.video)
        ):
            return False
        self._state.settings[key] = value
        return True

    def SetSettings(self, settings):
        return all([Timeline.SetSetting.__wrapped__(self, k, v) for k, v in settings.items()])

    def GetMarkInOut(self):
        return {kind: dict(marks) for kind, marks in self._state.marks.items()}

    def GetTrackCount(self, kind):
        return len(self._tracks(kind))

    def GetTrackName(self, kind, index):
        return self._tracks(kind)[index - 1].name

    def SetTrackName(self, kind, index, name):
        self._tracks(kind)[index - 1].name = name
        return True

    def SetTrackLock(self, kind, index, locked):
        self._tracks(kind)[index - 1].locked = locked
        return True

    def GetIsTrackLocked(self, kind, index):
        return self._tracks(kind)[index - 1].locked

    def GetTrackSubType(self, kind, index):
        return "stereo" if kind == "audio" else ""

    def AddTrack(self, kind, options=None):
        tracks = self._tracks(kind)
        at = len(tracks)
        if isinstance(options, dict):
            words = known.keys("NewTrackOptions", self._host.version)
            known.check_keys(options, words, "AddTrack")
            # README: 1 <= index <= count; else it appends.
            index = options.get("index", 0)
            at = index - 1 if 1 <= index <= len(tracks) else at
        tracks.insert(at, Track(""))
        for number, track in enumerate(tracks, 1):
            if not track.name or track.name.startswith(f"{kind.title()} "):
                track.name = f"{kind.title()} {number}"
        return True

    def DeleteTrack(self, kind, index):
        tracks = self._tracks(kind)
        if not 1 <= index <= len(tracks) or len(tracks) == 1:
            return False
        del tracks[index - 1]
        for number, track in enumerate(tracks, 1):
            if track.name.startswith(f"{kind.title()} "):
                track.name = f"{kind.title()} {number}"
        return True

    def GetItemListInTrack(self, kind, index):
        # From 21.1 on, transitions are items, too.
        return [
            TimelineItem(self._host, item)
            for item in self._tracks(kind)[index - 1].items
            if item.kind != "transition" or self._host.version >= (21, 1)
        ]

    def GetCurrentVideoItem(self):
        now = self._begin + self._state.playhead
        for track in reversed(self._state.video):
            for item in track.items:
                here = item.start <= now < item.start + item.duration
                if here and item.kind != "transition":
                    return TimelineItem(self._host, item)
        return None

    def GetSelectedClips(self):
        items = {
            i.id: i for t in (self._state.video, self._state.audio) for k in t for i in k.items
        }
        return [
            TimelineItem(self._host, items[key])
            for key in self._host.project.selected
            if key in items
        ]

    def DeleteClips(self, items, ripple=False):
        if self._host.page != "edit":
            return False  # measured on 21.0: nothing is deleted outside the Edit page
        if self._host.flaky("Timeline.DeleteClips"):
            return False  # seen once on 21.0: an identical second call succeeded
        gone = {item._state.id for item in items}
        for track in self._state.video + self._state.audio:
            track.items = [item for item in track.items if item.id not in gone]
        return True

    def SetClipsLinked(self, items, linked):
        group = f"link of {items[0]._state.id}" if linked else ""
        for item in items:
            item._state.linked = group
        return True

    def Export(self, path, kind, subtype):
        if kind != self._host.app.EXPORT_EDL or subtype != self._host.app.EXPORT_NONE:
            return False  # measured: anything but the live constants is refused, without a file
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._edl())
        return True

    def _edl(self):
        lines = [f"TITLE: {self._state.name}", "FCM: NON-DROP FRAME", ""]
        everything = [item for track in self._state.video for item in track.items]
        items = [item for item in everything if item.kind != "transition"]
        fades = [item for item in everything if item.kind == "transition"]
        for number, item in enumerate(sorted(items, key=lambda i: i.start), 1):
            clip = self._host.project.media(item.media)
            fps = clip.fps if clip else self._fps
            source = clock.frame_of(clip.start_timecode, fps) if clip else 0
            first = source + int(item.source / abs(item.speed))
            times = [
                clock.timecode_of(first, fps),
                clock.timecode_of(first + item.duration, fps),
                clock.timecode_of(item.start, self._fps),
                clock.timecode_of(item.start + item.duration, self._fps),
            ]
            # A dissolve is written at the clip that it leads into (CMX 3600).
            fade = [f for f in fades if f.start <= item.start <= f.start + f.duration]
            kind = f"D    {fade[0].duration:03}" if fade else "C       "
            lines.append(f"{number:03}  AX       V     {kind} {' '.join(times)} ")
            if item.imported_from_xml or item.speed != 1:
                # The play rate; 000.0 on every clip that came from FCP 7 XML means nothing.
                rate = Fraction(0) if item.imported_from_xml else item.speed * clock.rate(self._fps)
                lines.append(
                    f"M2      AX             {float(rate):05.1f}                {times[0]} "
                )
            lines += [f"* FROM CLIP NAME: {item.name}", ""]
        return "\n".join(lines)
