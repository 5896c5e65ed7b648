"""What a run leaves to look at: the log, events, and the preview's pictures where they belong."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFont
from torch import Tensor

from engine.training.data.mixture import Check
from engine.training.procedural.samples import Samples
from engine.training.run.journal import EVENTS, LOG, PREVIEW, Journal, summary
from engine.training.run.preview import HEADINGS, preview
from engine.training.run.validation import Row, Validation, checks_of_phase

REPORT = {"step": 50, "loss": 0.25, "learning_rate": 1e-4, "crops_per_second": 3.0}


def flat(*color: float, size: tuple[int, int] = (32, 32)) -> Tensor:
    return torch.tensor(color)[:, None, None].expand(3, *size)


def row(name: str = "rendered, base", size: tuple[int, int] = (32, 32)) -> Row:
    """Red, green, blue-ish and gray pictures, so that each can be found again."""
    colors = ((1, 0, 0), (0, 1, 0), (0, 0.9, 0), (0.5, 0.5, 0.5))
    return Row(name, *(flat(*map(float, color), size=size) for color in colors))


def found() -> Validation:
    return Validation({"rendered, base": (30.0, 28.5), "video": (25.0, 26.0)}, [row()])


def test_pictures_stand_below_their_headings() -> None:
    sheet = np.asarray(preview([row(), row("video", (90, 160)), row("wide", (64, 640))], "title"))
    band = sheet.shape[1] // len(HEADINGS)
    for column, color in enumerate([(255, 0, 0), (0, 255, 0), (0, 230, 0), (128, 128, 128)]):
        where = (sheet == color).all(axis=-1)
        assert where.sum() >= 256 * 256 + 90 * 160 + 26 * 256
        lefts = np.nonzero(where.sum(axis=0) > 100)[0]
        assert column * band <= lefts.min() and lefts.max() < (column + 1) * band + 12


def test_the_better_psnr_is_green() -> None:
    """Ours, here; where both are alike, neither."""
    image = preview([row()], "title").convert("RGB")
    green = {(150, 215, 150)}
    colors = {color for _, color in image.getcolors(1 << 24) or []}
    assert green <= colors
    same = Row("same", *[flat(0.2, 0.2, 0.2)] * 4)
    colors = {color for _, color in preview([same], "t").getcolors(1 << 24) or []}
    assert not green & colors


def test_a_pillow_without_freetype_draws_too(monkeypatch: pytest.MonkeyPatch) -> None:
    small = ImageFont.load_default_imagefont()

    def load_default(size: float | None = None) -> object:
        if size:
            raise ImportError("The _imagingft C module is not installed")
        return small

    monkeypatch.setattr(ImageFont, "load_default", load_default)
    assert preview([row()], "title").width > 6 * 256


def test_without_tensorboard_one_sentence_and_no_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with caplog.at_level(logging.WARNING):
        journal = Journal(tmp_path / "out")
        journal.loss(REPORT)
        journal.validation(50, 1.25, found())
        journal.close()
    assert [record.message for record in caplog.records] == [
        "No TensorBoard events are written: pip install 'hifi-ofx[tensorboard]'."
    ]
    assert {file.name for file in (tmp_path / "out").iterdir()} == {LOG, PREVIEW}
    loss, scores = map(json.loads, (tmp_path / "out" / LOG).read_text().splitlines())
    assert loss == REPORT
    assert scores["validation"]["video"] == {"psnr": 25.0, "blend": 26.0, "gain": -1.0}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_events_hold_loss_psnr_and_picture(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    journal = Journal(tmp_path)
    journal.loss(REPORT)
    journal.validation(50, 1.25, found())
    journal.close()
    events = EventAccumulator(str(tmp_path / EVENTS))
    events.Reload()
    (loss,) = events.Scalars("training/loss")
    (score,) = events.Scalars("psnr/rendered, base")
    (picture,) = events.Images("preview")
    assert (loss.step, loss.value, score.value) == (50, 0.25, 30.0)
    with Image.open(tmp_path / PREVIEW) as image:
        assert (picture.width, picture.height) == image.size


def test_the_summary_is_the_mean_gain() -> None:
    assert summary(found().scores).startswith("+0.25 dB")


def test_a_base_model_is_judged_by_one_stage() -> None:
    sample = Samples(*[flat(0.1, 0.1, 0.1)[None]] * 3, torch.tensor([0.5]))
    checks = [Check("rendered, base", sample, 1), Check("rendered, 2 stages", sample, 2)]
    checks.append(Check("video 0 gap 1", sample, 4))
    assert checks_of_phase(checks, "cascade") == checks
    judged = [(check.name, check.stages) for check in checks_of_phase(checks, "base")]
    assert judged == [("rendered, base", 1), ("video 0 gap 1", 1)]
