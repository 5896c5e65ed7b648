"""Projects for tests: a timeline with one clip that can be slowed."""

from fractions import Fraction
from pathlib import Path

from tests.resolve_host import clock, media
from tests.resolve_host.app import Host
from tests.resolve_host.state import Item, Media, TimelineState, Track


def add_timeline(host, name="Edit", start="01:00:00:00", tracks=1):
    timeline = TimelineState(
        name,
        start_timecode=start,
        video=[Track(f"Video {n + 1}") for n in range(tracks)],
        audio=[Track("Audio 1")],
    )
    host.project.timelines.append(timeline)
    host.project.root.clips.append(Media(name, kind="Timeline", timeline=timeline.id))
    host.project.current_timeline = timeline.id
    return timeline


def add_item(host, timeline, clip, at=0, source=0, duration=4, track=1, **fields):
    """Put a clip on a track: `at` counts from the timeline's start, `source` from the file's."""
    begin = clock.frame_of(timeline.start_timecode, host.project.settings["timelineFrameRate"])
    item = Item(clip.id, begin + at, duration, Fraction(source), name=clip.name, **fields)
    timeline.video[track - 1].items.append(item)
    timeline.video[track - 1].items.sort(key=lambda i: i.start)
    return item


def add_sound(host, at=0, duration=4, name="sound", media=None, track=1, linked=""):
    """Put sound on an audio track; with no media of its own, a file that nobody reads."""
    if media is None:
        media = Media(f"{name}.wav", f"/sound/{name}.wav", "Audio", "24", 0, 4000)
        host.project.root.clips.append(media)
    timeline = host.project.timelines[0]
    begin = clock.frame_of(timeline.start_timecode, host.project.settings["timelineFrameRate"])
    item = Item(media.id, begin + at, duration, name=name, kind="audio", linked=linked)
    timeline.audio[track - 1].items.append(item)
    return item


def linked_sound(host, item, media=None):
    """The sound of a clip, linked to it."""
    item.linked = item.linked or f"link of {item.id}"
    media = media or host.project.media(item.media)
    begin = clock.frame_of("01:00:00:00", host.project.settings["timelineFrameRate"])
    return add_sound(host, item.start - begin, item.duration, media.name, media, linked=item.linked)


def add_transition(host, at, duration, track=1):
    """A dissolve on a video track; `at` counts from the timeline's start."""
    timeline = host.project.timelines[0]
    begin = clock.frame_of(timeline.start_timecode, host.project.settings["timelineFrameRate"])
    item = Item("", begin + at, duration, name="Cross Dissolve", kind="transition")
    timeline.video[track - 1].items.append(item)
    return item


def movie(host, folder, frames=20, fps="24", timecode="10:00:00:00", size=(64, 48), **properties):
    path = Path(folder) / "A001C003.mov"
    path.write_bytes(b"movie")
    clip = Media(
        path.name, str(path), "Video + Audio", fps, 0, frames, timecode, size,
        {"Reel Name": "A001", **properties}, color="Teal",
    )  # fmt: skip
    host.project.root.clips.append(clip)
    return clip


def sequence(host, folder, first=1001, frames=8, fps="24", timecode="10:00:00:00", **properties):
    pattern = media.write_sequence(folder, first=first, count=frames)
    clip = Media(
        f"plate.[{first}-{first + frames - 1}].exr", "", "Video", fps, first, frames, timecode,
        (64, 48), {"Reel Name": "B002", **properties}, color="Orange", pattern=pattern,
    )  # fmt: skip
    host.project.root.clips.append(clip)
    return clip


def edit(folder, kind="movie", rate="24", fps=None, source=4, duration=4, tracks=1, **more):
    """A host with one clip on its timeline, the playhead in it; (host, item)."""
    edition, version = more.pop("edition", "studio"), more.pop("version", None)
    fields = more.pop("item", {})
    start = more.pop("start", "01:00:00;00" if "DF" in rate else "01:00:00:00")
    host = Host(edition, version, rate)
    timeline = add_timeline(host, start=start, tracks=tracks)
    make = {"movie": movie, "sequence": sequence}[kind]
    clip = make(host, folder, fps=fps or rate.replace(" DF", ""), **more)
    item = add_item(host, timeline, clip, 10, source, duration, **fields)
    item.grade, item.color = "warm", "Pink"
    timeline.playhead = 11
    host.page = "color"
    return host, item
