"""The demo: a plate that is exact at any time, and figures that anybody can recompute."""

import numpy as np
import OpenImageIO as oiio
import pytest
import torch

from engine import color
from engine.__main__ import main
from engine.commands.demo import Demo, psnr, table
from engine.commands.demo_plate import LAST, Painting, as_frame, paint_street, picture
from engine.evaluation import methods
from engine.evaluation.pictures import Pair
from engine.plate.exr import write_frame
from engine.retime.stops import whole_stops
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Quality
from hifi_ofx.retime import parse_speed
from tests.networks import WARPING, saved, untrained
from tests.service.conftest import pixels_of

SIZE = (36, 64)
DENSITY = 180


@pytest.fixture(scope="module")
def street():
    return paint_street(DENSITY)


def painting(texels, density, corner=(0.0, 0.0), velocity=(0.0, 0.0)):
    sums = np.zeros((texels.shape[0] + 1, texels.shape[1] + 1, 4))
    sums[1:, 1:] = texels.cumsum(0).cumsum(1)
    return Painting(sums, density, corner, velocity)


def random_texels(height, width):
    return np.random.default_rng(3).random((height, width, 4))


def test_a_pixel_is_the_mean_of_the_texels_it_covers():
    texels = random_texels(24, 36)
    pixels = painting(texels, 24).at(0, (6, 9))
    np.testing.assert_allclose(pixels, texels.reshape(6, 4, 9, 4, 4).mean(axis=(1, 3)), rtol=1e-5)


def test_half_a_texel_of_motion_is_the_mean_of_neighbors():
    texels = random_texels(8, 10)
    moving = painting(texels, 8, velocity=(-1 / 8, 0))
    moved = moving.at(0.5, (8, 9))
    np.testing.assert_allclose(moved, (texels[:, :9] + texels[:, 1:]) / 2, rtol=1e-5)


def test_light_is_neither_lost_nor_made_while_a_layer_moves():
    texels = random_texels(10, 10)
    moving = painting(texels, 40, corner=(0.3, 0.3), velocity=(0.0137, 0.0071))
    light = [moving.at(time, (24, 32)).sum() / 24**2 for time in (0, 0.25, 1.7, 9)]
    np.testing.assert_allclose(light, texels.sum() / 40**2, rtol=1e-5)


def test_the_scene_fills_the_frame_for_as_long_as_it_may_last(street):
    for time in (0, LAST):
        image = picture(street, time, SIZE)
        assert image.min() > 0
        for layer in street:
            seen = layer.at(time, SIZE)[..., 3]
            assert seen.any(), "a layer has left the frame"
    sky, skyline, street_, _, wires, _, fence = street
    for layer in (sky, skyline, street_, wires, fence):
        assert layer.at(LAST, SIZE)[:, -1, 3].any(), "a layer ends inside the frame"


def test_the_scene_is_bright_and_near_layers_are_faster(street):
    assert picture(street, 0, (360, 640)).max() > 45
    backdrop = [abs(street[i].velocity[0]) for i in (0, 1, 2, 4, 5, 6)]
    assert backdrop == sorted(backdrop)
    assert backdrop[-1] > 8 * backdrop[0]


def test_frames_have_timecode_rate_and_half_floats(street, tmp_path):
    image = picture(street, 2, SIZE)
    write_frame(as_frame(image, 26), tmp_path / "frame.exr")
    read = oiio.ImageBuf(str(tmp_path / "frame.exr"))
    assert str(read.spec().format) == "half"
    assert tuple(read.spec().getattribute("smpte:TimeCode")) == (0x01000102, 0)  # 01:00:01:02
    assert tuple(read.spec().getattribute("framesPerSecond")) == (24, 1)
    np.testing.assert_array_equal(read.get_pixels("half"), image.astype(np.float16))


