"""Previews: the same pixels a render makes, true values, files that only their owner reads."""

import stat
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest
import torch

from engine import color
from engine.inference.model_cache import Loaded
from engine.preview.draft import DRAFT, stages
from engine.preview.motion_range import found
from engine.preview.pictures import LINEAR_STEPS, heat_pixels, level_sizes, linear_table
from hifi_ofx.curve import Curve
from hifi_ofx.errors import HifiError, InvalidSetting
from hifi_ofx.preview import Preview, PreviewRequest
from hifi_ofx.quality import Machine, Output, Quality
from hifi_ofx.request import Finished, Log
from hifi_ofx.retime import Retime
from tests.service.conftest import QUALITY, pixels_of, write_exr


def ask(engine, request, folder, phase="final", **changes):
    """The preview, and what was logged on the way."""
    lines = list(engine.preview(PreviewRequest(request, str(folder), phase, **changes)))
    assert isinstance(lines[-1], Preview)
    return lines[-1], [line.text for line in lines if isinstance(line, Log)]


def values(picture):
    """A picture's linear values (H, W, 3)."""
    kind = np.float16 if picture.value_type == "half" else np.float32
    width, height, _ = picture.levels[0]
    return np.fromfile(picture.values, kind).reshape(height, width, 3).astype(np.float32)


def codes(picture, level=0):
    """A level's codes (h, w, 4)."""
    width, height, offset = picture.levels[level]
    data = Path(picture.codes).read_bytes()[offset : offset + 8 * width * height]
    return np.frombuffer(data, np.uint16).reshape(height, width, 4)


def test_a_preview_has_the_pixels_that_a_render_writes(engine, request_for, folder, tmp_path):
    request = request_for()
    assert isinstance(list(engine.render(request))[-1], Finished)
    preview, _ = ask(engine, request, folder, place=(1004, 1002, 1003, "1/2"))
    assert preview.phase == "final"
    assert np.array_equal(
        values(preview.picture("ours")), pixels_of(tmp_path / "out/slow.1004.exr")
    )


@pytest.mark.parametrize("place", [(1002, 1002, 1002, "0"), (1003, 1003, 1004, "1/2")])
def test_a_preview_with_a_shutter_has_the_pixels_that_a_render_writes(
    place, engine, request_for, folder, tmp_path
):
    """On a source frame and between two, by a curve that runs at another speed after the second."""
    keys = ((1001, 1001), (1002, 1002), (1003, Fraction(2007, 2)))
    curve = Curve(tuple((Fraction(output), Fraction(source)) for output, source in keys))
    output = Output(shutter=360, shutter_samples=3)
    request = request_for(output=output, retime=Retime(curve=curve))
    assert list(engine.render(request))[-1].made == 3
    preview, _ = ask(engine, request, folder, place=place)
    written = pixels_of(tmp_path / f"out/slow.{place[0]}.exr")
    assert np.array_equal(values(preview.picture("ours")), written)
    draft, _ = ask(engine, request, folder, "draft", place=place)
    assert draft.phase == "final"  # it is there already
    own, _ = ask(engine, request, folder, place=(1002, 1002, 1003, "1/4"))
    plain, _ = ask(
        engine, replace(request, output=Output()), folder, place=(1002, 1002, 1003, "1/4")
    )
    assert np.array_equal(values(own.picture("ours")), values(plain.picture("ours")))


def test_neighbors_have_the_plate_s_own_values(engine, request_for, folder, tmp_path):
    preview, _ = ask(engine, request_for(), folder, "frames", place=(1004, 1002, 1003, "1/2"))
    for name, number in (("left", 1002), ("right", 1003)):
        assert np.array_equal(
            values(preview.picture(name)), pixels_of(tmp_path / f"plate.{number}.exr")
        )
    assert preview.picture("ours") is None
    assert preview.clip == (1001, 1004)
    assert preview.data_window == (0, 0, 70, 50)
    assert not preview.display_referred


