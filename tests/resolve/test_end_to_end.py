"""Clip to EXR, engine, import and place, with the real engine; frames say their own numbers."""

import dataclasses
import wave
from fractions import Fraction

import pytest
from hifi_resolve import flow
from hifi_resolve.wishes import Wishes

from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import EngineError, HifiError
from hifi_ofx.quality import Machine, Quality
from tests.networks import WARPING, saved, untrained
from tests.resolve.conftest import picture, placed_numbers, slowed
from tests.resolve_host.build import edit, linked_sound
from tests.resolve_host.media import number_of, size_of


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """An untrained network: of frames without texture it makes the blend, which tells its time."""
    return saved(untrained(WARPING), tmp_path_factory.mktemp("weights") / "blend.safetensors")


@pytest.fixture(scope="module")
def real(weights, tmp_path_factory):
    """The engine process, as the scripts drive it."""
    with pytest.MonkeyPatch.context() as patch, EngineProcess() as process:
        patch.setenv("HIFI_CACHE", str(tmp_path_factory.mktemp("cache")))

        def run(request, show):
            small = dataclasses.replace(
                request,
                quality=Quality(samples=1, steps=1, patch=(32, 48), cascade_depth=1),
                machine=Machine(device="cpu"),
                weights=str(weights),
            )
            for line in process.render(small):
                show(line)
            return small

        yield run


def times(host, item):
    """The source frame that each placed frame shows, as its pixels say."""
    return [number_of(path) for path in placed_numbers(host, item)]


def check(host, item, placed, speed, duration=None):
    """Every placed frame shows the source at its time; it starts where the clip starts."""
    clip = host.project.media(item.media)
    media_rate, timeline_rate = (
        Fraction(clip.fps),
        Fraction(host.project.settings["timelineFrameRate"]),
    )
    step = Fraction(speed) * media_rate / timeline_rate
    expected = [float(item.source + k * step) for k in range(placed.duration)]
    assert times(host, placed) == pytest.approx(expected, abs=0.1)
    assert placed.start == item.start
    assert placed.duration == (duration or item.duration / Fraction(speed))


def test_a_movie_becomes_a_slow_clip_above_it(tmp_path, real):
    host, item = edit(tmp_path, "movie", source=4, duration=3)
    done, placed = slowed(host, tmp_path, real, "1/4")
    check(host, item, placed, "1/4")
    assert [len(track.items) for track in host.project.timelines[0].video] == [1, 1]
    assert size_of(placed_numbers(host, placed)[0]) == (64, 48)
    assert "3 frames became 12, at 0.25 of the speed." in done.sentence


def test_exr_media_is_read_where_it_is(tmp_path, real):
    host, item = edit(tmp_path, "sequence", source=2, duration=3)
    plate = host.project.media(item.media)
    _, placed = slowed(host, tmp_path, real, "1/2")
    check(host, item, placed, "1/2")
    assert "Project.AddRenderJob" not in host.calls
    first = placed_numbers(host, placed)[0]
    assert number_of(first) == number_of(plate.pattern % 1003)
    assert first.name == "plate_slow.1003.exr"


def test_fifty_frames_a_second_on_a_timeline_of_twenty_five(tmp_path, real):
    # Two source frames pass in a frame of the timeline; half the speed is every source frame.
    host, item = edit(tmp_path, "movie", rate="25", fps="50", source=4, duration=3)
    _, placed = slowed(host, tmp_path, real, "1/2")
    check(host, item, placed, "1/2")
    assert times(host, placed) == [4, 5, 6, 7, 8, 9]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "fps", "speed"),
    [
        ("23.976", "23.976", "1/4"),
        ("24", "23.976", "1/2"),
        ("25", "23.976", "1/3"),
        ("29.97 DF", "29.97", "1/2"),
        ("29.97 DF", "59.94", "1/4"),
        ("59.94", "24", "1/2"),
        ("24", "24", "2/5"),
    ],
)
def test_mixed_rates_are_exact_to_the_frame(tmp_path, real, rate, fps, speed):
    host, _ = edit(tmp_path, "movie", rate=rate, fps=fps, source=3, duration=5)
    _, placed = slowed(host, tmp_path, real, speed)
    ratio = exact(fps) / exact(rate)
    expected = [float(3 + k * Fraction(speed) * ratio) for k in range(placed.duration)]
    assert times(host, placed) == pytest.approx(expected, abs=0.1)
    assert placed.duration == -(-5 // Fraction(speed))
    assert host.project.media(placed.media).fps == rate.removesuffix(" DF")


def exact(rate):
    number = Fraction(rate.removesuffix(" DF"))
    return number if number.denominator == 1 else Fraction(round(number) * 1000, 1001)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["movie", "sequence"])
@pytest.mark.parametrize(("source", "duration", "made"), [(0, 3, 6), (5, 3, 5)])
def test_a_clip_at_the_ends_of_its_media(tmp_path, real, kind, source, duration, made):
    # Without a frame after the last one, there is nothing to go on to: it ends with the last.
    host, item = edit(tmp_path, kind, frames=8, source=source, duration=duration)
    done, placed = slowed(host, tmp_path, real, "1/2")
    check(host, item, placed, "1/2", made)
    assert ("its media ends there" in done.sentence) == (made == 5)


@pytest.mark.slow
def test_an_engine_that_is_killed_leaves_the_project_as_it_was(tmp_path, weights):
    host, _ = edit(tmp_path)
    before = picture(host)

    def killed(request, show):
        with EngineProcess() as process:
            for _ in process.render(dataclasses.replace(request, weights=str(weights))):
                process.kill()

    with pytest.raises(EngineError, match="signal 9"):
        slowed(host, tmp_path, killed)
    assert picture(host) == before
    assert not list((tmp_path / "out").rglob("source.*"))


def test_ctrl_c_while_resolve_renders(tmp_path):
    host, _ = edit(tmp_path)
    before = picture(host)

    def interrupt(line):
        if "Resolve renders" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flow.slow_motion(host.app, Wishes(folder=tmp_path / "out", panel=False), interrupt)
    assert picture(host) == before
    assert not list((tmp_path / "out").rglob("*.exr"))


def test_an_engine_that_fails_leaves_the_project_as_it_was(tmp_path, real):
    host, _ = edit(tmp_path)
    before = picture(host)

    def broken(request, show):
        raise EngineError("The engine was ended by signal 9.", "Start it again.")

    with pytest.raises(HifiError, match="signal 9"):
        slowed(host, tmp_path, broken)
    assert picture(host) == before
    assert not list((tmp_path / "out").rglob("*.exr"))


def test_the_engine_stretches_it(tmp_path):
    """The real one, in its own process."""
    host, item = edit(tmp_path, frames=48, source=0, duration=24)
    clip = host.project.media(item.media)
    with wave.open(clip.path, "wb") as out:  # ffmpeg looks into files, not at their names
        out.setparams((1, 2, 48000, 0, "NONE", ""))
        out.writeframes(b"\0\0" * 2 * 48000)
    linked_sound(host, item)
    slowed(host, tmp_path, audio="stretch", speed="1/2")
    (placed,) = host.project.timelines[0].audio[1].items
    assert placed.duration == 48


def test_an_engine_that_cannot(tmp_path):
    host, item = edit(tmp_path)  # its file is no movie
    linked_sound(host, item)
    before = picture(host)
    with pytest.raises(EngineError, match=r"sound was not stretched.*cannot be read"):
        slowed(host, tmp_path, audio="stretch")
    assert picture(host) == before
