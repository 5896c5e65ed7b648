"""Frames from memory: the same pixels as the command line makes of the same frames on disk."""

import json
import threading
from dataclasses import replace
from fractions import Fraction

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.flow import searches
from engine.inference.model_cache import Loaded
from engine.retime.live import Live
from hifi_ofx.codec import encode
from hifi_ofx.errors import Cancelled, FrameError, InvalidSetting, OutputError, WeightsError
from hifi_ofx.live import Interpolate, Interpolated, Picture
from hifi_ofx.quality import Footage, Machine, Output
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from tests.networks import random, saved
from tests.service.conftest import QUALITY

HEIGHT, WIDTH = 50, 70
NOISY = replace(QUALITY, steps=3, samples=2)  # from the second step on, the noise is seen


def rgba(index):
    """A bright square, half transparent, over nothing; it moves 8 pixels a frame."""
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    pixels[..., 0] = np.linspace(0, 1, WIDTH) ** 2
    pixels[10:30, 5 + 8 * index : 25 + 8 * index] = (-0.01, 4.0, 30.0, 0.5)
    return pixels


def write_float_exr(path, pixels, x=0, y=0):
    """RGBA in 32-bit floats, written without our own code; a display window of its own."""
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, "float")
    spec.x, spec.y = x, y
    spec.full_width, spec.full_height = WIDTH, HEIGHT
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec)
    assert output.write_image(pixels)
    output.close()


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """Weights whose every layer is random, so that the noise is seen in the result."""
    return saved(random(seed=2, std=0.3), tmp_path_factory.mktemp("noisy") / "noisy.safetensors")


@pytest.fixture
def live():
    return Live(Loaded())


@pytest.fixture
def ask(tmp_path, weights):
    """A function that makes a request out of two arrays, which it writes down."""

    def make(left, right, fraction="1/4", output=1002, windows=((0, 0), (0, 0)), **changes):
        pictures = []
        for name, pixels, (x, y) in zip(("left", "right"), (left, right), windows, strict=True):
            path = tmp_path / f"{name}.rgba"
            np.ascontiguousarray(pixels, np.float32).tofile(path)
            height, width, _ = pixels.shape
            pictures.append(Picture(str(path), width, height, x, y))
        return Interpolate(
            *pictures,
            result=str(tmp_path / "result.rgba"),
            fraction=Fraction(fraction),
            output=output,
            frames=(1001, 1002),
            quality=changes.pop("quality", QUALITY),
            machine=Machine(device="cpu"),
            weights=str(changes.pop("weights", weights)),
            **changes,
        )

    return make


def answered(live, request):
    done = live.interpolate(request, lambda progress: None, threading.Event())
    pixels = np.fromfile(request.result, np.float32)
    return done, pixels.reshape(done.height, done.width, 4)


def retimed(engine, folder, frames, weights, **changes):
    """What `hifi-ofx retime --speed 1/4` makes of these frames: arrays by output frame."""
    for index, (pixels, x, y) in enumerate(frames):
        write_float_exr(folder / f"plate.{1001 + index}.exr", pixels, x, y)
    request = RenderRequest(
        source=str(folder / "plate.####.exr"),
        target=str(folder / "out/slow.####.exr"),
        retime=Retime(speed=Fraction(1, 4)),
        quality=changes.pop("quality", QUALITY),
        machine=Machine(device="cpu"),
        weights=str(weights),
        **changes,
    )
    *_, _done = engine.render(request)
    return {
        frame: oiio.ImageBuf(str(folder / f"out/slow.{frame}.exr")).get_pixels("float")
        for frame in range(1001, 1006)
    }


@pytest.mark.parametrize("shipped", [None, "aligned"])
def test_the_pixels_are_those_of_a_retime_of_files(live, ask, engine, noisy, tmp_path, shipped):
    """Of random weights, which depend on the noise, and of the shipped ones, which find motion."""
    used = shipped or noisy
    quality = QUALITY if shipped else NOISY
    frames = [(rgba(0), 0, 0), (rgba(1), 0, 0)]
    expected = retimed(engine, tmp_path, frames, used, quality=quality)
    for output, fraction in ((1002, "1/4"), (1003, "1/2"), (1004, "3/4")):
        request = ask(rgba(0), rgba(1), fraction, output, weights=used, quality=quality)
        _, found = answered(live, request)
        np.testing.assert_allclose(found, expected[output], rtol=0, atol=1e-6)
        assert not np.allclose(found, rgba(0), atol=0.1)


def test_grain_is_matched_live_as_in_a_retime_of_files(live, ask, engine, tmp_path):
    """The same grain in both, in the color and not in the alpha; none where it is off."""
    width, height = 160, 120
    clean = np.full((height, width, 4), 0.3, np.float32)
    clean[..., 3] = 1
    noise = np.random.default_rng(3).normal(0, 0.04, (2, height, width, 3)).astype(np.float32)
    left, right = clean.copy(), clean.copy()
    left[..., :3] += noise[0]
    right[..., :3] += noise[1]
    grain, quality = Output(grain="match"), replace(QUALITY, samples=1, cascade_depth=1)
    wanted = {"weights": "motion", "quality": quality}
    frames = [(left, 0, 0), (right, 0, 0)]
    expected = retimed(engine, tmp_path, frames, output=grain, **wanted)
    request = ask(left, right, "1/2", 1003, output_settings=grain, **wanted)
    _, found = answered(live, request)
    np.testing.assert_allclose(found, expected[1003], rtol=0, atol=1e-6)
    _, plain = answered(live, ask(left, right, "1/2", 1003, **wanted))
    assert plain[..., :3].std() < 0.037 < 0.038 < found[..., :3].std() < 0.043
    np.testing.assert_array_equal(found[..., 3], plain[..., 3])