def test_codes_lead_back_to_light(engine, request_for, folder):
    preview, _ = ask(engine, request_for(), folder, "frames", place=(1004, 1002, 1003, "1/2"))
    left = preview.picture("left")
    steps = np.linspace(0, 65535, len(preview.linear))
    light = np.interp(codes(left)[..., :3], steps, preview.linear)
    assert np.allclose(light, values(left), rtol=2e-3, atol=2e-4)


def test_the_table_of_light_is_the_inverse_of_the_model_s_curve():
    table = torch.tensor(linear_table(), dtype=torch.float64)
    assert len(table) == LINEAR_STEPS + 1
    there = color.to_model(table)
    assert torch.allclose(there, torch.linspace(0, 1, len(table), dtype=torch.float64), atol=1e-4)


def test_levels_halve_down_to_a_small_one():
    assert level_sizes((540, 960)) == [(540, 960), (270, 480), (135, 240), (68, 120), (34, 60)]
    assert level_sizes((50, 70)) == [(50, 70)]


def test_pictures_are_their_owner_s_alone(engine, request_for, folder):
    ask(engine, request_for(), folder)
    files = list(folder.iterdir())
    assert files
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert not list(folder.glob("*.tmp"))


def test_without_a_place_the_first_in_between_is_shown(engine, request_for, folder):
    preview, _ = ask(engine, request_for(), folder, "frames")
    assert preview.place == (1002, 1001, 1002, "1/2")


def test_a_place_of_its_own_may_lie_at_any_fraction(engine, request_for, folder):
    third, _ = ask(engine, request_for(), folder, place=(1002, 1001, 1002, "1/3"))
    half, _ = ask(engine, request_for(), folder, place=(1002, 1001, 1002, "1/2"))
    assert third.place[3] == "1/3"
    assert not np.array_equal(values(third.picture("ours")), values(half.picture("ours")))


def test_a_copy_has_no_in_between(engine, request_for, folder):
    preview, _ = ask(engine, request_for(), folder, place=(1003, 1002, 1002, "0"))
    assert preview.picture("ours") is None


def test_the_blend_is_the_mean_of_light(engine, request_for, folder):
    place = (1002, 1001, 1002, "1/4")
    preview, _ = ask(engine, request_for(), folder, "frames", place=place, blend=True)
    left, right = (values(preview.picture(name)) for name in ("left", "right"))
    steps = np.linspace(0, 65535, len(preview.linear))
    light = np.interp(codes(preview.picture("blend"))[..., :3], steps, preview.linear)
    assert np.allclose(light, 0.75 * left + 0.25 * right, rtol=3e-3, atol=3e-4)


def test_a_draft_is_small_and_gives_way_to_the_final_one(engine, request_for, folder, tmp_path):
    for index in range(2):
        pixels = np.full((40, 400, 3), 0.1, np.float32)
        pixels[10:30, 100 + 20 * index : 200 + 20 * index] = 0.8
        write_exr(tmp_path / f"wide.{index + 1}.exr", pixels)
    request = request_for(source=tmp_path / "wide.#.exr", quality=QUALITY)
    draft, _ = ask(engine, request, folder, "draft")
    assert draft.phase == "draft"
    assert max(draft.picture("ours").levels[0][:2]) == DRAFT
    final, _ = ask(engine, request, folder, "final")
    assert final.picture("ours").levels[0][:2] == (400, 40)
    again, _ = ask(engine, request, folder, "draft")
    assert again.phase == "final", "what was made is not made again"
    assert again.picture("ours") == final.picture("ours")


def test_samples_that_differ_have_a_heat_map(engine, request_for, folder):
    quality = Quality(steps=1, samples=3, patch=(32, 48), cascade_depth=2)
    preview, _ = ask(engine, request_for(quality=quality), folder, uncertainty=True)
    assert preview.spread == "samples"
    assert preview.spread_scale > 0
    width, height, _ = preview.picture("heat").levels[0]
    assert Path(preview.picture("heat").codes).stat().st_size == 4 * width * height


