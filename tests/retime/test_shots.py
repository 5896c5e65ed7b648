"""Cuts and holds: what is a cut, what is not, and how a planned frame changes because of it."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retime.shots import Signature, change, difference, resolve, signature
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Footage
from hifi_ofx.retime import PlannedFrame, Retime

SETTINGS = Footage()
INTERPOLATE = Footage(holds="interpolate")


def scene(seed: int, width: int = 320, height: int = 180) -> np.ndarray:
    """A picture of colored blocks of many sizes on a gradient, (H, W, 3) in 0..1."""
    rng = np.random.default_rng(seed)
    image = np.linspace(rng.random(3) * 0.4, rng.random(3) * 0.8, width)[None].repeat(height, 0)
    for _ in range(60):
        y, x = rng.integers(0, height), rng.integers(0, width)
        h, w = rng.integers(height // 20, height // 3), rng.integers(width // 40, width // 6)
        image[y : y + h, x : x + w] = rng.random(3)
    return image


def is_cut(first: np.ndarray, second: np.ndarray) -> bool:
    return difference(signature(first), signature(second)).is_cut(SETTINGS)


def shown(*images: np.ndarray, first: int = 1):
    """signature_of for a clip of these images."""
    signatures = {first + index: signature(image) for index, image in enumerate(images)}
    return signatures.__getitem__


def between(left: int, fraction: F = F(1, 2), output: int = 100) -> PlannedFrame:
    return PlannedFrame(output, left, left + 1 if fraction else left, fraction)


@given(st.integers(1, 150), st.integers(1, 150))
def test_any_size_has_a_signature(height, width):
    image = np.random.default_rng(height * 151 + width).random((height, width, 3))
    sign = signature(image)
    assert sign.cells.shape == (96, 128, 3)
    assert difference(sign, sign).total == 0 and change(sign, sign) == 0
    if height % 96 == 0 and width % 128 == 0:
        assert np.allclose(sign.thumbnail.mean(axis=(0, 1)), image.mean(axis=(0, 1)), atol=1e-6)


def test_the_thumbnail_is_the_area_mean():
    image = np.random.default_rng(0).random((192, 256, 3))
    wanted = image.reshape(48, 4, 64, 4, 3).mean(axis=(1, 3))
    assert np.allclose(signature(image).thumbnail, wanted, atol=1e-6)


def test_broken_pixels_do_not_spread():
    image = scene(0)
    image[5, 5], image[90, 90] = np.nan, np.inf
    sign = signature(image.astype(np.float32))
    assert np.isfinite(sign.thumbnail).all() and np.isfinite(sign.moments).all()
    assert not is_cut(image, scene(0))


def test_half_and_float_frames_look_alike():
    half = scene(3).astype(np.float16)
    assert difference(signature(half), signature(half.astype(np.float64))).total == 0


@pytest.mark.parametrize("seed", range(6))
def test_another_scene_is_a_cut_and_so_is_black(seed):
    assert is_cut(scene(seed), scene(seed + 100))
    assert is_cut(scene(seed), np.zeros((180, 320, 3)))
    assert is_cut(np.ones((180, 320, 3)), scene(seed))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shift", [8, 37, 90, 160])
def test_a_whip_pan_is_no_cut(seed, shift):
    """Up to half the frame's width from one frame to the next, blurred along the way."""
    world = scene(seed, width=640)
    ways = range(0, max(1, shift // 2), 4)
    first, second = (
        np.mean([world[:, x + way : x + way + 320] for way in ways], axis=0) for x in (0, shift)
    )
    assert not is_cut(first, second)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("gain", [0.25, 0.5, 2.0, (3.0, 1.5, 0.8)])
def test_a_flash_is_no_cut(seed, gain):
    linear = scene(seed) ** 2.2
    assert not is_cut(scene(seed), np.clip(linear * gain, 0, 1) ** (1 / 2.2))


def test_a_dissolve_is_no_cut():
    first, second = scene(1), scene(2)
    steps = [first + (second - first) * part for part in np.linspace(0, 1, 13)]
    assert not any(is_cut(a, b) for a, b in zip(steps, steps[1:]))


def test_two_flat_frames_are_no_cut():
    assert not is_cut(np.full((90, 160, 3), 0.1), np.full((90, 160, 3), 0.9))


def test_real_clips_have_no_cuts_inside_and_cuts_between(data):
    """Training clips; pairs two frames apart, and the end of one joined to the start of another."""
    numpy_frames = _clips(data)
    inside = [
        (name, difference(clip[i], clip[i + 2]))
        for name, clip in numpy_frames.items()
        for i in range(len(clip) - 2)
    ]
    assert [name for name, measured in inside if measured.is_cut(SETTINGS)] == []
    clips = list(numpy_frames.values())
    joins = [difference(a[-1], b[0]) for a in clips for b in clips if a is not b]
    assert all(join.is_cut(SETTINGS) for join in joins)


CLIPS = (
    "000_again",
    "020_car_detection",
    "022_one_by_one_person_de",
    "024_elf",
    "026_frog",
    "028_monster",
    "030_pig",
    "036_Zhling_1280x720",
    "037_test_cif_I_CABAC_sli",
    "039_chrome",
    "041_vp9_webrtc_2",
    "049_carphone_pristine",
    "053_Dinky_2015_06_11",
    "057_dance",
)  # one clip of each of these sources: two clips of one source can be the same shot


def _clips(data, seen=lambda rgb: rgb) -> dict[str, list[Signature]]:
    oiio = pytest.importorskip("OpenImageIO")
    folder = data / "train" / "video"
    if not all((folder / name).is_dir() for name in CLIPS):
        pytest.skip("the training clips are not there")

    def read(path):
        return signature(seen(oiio.ImageBuf(str(path)).get_pixels(oiio.FLOAT)[..., :3]))

    return {name: [read(path) for path in sorted((folder / name).glob("*.webp"))] for name in CLIPS}


def test_cuts_are_found_without_color_too(data):
    """Training clips in black and white: one join of 182 is missed, the others not narrowly."""
    clips = _clips(data, seen=lambda rgb: np.repeat(rgb @ [[0.2126], [0.7152], [0.0722]], 3, 2))
    joins = [difference(a[-1], b[0]) for a in clips.values() for b in clips.values() if a is not b]
    narrow = Footage(cut_threshold=1.05 * SETTINGS.cut_threshold)
    assert sum(not join.is_cut(narrow) for join in joins) <= 1
    inside = (difference(clip[0], clip[-1]) for clip in clips.values())
    assert not any(one.is_cut(SETTINGS) for one in inside)


@pytest.mark.parametrize(("fraction", "frame"), [(F(1, 4), 1), (F(49, 100), 1), (F(1, 2), 2)])
def test_across_a_cut_the_nearest_frame_is_used(fraction, frame):
    clip = shown(scene(1), scene(2))
    resolved, decisions = resolve(between(1, fraction), clip, SETTINGS, 1, 2)
    assert resolved == PlannedFrame(100, frame, frame, F(0))
    (sentence,) = decisions
    measured = difference(clip(1), clip(2)).total
    assert "frames 1 and 2 are a cut" in sentence and f"frame {frame} is used" in sentence
    assert f"difference {measured:.3f}, threshold 0.220" in sentence


def test_cuts_can_be_ignored_and_source_frames_are_never_looked_at():
    ignored = resolve(between(1), shown(scene(1), scene(2)), Footage(cuts="ignore"), 1, 2)
    assert ignored == (between(1), [])

    def unseen(frame: int) -> Signature:
        raise AssertionError(f"frame {frame} was read for nothing")

    assert resolve(between(1, F(0)), unseen, SETTINGS, 1, 2) == (between(1, F(0)), [])
    black = PlannedFrame(100, 1, 2, F(1, 2), black=True)
    assert resolve(black, unseen, INTERPOLATE, 1, 2) == (black, [])


def test_motion_is_left_alone():
    world = scene(1, width=400)
    clip = shown(world[:, :320], world[:, 4:324])
    for settings in (SETTINGS, INTERPOLATE):
        assert resolve(between(1), clip, settings, 1, 2) == (between(1), [])


def test_a_flash_is_interpolated_and_said():
    flash = np.clip(scene(1) ** 2.2 * 0.05 + 0.3, 0, 1) ** (1 / 2.2)
    strict = Footage(cut_threshold=0.01)
    resolved, decisions = resolve(between(1), shown(scene(1), flash), strict, 1, 2)
    assert resolved == between(1)
    assert "differ in exposure, not in structure" in decisions[0]


def test_a_thing_that_moves_inside_one_cell_is_no_hold():
    still = np.full((1080, 1920, 3), 0.3)
    first, second = still.copy(), still.copy()
    first[450:474, 900:924], second[450:474, 901:925] = 0.8, 0.8  # cells are 30 px wide
    assert change(signature(first), signature(second)) > SETTINGS.hold_threshold


def on_twos(count: int) -> list[np.ndarray]:
    world = scene(5, width=320 + 6 * count)
    return [world[:, 6 * index : 6 * index + 320] for index in range(count) for _ in range(2)]


def test_animation_on_twos_becomes_even_motion():
    """Poses at 1, 3, 5, 7: whatever is planned inside a pair of repeats moves to between poses."""
    clip = shown(*on_twos(4))
    plan = Retime(speed=F(1, 2)).plan(1, 8)
    for planned in plan.frames:
        time = planned.left + planned.fraction
        resolved, decisions = resolve(planned, clip, INTERPOLATE, 1, 8)
        got = resolved.left + resolved.fraction * (resolved.right - resolved.left)
        if time < 7:
            pose = 1 + 2 * ((time - 1) // 2)
            assert got == time and resolved.left == pose
            assert resolved.right == (pose + 2 if time > pose else pose)
            assert f"source frames {pose}-{pose + 1} repeat" in decisions[0]
        else:
            assert resolved.fraction == 0 and "then the clip ends: the hold is kept" in decisions[0]


def test_grain_that_was_compressed_away_is_still_a_hold():
    frames = [frame + 0.003 * np.sin(index + 9 * frame) for index, frame in enumerate(on_twos(2))]
    resolved, _ = resolve(between(1, F(0)), shown(*frames), INTERPOLATE, 1, 4)
    assert resolved == PlannedFrame(100, 1, 1, F(0))
    resolved, _ = resolve(between(2, F(0)), shown(*frames), INTERPOLATE, 1, 4)
    assert resolved == PlannedFrame(100, 1, 3, F(1, 2))


def test_a_hold_is_not_interpolated_across_a_cut():
    clip = shown(scene(1), scene(1), scene(2))
    resolved, decisions = resolve(between(1), clip, INTERPOLATE, 1, 3)
    assert resolved == PlannedFrame(100, 1, 1, F(0))
    assert "a cut follows" in decisions[0] and "threshold 0.220" in decisions[0]


@pytest.mark.parametrize("length", [4, 5, 12])
@pytest.mark.parametrize("frame", [2, 4])
def test_a_long_hold_is_meant_to_stand_still(length, frame):
    world = scene(1, width=400)
    frames = [world[:, :320]] * length + [world[:, 6:326]]
    settings = Footage(holds="interpolate", hold_length=4)
    planned = between(frame, F(0))
    resolved, decisions = resolve(planned, shown(*frames), settings, 1, len(frames))
    if length > 4:
        assert resolved == planned and "for more than 4 frames" in decisions[0]
    else:
        assert resolved == PlannedFrame(100, 1, 5, F(frame - 1, 4))


def test_missing_frames_decide_nothing():
    signatures = {1: signature(scene(1)), 2: signature(scene(1))}
    resolved, decisions = resolve(between(2, F(0)), signatures.get, INTERPOLATE, 1, 4)
    assert resolved == between(2, F(0)) and "frame 3 is missing" in decisions[0]
    held = PlannedFrame(100, 1, 4, F(1, 2))
    assert resolve(held, signatures.get, INTERPOLATE, 1, 4) == (held, [])


def test_a_chunk_decides_as_the_whole_does():
    frames = [*on_twos(3), *[scene(9)] * 3, scene(10)]
    clip, last = shown(*frames), len(frames)
    plan = Retime(speed=F(1, 3)).plan(1, last)
    whole = [resolve(planned, clip, INTERPOLATE, 1, last) for planned in plan.frames]
    chunk = [resolve(p, clip, INTERPOLATE, 1, last) for p in reversed(plan.frames)]
    assert whole == chunk[::-1]
    assert all(0 <= frame.fraction < 1 for frame, _ in whole)


def test_a_cut_by_hand_overrules_what_is_measured():
    planned = PlannedFrame(1, 1001, 1002, F(1, 4))
    same = {number: signature(np.full((48, 64, 3), 0.5)) for number in (1001, 1002)}
    other = {1001: same[1001], 1002: signature(np.random.default_rng(1).random((48, 64, 3)))}
    by_hand, words = resolve(planned, same.get, Footage(cut_marks="1002"), 1001, 1002)
    assert (by_hand.left, by_hand.fraction) == (1001, 0)
    assert words == [
        "Output frame 1: source frames 1001 and 1002 are a cut, by hand: frame 1001 is used."
    ]
    ignored = Footage(cut_marks="1002", cuts="ignore")
    assert resolve(planned, same.get, ignored, 1001, 1002)[0] == by_hand
    always = Footage(cut_threshold=0.0, structure_threshold=0.0)
    assert resolve(planned, other.get, always, 1001, 1002)[0].fraction == 0
    never = Footage(cut_threshold=0.0, structure_threshold=0.0, cut_marks="7, !1002")
    assert resolve(planned, other.get, never, 1001, 1002)[0] == planned


def test_a_repeat_is_interpolated_across_or_kept_by_hand():
    looks = {1001: 0.1, 1002: 0.1, 1003: 0.5, 1004: 0.5, 1005: 0.9}
    clip = {n: signature(np.full((48, 64, 3), level)) for n, level in looks.items()}
    between = [PlannedFrame(n, n, n + 1, F(1, 2)) for n in range(1001, 1005)]

    def places(**settings):
        made = (resolve(one, clip.get, Footage(**settings), 1001, 1005)[0] for one in between)
        return [(one.left, one.right, one.fraction) for one in made]

    as_planned = [(n, n + 1, F(1, 2)) for n in range(1001, 1005)]
    first = [(1001, 1003, F(1, 4)), (1001, 1003, F(3, 4))]
    second = [(1003, 1005, F(1, 4)), (1003, 1005, F(3, 4))]
    assert places() == as_planned
    assert places(hold_marks="1002") == first + as_planned[2:]
    assert places(hold_marks="1004") == as_planned[:2] + second
    assert places(holds="interpolate") == first + second
    assert places(holds="interpolate", hold_marks="!1002") == as_planned[:2] + second
    assert Footage(hold_marks="1002").handles == Footage(holds="interpolate").handles == 8
    assert Footage(hold_marks="!1002").handles == Footage().handles == 0


def test_a_frame_past_the_clip_s_end_is_no_repeat():
    clip = {n: signature(np.full((48, 64, 3), n / 9)) for n in (1, 2)}
    planned = PlannedFrame(1, 1, 2, F(1, 2))
    assert resolve(planned, clip.get, Footage(hold_marks="1, 3"), 1, 2)[0] == planned


def test_marks_that_are_no_frames_are_said():
    assert dict(Footage(cut_marks="1005 !-3,7").marked_cuts) == {1005: True, -3: False, 7: True}
    with pytest.raises(InvalidSetting, match="'10x' is no frame"):
        _ = Footage(cut_marks="10x").marked_cuts
