"""Names as they are met: percent signs, accents, other programs' spellings, views, videos."""

from __future__ import annotations

import unicodedata

import pytest

from hifi_ofx.errors import HifiError, InvalidSetting, OutputError, SequenceError
from hifi_ofx.sequence import ImageSequence, same_files
from hifi_ofx.video_file import VIDEO_SUFFIXES, starts_like_a_video


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("100%done.1001.exr", ["100%done.####.exr", "100%%done.%04d.exr", "100%done.%04d.exr"]),
        ("50%d.1001.exr", ["50%d.####.exr", "50%d.@@@@.exr", "50%%d.%04d.exr"]),
        ("100%.1001.exr", ["100%.####.exr", "100%.%04d.exr", "100%%.%d.exr"]),
        ("a%%b.1001.exr", ["a%%b.####.exr", "a%%%%b.%04d.exr"]),
        ("%04d take.1001.exr", ["%04d take.####.exr", "%%04d take.%04d.exr"]),
        ("%dpi_me@home #2.1001.exr", ["%dpi_me@home #2.%04d.exr", "%dpi_me@home #2.####.exr"]),
        ("1001%done.exr", ["####%done.exr", "%04d%%done.exr"]),
        ("#1.1001.exr", ["#1.@@@@.exr", "#1.%04d.exr"]),
    ],
)
def test_a_sign_that_belongs_to_the_name_stays_in_it(tmp_path, name, spellings):
    touch(tmp_path, name)
    for spelling in [name, *spellings]:
        sequence = ImageSequence.around(str(tmp_path / spelling))
        assert sequence.frames() == (1001,), spelling
        assert sequence.path(1001) == tmp_path / name
        again = ImageSequence.around(sequence.pattern)
        assert again.path(1002) == sequence.path(1002), sequence.pattern


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("100%done.####.exr", "100%done.0007.exr"),
        ("100%%done.%04d.exr", "100%done.0007.exr"),
        ("50%d.####.exr", "50%d.0007.exr"),
        ("100%done_%d.exr", "100%done_7.exr"),
        ("take%dof9.exr", "take7of9.exr"),
    ],
)
def test_a_target_is_read_without_a_look_at_the_disk(pattern, name):
    assert ImageSequence.parse(f"x/{pattern}").path(7).name == name


@pytest.mark.parametrize("letters", ["scène", "Füße", "ñandú", "한글", "Å"])
@pytest.mark.parametrize("disk", ["NFC", "NFD"])
def test_accents_are_found_in_either_spelling(tmp_path, letters, disk):
    """Unicode Standard Annex 15; macOS writes the decomposed form."""
    typed = unicodedata.normalize("NFC" if disk == "NFD" else "NFD", letters)
    there = unicodedata.normalize(disk, letters)
    folder = tmp_path / there
    touch(folder, f"{there}_1001_{there}.exr", f"{there}_1002_{there}.exr", f"{there}.mov")
    for word in (
        f"{typed}_####_{typed}.exr",
        f"{typed}_1001_{typed}.exr",
        f"{there}_%04d_{typed}.exr",
    ):
        sequence = ImageSequence.around(str(tmp_path / typed / word))
        assert sequence.frames() == (1001, 1002)
        assert sequence.path(1002).is_file()
    assert ImageSequence.around(str(tmp_path / typed / f"{typed}.mov")).path(1).is_file()
    source = ImageSequence.around(str(folder / f"{there}_####_{there}.exr"))
    with pytest.raises(OutputError):
        same_files(source, ImageSequence.parse(str(folder / f"{typed}_####_{typed}.exr")))


