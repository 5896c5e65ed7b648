"""A folder that is named in a plate's place: the one sequence in it, or a sentence."""

import pytest

from hifi_ofx.errors import SequenceError
from hifi_ofx.folder import sequences_in, the_sequence
from hifi_ofx.sequence import ImageSequence


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (("plate.1001.exr", "plate.1002.exr"), "plate.####.exr"),
        (("plate.9999.exr", "plate.10000.exr"), "plate.####.exr"),
        (("plate.98.exr", "plate.101.exr"), "plate.##.exr"),
        (("p.-001.dpx", "p.0000.dpx"), "p.####.dpx"),
        (("me #1_01.png", "me #1_02.png"), "me #1_%02d.png"),
        (("cam.mov", "notes.txt", ".hidden.0001.exr", "slate.jpg"), "cam.mov"),
        (("a.1001.EXR", "a.hifi.jsonl"), "a.####.EXR"),
    ],
)
@pytest.mark.parametrize("name", ["plates", "sh.0100", "v001"])
def test_the_only_sequence_in_a_folder_opens(tmp_path, names, pattern, name):
    folder = tmp_path / name
    touch(folder, *names)
    (folder / "older.0001.exr").mkdir()
    for spelled in (str(folder), f"{folder}/"):
        assert the_sequence(spelled) == str(folder / pattern)
        found = ImageSequence.around(spelled)
        assert found.is_video or len(found.frames()) == len([n for n in names if ".hifi" not in n])


def test_a_path_that_is_no_folder_stays(tmp_path):
    for path in ("", " ", "a\0b", str(tmp_path / "plate.####.exr")):
        assert the_sequence(path) == path


def test_a_folder_of_several_or_of_none_says_so(tmp_path):
    with pytest.raises(SequenceError, match="holds no plate"):
        ImageSequence.around(str(tmp_path))
    touch(tmp_path, "a.1001.exr", "b.1001.exr", "b.1002.exr", "c.mov")
    assert len(sequences_in(tmp_path)) == 3
    with pytest.raises(SequenceError, match=r"holds 3 plates: c.mov, a.####.exr, b.####.exr"):
        ImageSequence.around(str(tmp_path))
