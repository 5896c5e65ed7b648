"""The whole command: its table, its JSON, its sheet, and how it stops."""

import json

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.evaluation import report, scoring, sweep, worst
from hifi_ofx.errors import Cancelled, FrameError, InvalidSetting, OutputError
from hifi_ofx.quality import Quality
from tests.service.conftest import weights  # noqa: F401 - a fixture

from .conftest import BACKBONES, gray
from .test_layouts import sepe_root, vimeo_root, x_test_root, xiph_root

METHODS = ("ours", "blend", "nearest", "dis")


def pixels(folder, number):
    return oiio.ImageBuf(str(folder / f"{number}.png")).get_pixels("float")


def psnr_by_hand(image, truth):
    return -10 * np.log10(np.mean((image - truth) ** 2, dtype=np.float64))


@pytest.fixture
def scores(triplet_root, weights, evaluate, tmp_path, capsys):  # noqa: F811
    pytest.importorskip("cv2")
    pytest.importorskip("skimage")
    file = tmp_path / "scores.json"
    assert evaluate("triplets", triplet_root, "--json", file, weights=weights) == 0
    return json.loads(file.read_text()), capsys.readouterr()


def test_simple_methods_score_what_is_computed_by_hand(scores, triplet_root):
    found, _ = scores
    for name in ("a", "b"):
        first, truth, second = (pixels(triplet_root / name, n) for n in (0, 1, 2))
        frame = found["frames"][name]
        by_hand = {"blend": (first + second) / 2, "nearest": first}
        for method, image in by_hand.items():
            assert frame[method]["psnr"] == pytest.approx(psnr_by_hand(image, truth), abs=1e-3)
        assert frame["ours"]["psnr"] > 5
        assert frame["dis"]["psnr"] > frame["blend"]["psnr"]


def test_the_json_has_means_groups_frames_and_settings(scores):
    found, _ = scores
    assert tuple(found["mean"]) == METHODS
    for figure in ("psnr", "ssim"):
        mean = np.mean([found["frames"][name]["blend"][figure] for name in ("a", "b")])
        assert found["mean"]["blend"][figure] == pytest.approx(mean)
    assert list(found["tags"]) == ["large", "thin or repeated", "fence", "large-motion", "pan"]
    assert found["tags"]["large"]["count"] == 1
    assert found["tags"]["large"]["dis"] == found["frames"]["a"]["dis"]
    settings = found["settings"]
    assert settings["quality"]["patch"] == "32x48"
    assert len(settings["sha256"]) == 64
    assert "scikit-image" in settings["figures"]["ssim"]
    assert (settings["count"], settings["of"]) == (2, 2)
    assert "sweep" not in found


def test_the_table_has_a_row_a_frame_and_the_mean(scores):
    found, said = scores
    lines = said.out.splitlines()
    assert lines[0].split() == list(METHODS)
    assert lines[1].split() == ["frame", *["PSNR", "SSIM"] * 4]
    assert [line.split()[0] for line in lines[2:5]] == ["a", "b", "mean"]
    numbers = [
        f"{found['mean'][m][f]:.{d}f}" for m in METHODS for f, d in (("psnr", 2), ("ssim", 4))
    ]
    assert lines[4].split()[1:] == numbers
    assert "LPIPS is left out" in said.err


def test_lpips_is_in_the_table_and_its_network_is_named(
    lpips, triplet_root, evaluate, tmp_path, capsys
):
    for file in BACKBONES.values():
        (lpips / file).touch()
    file = tmp_path / "scores.json"
    words = ["--methods", "blend", "--lpips", "squeeze", "--json", file]
    assert evaluate("triplets", triplet_root, *words) == 0
    first, truth, second = (pixels(triplet_root / "a", n) for n in (0, 1, 2))
    found, lines = json.loads(file.read_text()), capsys.readouterr().out.splitlines()
    by_hand = 100 * 2 * np.abs((first + second) / 2 - truth).mean()  # the stand-in's, of [-1, 1]
    assert found["frames"]["a"]["blend"]["lpips"] == pytest.approx(by_hand, rel=1e-3)
    assert "LPIPS" in lines[1].split()
    assert lines[-1] == f"LPIPS: {found['settings']['figures']['lpips']}"
    assert "SqueezeNet" in lines[-1]