def test_of_two_spellings_side_by_side_the_typed_one_is_taken(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    touch(tmp_path, f"{composed}.0001.exr", f"{decomposed}.0002.exr")
    for typed, frames in ((composed, (1,)), (decomposed, (2,))):
        assert ImageSequence.around(f"{tmp_path}/{typed}.####.exr").frames() == frames


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("plate.$F4.exr", "plate.####.exr'"),
        ("plate.$F3.exr", "plate.###.exr'"),
        ("plate.${F4}.exr", "plate.####.exr'"),
        ("plate.$FF.exr", "plate.####.exr'"),
        ("plate.[1001-1003].exr", "plate.####.exr' and --range 1001-1003"),
        ("plate.1001-1003#.exr", "plate.####.exr' and --range 1001-1003"),
        ("plate.1001-1003x2@@@@.exr", "plate.@@@@.exr' and --range 1001-1003"),
        ("plate.####.exr 1001-1003", "plate.####.exr' and --range 1001-1003"),
        ("plate.%04i.exr", "plate.####.exr'"),
        ("plate.<F>.exr", "plate.####.exr'"),
        ("plate.{frame}.exr", "plate.####.exr'"),
        ("plate.*.exr", "plate.####.exr'"),
        ("plate.#####.exr", "plate.####.exr'"),
        ("plate.%V.####.exr", "plate.left.####.exr'"),
        ("%v/plate.%04d.exr", "l/plate.%04d.exr'"),
        ("plate.%4d.exr", "%04d"),
    ],
)
def test_other_spellings_of_a_source_say_how_to_write_it(tmp_path, typed, written):
    touch(tmp_path, "plate.1001.exr", "plate.1003.exr")
    with pytest.raises(HifiError) as caught:
        _ = ImageSequence.around(str(tmp_path / typed)).first
    assert written in caught.value.hint


def test_brackets_and_braces_that_are_on_disk_are_a_name(tmp_path):
    names = "plate [1-2] {x} <y> $F4 %V.1001.exr", "a1001-1003.1001.exr"
    touch(tmp_path, *names)
    for name in names:
        for typed in (name, name.replace(".1001.", ".####.")):
            assert ImageSequence.around(str(tmp_path / typed)).path(1001) == tmp_path / name


def test_views_in_a_target_are_refused():
    for text in ("out/slow.%V.####.exr", "out/%v/slow.####.exr"):
        with pytest.raises(InvalidSetting, match="view"):
            ImageSequence.parse(text)
    assert ImageSequence.parse("out/100%Volume.####.exr").path(1).name == "100%Volume.0001.exr"


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (["p.98.exr", "p.99.exr", "p.100.exr"], "p.#.exr"),
        (["p.098.exr", "p.099.exr"], "p.###.exr"),
        (["p.00098.exr"], "p.#####.exr"),
    ],
)
def test_another_number_of_digits_is_named(tmp_path, names, written):
    touch(tmp_path, *names)
    with pytest.raises(SequenceError) as caught:
        _ = ImageSequence.around(f"{tmp_path}/p.####.exr").first
    assert repr(str(tmp_path / written)) in caught.value.hint
    assert len(ImageSequence.around(f"{tmp_path}/{written}").frames()) == len(names)


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_every_suffix_of_a_video_is_one(suffix):
    for text in (f"x/00001{suffix}", f"x/C0001{suffix.upper()}"):
        assert ImageSequence.parse(text).is_video and ImageSequence.around(text).is_video


@pytest.mark.parametrize(
    ("start", "video"),
    [
        (b"\x00\x00\x00\x14ftypqt  ", True),
        (b"\x00\x00\x00\x18ftypisom", True),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", True),
        (b"\x1a\x45\xdf\xa3\x01", True),
        (b"RIFF\x00\x00\x00\x00AVI LIST", True),
        (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d", True),
        (b"\x00\x00\x01\xba\x44", True),
        ((b"\x47" + bytes(187)) * 5, True),
        ((bytes(4) + b"\x47" + bytes(187)) * 5, True),
        (b"\x00\x00\x00\x18ftypheic", False),
        (b"\x00\x00\x00\x1cftypavif", False),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", False),
        (b"\x76\x2f\x31\x01", False),
        (b"G" * 20, False),
        (b"", False),
    ],
)
def test_a_video_is_known_by_its_first_bytes(tmp_path, start, video):
    assert starts_like_a_video(start.ljust(1024, b"\0") if start else start) is video
    path = tmp_path / "00001.dat"
    path.write_bytes(start.ljust(1024, b"\0"))
    assert ImageSequence.around(str(path)).is_video is video


def test_a_range_in_a_target_s_name_is_of_the_frames_that_are_made():
    with pytest.raises(InvalidSetting) as caught:
        ImageSequence.parse("out/slow.[1001-1009].exr")
    assert "'out/slow.####.exr' and --frames 1001-1009." in caught.value.hint
