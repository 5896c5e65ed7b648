"""The Resolve scripts on their path, and engines to run them with."""

import shutil
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from hifi_ofx.placement import Placement
from hifi_ofx.sequence import ImageSequence

sys.path.append(str(Path(__file__).parents[2] / "resolve"))

from hifi_resolve import deliver, flow, restore
from hifi_resolve.wishes import Wishes

from tests.resolve_host.state import snapshot


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """No waiting for a Resolve that is never slow."""
    monkeypatch.setattr(deliver, "POLL", 0)
    monkeypatch.setattr(restore, "PAUSE", 0)


def copying(request, show):
    """A stand-in for the engine: each output frame is the left source frame."""
    source, target = ImageSequence.parse(request.source), ImageSequence.parse(request.target)
    first, last = source.first, source.last
    for frame in request.retime.plan(first, last).frames:
        shutil.copy(source.path(frame.left), target.path(frame.output))
    return request


def slowed(host, folder, engine=copying, speed="1/2", **placement):
    """Run the whole flow on a host; (what it says, the slow-motion item)."""
    before = {item.id for *_, item in host.project.items()}
    wishes = Wishes(
        speed=Fraction(speed), folder=folder / "out", placement=Placement(**placement), panel=False
    )
    done = flow.slow_motion(host.app, wishes, lambda line: None, engine)
    new = [item for *_, item in host.project.items() if item.id not in before]
    return done, new[0] if new else None


def picture(host):
    """The whole project, to compare."""
    return snapshot(host.project, host.page)


def placed_numbers(host, item):
    """The files that the placed clip shows, in order."""
    clip = host.project.media(item.media)
    first = clip.start + int(item.source)
    return [Path(clip.pattern % number) for number in range(first, first + item.duration)]
