"""The clip's sound: kept, stretched with the picture, or switched off."""

import wave

import pytest
from hifi_resolve import sound

from hifi_ofx.errors import HifiError
from tests.resolve.conftest import picture, slowed
from tests.resolve_host.build import add_sound, edit, linked_sound
from tests.resolve_host.state import Media


@pytest.fixture
def engine(monkeypatch):
    """A stand-in for the engine: silence, as long as it should be."""
    asked = []

    def stretched(clip, folder, speed):
        asked.append((clip.offset, clip.end, speed))
        write(folder / sound.FILE, (clip.end - clip.offset) / clip.rate.fps / speed)
        return folder / sound.FILE

    monkeypatch.setattr(sound, "stretched", stretched)
    return asked


def write(path, seconds):
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 48000, 0, "NONE", ""))
        out.writeframes(b"\0\0" * round(seconds * 48000))


def audio(host):
    return [[item for item in track.items] for track in host.project.timelines[0].audio]


def test_kept(tmp_path):
    host, item = edit(tmp_path)
    heard = linked_sound(host, item)
    slowed(host, tmp_path)
    assert audio(host) == [[heard]]
    assert (heard.enabled, heard.start, heard.duration) == (True, item.start, 4)


def test_switched_off(tmp_path):
    host, item = edit(tmp_path)
    heard = linked_sound(host, item)
    slowed(host, tmp_path, audio="none")
    assert audio(host) == [[heard]]
    assert not heard.enabled
    assert item.enabled
    slowed(host, tmp_path, speed="1", audio="none")
    assert heard.enabled  # the clip is back at 100 %, and so is its sound


def test_stretched(tmp_path, engine):
    host, item = edit(tmp_path)
    heard = linked_sound(host, item)
    slowed(host, tmp_path, audio="stretch")
    assert engine == [(4, 8, 1 / 2)]
    assert not heard.enabled
    first, second = audio(host)
    assert first == [heard]
    assert [(i.start, i.duration, i.enabled) for i in second] == [(item.start, 8, True)]
    assert host.project.media(second[0].media).path.endswith("sound.wav")


@pytest.mark.parametrize("choice", ["keep", "stretch", "none"])
def test_a_second_run_leaves_one_sound(tmp_path, engine, choice):
    host, item = edit(tmp_path)
    heard = linked_sound(host, item)
    slowed(host, tmp_path, audio="stretch")
    slowed(host, tmp_path, speed="1/4", audio=choice)
    there = audio(host)
    assert heard.enabled == (choice == "keep")
    assert [len(track) for track in there] == ([1, 1] if choice == "stretch" else [1])
    if choice == "stretch":
        assert there[1][0].duration == 16
    wavs = [c for b in host.project.root.bins for c in b.clips if c.kind == "Audio"]
    assert len(wavs) == (1 if choice == "stretch" else 0)


def test_over_a_take_it_is_as_long_as_the_take(tmp_path, engine):
    host, item = edit(tmp_path)
    linked_sound(host, item)
    slowed(host, tmp_path, audio="stretch", place="replace")
    assert audio(host)[1][0].duration == 4


def test_sound_of_another_file_is_kept_and_that_is_said(tmp_path, engine, resolve_version):
    host, item = edit(tmp_path)
    other = Media("boom.wav", "/sound/boom.wav", "Audio", "24", 0, 400)
    host.project.root.clips.append(other)
    heard = linked_sound(host, item, other)
    done, _ = slowed(host, tmp_path, audio="stretch")
    assert heard.enabled
    assert engine == []
    # Before 19.0 no script sees links, and sound of another file is nobody's.
    assert any("boom.wav" in note for note in done.notes) == (resolve_version >= (19, 0))


def test_sound_of_others_is_left_alone(tmp_path, engine):
    host, item = edit(tmp_path)
    linked_sound(host, item)
    music = add_sound(host, at=0, duration=60, name="music")
    slowed(host, tmp_path, audio="none")
    assert music.enabled


def test_a_clip_without_sound(tmp_path, engine):
    host, _ = edit(tmp_path)
    done, _ = slowed(host, tmp_path, audio="stretch")
    assert (engine, audio(host)) == ([], [[]])
    assert not any("sound" in note for note in done.notes)


@pytest.mark.parametrize(
    "call",
    ["MediaPool.AppendToTimeline", "TimelineItem.SetClipEnabled", "Timeline.AddTrack"],
)
def test_sound_that_cannot_be_placed_leaves_nothing(tmp_path, engine, call):
    host, item = edit(tmp_path)
    linked_sound(host, item)
    before = picture(host)
    # The picture's own calls come first; from then on the call does nothing.
    calls = {"MediaPool.AppendToTimeline": 3, "Timeline.AddTrack": 2}.get(call, 1)
    host.break_call(call, range(calls, 40), "refuse")
    with pytest.raises(HifiError):
        slowed(host, tmp_path, audio="stretch")
    host._faults.clear()
    after = picture(host)
    assert after["timelines"] == before["timelines"]
    assert after["root"] == before["root"]
