"""Pictures from folders: squares, licences, sentences for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.training.data.textures import load_textures
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


def test_an_empty_or_absent_folder_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InvalidSetting, match=str(folder)):
            load_textures([folder], 32)


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    with pytest.raises(FrameError, match=r"broken\.png"):
        load_textures([tmp_path], 32)
