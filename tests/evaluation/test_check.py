"""A plate asked how good its retime will be: which moments, which settings, what it advises."""

import importlib
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.__main__ import main
from engine.evaluation import plate_check
from engine.evaluation.pictures import Pair
from engine.evaluation.plate_check import advice, flags, moments, settings
from engine.evaluation.sweep import Variant
from engine.inference.backends import made_by
from engine.inference.weights_file import weights_path
from engine.plate.png import write_png
from engine.plate.source import open_source
from hifi_ofx.errors import SequenceError
from hifi_ofx.quality import PRESETS, Footage, Machine, Quality
from hifi_ofx.sequence import ImageSequence

from .conftest import BACKBONES
from .conftest import texture as texture_of

HEIGHT, WIDTH = 64, 96
MOTION = frozenset({"samples", "patch", "cascade_depth", "motion", "motion_path"})


def texture(seed, width):
    coarse = np.random.default_rng(seed).random((HEIGHT // 4, width // 4, 3), np.float32)
    return np.kron(coarse, np.ones((4, 4, 1), np.float32))


def plate(folder, frames):
    folder.mkdir(exist_ok=True)
    for number, image in frames:
        write_png(image, folder / f"plate.{number}.png")
    return str(folder / "plate.####.png")


def panned(numbers, seed=1, step=2):
    ground = texture(seed, WIDTH + 64)
    return [(n, ground[:, step * k : step * k + WIDTH]) for k, n in enumerate(numbers)]


def asked(pattern, count=4):
    source = open_source(pattern, Footage(), "")
    return moments(source, ImageSequence.around(pattern), count, Footage())


def names(found):
    return [item.name for item in found.items]


def test_moments_lie_evenly_from_the_first_to_the_last(tmp_path):
    pattern = plate(tmp_path, panned(range(1001, 1012)))
    assert names(asked(pattern, 3)) == ["frame 1002", "frame 1006", "frame 1010"]
    assert names(asked(pattern, 1)) == ["frame 1006"]


def test_a_plate_on_every_second_frame_is_asked_by_the_frames_it_has(tmp_path):
    pattern = plate(tmp_path, panned((1001, 1003, 1005)))
    found = asked(pattern)
    assert names(found) == ["frame 1003"]
    assert [picture.path.name for picture in found.items[0].pictures] == [
        "plate.1001.png", "plate.1005.png", "plate.1003.png",
    ]  # fmt: skip


def around(found):
    return [item.around and [picture.number for picture in item.around] for item in found.items]


def test_curved_motion_is_asked_where_the_frames_around_are_there(tmp_path):
    """As far from the outer two of a triple as these are from each other: 2n frames."""
    whole = asked(plate(tmp_path, panned(range(1001, 1010))), 7)
    assert names(whole)[2:-2] == ["frame 1004", "frame 1005", "frame 1006"]
    assert around(whole) == [None, None, [1001, 1007], [1002, 1008], [1003, 1009], None, None]
    assert whole.tell(MOTION) == MOTION
    short = asked(plate(tmp_path / "short", panned(range(1001, 1007))), 9)
    assert set(around(short)) == {None}
    assert short.tell(MOTION) == MOTION - {"motion_path"}


def test_motion_does_not_curve_across_a_cut_or_a_frame_that_repeats(tmp_path):
    shot = panned(range(1001, 1007))
    other = [(n, 1 - 0.5 * image) for n, image in panned(range(1007, 1008), seed=5)]
    (found,) = asked(plate(tmp_path, [*shot, *other]), 1).items
    assert (found.name, found.around) == ("frame 1004", None)
    repeating = [*shot, (1007, shot[-2][1])]
    (found,) = asked(plate(tmp_path / "repeats", repeating), 1).items
    assert (found.name, found.around) == ("frame 1004", None)
    whole = panned(range(1001, 1008))
    assert asked(plate(tmp_path / "whole", whole), 1).items[0].around is not None


def test_cuts_and_standstills_are_passed_over_and_counted(tmp_path):
    shot = panned(range(1001, 1005), seed=1)
    other = [(n, 1 - 0.5 * image) for n, image in panned(range(1005, 1008), seed=5)]
    still = [(n, other[-1][1]) for n in range(1008, 1010)]
    found = asked(plate(tmp_path, [*shot, *other, *still]), 9)
    assert names(found) == ["frame 1002", "frame 1003", "frame 1006"]
    assert (found.cuts, found.still) == (2, 2)


def test_what_cannot_be_asked_gets_a_sentence(tmp_path):
    with pytest.raises(SequenceError, match="no three frames in a row"):
        asked(plate(tmp_path, panned((1001, 1002))))
    (tmp_path / "still").mkdir()
    same = texture(3, WIDTH)
    with pytest.raises(SequenceError, match="in 1 nothing moves"):
        asked(plate(tmp_path / "still", [(n, same) for n in range(1001, 1004)]))


def test_every_preset_and_knob_is_tried_and_nothing_twice():
    tried = settings("standard", MOTION)
    said = [flags(one, "standard") for one in tried]
    assert said[:3] == ["--preset draft", "--preset standard", "--preset best"]
    assert {
        "--motion search",
        "--motion-path curved",
        "--samples 2",
        "--samples 8",
        "--cascade-depth 1",
    } <= set(said)
    acting = {
        (q.samples, q.cascade_depth, q.motion, q.motion_path)
        for q in (one.quality for one in tried)
    }
    assert len(acting) == len(tried)
    assert not any("steps" in text for text in said)  # they do nothing with these weights


def test_knobs_are_turned_from_the_preset_that_is_named():
    (one,) = [v for v in settings("best", MOTION) if v.setting.get("samples") == "2"]
    assert one.quality.motion == PRESETS["best"].motion
    assert flags(one, "best") == "--preset best --samples 2"


def test_the_fastest_within_a_tenth_of_a_decibel_is_enough():
    tried = settings("standard", frozenset({"samples"}))
    means = {
        one.name: {"psnr": 30 - number / 15, "seconds": 9.0 - number}
        for number, one in enumerate(tried)
    }
    found = advice(means, tried)
    assert found.best == tried[0].name
    assert found.cheapest == tried[1].name  # the next is 0.13 dB behind


def test_progress_is_told_of_every_prediction():
    heard = []
    methods = {"one": lambda pair: pair, "other": lambda pair: -pair}
    counted = plate_check.told(methods, 2, lambda *numbers: heard.append(numbers))
    assert [counted[name](pair) for pair in (3, 4) for name in methods] == [3, -3, 4, -4]
    assert heard == [(0, 4), (1, 4), (2, 4), (3, 4)]


@pytest.mark.slow
def test_a_pan_is_predicted_far_better_than_blended(tmp_path, capsys):
    pattern = plate(tmp_path, panned(range(1001, 1004), step=3))
    written = tmp_path / "check.json"
    sheet = tmp_path / "sheet.png"
    words = ["check", pattern, "--moments", "1", "--device", "cpu"]
    assert main([*words, "--json", str(written), "--sheet", str(sheet)]) == 0
    said = capsys.readouterr().out
    found = json.loads(written.read_text())
    assert found["enough"] in said and found["best"] in said
    best = max(row["psnr"] for row in found["settings"])
    assert best > found[plate_check.BLEND]["psnr"] + 5
    assert sheet.stat().st_size > 1000


def test_targets_are_checked_before_any_work(tmp_path, capsys):
    pattern = plate(tmp_path, panned(range(1001, 1004)))
    assert main(["check", pattern, "--sheet", str(tmp_path / "sheet.jpg")]) == 2
    assert main(["check", pattern, "--json", str(tmp_path / "no" / "where.json")]) == 4
    assert main(["check", pattern, "--moments", "0"]) == 2
    assert capsys.readouterr().out == ""


def check(monkeypatch, tmp_path, frames, tried):
    """What `hifi-ofx check` writes as JSON, of these settings alone."""
    monkeypatch.setattr(plate_check, "settings", lambda base, acts: tried)
    written = tmp_path / "check.json"
    words = ["check", plate(tmp_path / "plate", frames), "--moments", "1", "--device", "cpu"]
    assert main([*words, "--json", str(written)]) == 0
    return json.loads(written.read_text())


def test_lpips_is_named_by_its_network(monkeypatch, tmp_path, lpips, capsys):
    (lpips / BACKBONES["squeeze"]).touch()
    tried = [Variant("search", Quality(motion="search", samples=1), {"motion": "search"})]
    found = check(monkeypatch, tmp_path, panned(range(1001, 1004)), tried)
    assert "SqueezeNet" in found["figures"]["lpips"] and found["settings"][0]["lpips"] > 0
    said = capsys.readouterr().out.splitlines()
    assert "LPIPS" in said[0].split()
    assert said[-1] == f"LPIPS: {found['figures']['lpips']}."


def test_a_pan_that_slows_down_is_predicted_better_along_its_curve(monkeypatch, tmp_path):
    """Four pixels a frame less, frame by frame: in the middle a straight line is 2 pixels off."""
    ground = np.float32(texture_of(7, (128, 360)) / 255)
    at = [24 * k - 2 * k * k for k in range(7)]
    frames = [(n + 1001, ground[:, x : x + 256]) for n, x in enumerate(at)]
    straight = Quality(motion="search", samples=1)
    tried = [
        Variant(path, replace(straight, motion_path=path), {"motion-path": path})
        for path in ("linear", "curved")
    ]
    found = check(monkeypatch, tmp_path, frames, tried)
    linear, curved = (row["psnr"] for row in found["settings"])
    assert [row["flags"] for row in found["settings"]][1] == "--motion-path curved"
    assert curved > linear + 0.8


@pytest.mark.parametrize(
    ("weights", "what"),
    [
        ("motion", "engine.inference.motion_estimator.octave"),
        ("aligned", "engine.flow.searches.flow_ensemble"),
    ],
)
def test_no_setting_is_timed_with_what_another_has_found(monkeypatch, weights, what):
    """The octave and the search of a pair are made once for each setting that is asked."""
    module, name = what.rsplit(".", 1)
    original, made = getattr(importlib.import_module(module), name), []

    def counted(*arguments):
        made.append(1)
        return original(*arguments)

    monkeypatch.setattr(what, counted)
    quality = Quality(samples=1, patch=(64, 96), overlap=0.0)
    machine = Machine(device="cpu")
    interpolator = made_by("torch", weights_path(weights), machine, quality)
    tried = [Variant(name, quality, {}) for name in ("one", "other")]
    asked = plate_check.of_settings(interpolator, tried, machine)
    torch.manual_seed(1)
    pair = Pair("pair", torch.rand(3, 64, 96), torch.rand(3, 64, 96))
    for number, setting in enumerate(tried, 1):
        asked[setting.name](pair)(Fraction(1, 2))
        assert len(made) == number