def test_groups_of_several_frames_are_in_the_table():
    frames = [
        scoring.Scored(name, tags, {"blend": {"psnr": value, "seconds": 0.0}})
        for name, tags, value in (("a", ("pan", "fence"), 10.0), ("b", ("pan",), 20.0))
    ]
    lines = report.text(frames, []).splitlines()
    assert [line.split() for line in lines if line.startswith("pan")] == [["pan", "(2)", "15.00"]]
    assert not any(line.startswith("fence") for line in lines)


def test_the_mean_is_over_frames():
    frames = [{"ours": {"psnr": v}, "blend": {"psnr": 2 * v}} for v in (10, 20)]
    assert report.mean(frames) == {"ours": {"psnr": 15}, "blend": {"psnr": 30}}


def test_a_sweep_has_a_row_a_setting(triplet_root, weights, evaluate, tmp_path, capsys):  # noqa: F811
    file = tmp_path / "scores.json"
    words = ["--methods", "ours,blend", "--sweep", "steps=1,2", "--sweep", "cascade_depth=1,auto"]
    assert evaluate("triplets", triplet_root, *words, "--json", file, weights=weights) == 0
    found = json.loads(file.read_text())
    settings = [{"steps": s, "cascade-depth": d} for s in ("1", "2") for d in ("1", "auto")]
    assert [row["setting"] for row in found["sweep"]] == settings
    names = [f"ours steps={s['steps']} cascade-depth={s['cascade-depth']}" for s in settings]
    assert list(found["mean"]) == [*names, "blend"]
    for row, name in zip(found["sweep"], names, strict=True):
        assert row["psnr"] == found["mean"][name]["psnr"]
    assert len({row["psnr"] for row in found["sweep"]}) > 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["mean", *names, "blend"]


def test_a_sweep_s_row_is_what_that_setting_alone_gives(triplet_root, weights, evaluate, tmp_path):  # noqa: F811
    swept, alone = tmp_path / "swept.json", tmp_path / "alone.json"
    words = ["--methods", "ours", "--only", "a", "--json"]
    evaluate("triplets", triplet_root, *words, swept, "--sweep", "steps=1,3", weights=weights)
    evaluate("triplets", triplet_root, *words, alone, "--steps", "3", weights=weights)
    row = json.loads(swept.read_text())["sweep"][1]
    assert row["psnr"] == json.loads(alone.read_text())["mean"]["ours"]["psnr"]


def test_variants_are_every_combination():
    made = sweep.variants(Quality(), ["patch=256x384,512x768", "samples=1,2"])
    assert [(one.quality.patch, one.quality.samples) for one in made] == [
        ((256, 384), 1), ((256, 384), 2), ((512, 768), 1), ((512, 768), 2),
    ]  # fmt: skip
    assert made[0].setting == {"patch": "256x384", "samples": "1"}
    assert [one.name for one in sweep.variants(Quality(), [])] == ["ours"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["speed=1,2"], "no knob"),
        (["steps"], "no knob"),
        (["steps=0,1"], "1 to 64"),
        (["steps=x"], "1 to 64"),
        (["steps=1", "steps=2"], "one knob"),
    ],
)
def test_a_wrong_sweep_gets_a_sentence(wrong, said):
    with pytest.raises(InvalidSetting, match=said):
        sweep.variants(Quality(), wrong)


@pytest.mark.parametrize(
    ("benchmark", "make", "frames"),
    [("vimeo", vimeo_root, 1), ("xiph-2k", xiph_root, 1), ("xiph-4k", xiph_root, 1),
     ("x-test-2k", x_test_root, 7), ("x-test-4k", x_test_root, 7), ("sepe-8k", sepe_root, 1)],
)  # fmt: skip
def test_every_benchmark_runs(benchmark, make, frames, weights, evaluate, tmp_path):  # noqa: F811
    file = tmp_path / "scores.json"
    words = ["--limit", 1, "--methods", "ours,blend", "--json", file]
    assert evaluate(benchmark, make(tmp_path / "root"), *words, weights=weights) == 0
    found = json.loads(file.read_text())
    assert len(found["frames"]) == frames
    assert found["mean"]["blend"]["psnr"] > 40  # gray frames between two: the blend is exact


