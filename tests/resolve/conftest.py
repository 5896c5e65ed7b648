"""The Resolve scripts on their path, engines to run them with, and every version of Resolve.

Every test runs on the newest version. On the seven others, too: fast modules always (`EVERYWHERE`),
all others by `python -m tests --slow`, or for Resolve alone by `python -m pytest tests/resolve`. A
test that brings a version of its own is not multiplied.
"""

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

from tests.resolve_host import known, versions
from tests.resolve_host.state import snapshot

EVERYWHERE = (
    *("test_clip", "test_place", "test_again", "test_room"),
    *("test_sound", "test_color", "test_before"),
)
SAME = (
    *("test_rates", "test_exr_files", "test_documentation"),
    *("test_menu", "test_dialog", "test_installed"),
)
"""Modules to which the version of Resolve means nothing."""


def pytest_generate_tests(metafunc):
    name = metafunc.module.__name__.rpartition(".")[2]
    if name in SAME or "version" in metafunc.fixturenames:
        return
    others = [v for v in versions.ALL if v != versions.NEWEST]
    marks = () if name in EVERYWHERE else pytest.mark.slow
    chosen = [versions.NEWEST, *(pytest.param(v, marks=marks) for v in others)]
    metafunc.parametrize("resolve_version", chosen, indirect=True)


@pytest.fixture(autouse=True)
def resolve_version(request, monkeypatch):
    """The version that a stand-in is, unless a test says it itself."""
    name = getattr(request, "param", versions.NEWEST)
    monkeypatch.setenv(versions.CHOSEN, name)
    return versions.ALL[name]


def since(version, first):
    """Skip a test that is about something which came later."""
    if version < first:
        pytest.skip("this version of Resolve has no such thing")


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
    host.missed.clear()
    speed = None if speed is None else Fraction(speed)
    wishes = Wishes(
        speed=speed, folder=folder / "out", placement=Placement(**placement), panel=False
    )
    host.said = []
    try:
        done = flow.slow_motion(host.app, wishes, host.said.append, engine)
    finally:
        assert host.missed == []  # calls that this version lacks
    new = [i for *_, i in host.project.items() if i.id not in before and i.kind == "video"]
    return done, new[0] if new else None


def picture(host):
    """The whole project, to compare. Before 19.1, the Deliver page's settings are not kept."""
    whole = snapshot(host.project, host.page)
    if host.version < (19, 1):
        del whole["deliver"]["hidden"]
    return whole


def named(host, name, files):
    """A result's name in the media pool: versions that cannot name it leave that of its files."""
    return name if known.there("MediaPoolItem", "SetName", host.version) else files


def placed_numbers(host, item):
    """The files that the placed clip shows, in order."""
    clip = host.project.media(item.media)
    first = clip.start + int(item.source)
    return [Path(clip.pattern % number) for number in range(first, first + item.duration)]
