"""A project as it lies in Resolve's database. What a test compares before and after."""

import itertools
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

_ids = itertools.count(1)


def new_id(kind):
    return f"{kind}-{next(_ids):04}"


@dataclass
class Media:
    """An entry of the media pool. `start` is the number of its first frame."""

    name: str
    path: str = ""
    kind: str = "Video"
    fps: str = "24"
    start: int = 0
    frames: int = 0
    start_timecode: str = "00:00:00:00"
    size: tuple = (64, 48)
    properties: dict = field(default_factory=dict)
    color: str = ""
    timeline: str = ""
    pattern: str = ""  # of the files behind a sequence
    id: str = field(default_factory=lambda: new_id("media"))


@dataclass
class Item:
    """A clip on a track. `source` is file-relative, in frames of the media; speed 1 is 100 %."""

    media: str
    start: int
    duration: int
    source: Fraction = Fraction(0)
    speed: Fraction = Fraction(1)
    name: str = ""
    color: str = ""
    grade: str = ""
    properties: dict = field(default_factory=dict)
    takes: list = field(default_factory=list)
    take: int = 0
    linked: str = ""
    fusion_comps: int = 0
    imported_from_xml: bool = False
    discarded_on_save: bool = False
    kind: str = "video"  # or audio, or transition
    enabled: bool = True
    flags: list = field(default_factory=list)
    markers: dict = field(default_factory=dict)  # offset from the item's start -> what it says
    id: str = field(default_factory=lambda: new_id("item"))


@dataclass
class Track:
    name: str
    items: list = field(default_factory=list)
    locked: bool = False


@dataclass
class TimelineState:
    name: str
    start_timecode: str = "01:00:00:00"
    settings: dict = field(default_factory=dict)  # its own; else the project's
    video: list = field(default_factory=list)
    audio: list = field(default_factory=list)
    playhead: int = 0  # frames from the start
    marks: dict = field(default_factory=dict)  # {"video": {"in": frames from the start, ...}}
    id: str = field(default_factory=lambda: new_id("timeline"))


@dataclass
class Bin:
    name: str
    bins: list = field(default_factory=list)
    clips: list = field(default_factory=list)
    id: str = field(default_factory=lambda: new_id("bin"))


@dataclass
class Deliver:
    """The Deliver page: what can be asked for, and what cannot (`hidden`)."""

    format: str = "mov"
    codec: str = "ProRes422HQ"
    mode: int = 1
    hidden: dict = field(default_factory=dict)
    presets: dict = field(default_factory=dict)
    jobs: list = field(default_factory=list)


@dataclass
class ProjectState:
    name: str = "Film"
    settings: dict = field(default_factory=dict)
    root: Bin = field(default_factory=lambda: Bin("Master"))
    current_bin: str = ""
    timelines: list = field(default_factory=list)
    current_timeline: str = ""
    deliver: Deliver = field(default_factory=Deliver)
    selected: list = field(default_factory=list)  # items of the timeline
    id: str = field(default_factory=lambda: new_id("project"))

    def bins(self):
        waiting, found = [self.root], []
        while waiting:
            found.append(waiting.pop())
            waiting.extend(found[-1].bins)
        return found

    def media(self, key):
        return next((m for b in self.bins() for m in b.clips if m.id == key), None)

    def timeline(self, key):
        return next((t for t in self.timelines if t.id == key), None)

    def item(self, key):
        return next((found for *_, found in self.items() if found.id == key), None)

    def items(self):
        for timeline in self.timelines:
            for tracks in (timeline.video, timeline.audio):
                for track in tracks:
                    for item in track.items:
                        yield timeline, track, item


def snapshot(project, page):
    """Everything of a project that a user could see, or that the next render would go by."""
    return {"page": page, **asdict(project)}


def folder_listing(path):
    return sorted(str(p.relative_to(path)) for p in Path(path).rglob("*"))
