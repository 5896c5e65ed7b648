"""Names of image sequences: patterns, padding, what is on disk, and never over the source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hifi_ofx.errors import InvalidSetting, OutputError, SequenceError
from hifi_ofx.sequence import ImageSequence, same_files


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("pattern", "frame", "name"),
    [
        ("a/plate.####.exr", 1, "plate.0001.exr"),
        ("a/plate.####.exr", 10001, "plate.10001.exr"),
        ("a/plate.####.exr", -5, "plate.-005.exr"),
        ("a/plate.%04d.exr", 12, "plate.0012.exr"),
        ("a/plate.%d.exr", 12, "plate.12.exr"),
        ("a/plate_@@@.exr", 7, "plate_007.exr"),
        ("a\\b\\plate.##.exr", 7, "plate.07.exr"),
        ("a/#1 shot (v2)+[x].%04d.exr", 7, "#1 shot (v2)+[x].0007.exr"),
        ("a/me@home.####.exr", 7, "me@home.0007.exr"),
        ("a/ünï cøde 日本.####.exr", 7, "ünï cøde 日本.0007.exr"),
        ("a/####", 7, "0007"),
    ],
)
def test_patterns_name_files(pattern, frame, name):
    assert ImageSequence.parse(pattern).path(frame).name == name


def test_separators_of_windows_and_home():
    assert ImageSequence.parse("a\\b\\p.####.exr").path(1) == Path("a/b/p.0001.exr")
    assert ImageSequence.parse("~/p.####.exr").folder == Path.home()


@given(st.integers(-(10**9), 10**9), st.integers(1, 8), st.sampled_from("#@%"))
def test_a_written_number_is_read_back(frame, padding, kind):
    holder = f"%0{padding}d" if kind == "%" else kind * padding
    sequence = ImageSequence.parse(f"x/a.1.[b].{holder}.exr")
    assert sequence._number(sequence.path(frame).name) == frame


def test_only_files_of_the_pattern_are_frames(tmp_path):
    touch(tmp_path, "a.0001.exr", "a.0003.exr", "a.10001.exr", "a.-002.exr", "a.1.exr")
    touch(tmp_path, "a.00007.exr", "a.0001.exr.tmp", "ba.0002.exr", "a.00x1.exr", "a..exr")
    sequence = ImageSequence.parse(f"{tmp_path}/a.####.exr")
    assert sequence.frames() == (-2, 1, 3, 10001)
    assert (sequence.first, sequence.last) == (-2, 10001)
    assert sequence.missing(range(1, 5)) == [2, 4]
    (note,) = sequence.notes
    assert note.startswith("2 file(s)") and "'a.1.exr'" in note


def test_regex_characters_in_names_are_only_characters(tmp_path):
    touch(tmp_path, "a+(b)[c].0001.exr", "aa(b)c.0002.exr")
    assert ImageSequence.parse(f"{tmp_path}/a+(b)[c].####.exr").frames() == (1,)


def test_the_folder_is_listed_once(tmp_path, monkeypatch):
    touch(tmp_path, "a.0001.exr")
    sequence = ImageSequence.parse(f"{tmp_path}/a.####.exr")
    assert sequence.frames() == (1,)
    monkeypatch.setattr(os, "listdir", None)
    assert sequence.frames() == (1,) and sequence.missing([2]) == [2] and sequence.notes == ()


@pytest.mark.parametrize(
    ("name", "path_of_5"),
    [
        ("plate.1001.exr", "plate.0005.exr"),
        ("plate_v2.0010.exr", "plate_v2.0005.exr"),
        ("plate.00001.exr", "plate.00005.exr"),
        ("plate-0007.exr", "plate-0005.exr"),
        ("plate.-0007.exr", "plate.00005.exr"),
        ("shot#3.1001.exr", "shot#3.0005.exr"),
        ("me@home.1001.exr", "me@home.0005.exr"),
        ("1001.exr", "0005.exr"),
    ],
)
def test_one_frame_names_its_sequence(tmp_path, name, path_of_5):
    touch(tmp_path, name)
    sequence = ImageSequence.around(str(tmp_path / name))
    assert sequence.path(5) == tmp_path / path_of_5
    assert len(sequence.frames()) == 1 and sequence.path(sequence.first).name == name


def test_around_takes_patterns_as_they_are():
    assert ImageSequence.around("a.####.exr") == ImageSequence.parse("a.####.exr")


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("x/plate.1001.exr", "'x/plate.####.exr'"),
        ("x/plate.exr", "'x/plate.####.exr'"),
        ("x/plate.$F4.exr", "'x/plate.####.exr'"),
        ("x/plate.[1001-1050].exr", "'x/plate.####.exr'"),
        ("x/plate.*.exr", "'x/plate.####.exr'"),
        ("x/{frame}.exr", "'x/####.exr'"),
        ("x/####/plate.exr", "'x/####/plate.####.exr'"),
        ("x/plate.%4d.exr", "%04d"),
        ("x/a##b####.exr", "%04d"),
        ("x/", "####"),
        ("", "####"),
    ],
)
def test_bad_patterns_show_the_right_spelling(text, spelling):
    with pytest.raises(InvalidSetting) as caught:
        ImageSequence.parse(text)
    assert spelling in caught.value.hint


def test_the_hint_warns_of_the_shell():
    with pytest.raises(InvalidSetting, match="quotes"):
        ImageSequence.parse("plate.exr")


def test_folders_and_files_that_are_not_there(tmp_path):
    with pytest.raises(SequenceError, match="cannot be listed"):
        ImageSequence.parse(f"{tmp_path}/no/a.####.exr").frames()
    empty = ImageSequence.parse(f"{tmp_path}/a.####.exr")
    assert empty.frames() == () and empty.missing([3, 1]) == [1, 3]
    with pytest.raises(SequenceError, match="No frames match"):
        _ = empty.first
    touch(tmp_path, "A.1001.EXR")
    with pytest.raises(SequenceError, match=r"A\.1001\.EXR"):
        _ = ImageSequence.parse(f"{tmp_path}/a.####.exr").last


@pytest.mark.parametrize("suffix", ["mov", "MP4", "mxf", "mkv", "avi", "webm", "m4v"])
def test_a_video_is_one_file(suffix):
    video = ImageSequence.parse(f"x/clip_01.{suffix}")
    assert video.is_video and video.path(17) == Path(f"x/clip_01.{suffix}")
    with pytest.raises(SequenceError, match="is a video"):
        video.frames()


def test_a_target_must_not_be_the_source(tmp_path):
    touch(tmp_path, "a.0001.exr", "a.10001.exr")
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    source = ImageSequence.parse(f"{tmp_path}/a.####.exr")
    for target in (
        "a.####.exr",
        "a.%04d.exr",
        "A.####.EXR",
        "link/a.####.exr",
        "out/../a.####.exr",
    ):
        with pytest.raises(OutputError, match="would overwrite the source"):
            same_files(source, ImageSequence.parse(f"{tmp_path}/{target}"))
    # Five digits clash with frame 10001 alone, and a.1#### with the same file.
    for target in ("a.#####.exr", "a.1####.exr"):
        with pytest.raises(OutputError, match=r"a\.10001\.exr"):
            same_files(source, ImageSequence.parse(f"{tmp_path}/{target}"))
    for target in ("b.####.exr", "out/a.####.exr", "new/a.####.exr", "a.####.png", "a.######.exr"):
        same_files(source, ImageSequence.parse(f"{tmp_path}/{target}"))


def test_a_video_is_not_overwritten_either(tmp_path):
    touch(tmp_path, "a.mov")
    video = ImageSequence.parse(f"{tmp_path}/a.mov")
    same_files(video, ImageSequence.parse(f"{tmp_path}/a.####.exr"))
    with pytest.raises(OutputError):
        same_files(video, ImageSequence.parse(f"{tmp_path}/a.mov"))
