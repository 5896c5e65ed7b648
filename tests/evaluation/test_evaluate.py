"""Evaluation: figures that are computed here a second way, layouts, and the JSON file."""

import json

import numpy as np
import OpenImageIO as oiio
import pytest

from engine import evaluation
from engine.__main__ import main
from engine.evaluation.triplets import psnr, triplets
from hifi_ofx.errors import SequenceError
from tests.service.conftest import weights  # noqa: F401 - a fixture


def write_png(path, pixels):
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], 3, "uint8")
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec)
    assert output.write_image(pixels)
    output.close()


@pytest.fixture
def root(tmp_path):
    generator = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in (0, 1, 2):
            pixels = generator.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            write_png(tmp_path / "set" / name / f"{number}.png", pixels)
    return tmp_path / "set"


def blend_psnr(folder):
    first, truth, second = (
        oiio.ImageBuf(str(folder / f"{n}.png")).get_pixels("float") for n in (0, 1, 2)
    )
    return -10 * np.log10(np.mean(((first + second) / 2 - truth) ** 2, dtype=np.float64))


def test_the_blend_s_figures_are_those_computed_by_hand(root, weights, tmp_path, capsys):  # noqa: F811
    file = tmp_path / "scores.json"
    words = ["evaluate", "triplets", str(root), "--weights", str(weights), "--json", str(file)]
    assert main([*words, "--preset", "draft", "--patch", "32x32", "--device", "cpu"]) == 0
    scores = json.loads(file.read_text())
    for name in ("a", "b"):
        assert scores["frames"][name]["blend"]["psnr"] == pytest.approx(
            blend_psnr(root / name), abs=1e-3
        )
        assert scores["frames"][name]["ours"]["psnr"] > 5
    by_hand = np.mean([blend_psnr(root / name) for name in ("a", "b")])
    assert scores["mean"]["blend"]["psnr"] == pytest.approx(by_hand, abs=1e-3)
    table = capsys.readouterr().out.splitlines()
    assert table[-1].startswith("mean")
    assert len(table) == 4


def test_psnr_of_a_known_error():
    import torch

    truth = torch.full((3, 4, 4), 0.25)
    assert psnr(truth + 0.005, truth) == pytest.approx(40, abs=1e-3)  # 0.01 of white


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_root_of_another_layout_gets_a_sentence(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SequenceError, match="0, 1 and 2"):
        triplets(tmp_path / name)


def test_a_triplet_without_its_end_gets_a_sentence(root, weights, capsys):  # noqa: F811
    (root / "b" / "2.png").unlink()
    code = main(["evaluate", "triplets", str(root), "--weights", str(weights), "--patch", "32x32"])
    assert code == SequenceError.exit_code
    assert "has no frame 2" in capsys.readouterr().err


def test_the_mean_is_over_frames():
    frames = {n: {"ours": {"psnr": v}, "blend": {"psnr": 2 * v}} for n, v in (("a", 10), ("b", 20))}
    assert evaluation.mean(frames) == {"ours": {"psnr": 15}, "blend": {"psnr": 30}}
