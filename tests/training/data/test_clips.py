"""Clips of every layout, lazily and in bounded memory; sentences for bad input."""

from __future__ import annotations

import builtins
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.training.data.clips import FolderClip, Still, load_clips, source
from engine.training.data.frame_cache import Clip, FrameCache
from engine.training.data.video_clips import VideoClip
from hifi_ofx.errors import FrameError, HifiError, InvalidSetting


def write(path: Path, value: int = 90, height: int = 36, width: int = 48) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), value, np.uint8)).save(path)


def write_video(path: Path, values: list[int], height: int = 36, width: int = 48) -> None:
    av = pytest.importorskip("av", reason="needs PyAV")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = width, height, "yuv420p", 6
        for value in values:
            pixels = np.full((height, width, 3), value, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def values(clip: Clip) -> list[int]:
    """The gray value of every frame of a clip of flat frames."""
    frames = clip[list(range(len(clip)))]
    assert frames.dtype == torch.uint8 and frames.shape[1] == 3
    return [round(float(frame.float().mean())) for frame in frames]


def everything(folder: Path, cache_bytes: int = 1 << 30) -> list[list[int]]:
    loaded = load_clips([folder], cache_bytes)
    return sorted(values(clip) for clip in (*loaded.training, *loaded.held_out))


@pytest.mark.parametrize("cache_bytes", [1 << 30, 1])
def test_a_folder_of_clips_and_a_folder_that_is_one(tmp_path: Path, cache_bytes: int) -> None:
    for clip, start in (("a", 10), ("b", 60)):
        for number in range(12):  # "10.png" comes after "9.png"
            write(tmp_path / clip / f"{number}.png", start + number)
    one, other = list(range(10, 22)), list(range(60, 72))
    assert everything(tmp_path, cache_bytes) == [one, other]
    assert everything(tmp_path / "a", cache_bytes) == [one]


def test_missing_frames_split_a_clip(tmp_path: Path) -> None:
    for number in (0, 2, 4, 6, 10, 12, 14, 20, 22):
        write(tmp_path / f"shot_{number:04}.png", number)
    assert everything(tmp_path) == [[0, 2, 4, 6], [10, 12, 14]]


def test_vimeo_honors_its_list(tmp_path: Path) -> None:
    for number in range(4):
        for frame in range(1, 8):
            write(tmp_path / f"sequences/0000{number}/0001/im{frame}.png", 10 * number + frame)
    assert len(everything(tmp_path)) == 4
    (tmp_path / "sep_trainlist.txt").write_text("00001/0001\n00003/0001\n")
    assert everything(tmp_path) == [[11, 12, 13, 14, 15, 16, 17], [31, 32, 33, 34, 35, 36, 37]]


def test_vimeo_triplets(tmp_path: Path) -> None:
    for frame in (1, 2, 3):
        write(tmp_path / f"sequences/00001/0389/im{frame}.png", frame)
        write(tmp_path / f"sequences/00001/0390/im{frame}.png", frame)
    (tmp_path / "tri_trainlist.txt").write_text("00001/0389\n\n")
    (tmp_path / "tri_testlist.txt").write_text("00001/0390\n")
    assert everything(tmp_path) == [[1, 2, 3]]


def test_x_train_as_videos_and_as_frames(tmp_path: Path) -> None:
    grays = list(range(20, 220, 10))
    write_video(tmp_path / "encoded_train/002/occ008.320_f2881.mp4", grays)
    for frame in range(5):
        write(tmp_path / f"encoded_train/003/occ009.1_f1/{frame:04}.png", 100 + frame)
    loaded = everything(tmp_path)
    assert loaded[1] == [100, 101, 102, 103, 104]
    assert len(loaded[0]) == 20
    assert np.abs(np.array(loaded[0]) - grays).max() < 5


def test_videos_give_any_frames_in_any_order(tmp_path: Path) -> None:
    grays = list(range(20, 220, 10))
    write_video(tmp_path / "clip.mp4", grays)
    (clip,) = load_clips([tmp_path]).training
    assert isinstance(clip, VideoClip)
    for numbers in ([17, 3, 9], [0, 1, 2], [19, 19, 18], [7]):
        found = clip[numbers].float().mean(dim=(1, 2, 3))
        expected = torch.tensor([float(grays[n]) for n in numbers])
        assert (found - expected).abs().max() < 5
    repeated = clip[[17, 3, 9]]
    without = VideoClip(clip.path, FrameCache(0), clip.times)[[17, 3, 9]]
    assert torch.equal(repeated, without)


def test_a_video_without_pyav_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"anything")
    imported = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "av":
            raise ImportError(name)
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(HifiError, match=r"hifi-ofx\[video\]"):
        load_clips([tmp_path])


