"""Pictures and clips from folders: shapes, triplets, held-out sources, sentences for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator

from engine.color import WHITE
from engine.training.textures import clip_samples, load_clips, load_textures, source
from hifi_ofx.errors import FrameError, InvalidSetting


def write(path: Path, height: int, width: int, value: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), value, np.uint8)).save(path)


def test_pictures_become_squares_with_some_held_out(tmp_path: Path) -> None:
    for number in range(16):
        write(tmp_path / "photos" / f"{number:02}.png", 40, 130)
    loaded = load_textures([tmp_path / "photos"], 32)
    assert {square.shape for square in loaded.training} == {torch.Size([3, 32, 32])}
    assert len(loaded.training) == 7 * len(loaded.held_out)
    assert all((square == 90).all() for square in loaded.training)


def test_licences_come_from_the_manifest(tmp_path: Path) -> None:
    write(tmp_path / "photos" / "a.png", 40, 40)
    manifest = [
        {"file": "photos/a.png", "licence": "CC0-1.0"},
        {"file": "other/b.png", "licence": "secret"},
    ]
    (tmp_path / "MANIFEST.json").write_text(json.dumps(manifest))
    assert load_textures([tmp_path / "photos"], 32).licences == {"CC0-1.0": 1}


def test_clips_of_one_source_stay_together(tmp_path: Path) -> None:
    assert source("026_frog") == source("027_frog") == "frog"
    for number in range(16):
        for frame in range(3):
            write(tmp_path / f"{number:03}_{number // 2}x" / f"{frame}.png", 36, 48, number)
    loaded = load_clips([tmp_path])
    held = {int(clip[0, 0, 0, 0]) // 2 for clip in loaded.held_out}
    kept = {int(clip[0, 0, 0, 0]) // 2 for clip in loaded.training}
    assert held and kept and not held & kept


def test_a_triplets_middle_lies_at_its_fraction() -> None:
    """Frame n of the clip is all n: the middle of any triplet must be at its fraction."""
    clip = (torch.arange(5, dtype=torch.uint8) * 40)[:, None, None, None].expand(5, 3, 48, 64)
    samples = clip_samples([clip], 200, 32, Generator().manual_seed(0))
    fraction = samples.fraction[:, None, None, None]
    torch.testing.assert_close(
        samples.middle, torch.lerp(samples.first, samples.second, fraction), atol=1e-5, rtol=0
    )
    seen = {round(float(value), 3) for value in samples.fraction}
    assert seen == {0.25, 0.333, 0.5, 0.667, 0.75}
    assert float(samples.middle.max()) <= WHITE


def test_crops_larger_than_a_clip_are_scaled_up() -> None:
    clip = torch.zeros(3, 3, 40, 50, dtype=torch.uint8)
    assert clip_samples([clip], 2, 64, Generator().manual_seed(0)).first.shape == (2, 3, 64, 64)


@pytest.mark.parametrize(
    "load", [lambda path: load_textures([path], 32), lambda p: load_clips([p])]
)
def test_an_empty_or_absent_folder_is_named(tmp_path: Path, load: object) -> None:
    assert callable(load)
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InvalidSetting, match=str(folder)):
            load(folder)


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    with pytest.raises(FrameError, match=r"broken\.png"):
        load_textures([tmp_path], 32)