@pytest.mark.parametrize(("samples", "kind"), [(2, "samples"), (1, "motion")])
def test_several_samples_of_weights_that_align_show_what_they_spread_by(
    engine, request_for, folder, samples, kind
):
    """And one sample, by how much left and right disagree."""
    quality = Quality(steps=1, samples=samples, patch=(64, 96), cascade_depth=1)
    request = request_for(quality=quality, weights="aligned")
    assert ask(engine, request, folder, uncertainty=True)[0].spread == kind


def test_heat_is_clear_where_nothing_differs():
    spread = torch.zeros(4, 6)
    spread[1, 2] = 1.0
    pixels = heat_pixels(spread, 1.0)
    assert pixels[0, 0].tolist() == [0, 0, 0, 0]
    assert pixels[1, 2, 3] > 200


def test_stages_are_those_of_the_cascade(weights):
    quality = Quality(samples=1, patch=(32, 48), overlap=0.125, cascade_depth=2)
    interpolator, _ = Loaded().load(str(weights), Machine(device="cpu"), quality)
    shown = stages(interpolator.work(quality, (50, 70)))
    assert [(stage.height, stage.width) for stage in shown] == [(25, 35), (50, 70)]
    assert (shown[0].tops, shown[0].lefts) == ((0,), (0,))
    assert shown[1].tops == (0, 18)
    assert shown[1].lefts == (0, 22)
    assert (shown[1].patch_height, shown[1].patch_width) == (32, 48)


def test_what_cuts_decide_is_shown_and_said(engine, request_for, folder, tmp_path):
    random = np.random.default_rng(1)
    for index, brightness in enumerate((0.05, 0.9)):
        pixels = random.random((50, 70, 3), np.float32) * 0.1 + brightness
        pixels[..., index] = random.random((50, 70), np.float32)
        write_exr(tmp_path / f"cut.{index + 1}.exr", pixels)
    preview, said = ask(engine, request_for(source=tmp_path / "cut.#.exr"), folder)
    assert any("cut" in line for line in said)
    assert preview.place[3] == "0"


def test_motion_is_measured_where_there_and_back_agree():
    flows = torch.zeros(1, 4, 40, 40)
    flows[:, 0], flows[:, 2] = 6.0, -6.0
    flows[:, 2, :10] = 30.0  # back does not agree here
    motion = found(flows, scale=2.0, followed=50.0, depth_helps=False)
    assert motion.typical == motion.large == 12.0
    assert motion.unmatched == pytest.approx(0.25)


def test_motion_between_frames_is_told_in_pixels_of_the_plate(engine, request_for, folder):
    preview, _ = ask(engine, request_for(), folder, "frames")
    assert preview.motion is not None
    assert preview.motion.followed > 0
    assert 0 <= preview.motion.unmatched <= 1


def test_a_preview_can_be_cancelled(engine, request_for, folder):
    quality = Quality(steps=64, samples=16, patch=(32, 48), cascade_depth=2)
    asked = PreviewRequest(request_for(quality=quality), str(folder), "final")
    conversation = engine.preview(asked)
    next(conversation)
    conversation.close()
    preview, _ = ask(engine, request_for(), folder, "frames")
    assert preview.phase == "frames"


def test_another_phase_is_refused(request_for, folder):
    data = PreviewRequest(request_for(), str(folder)).to_json()
    with pytest.raises(InvalidSetting, match="frames, draft, final"):
        PreviewRequest.from_json({**data, "phase": "later"})


def test_a_request_survives_json(request_for, folder):
    asked = PreviewRequest(
        request_for(retime=Retime(speed=Fraction(1, 3)), output=Output(uncertainty=True)),
        str(folder),
        "draft",
        (1002, 1001, 1002, "1/3"),
        True,
        True,
    )
    assert PreviewRequest.from_json(asked.to_json()) == asked