def test_a_broken_video_is_named(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs PyAV")
    (tmp_path / "broken.mov").write_bytes(b"not a movie" * 20)
    with pytest.raises(FrameError, match=r"broken\.mov"):
        load_clips([tmp_path])


def test_small_sets_are_decoded_at_the_start_and_large_ones_are_not(tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path / "a" / f"{number}.png", number)
    size = 5 * 3 * 36 * 48
    (small,) = load_clips([tmp_path], size).training
    assert isinstance(small, Tensor)
    (large,) = load_clips([tmp_path], size - 1).training
    assert isinstance(large, FolderClip)


def test_the_cache_is_bounded_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    for number in range(8):
        write(tmp_path / f"{number}.png", number)
    one = 3 * 36 * 48
    cache = FrameCache(3 * one)
    clip = FolderClip(tuple(tmp_path / f"{number}.png" for number in range(8)), cache)
    assert values(clip) == list(range(8))
    assert cache.held == 3 * one
    for number in (5, 6, 7):
        (tmp_path / f"{number}.png").unlink()
    assert clip[[7, 5, 6]].float().mean(dim=(1, 2, 3)).tolist() == [7, 5, 6]
    clip[[1]]  # 7 has not been used for the longest time
    assert clip[[5, 6]].shape[0] == 2
    with pytest.raises(FrameError, match=r"7\.png"):
        clip[[7]]
    cache.put((tmp_path, 0), torch.zeros(4 * one, dtype=torch.uint8))
    assert cache.held <= 3 * one


def test_a_still_is_one_picture_in_every_frame(tmp_path: Path) -> None:
    write(tmp_path / "photo.png", 77)
    still = Still(tmp_path / "photo.png", FrameCache(1 << 20))
    assert values(still) == [77] * len(still)


def test_clips_of_one_source_stay_together(tmp_path: Path) -> None:
    assert source("026_frog") == source("027_frog") == "frog"
    for number in range(16):
        for frame in range(3):
            write(tmp_path / f"{number:03}_{number // 2}x" / f"{frame}.png", number)
    loaded = load_clips([tmp_path])
    held = {values(clip)[0] // 2 for clip in loaded.held_out}
    kept = {values(clip)[0] // 2 for clip in loaded.training}
    assert held and kept and not held & kept


def test_licences_come_from_the_manifest(tmp_path: Path) -> None:
    for frame in range(3):
        write(tmp_path / f"video/000_again/{frame}.png")
    entries = [{"file": f"video/000_again/{frame}.png", "licence": "CC0-1.0"} for frame in range(3)]
    (tmp_path / "MANIFEST.json").write_text(json.dumps(entries))
    assert load_clips([tmp_path / "video"]).licences == {"CC0-1.0": 3}


def test_an_empty_or_absent_folder_is_named(tmp_path: Path) -> None:
    write(tmp_path / "0.png")
    write(tmp_path / "1.png")  # two frames have nothing between them
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InvalidSetting, match=str(folder)):
            load_clips([folder])


def test_frames_of_different_sizes_are_named(tmp_path: Path) -> None:
    write(tmp_path / "0.png")
    write(tmp_path / "1.png")
    write(tmp_path / "2.png", height=40)
    with pytest.raises(FrameError, match="48x36, 48x40"):
        load_clips([tmp_path])
