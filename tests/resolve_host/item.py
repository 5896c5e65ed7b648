"""What is on a timeline: clips, and the transitions between them."""

from fractions import Fraction

from tests.resolve_host import clock, known
from tests.resolve_host.host_object import HostObject

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

    def GetType(self):
        return self._state.kind if self._state.media or self._state.kind != "video" else "generator"

    def GetStart(self, subframes=False):
        return float(self._state.start) if subframes else self._state.start

    def GetEnd(self, subframes=False):
        end = self._state.start + self._state.duration
        return float(end) if subframes else end

    def GetDuration(self, subframes=False):
        return float(self._state.duration) if subframes else self._state.duration

    def GetLeftOffset(self, subframes=False):
        # Measured: the warped domain, position / speed: exact for placement, blind for speed.
        offset = self._state.source / abs(self._state.speed)
        if self._host.offset_in_record_frames:
            timeline_rate, media_rate = self._rates
            offset *= timeline_rate / (media_rate or timeline_rate)
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
        start = clock.frame_of(clip.start_timecode, clock.counting(clip))
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

    def GetProperties(self):
        return TimelineItem.GetProperty.__wrapped__(self)

    def SetProperty(self, key, value):
        if key in ("Speed", "PlaybackSpeed", "RetimeSpeed", "ClipSpeed"):
            return False
        known.check_keys([key], known.ITEM_PROPERTIES, "SetProperty")
        self._state.properties[key] = value
        return True

    def SetProperties(self, properties):
        known.check_keys(properties, known.ITEM_PROPERTIES, "SetProperties")
        self._state.properties.update(properties)
        return True

    def GetSpeed(self):
        said = self._host.ramp.get(self._state.id, 100 * self._state.speed)
        return {"Percentage": float(said), "PitchCorrection": True}

    def SetSpeed(self, options):
        known.check_keys(options, known.keys("SpeedOptions", self._host.version), "SetSpeed")
        if not options.get("RippleTimeline"):
            raise NotImplementedError("the fake changes speeds with a ripple alone")
        speed = Fraction(str(options["Percentage"])) / 100
        if self._host.ripple_missing:
            self._state.speed = speed  # in its slot, and nothing moves
        else:
            ripple(self._host, self._state, speed)
        return True

    def GetLinkedItems(self):
        group = self._state.linked
        return [
            TimelineItem(self._host, item)
            for *_, item in self._host.project.items()
            if group and item.linked == group and item.id != self._state.id
        ]

    def GetTrackTypeAndIndex(self):
        for timeline in self._host.project.timelines:
            for kind, tracks in (("video", timeline.video), ("audio", timeline.audio)):
                for number, track in enumerate(tracks, 1):
                    if any(item.id == self._state.id for item in track.items):
                        return [kind, number]
        return None

    def GetFlagList(self):
        return list(self._state.flags)

    def AddFlag(self, color):
        if color not in known.MARKER_COLORS:
            return False
        self._state.flags.append(color)
        return True

    def GetMarkers(self):
        return {float(frame): dict(marker) for frame, marker in self._state.markers.items()}

    def AddMarker(self, frame, color, name, note, duration, custom_data=""):
        # Offsets from the start of the item; one marker a frame.
        if int(frame) in self._state.markers or color not in known.MARKER_COLORS:
            return False
        self._state.markers[int(frame)] = {
            "color": color, "name": name, "note": note, "duration": float(duration),
            "customData": custom_data or "",
        }  # fmt: skip
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
        return self._state.enabled

    def SetClipEnabled(self, enabled):
        self._state.enabled = enabled
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


def ripple(host, state, speed):
    """Give an item a speed, and everything behind it on tracks that are not locked a new place.

    Measured on 21.1: the used source stays, linked sound follows, and what runs across the item's
    old end is cut there.
    """
    timeline = next(t for t, _, item in host.project.items() if item.id == state.id)
    end, old = state.start + state.duration, state.speed
    group = [i for *_, i in host.project.items() if i.linked and i.linked == state.linked]
    moved = {item.id for item in [state, *group] if item.start == state.start}
    length = round(state.duration * old / speed)
    delta = length - state.duration
    for track in timeline.video + timeline.audio:
        if track.locked:
            continue
        for item in list(track.items):
            if item.id in moved:
                item.speed, item.duration = speed, length
            elif item.start >= end:
                item.start += 0 if host.ripple_broken else delta
            elif item.start + item.duration > end:
                _cut(track, item, end, delta)


def _cut(track, item, at, delta):
    """Cut an item in two; the second half moves."""
    from dataclasses import replace

    from tests.resolve_host.state import new_id

    first = at - item.start
    rest = replace(
        item, start=at + delta, duration=item.duration - first, source=item.source + first,
        id=new_id("item"),
    )  # fmt: skip
    item.duration = first
    track.items.insert(track.items.index(item) + 1, rest)