def test_a_folder_that_has_gone_is_named(engine, request_for, tmp_path):
    with pytest.raises(HifiError, match="the folder does not exist"):
        ask(engine, request_for(), tmp_path / "gone", "frames")


def test_display_referred_plates_look_as_they_are_and_read_as_light(
    engine, request_for, folder, tmp_path
):
    shown = np.random.default_rng(2).integers(0, 256, (50, 70, 3), np.uint8)
    for index in range(2):
        output = oiio.ImageOutput.create(str(tmp_path / f"seen.{index + 1}.png"))
        assert output.open(
            str(tmp_path / f"seen.{index + 1}.png"), oiio.ImageSpec(70, 50, 3, "uint8")
        )
        assert output.write_image(np.roll(shown, 3 * index, axis=1))
        output.close()
    preview, _ = ask(engine, request_for(source=tmp_path / "seen.#.png"), folder, "frames")
    assert preview.display_referred
    light = np.where(
        shown / 255 <= 0.04045, shown / 255 / 12.92, ((shown / 255 + 0.055) / 1.055) ** 2.4
    )
    assert np.allclose(values(preview.picture("left")), light, atol=1e-4)
    steps = np.linspace(0, 65535, len(preview.linear))
    told = np.interp(codes(preview.picture("left"))[..., :3], steps, preview.linear)
    assert np.allclose(told, light, rtol=2e-3, atol=2e-4)


def in_windows(folder, windows, display=(240, 200)):
    """Two frames of an element that moves, in these data windows (x, y, width, height)."""
    folder.mkdir()
    for index, (x, y, width, height) in enumerate(windows):
        canvas = np.zeros((display[1], display[0], 4), np.float32)
        place = slice(80, 110), slice(90 + 12 * index, 130 + 12 * index)
        canvas[(*place, slice(0, 3))] = 0.2 + 0.6 * np.random.default_rng(1).random((30, 40, 3))
        canvas[(*place, 3)] = 1
        spec = oiio.ImageSpec(width, height, 4, "half")
        spec.x, spec.y, spec.full_width, spec.full_height = x, y, *display
        output = oiio.ImageOutput.create("a.exr")
        assert output.open(str(folder / f"plate.{1001 + index}.exr"), spec)
        assert output.write_image(np.ascontiguousarray(canvas[y : y + height, x : x + width]))
        output.close()
    return str(folder / "plate.####.exr")


@pytest.mark.parametrize("phase", ["draft", "final"])
def test_the_panel_shows_the_same_in_a_window_that_hugs_an_element(
    engine, request_for, folder, tmp_path, phase
):
    """And what it shows of it is what a render writes, of alpha and all."""
    full = in_windows(tmp_path / "full", [(0, 0, 240, 200)] * 2)
    tight = in_windows(tmp_path / "tight", [(90, 80, 40, 30), (102, 80, 40, 30)])
    found = []
    for source in (tight, full):
        request = request_for(source=source, quality=Quality(samples=2), weights="motion")
        preview, _ = ask(
            engine, request, folder, phase, place=(1002, 1001, 1002, "1/2"), uncertainty=True
        )
        assert preview.phase == phase
        found.append((preview, values(preview.picture("ours"))))
    (preview, shown), (whole, expected) = found
    assert (preview.data_window, whole.data_window) == ((90, 80, 52, 30), (0, 0, 240, 200))
    assert preview.stage_window == whole.stage_window
    assert preview.stages == whole.stages
    inside = expected[80:110, 90:142]
    if phase == "final":
        assert np.array_equal(shown, inside)
        list(engine.render(request_for(source=tight, quality=Quality(samples=2), weights="motion")))
        assert np.array_equal(shown, pixels_of(tmp_path / "out/slow.1002.exr")[..., :3])
    assert np.abs(shown - inside).mean() < 1e-3
    kind = {"draft": "motion", "final": "samples"}[phase]
    assert preview.spread == whole.spread == kind
