"""Timelines and what is on them."""

from fractions import Fraction

from tests.resolve_host import clock, known
from tests.resolve_host.host_object import HostObject
from tests.resolve_host.state import Track, new_id

RATE = "timelineFrameRate"


class TimelineItem(HostObject):
    kind = "TimelineItem"

    @property
    def _media(self):
        return self._host.project.media(self._state.media)

    @property
    def _rates(self):
        timeline = next(t for t, _, i in self._host.project.items() if i.id == self._state.id)
        fps = timeline.settings.get(RATE, self._host.project.settings[RATE])
        clip = self._media
        return clock.rate(fps), clock.rate(clip.fps) if clip and clip.path + clip.pattern else None

    def GetName(self):
        return self._state.name

    def GetUniqueId(self):
        return self._state.id

    def GetStart(self, subframes):
        return float(self._state.start) if subframes else self._state.start

    def GetEnd(self, subframes):
        end = self._state.start + self._state.duration
        return float(end) if subframes else end

    def GetDuration(self, subframes):
        return float(self._state.duration) if subframes else self._state.duration

    def GetLeftOffset(self, subframes):
        # Measured: the warped domain, position / speed: exact for placement, blind for speed.
        offset = self._state.source / abs(self._state.speed)
        return float(offset) if subframes else int(offset)

    @property
    def _span(self):
        """What of the source the clip uses, in frames of the media."""
        timeline_rate, media_rate = self._rates
        return self._state.duration * abs(self._state.speed) * media_rate / timeline_rate

    def GetSourceStartFrame(self):
        if self._state.imported_from_xml or self._rates[1] is None:
            return 0  # measured: 0/0 on timelines imported from FCP 7 XML: unknown, not "no retime"
        if self._state.speed < 0:
            return int(self._state.source + self._span)
        # Measured: one frame off on some items.
        return int(self._state.source) + (1 if self._host.source_start_off_by_one else 0)

    def GetSourceEndFrame(self):
        if self._state.imported_from_xml or self._rates[1] is None:
            return 0
        if self._state.speed < 0:
            return int(self._state.source)
        # Measured: exclusive where the rates are equal, inclusive (one less) where they differ.
        timeline_rate, media_rate = self._rates
        return int(self._state.source + self._span) - (0 if timeline_rate == media_rate else 1)

    def _seconds(self, frame):
        # Measured: timecode-absolute, unlike GetSourceStartFrame, and in the media's rate.
        clip = self._media
        start = clock.frame_of(clip.start_timecode, clip.fps)
        return float((start + frame) / self._rates[1])

    def GetSourceStartTime(self):
        if self._state.imported_from_xml or self._rates[1] is None:
            return 0.0
        reverse = self._state.speed < 0
        return self._seconds(self._state.source + (self._span if reverse else 0))

    def GetSourceEndTime(self):
        if self._state.imported_from_xml or self._rates[1] is None:
            return 0.0
        reverse = self._state.speed < 0
        return self._seconds(self._state.source + (0 if reverse else self._span))

    def GetMediaPoolItem(self):
        from tests.resolve_host.pool import MediaPoolItem

        clip = self._media
        return MediaPoolItem(self._host, clip) if clip else None

    def GetProperty(self, key=""):
        # Measured: speed is not among them under any name.
        values = {
            **dict.fromkeys(known.ITEM_PROPERTIES, 0.0),
            "ZoomX": 1.0,
            "ZoomY": 1.0,
            "Opacity": 100.0,
            **self._state.properties,
        }
        return values.get(key) if key else values

    def SetProperty(self, key, value):
        if key in ("Speed", "PlaybackSpeed", "RetimeSpeed", "ClipSpeed"):
            return False
        known.check_keys([key], known.ITEM_PROPERTIES, "SetProperty")
        self._state.properties[key] = value
        return True

    def GetClipColor(self):
        return self._state.color

    def SetClipColor(self, color):
        if color not in known.CLIP_COLORS:
            return False
        if self._media is None:
            return True  # measured: generators say True, and nothing persists
        self._state.color = color
        return True

    def GetFusionCompCount(self):
        return self._state.fusion_comps

    def GetClipEnabled(self):
        return True

    def CopyGrades(self, targets):
        for target in targets:
            target._state.grade = self._state.grade
        return True

    def AddTake(self, clip, first, last):
        state = self._state
        if not state.takes:
            state.takes = [{"media": state.media, "first": None, "last": None}]
            state.take = 1
        state.takes.append({"media": clip._state.id, "first": first, "last": last})
        return True

    def GetTakesCount(self):
        return len(self._state.takes)

    def GetTakeByIndex(self, index):
        from tests.resolve_host.pool import MediaPoolItem

        if not 1 <= index <= len(self._state.takes):
            return None
        take = self._state.takes[index - 1]
        clip = self._host.project.media(take["media"])
        return {
            "startFrame": take["first"],
            "endFrame": take["last"],
            "mediaPoolItem": MediaPoolItem(self._host, clip),
        }

    def GetSelectedTakeIndex(self):
        return self._state.take

    def SelectTakeByIndex(self, index):
        if not 1 <= index <= len(self._state.takes):
            return False
        self._state.take = index  # the slot keeps its length
        self._state.media = self._state.takes[index - 1]["media"]
        return True

    def DeleteTakeByIndex(self, index):
        if not 1 <= index <= len(self._state.takes):
            return False
        del self._state.takes[index - 1]
        if len(self._state.takes) == 1:
            self._state.media = self._state.takes[0]["media"]
            self._state.takes, self._state.take = [], 0
        return True


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

    def SetSetting(self, key, value):
        known.check_keys([key], known.SETTINGS, "Timeline.SetSetting")
        own = self._state.settings.get("useCustomSettings") == "1"
        if key != "useCustomSettings" and not own:
            return True  # follows the project: said, not done
        if key == RATE and (
            self._host.timeline_rate_locked or any(t.items for t in self._state.video)
        ):
            return False
        before = self._state.start_timecode
        self._state.settings[key] = value
        self._state.start_timecode = before
        return True

    def GetTrackCount(self, kind):
        return len(self._tracks(kind))

    def GetTrackName(self, kind, index):
        return self._tracks(kind)[index - 1].name

    def SetTrackName(self, kind, index, name):
        self._tracks(kind)[index - 1].name = name
        return True

    def GetIsTrackLocked(self, kind, index):
        return self._tracks(kind)[index - 1].locked

    def AddTrack(self, kind, options=None):
        tracks = self._tracks(kind)
        at = len(tracks)
        if isinstance(options, dict):
            known.check_keys(options, known.keys("NewTrackOptions"), "AddTrack")
            # README: 1 <= index <= count; else it appends. Versions before it refuse the form.
            if self._host.version < (20, 0):
                return False
            index = options.get("index", 0)
            at = index - 1 if 1 <= index <= len(tracks) else at
        tracks.insert(at, Track(""))
        for number, track in enumerate(tracks, 1):
            if not track.name or track.name.startswith("Video "):
                track.name = f"Video {number}"
        return True

    def DeleteTrack(self, kind, index):
        tracks = self._tracks(kind)
        if not 1 <= index <= len(tracks) or len(tracks) == 1:
            return False
        del tracks[index - 1]
        for number, track in enumerate(tracks, 1):
            if track.name.startswith("Video "):
                track.name = f"Video {number}"
        return True

    def GetItemListInTrack(self, kind, index):
        return [TimelineItem(self._host, item) for item in self._tracks(kind)[index - 1].items]

    def GetCurrentVideoItem(self):
        now = self._begin + self._state.playhead
        for track in reversed(self._state.video):
            for item in track.items:
                if item.start <= now < item.start + item.duration:
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
        group = new_id("link") if linked else ""
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
        items = [item for track in self._state.video for item in track.items]
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
            lines.append(f"{number:03}  AX       V     C        {' '.join(times)} ")
            if item.imported_from_xml or item.speed != 1:
                # The play rate; 000.0 on every clip that came from FCP 7 XML means nothing.
                rate = Fraction(0) if item.imported_from_xml else item.speed * clock.rate(self._fps)
                lines.append(
                    f"M2      AX             {float(rate):05.1f}                {times[0]} "
                )
            lines += [f"* FROM CLIP NAME: {item.name}", ""]
        return "\n".join(lines)
