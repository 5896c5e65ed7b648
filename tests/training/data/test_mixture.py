"""What a run draws: its shares of every kind of sample, what is held out, and the preview."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator, Tensor

from engine.training.data import mixture as data_module
from engine.training.data.clips import load_clips
from engine.training.data.frame_cache import Clip
from engine.training.data.mixture import Data, draw, held_out, load_data
from engine.training.data.sheet import contact_sheet, main
from engine.training.procedural.painting import paint_masks, paint_textures
from engine.training.procedural.palette import Palette
from engine.training.procedural.samples import Samples
from engine.training.settings import TrainingSettings

CPU = torch.device("cpu")
SETTINGS = TrainingSettings(batch=200, crop=16)
SHARED = Path(__file__).parents[4] / "shared/data/train"


def palette() -> Palette:
    generator = Generator().manual_seed(0)
    return Palette(paint_textures(12, 64, generator), paint_masks(11, 64, generator))


def picture(path: Path, seed: int, height: int = 40, width: int = 56) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Sixteen photographs and two clips, and little to paint."""
    monkeypatch.setattr(data_module, "PAINTED", 24)
    monkeypatch.setattr(data_module, "TEXTURE_SIZE", 64)
    for number in range(16):
        picture(tmp_path / "photos" / f"{number:02}.png", number)
        for frame in range(3):
            picture(tmp_path / "video" / f"{number:03}_clip{number}" / f"{frame}.png", number)
    entry = {"file": "photos/00.png", "licence": "CC0-1.0"}
    (tmp_path / "MANIFEST.json").write_text(json.dumps([entry]))
    return tmp_path / "photos", tmp_path / "video"


def test_video_and_pans_take_their_shares() -> None:
    """Clips are all 10, photographs all 20, so that a sample says where it comes from."""
    clip, still = (torch.full((5, 3, 40, 40), value, dtype=torch.uint8) for value in (10, 20))
    data = Data(palette(), palette(), [clip], [], {}, [still])
    settings = dataclasses.replace(SETTINGS, video_share=0.4, whip_share=0.5)
    samples = draw(data, settings, 0, Generator().manual_seed(0))
    assert len(samples.first) == len(samples.fraction) == 200
    filmed, panned = (
        (samples.first - 0.5 * value / 255).abs().amax(dim=(1, 2, 3)) < 1e-6 for value in (10, 20)
    )
    assert float(filmed.float().mean()) == pytest.approx(0.4, abs=0.1)
    assert float(panned.float().mean()) == pytest.approx(0.3, abs=0.1)


def test_without_clips_and_photographs_everything_is_rendered() -> None:
    data = Data(palette(), palette())
    samples = draw(data, dataclasses.replace(SETTINGS, batch=8), 0, Generator().manual_seed(0))
    assert len(samples.first) == 8


def test_loading_records_licences_and_holds_out(folders: tuple[Path, Path]) -> None:
    photos, video = folders
    data = load_data([photos], [video], 0, CPU)
    assert data.record["texture licences"] == {"CC0-1.0": 1}
    assert data.record["clips"] == len(data.clips) == 14
    assert len(data.held_out_clips) == 2 and len(data.stills) == 14
    assert data.palette.counts[0] > data.held_out_palette.counts[0] > 0
    assert (data.palette.periods > 0).sum() == 6


def test_one_seed_draws_one_batch(folders: tuple[Path, Path]) -> None:
    photos, video = folders
    settings = dataclasses.replace(SETTINGS, batch=12)
    one, again = (
        draw(load_data([photos], [video], 3, CPU), settings, 0, Generator().manual_seed(1))
        for _ in range(2)
    )
    for name in ("first", "middle", "second", "fraction"):
        assert torch.equal(getattr(one, name), getattr(again, name))


def test_photographs_near_white_may_become_highlights() -> None:
    """Every third one; mid gray is the same in all of them, by the sRGB curve."""
    side = data_module.TEXTURE_SIZE
    photo = torch.full((3, side, side), 128, dtype=torch.uint8)
    photo[:, 0] = 255
    lit = data_module._lit([photo] * 3).float()
    torch.testing.assert_close(lit[:, 0, 0, 0], torch.tensor([1.0, 1.0, 8.0]), atol=0.01, rtol=0)
    expected = torch.full((3,), ((128 / 255 + 0.055) / 1.055) ** 2.4)
    torch.testing.assert_close(lit[:, 0, 9, 9], expected, atol=1e-3, rtol=0)


def test_validation_takes_the_middle_of_large_clips_and_keeps_gaps() -> None:
    clip: Clip = torch.arange(40, dtype=torch.uint8)[:, None, None, None].expand(40, 3, 600, 80)
    data = Data(palette(), palette(), [clip], [clip])
    settings = dataclasses.replace(SETTINGS, largest_gap=6)
    filmed = [check for check in held_out(data, settings) if check.name.startswith("video")]
    assert [check.name for check in filmed] == ["video 0 gap 1", "video 0 gap 3"]
    for check, gap in zip(filmed, (1, 3), strict=True):
        assert check.samples.first.shape == (1, 3, 512, 80)
        seen: Tensor = check.samples.middle
        assert float(seen.mean()) == pytest.approx(0.5 * gap / 255, abs=1e-6)


def test_the_preview_shows_what_is_drawn(folders: tuple[Path, Path], tmp_path: Path) -> None:
    photos, video = folders
    output = tmp_path / "sheet.png"
    arguments = ["--textures", str(photos), "--clips", str(video), "--crop", "32", "--count", "5"]
    assert main([str(output), *arguments]) == 0
    with Image.open(output) as sheet:
        assert sheet.size == (3 * 3 * 36, 2 * 50)
        assert len(np.unique(np.array(sheet).reshape(-1, 3), axis=0)) > 500
    assert not list(tmp_path.glob("*.part"))


def test_the_preview_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "sheet.png"), "--textures", str(tmp_path / "absent")]) == 2
    assert "absent" in capsys.readouterr().err


def test_a_sheet_shows_first_middle_and_second_in_their_order() -> None:
    frames = [torch.full((1, 3, 8, 8), value / 510) for value in (60, 120, 180)]
    sheet = contact_sheet(Samples(frames[0], frames[2], frames[1], torch.tensor([0.5])))
    assert [sheet.getpixel((4 + place * 12 + 4, 18)) for place in range(3)] == [
        (60, 60, 60), (120, 120, 120), (180, 180, 180)
    ]  # fmt: skip


@pytest.mark.skipif(not (SHARED / "video").is_dir(), reason="needs the training material beside")
def test_the_training_clips_stay_in_memory() -> None:
    loaded = load_clips([SHARED / "video"])
    assert len(loaded.training) + len(loaded.held_out) == 55
    assert all(isinstance(clip, Tensor) and len(clip) == 5 for clip in loaded.training)
