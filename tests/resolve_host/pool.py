"""The media pool: folders, clips, and how they get into a timeline."""

from fractions import Fraction
from pathlib import Path

import av

from tests.resolve_host import clock, known, media
from tests.resolve_host.host_object import HostObject
from tests.resolve_host.state import Bin, Item, Media, TimelineState, Track, new_id


class MediaPoolItem(HostObject):
    kind = "MediaPoolItem"

    def GetName(self):
        return self._state.name

    def SetName(self, name):
        self._state.name = name
        return True

    def GetUniqueId(self):
        return self._state.id

    def GetMediaId(self):
        return self._state.id

    def GetClipColor(self):
        return self._state.color

    def SetClipColor(self, color):
        if color not in known.CLIP_COLORS:  # measured: the markers' names and '' are refused
            return False
        self._state.color = color
        return True

    def ClearClipColor(self):
        self._state.color = ""
        return True

    def GetClipProperty(self, key=""):
        values = _properties(self._state)
        if not key:
            return values
        known.check_keys([key], known.CLIP_PROPERTIES, "GetClipProperty")
        return values.get(key, "")  # an unknown key "will return a trivial result"

    def SetClipProperty(self, key, value):
        known.check_keys([key], known.CLIP_PROPERTIES, "SetClipProperty")
        if not isinstance(value, str):
            raise known.UnknownCall(f"SetClipProperty wants text, not {value!r}")
        return _set_property(self._host, self._state, key, value)


def _properties(clip):
    path = clip.path
    if clip.pattern:  # an image sequence's path contains its range
        last = clip.start + clip.frames - 1
        name, digits = Path(clip.pattern).name.split("%")
        width = int(digits[:-1].split("d")[0])
        numbers = f"[{clip.start:0{width}d}-{last:0{width}d}]"
        path = str(Path(clip.pattern).parent / (name + numbers + digits.split("d", 1)[1]))
    start = clock.frame_of(clip.start_timecode, clock.counting(clip))
    return {
        "File Path": path,
        "FPS": clip.fps,
        "Frames": str(clip.frames),
        "Start": str(clip.start),
        "End": str(clip.start + clip.frames - 1),
        "Start TC": clip.start_timecode,
        "End TC": clock.timecode_of(start + clip.frames, clock.counting(clip)),
        "Resolution": "{}x{}".format(*clip.size),
        "Type": clip.kind,
        "Clip Name": clip.name,
        "Reel Name": "",
        "Super Scale": "1",
        "Input LUT": "",
        "Input Color Space": "",
        "Data Level": "Auto",
        "In Point": "",
        "Out Point": "",
        "Format": "EXR" if clip.pattern else "QuickTime",
        "Video Codec": "",
        **clip.properties,
    }


def _set_property(host, clip, key, value):
    if key == "Reel Name" and host.reel_names_automatic:
        return True  # measured on 21.0.0: True, and dropped on read-back
    if key == "Input Color Space" and not host.color_managed:
        return True  # read-only outside managed projects; the return value says nothing
    if key == "FPS":
        clip.fps = value
    elif key == "Start TC":
        clip.start_timecode = value
    else:
        clip.properties[key] = value
    # "SetClipProperty's return value is not reliable": it did what it was asked.
    return not host.says_false_when_done


class Folder(HostObject):
    kind = "Folder"

    def GetName(self):
        return self._state.name

    def GetUniqueId(self):
        return self._state.id

    def GetClipList(self):
        return [MediaPoolItem(self._host, clip) for clip in self._state.clips]

    def GetSubFolderList(self):
        return [Folder(self._host, entry) for entry in self._state.bins]