def test_windows_that_differ_are_joined_as_data_windows_are(live, ask, engine, weights, tmp_path):
    left, right = rgba(0)[5:40, 3:60], rgba(1)[8:45, :64]
    frames = [(left, 3, 5), (right, 0, 8)]
    expected = retimed(engine, tmp_path, frames, weights)[1003]
    request = ask(left, right, "1/2", 1003, windows=((3, 5), (0, 8)), display=(0, 0, WIDTH, HEIGHT))
    done, found = answered(live, request)
    assert (done.x, done.y, done.width, done.height) == (0, 5, 64, 40)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_noise_belongs_to_the_output_frame(live, ask, noisy):
    """The same two frames and fraction under another number: other noise, other pixels."""
    first, again, other = (
        answered(live, ask(rgba(0), rgba(1), "1/2", output, weights=noisy, quality=NOISY))[1]
        for output in (7, 7, 8)
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-4)


@pytest.mark.parametrize(("fraction", "side"), [("1/4", "left"), ("3/4", "right")])
def test_across_a_cut_the_nearer_frame_is_taken_bit_for_bit(live, ask, fraction, side):
    random = np.random.default_rng(1)
    other = random.random((HEIGHT, WIDTH, 4), np.float32) ** 3
    other[:, ::7] = 0.9
    done, found = answered(live, ask(rgba(0), other, fraction))
    assert (done.source, done.calls) == (side, 0)
    assert np.array_equal(found, rgba(0) if side == "left" else other)
    ignored, _ = answered(live, ask(rgba(0), other, fraction, footage=Footage(cuts="ignore")))
    assert ignored.source == ""
    assert ignored.calls > 0


def test_uncertainty_is_shown_in_the_color_channels(live, ask, engine, noisy, tmp_path):
    output = Output(uncertainty=True)
    frames = [(rgba(0), 0, 0), (rgba(1), 0, 0)]
    expected = retimed(engine, tmp_path, frames, noisy, quality=NOISY, output=output)[1003]
    request = ask(
        rgba(0), rgba(1), "1/2", 1003, quality=NOISY, output_settings=output, weights=noisy
    )
    _, found = answered(live, request)
    assert expected.shape[2] == 7
    np.testing.assert_allclose(found[..., :3], expected[..., 4:], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found[..., 3], expected[..., 3], rtol=0, atol=1e-6)
    assert found[..., :3].max() > 1e-6


def test_uncertainty_of_one_sample_is_refused(live, ask):
    request = ask(rgba(0), rgba(1), output_settings=Output(uncertainty=True))
    with pytest.raises(InvalidSetting, match="Samples averaged is 1"):
        answered(live, request)


def test_a_cancel_stops_before_the_next_network_call(live, ask, tmp_path):
    cancelled = threading.Event()
    calls = []

    def report(progress):
        calls.append(progress.calls_done)
        if progress.calls_done == 2:
            cancelled.set()

    with pytest.raises(Cancelled):
        live.interpolate(ask(rgba(0), rgba(1)), report, cancelled)
    assert max(calls) == 2
    assert not list(tmp_path.glob("result*"))


def test_the_next_fraction_of_a_pair_searches_for_no_motion_again(live, ask, monkeypatch):
    searched = []

    def counted(*arguments):
        searched.append(1)
        return find(*arguments)

    find = searches.flow_ensemble
    monkeypatch.setattr(searches, "flow_ensemble", counted)
    for fraction in ("1/4", "1/2", "3/4"):
        answered(live, ask(rgba(0), rgba(1), fraction, weights="aligned"))
    assert len(searched) == 1


def test_a_picture_that_is_too_small_for_its_size_is_named(live, ask):
    request = ask(rgba(0), rgba(1))
    open(request.left.path, "wb").close()
    with pytest.raises(FrameError, match="70x50"):
        answered(live, request)


def test_a_result_that_cannot_be_written_leaves_nothing(live, ask, tmp_path):
    (tmp_path / "result.rgba").mkdir()
    with pytest.raises(OutputError):
        live.interpolate(ask(rgba(0), rgba(1)), lambda progress: None, threading.Event())
    assert not list(tmp_path.glob("*.part"))


def test_a_request_survives_the_journey(ask):
    request = ask(rgba(0), rgba(1), "1001/24000")
    assert Interpolate.from_json(json.loads(json.dumps(request.to_json()))) == request


@pytest.mark.parametrize("fraction", ["0", "1", "-1/4"])
def test_a_fraction_must_lie_between_the_frames(ask, fraction):
    with pytest.raises(InvalidSetting, match="not between"):
        ask(rgba(0), rgba(1), fraction)


def test_the_service_answers_over_its_pipe_and_names_what_is_wrong(engine, ask):
    request = ask(rgba(0), rgba(1))
    *_, done = engine._conversation("interpolate", {"request": request.to_json()}, Interpolated)
    assert (done.width, done.height) == (WIDTH, HEIGHT)
    assert done.calls > 0
    wrong = {**request.to_json(), "weights": "no-such"}
    with pytest.raises(WeightsError, match="no-such"):
        list(engine._conversation("interpolate", {"request": wrong}, Interpolated))
    assert encode(done)["source"] == ""


@pytest.mark.parametrize("frames", [(1, 0), (1002, 1002)])
def test_source_frames_come_in_their_order(ask, frames):
    request = ask(np.ones((4, 4, 4)), np.ones((4, 4, 4)))
    with pytest.raises(InvalidSetting, match="does not come after"):
        replace(request, frames=frames)
