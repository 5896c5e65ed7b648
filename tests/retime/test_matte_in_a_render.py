"""A retime of files with a matte: from files, from a layer; and what is said of a wrong one."""

import threading

import numpy as np
import OpenImageIO as oiio
import pytest
import torch

from engine.inference.flow_interpolator import FlowInterpolator
from engine.retime import render
from engine.retime.planning import cost, prepare
from hifi_ofx.errors import InvalidSetting, MismatchedFrames, MissingFrames
from hifi_ofx.quality import Footage, Output, Quality
from hifi_ofx.request import RenderRequest
from tests.service.conftest import pixels_of

QUALITY = Quality(samples=2, cascade_depth=1, patch=(32, 48))


def square(index):
    """The square of the plate's frame, as a matte (50, 70)."""
    matte = np.zeros((50, 70), np.float32)
    matte[10:30, 5 + 8 * index : 25 + 8 * index] = 1
    return matte


def write(path, pixels, names, kind="half"):
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], kind)
    spec.channelnames = names
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), oiio.geterror()
    output.write_image(pixels)
    output.close()


@pytest.fixture
def mattes(tmp_path):
    """A matte in the alpha of a sequence of its own, 1001 to 1004; its color is something else."""
    for index in range(4):
        pixels = np.full((50, 70, 4), 0.3, np.float32)
        pixels[..., 3] = square(index)
        write(tmp_path / f"matte.{1001 + index}.exr", pixels, ["R", "G", "B", "A"])
    return str(tmp_path / "matte.####.exr")


@pytest.fixture
def layered(tmp_path, plate):
    """The plate with the matte as a layer of its own, and as one of Nuke's names."""
    for index in range(4):
        color = pixels_of(str(plate).replace("####", str(1001 + index)))
        pixels = np.concatenate([color, square(index)[..., None]], -1)
        write(tmp_path / f"layered.{1001 + index}.exr", pixels, ["R", "G", "B", "roto.a"])
    return str(tmp_path / "layered.####.exr")


@pytest.fixture
def rendered(request_for, network):
    """A function that renders, in this process, and gives the pixels of every file by its name."""

    def run(target="out/slow.####.exr", **changes):
        request = request_for(target, **{"quality": QUALITY, **changes})
        one = FlowInterpolator(network, torch.device("cpu"))
        job = prepare(request, True)
        finished = render.render(job, one, "0", lambda _: None, threading.Event())
        files = sorted(job.target.folder.glob("*.exr"))
        return {file.name: pixels_of(file) for file in files}, finished

    return run


def test_source_frames_stay_as_they_are_and_in_betweens_change(rendered, plate, mattes):
    plain, _ = rendered("plain/slow.####.exr")
    matted, finished = rendered(footage=Footage(matte=mattes))
    assert (finished.made, finished.copied) == (3, 4)
    for frame in (1001, 1003, 1005, 1007):
        source = pixels_of(str(plate).replace("####", str(1001 + (frame - 1001) // 2)))
        np.testing.assert_array_equal(matted[f"slow.{frame}.exr"], source)
    assert (matted["slow.1002.exr"] != plain["slow.1002.exr"]).any()
    assert matted["slow.1002.exr"].shape == (50, 70, 3)


def test_a_chunk_gives_the_same_bits(rendered, mattes):
    whole, _ = rendered(footage=Footage(matte=mattes))
    alone, _ = rendered("alone/slow.####.exr", footage=Footage(matte=mattes), only=(1004, 1004))
    np.testing.assert_array_equal(alone["slow.1004.exr"], whole["slow.1004.exr"])


def test_a_layer_of_the_plate_gives_what_files_give(rendered, mattes, layered):
    by_files, _ = rendered(footage=Footage(matte=mattes))
    for name in ("roto", "roto.a", "ROTO.alpha"):
        by_layer, _ = rendered(
            f"{name}/slow.####.exr", source=layered, footage=Footage(matte=name), only=(1002, 1002)
        )
        pixels = by_layer["slow.1002.exr"]
        np.testing.assert_array_equal(pixels[..., :3], by_files["slow.1002.exr"])
        # It is a layer still, and goes with the foreground.
        assert abs(pixels[20, :, 3].sum() - 20) < 1


def test_a_matte_that_was_changed_makes_its_frames_anew(rendered, tmp_path, mattes):
    rendered(footage=Footage(matte=mattes))
    _, again = rendered(footage=Footage(matte=mattes))
    assert (again.made, again.skipped) == (0, 7)
    pixels = np.zeros((50, 70, 1), np.float32)
    write(tmp_path / "matte.1002.exr", pixels, ["A"], "float")
    _, again = rendered(footage=Footage(matte=mattes))
    # And of the next in-between: a cut is told by the frames around it.
    assert (again.made, again.copied, again.skipped) == (3, 1, 3)
    _, plain = rendered()
    assert plain.skipped == 0


def test_it_costs_two_images_a_color_layer(request_for, network, mattes):
    one = FlowInterpolator(network, torch.device("cpu"))
    jobs = [
        prepare(request_for(quality=QUALITY, footage=Footage(matte=matte)), True)
        for matte in ("", mattes)
    ]
    without, with_matte = (cost(job, one) for job in jobs)
    assert with_matte.calls == 2 * without.calls
    assert with_matte.frame_bytes > without.frame_bytes


def test_the_request_travels_with_its_matte(request_for, mattes):
    request = request_for(footage=Footage(matte=mattes))
    assert RenderRequest.from_json(request.to_json()) == request


def test_frames_without_a_matte_are_named_before_anything_is_written(rendered, tmp_path, mattes):
    (tmp_path / "matte.1003.exr").unlink()
    with pytest.raises(MissingFrames, match=r"has no frame 1003 \(1 missing\)"):
        rendered(footage=Footage(matte=mattes))
    assert not (tmp_path / "out").exists()
    made, _ = rendered(footage=Footage(matte=mattes), only=(1001, 1003))
    assert len(made) == 3


def test_a_layer_that_is_none_is_answered_with_those_that_are(rendered, layered):
    with pytest.raises(InvalidSetting, match=r"No layer is named alpha: the layers are rgb, roto"):
        rendered(source=layered, footage=Footage(matte="alpha"))


def test_a_matte_of_another_size_is_refused(rendered, tmp_path, mattes):
    for index in range(4):
        write(tmp_path / f"matte.{1001 + index}.exr", np.ones((25, 35, 1), np.float32), ["A"])
    with pytest.raises(MismatchedFrames, match=r"70x50.*35x25"):
        rendered(footage=Footage(matte=mattes))


def test_the_layer_that_is_the_matte_may_be_left_out(rendered, mattes, layered):
    by_files, _ = rendered(footage=Footage(matte=mattes))
    settings = {"footage": Footage(matte="roto"), "output": Output(layers="roto*=drop")}
    made, _ = rendered("dropped/slow.####.exr", source=layered, **settings)
    for name, pixels in by_files.items():
        np.testing.assert_array_equal(made[name], pixels)
    with pytest.raises(InvalidSetting, match="No layer is named rota"):
        rendered("no/slow.####.exr", source=layered, footage=Footage(matte="roto"),
                 output=Output(layers="rota=drop"))  # fmt: skip