@pytest.mark.parametrize("ablation", [["--tiling"], ["--tiling", "0.5"], ["--upsampler"]])
def test_ablations_run_and_are_written_down(ablation, triplet_root, weights, evaluate, tmp_path):  # noqa: F811
    file = tmp_path / "scores.json"
    words = [*ablation, weights] if ablation == ["--upsampler"] else ablation
    words = ["--methods", "ours", "--limit", 1, "--json", file, *words]
    assert evaluate("triplets", triplet_root, *words, weights=weights) == 0
    settings = json.loads(file.read_text())["settings"]
    if ablation == ["--upsampler"]:
        assert settings["upsampler_sha256"] == settings["sha256"]
    else:
        assert settings["tiling"] == float((*ablation, 0.125)[1])


def test_the_worst_frames_are_a_sheet(triplet_root, weights, evaluate, tmp_path):  # noqa: F811
    gray(triplet_root / "b" / "1.png", 0, (40, 64))  # nobody can know it: ours is not far behind
    file = tmp_path / "worst.png"
    words = ["--methods", "ours,blend", "--worst", file]
    assert evaluate("triplets", triplet_root, *words, weights=weights) == 0
    height, width = oiio.ImageBuf(str(file)).get_pixels("float").shape[:2]
    assert width > 6 * 480
    assert height > 2 * 270


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--worst", "w.png", "--methods", "ours"], InvalidSetting),
        (["--worst", "w.exr"], InvalidSetting),
        (["--worst", "w.png", "--sweep", "steps=1,2"], InvalidSetting),
        (["--sweep", "steps=1,2", "--methods", "blend"], InvalidSetting),
        (["--tiling", "0"], InvalidSetting),
        (["--tiling", "--upsampler", "aligned"], InvalidSetting),
        (["--json", "nowhere/scores.json"], OutputError),
    ],
)
def test_what_cannot_be_is_said_at_once(words, error, triplet_root, evaluate, capsys, monkeypatch):
    monkeypatch.chdir(triplet_root)
    monkeypatch.setattr(scoring.Scoring, "frames", lambda *_: pytest.fail("it went to work"))
    assert evaluate("triplets", triplet_root, *words) == error.exit_code
    assert "hifi-ofx: " in capsys.readouterr().err


def stopping(monkeypatch, error):
    """Let the second item fail."""
    frames = scoring.Scoring.frames

    def one_then_stop(self, item):
        if item.name == "b":
            raise error
        yield from frames(self, item)

    monkeypatch.setattr(scoring.Scoring, "frames", one_then_stop)


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), Cancelled.exit_code), (FrameError("broken"), FrameError.exit_code)],
)
def test_what_is_done_is_kept(error, code, triplet_root, evaluate, tmp_path, monkeypatch, capsys):
    stopping(monkeypatch, error)
    file = tmp_path / "scores.json"
    assert evaluate("triplets", triplet_root, "--methods", "blend", "--json", file) == code
    found = json.loads(file.read_text())
    assert list(found["frames"]) == ["a"]
    assert (found["settings"]["count"], found["settings"]["of"]) == (1, 2)
    assert "stopped after 1 of 2" in capsys.readouterr().err
    assert list(tmp_path.glob(".hifi*")) == []


def test_the_worst_frames_are_the_ten_furthest_behind_the_best():
    sheet = worst.Worst()
    leads = {f"{n:02}": (n * 7) % 13 - 6.0 for n in range(13)}
    for name, lead in leads.items():
        scores = {"ours": {"psnr": 30 + lead}, "blend": {"psnr": 20.0}, "dis": {"psnr": 30.0}}
        sheet.add(scoring.Scored(name, (), scores))
    expected = sorted(leads, key=leads.__getitem__)[:10]
    assert [frame.name for frame in sheet.frames] == expected
    assert worst.lead(sheet.frames[0]) == -6
