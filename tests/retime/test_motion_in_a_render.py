"""A retime by the motion network: same bits in chunks and after a resume; vectors as Nuke's."""

import logging
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest
import torch

from engine.inference.flow_interpolator import FlowInterpolator
from engine.inference.interpolator import Task
from engine.inference.model_cache import Loaded
from engine.plate.frame import Frame, Part, Window
from engine.retime import render
from engine.retime.planning import cost, prepare
from engine.retime.synthesis import VECTOR_CHANNELS, synthesize
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Output, Quality
from hifi_ofx.request import Progress
from tests.flow.test_motion_network import moved_by
from tests.service.conftest import pixels_of

QUALITY = Quality(samples=2, cascade_depth=0, motion="both", patch=(32, 48))


@pytest.fixture
def rendered(request_for, network):
    """A function that renders, in this process, and gives the pixels of every file by its name."""

    def run(target="out/slow.####.exr", interpolator=None, **changes):
        request = request_for(target, **{"quality": QUALITY, **changes})
        one = interpolator or FlowInterpolator(network, torch.device("cpu"))
        finished = render.render(
            prepare(request, True), one, "0", lambda _: None, threading.Event()
        )
        files = sorted(Path(request.target).parent.glob("*.exr"))
        return {file.name: pixels_of(file) for file in files}, finished

    return run


def test_frames_have_the_same_bits_alone_and_after_a_resume(rendered, tmp_path):
    whole, finished = rendered()
    assert (len(whole), finished.made) == (7, 3)
    for number in (1002, 1004, 1006):
        alone, _ = rendered(f"alone{number}/slow.####.exr", only=(number, number))
        assert list(alone) == [f"slow.{number}.exr"]
        np.testing.assert_array_equal(alone[f"slow.{number}.exr"], whole[f"slow.{number}.exr"])
    (tmp_path / "out" / "slow.1004.exr").unlink()
    again, finished = rendered()
    assert (finished.made, finished.skipped) == (1, 6)
    for name, pixels in again.items():
        np.testing.assert_array_equal(pixels, whole[name])


def test_what_the_search_makes_alone_counts_as_made(rendered):
    _, finished = rendered(quality=replace(QUALITY, motion="search"))
    assert (finished.made, finished.copied) == (3, 4)


def test_source_frames_have_no_motion_and_show_themselves(rendered, tmp_path):
    whole, _ = rendered(output=Output(vectors=True))
    names = oiio.ImageBuf(str(tmp_path / "out" / "slow.1001.exr")).spec().channelnames
    at = [names.index(name) for name in VECTOR_CHANNELS]
    for number in (1001, 1003):
        vectors = whole[f"slow.{number}.exr"][..., at]
        assert not vectors[..., :4].any() and (vectors[..., 4] == 1).all()
    between = whole["slow.1002.exr"][..., at]
    assert between[..., :4].any()
    assert 0 <= between[..., 4].min() <= between[..., 4].max() <= 1


def test_vectors_run_as_nuke_has_them(network):
    """u to the right and v upwards; what goes right and up by (12, 6) is halfway, and comes from
    the left and from below.
    """
    frames = [frame_of(image[0]) for image in moved_by(12, -6, (96, 128))]
    one, quality = FlowInterpolator(network, torch.device("cpu")), Quality(samples=1)

    def predict(first, second, motion):
        task = Task(quality, "1", vectors=True)
        return one.interpolate(first, second, Fraction(1, 2), task, motion)

    part = synthesize(*frames, Fraction(1, 2), predict, Output(vectors=True)).parts[0]
    found = {name: part.planes[name][24:-24, 24:-24].mean() for name in VECTOR_CHANNELS}
    assert found["forward.u"] == pytest.approx(6, abs=0.5)
    assert found["forward.v"] == pytest.approx(3, abs=0.5)
    assert found["backward.u"] == pytest.approx(-6, abs=0.5)
    assert found["backward.v"] == pytest.approx(-3, abs=0.5)


def frame_of(display):
    """A scene-linear frame of a picture (3, H, W) in [0, 1]."""
    height, width = display.shape[1:]
    window = Window(0, 0, width, height)
    planes = {name: (display[n] ** 2.2).numpy() for n, name in enumerate("RGB")}
    types = {name: np.dtype("f4") for name in planes}
    return Frame((Part(tuple("RGB"), types, window, window, planes=planes),), "openexr")


def test_vectors_are_refused_in_a_sentence_where_no_motion_is_known(rendered, weights, tmp_path):
    interpolator, _ = Loaded().load(str(weights), Machine(device="cpu"), QUALITY)
    with pytest.raises(InvalidSetting, match="find no motion") as refused:
        rendered(interpolator=interpolator, output=Output(vectors=True))
    assert "motion" in refused.value.hint
    assert not list((tmp_path / "out").glob("*.exr"))


def test_settings_that_change_nothing_are_named_once(rendered, caplog):
    quality = Quality(samples=1, motion="learned", steps=4, seed=3, merge="stage")
    with caplog.at_level(logging.WARNING):
        rendered(quality=quality)
    named = [line for line in caplog.messages if "change nothing" in line]
    assert len(named) == 1
    assert named[0].endswith(": Steps, Seed, Merge")


def test_settings_that_act_are_not_named(rendered, caplog):
    with caplog.at_level(logging.WARNING):
        rendered()
    assert not [line for line in caplog.messages if "change nothing" in line]


def test_layers_that_follow_the_motion_cost_no_calls_in_plan_and_progress(
    request_for, network, tmp_path
):
    """A plate with 6 color layers asks the network as often as one with color alone."""
    names = [
        f"{layer}{channel}" for layer in ("", "a.", "b.", "c.", "d.", "e.") for channel in "RGB"
    ]
    for number in range(3):
        spec = oiio.ImageSpec(96, 64, len(names), "half")
        spec.channelnames = tuple(names)
        pixels = np.zeros((64, 96, len(names)), np.float32)
        pixels[20:40, 10 + 8 * number : 40 + 8 * number] = np.linspace(0.2, 1, len(names))
        output = oiio.ImageOutput.create(str(tmp_path / f"aov.{number}.exr"))
        assert output.open(str(tmp_path / f"aov.{number}.exr"), spec)
        assert output.write_image(pixels)
        output.close()
    one = FlowInterpolator(network, torch.device("cpu"))
    request = request_for(
        source=tmp_path / "aov.#.exr", quality=replace(QUALITY, cascade_depth=1, motion="learned")
    )
    job, said = prepare(request, True), []
    render.render(job, one, "0", said.append, threading.Event())
    told = [line for line in said if isinstance(line, Progress)]
    assert {line.calls for line in told} == {told[-1].calls_done} == {cost(job, one).calls}