def test_psnr_of_a_known_error():
    truth = np.zeros((4, 5, 3), np.float32)
    assert psnr(truth + 0.1, truth) == pytest.approx(20, abs=1e-4)
    assert psnr(truth, truth) == np.inf


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The demo, small, with an untrained network: the blend of the warped frames."""
    folder = tmp_path_factory.mktemp("demo")
    weights = saved(untrained(WARPING), folder / "untrained.safetensors")
    demo = Demo(folder, parse_speed("1/4"), 3, SIZE, DENSITY)
    demo.write_plate()
    demo.retime(Quality(samples=1, steps=1, patch=(32, 48), cascade_depth=2), str(weights))
    results = demo.results()
    demo.write_sheet(results, "untrained")
    return demo, results


def test_the_demo_writes_its_plate_its_retime_and_its_sheet(finished):
    demo, results = finished
    names = sorted(path.name for path in demo.folder.glob("*.exr"))
    slow = [f"slow.{frame:04}.exr" for frame in range(1, 10)]
    assert names == ["plate.0001.exr", "plate.0002.exr", "plate.0003.exr", *slow]
    assert len(results) == 6
    sheet = pixels_of(demo.sheet)
    assert sheet.shape[0] > 3 * SIZE[0]
    assert sheet.shape[1] > 5 * SIZE[1]


def test_an_untrained_network_gives_the_warped_frames_at_the_level_of_the_plate(finished):
    # Any slip in time, color or frame numbers would show as a difference between the two.
    demo, results = finished
    for result in results:
        ends = [pixels_of(demo.plate(n)) for n in (result.frame.left, result.frame.right)]
        gain = 2.0 ** whole_stops(*(list(np.moveaxis(end, -1, 0)) for end in ends))
        lit = (torch.from_numpy(np.moveaxis(gain * end, -1, 0)).float() for end in ends)
        warped = methods.guide(Pair("demo", *(color.to_model(light) for light in lit)))
        off = {}
        for fraction in (result.frame.fraction, 1 - result.frame.fraction):
            light = color.from_model(warped(fraction)) / gain
            expected = color.model_to_display(color.to_model(light)).permute(1, 2, 0).numpy()
            off[fraction] = np.abs(result.ours - expected)
        right = off.pop(result.frame.fraction)
        # The untrained network keeps e^-5 of the frames as they are, which an edge shows most.
        assert np.quantile(right, 0.99) < 0.005 and right.max() < 0.03
        for wrong in off.values():
            assert wrong.mean() > 5 * right.mean()


def test_the_figures_are_those_of_the_files_on_disk(finished, street):
    demo, results = finished
    result = results[1]
    assert (result.frame.output, result.frame.left, result.frame.fraction) == (3, 1, 0.5)
    truth = torch.from_numpy(picture(street, 0.5, SIZE))
    made = torch.from_numpy(pixels_of(demo.slow(3)))
    shown = [(color.to_model(image) / color.WHITE).clamp(0, 1) for image in (made, truth)]
    expected = -10 * torch.log10((shown[0] - shown[1]).square().mean()).item()
    assert result.psnr[0] == pytest.approx(expected, abs=1e-3)
    assert f"{expected:.2f} dB" in table(results).splitlines()[3]


def test_the_table_ends_with_the_means(finished):
    _, results = finished
    mean = np.mean([result.psnr[1] for result in results])
    assert table(results).splitlines()[-1].split()[:1] == ["mean"]
    assert f"{mean:.2f} dB" in table(results).splitlines()[-1]


@pytest.mark.parametrize(("speed", "frames"), [("1/4", 1), ("1/4", LAST + 2), ("2", 5), ("1", 5)])
def test_a_demo_without_an_inbetween_is_refused(tmp_path, speed, frames):
    with pytest.raises(InvalidSetting):
        Demo(tmp_path, parse_speed(speed), frames)


def test_wrong_weights_are_named_before_anything_is_written(tmp_path, capsys):
    assert main(["demo", str(tmp_path / "new"), "--weights", "no-such"]) == 5
    assert "no-such" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