class MediaPool(HostObject):
    kind = "MediaPool"

    @property
    def _bin(self):
        project = self._state
        return next(b for b in project.bins() if b.id == project.current_bin)

    def GetRootFolder(self):
        return Folder(self._host, self._state.root)

    def GetCurrentFolder(self):
        return Folder(self._host, self._bin)

    def SetCurrentFolder(self, folder):
        self._state.current_bin = folder._state.id
        return True

    def AddSubFolder(self, folder, name):
        if any(entry.name == name for entry in folder._state.bins):
            return None
        folder._state.bins.append(Bin(name))
        return Folder(self._host, folder._state.bins[-1])

    def DeleteFolders(self, folders):
        gone = {folder._state.id for folder in folders}
        for entry in self._state.bins():
            entry.bins = [child for child in entry.bins if child.id not in gone]
        if self._state.current_bin in gone:
            self._state.current_bin = self._state.root.id
        return True

    def ImportMedia(self, items):
        # Measured: there is no destination; imports land in the current folder.
        if any(isinstance(i, str) for i in items) and self._host.version >= (21, 1):
            raise known.UnknownCall("21.1 deprecates ImportMedia of plain paths")
        items = [{"FilePath": i} if isinstance(i, str) else i for i in items]
        if self._host.individual_frames:  # a switch in the media pool's menu
            items = [
                {**entry, "StartIndex": number, "EndIndex": number}
                for entry in items
                if "StartIndex" in entry
                for number in range(entry["StartIndex"], entry["EndIndex"] + 1)
            ]
        found = [self._import(entry) for entry in items]
        return [MediaPoolItem(self._host, clip) for clip in found if clip]

    def _import(self, entry):
        known.check_keys(entry, known.keys("ImportClipInfo", self._host.version), "ImportMedia")
        if "StartIndex" not in entry:
            return self._import_sound(entry["FilePath"])
        pattern, first, last = entry["FilePath"], entry["StartIndex"], entry["EndIndex"]
        files = [Path(pattern % number) for number in range(first, last + 1)]
        if not files or not all(path.is_file() for path in files):
            return None
        # An EXR sequence has no rate of its own: it takes the project's and keeps it.
        fps = clock_text(self._state.settings["timelineFrameRate"])
        clip = Media(
            name=Path(pattern).name.replace(pattern[pattern.index("%") :].split("d")[0] + "d",
                                            f"[{first}-{last}]"),
            fps=fps,
            start=first,
            frames=last - first + 1,
            start_timecode=clock.timecode_of(first, fps),
            size=media.size_of(files[0]),
            pattern=pattern,
        )  # fmt: skip
        self._bin.clips.append(clip)
        return clip

    def _import_sound(self, path):
        if not path.endswith(".wav") or not Path(path).is_file():
            return None
        with av.open(path) as sound:
            stream = sound.streams.audio[0]
            seconds = Fraction(stream.duration * stream.time_base)
        fps = clock_text(self._state.settings["timelineFrameRate"])
        frames = int(seconds * clock.rate(fps))
        clip = Media(Path(path).name, path, "Audio", fps, 0, frames)
        self._bin.clips.append(clip)
        return clip

    def CreateMulticamClip(self, clips, options):
        raise NotImplementedError("the fake makes no multicam clips")

    def DeleteClips(self, clips):
        gone = {clip._state.id for clip in clips}
        if any(item.media in gone for *_, item in self._state.items()):
            return False
        for entry in self._state.bins():
            entry.clips = [clip for clip in entry.clips if clip.id not in gone]
        return True

    def CreateEmptyTimeline(self, name):
        from tests.resolve_host.timeline import Timeline

        if any(timeline.name == name for timeline in self._state.timelines):
            return None
        timeline = TimelineState(name, video=[Track("Video 1")], audio=[Track("Audio 1")])
        self._state.timelines.append(timeline)
        self._bin.clips.append(Media(name, kind="Timeline", timeline=timeline.id))
        self._state.current_timeline = timeline.id  # the new timeline opens
        return Timeline(self._host, timeline)

    def DeleteTimelines(self, timelines):
        gone = {timeline._state.id for timeline in timelines}
        if self._state.current_timeline in gone:
            others = [t.id for t in self._state.timelines if t.id not in gone]
            self._state.current_timeline = others[0] if others else ""
        self._state.timelines = [t for t in self._state.timelines if t.id not in gone]
        for entry in self._state.bins():
            entry.clips = [
                clip for clip in entry.clips if clip.timeline not in gone or not clip.timeline
            ]
        return True

    def AppendToTimeline(self, clips):
        from tests.resolve_host.item import TimelineItem

        appended = []
        for entry in clips:
            words = known.keys("MediaPoolClipInfo", self._host.version)
            known.check_keys(entry, words, "AppendToTimeline")
            item = self._append(entry)
            if item and self._host.append_errors:
                # Measured: the call errs, the item is there, and saving discards it.
                self._host.append_errors -= 1
                item.discarded_on_save = True
                return None
            # Measured: what comes back may not exist, and then its id is empty.
            appended.append(TimelineItem(self._host, item or Item("", 0, 0, id="")))
        return appended

    def _append(self, entry):
        project = self._state
        timeline = project.timeline(project.current_timeline)
        clip = entry["mediaPoolItem"]._state
        fps = timeline.settings.get("timelineFrameRate", project.settings["timelineFrameRate"])
        ratio = clock.rate(fps) / clock.rate(clip.fps)
        # Accounts differ on whether frames are numbered as files are: a switch.
        base = clip.start if self._host.frames_by_number else 0
        first = min(max(entry["startFrame"] - base, 0), clip.frames - 1)
        # Accounts differ on whether endFrame is part of it: a switch.
        end = entry["endFrame"] - base + (1 if self._host.end_frame_inclusive else 0)
        used = min(end, clip.frames) - first
        # Mixed rates: "converts the source range to timeline frames by flooring".
        duration = int(used * ratio)
        sound = entry.get("mediaType") == 2
        tracks = timeline.audio if sound else timeline.video
        if entry.get("trackIndex", 1) > len(tracks):
            return None
        track = tracks[entry.get("trackIndex", 1) - 1]
        begin = clock.frame_of(timeline.start_timecode, fps)
        after = max((i.start + i.duration for i in track.items), default=begin)
        start = int(entry.get("recordFrame", after))
        overlaps = any(
            i.start < start + duration and start < i.start + i.duration for i in track.items
        )
        if duration < 1 or overlaps or track.locked or start < begin:
            return None  # dropped silently: the earlier item wins
        item = Item(clip.id, start, duration, Fraction(first), name=clip.name, id=new_id("item"))
        item.kind = "audio" if sound else "video"
        track.items.append(item)
        track.items.sort(key=lambda i: i.start)
        # Nobody measured what becomes of the playhead; the worst is assumed.
        timeline.playhead = start + duration - begin
        return item


def clock_text(rate):
    return rate.replace(" DF", "")
