"""Motion that curves in a retime: where the shot has four frames, and the same bits anywhere."""

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
from engine.inference.model_cache import Loaded
from engine.retime import render
from engine.retime.live import Live
from engine.retime.planning import cost, prepare
from hifi_ofx.farm import looked_up
from hifi_ofx.live import Interpolate, Picture
from hifi_ofx.quality import Footage, Machine, Output, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from tests.flow.test_motion_network import texture
from tests.service.conftest import pixels_of

LINEAR = Quality(samples=1, cascade_depth=1)
CURVED = replace(LINEAR, motion_path="curved")
HEIGHT, WIDTH = 96, 128
FIRST = 1001
RETIME = Retime(speed=Fraction(1, 2))
STRAIGHT = "motion is taken to be straight"


def shaken(index, seed=0):
    """A frame (H, W, 3) of a shaken camera, as light; whole pixels, so that it is exact."""
    whole = texture(HEIGHT + 64, WIDTH + 64, seed)[0].permute(1, 2, 0).numpy()
    x, y = (0, 6, 4, -6, -22, -25)[index], (0, -4, -2, 6, 19, 24)[index]
    return whole[32 + y : 32 + y + HEIGHT, 32 + x : 32 + x + WIDTH] ** 2.2


def write(path, pixels, source=""):
    """An EXR of single precision, written without our own code."""
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "float")
    spec.channelnames = ("R", "G", "B", "Z")[: pixels.shape[2]]
    if source:
        spec.attribute("hifi:source", source)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.ascontiguousarray(pixels, np.float32))
    output.close()


@pytest.fixture
def plate(tmp_path):
    """A function that gives the path of one of the source frames 1001 to 1006."""
    folder = tmp_path / "plate"
    folder.mkdir()
    for index in range(6):
        write(folder / f"p.{1001 + index}.exr", shaken(index))
    return lambda number: folder / f"p.{number}.exr"


@pytest.fixture
def request_of(tmp_path, plate):
    """A function that makes a request for the plate."""

    def make(target="out", quality=CURVED, **changes):
        return RenderRequest(
            str(plate("####")), str(tmp_path / target / "s.####.exr"),
            changes.pop("retime", RETIME), quality=quality, machine=Machine(device="cpu"),
            **changes,
        )  # fmt: skip

    return make


@pytest.fixture
def rendered(request_of, network):
    """A function that renders, in this process, and gives the pixels by output frame."""

    def run(*arguments, **changes):
        request = request_of(*arguments, **changes)
        one = FlowInterpolator(network, torch.device("cpu"))
        job = prepare(request, True)
        done = render.render(job, one, "0", lambda _: None, threading.Event())
        files = Path(request.target).parent.glob("*.exr")
        return {int(file.suffixes[0][1:]): pixels_of(file) for file in files}, done

    return run


def differing(one, other):
    return sorted(number for number in one if not np.array_equal(one[number], other[number]))


def test_motion_curves_where_a_neighbor_is_on_both_sides(rendered, caplog):
    """Output 1001 to 1011 are the source frames and what is between; the ends have no neighbor."""
    straight, _ = rendered("straight", LINEAR)
    assert STRAIGHT not in caplog.text
    with caplog.at_level(logging.INFO):
        curved, _ = rendered("curved")
    assert differing(straight, curved) == [1004, 1006, 1008]
    assert caplog.text.count(STRAIGHT) == 1  # for both ends
    assert "Output frame 1002: motion is taken to be straight: the frame before" in caplog.text


def test_a_chunk_alone_and_what_is_made_after_a_resume_have_the_bits_of_the_whole(
    rendered, tmp_path
):
    whole, _ = rendered()
    for number in (1004, 1006, 1008):
        alone, _ = rendered(f"alone{number}", only=(number, number))
        np.testing.assert_array_equal(alone[number], whole[number])
    (tmp_path / "out" / "s.1006.exr").unlink()
    again, done = rendered()
    assert (done.made, done.skipped) == (1, 10)
    assert not differing(again, whole)


def test_a_frame_is_made_again_where_a_neighbor_of_its_pair_changed(rendered, plate):
    footage = Footage(cuts="ignore")  # else a fade's end may hang on it, and it is made anyway
    rendered(footage=footage)
    write(plate(1001), shaken(0) * 0.98)
    _, done = rendered(footage=footage)
    assert (done.made, done.skipped) == (2, 8)  # 1002 and 1004; 1001 is copied
    rendered("straight", LINEAR, footage=footage)
    write(plate(1001), shaken(0) * 0.96)
    _, done = rendered("straight", LINEAR, footage=footage)
    assert done.made == 1


def test_a_farm_s_chunk_is_handed_the_neighbors(request_of):
    for quality, read in ((LINEAR, [1001, 1003, 1004, 1006]), (CURVED, range(1001, 1007))):
        footage = Footage(cuts="ignore")
        request = request_of(quality=quality, only=(1006, 1006), footage=footage)
        _, files = looked_up(request)
        assert [int(Path(file).suffixes[0][1:]) for file in files] == list(read)
    inside = Retime(speed=Fraction(1, 2), input_range=(1003, 1004))
    _, files = looked_up(request_of(retime=inside, footage=Footage(cuts="ignore")))
    assert {"p.1002.exr", "p.1005.exr"} <= {Path(file).name for file in files}


def case(name, change, outputs, words):
    return pytest.param(change, outputs, words, id=name)


def cut(plate):
    for number in (1004, 1005, 1006):
        write(plate(number), 0.2 + 0.8 * shaken(number - 1001, 9)[..., ::-1] ** 3)


def repeat(plate):
    write(plate(1003), shaken(1))


def retimed(plate):
    write(plate(1006), shaken(5), "1006")


def grown(plate):
    frame = shaken(5)
    write(plate(1006), np.concatenate([frame, frame[..., :1]], axis=-1))


@pytest.mark.parametrize(
    ("change", "outputs", "words"),
    [
        case("cut", cut, [1004, 1006, 1008], "a cut lies before the two frames or after them"),
        case("repeat", repeat, [1004, 1006], "one of the frames repeats another"),
        case("retimed", retimed, [1008], "the plate was retimed before"),
        case("layers", grown, [1008], "has other layers"),
    ],
)
def test_motion_is_straight_where_the_four_do_not_belong_together(
    rendered, plate, caplog, change, outputs, words
):
    change(plate)
    only = {"only": (1001, 1009)}
    straight, _ = rendered("straight", LINEAR, **only)
    with caplog.at_level(logging.INFO):
        curved, _ = rendered("curved", **only)
    expected = [number for number in (1004, 1006, 1008) if number not in outputs]
    assert differing(straight, curved) == expected
    assert words in caplog.text


def test_a_matte_and_an_uneven_video_make_it_straight(rendered, plate, caplog, monkeypatch):
    only = (1006, 1006)
    with monkeypatch.context() as patch, caplog.at_level(logging.INFO):
        patch.setattr("engine.plate.source.Files.steady", lambda files: False)
        uneven, _ = rendered("uneven", only=only)
    assert "straight: the video has no constant frame rate" in caplog.text
    straight, _ = rendered("straight", LINEAR, only=only)
    assert not differing(uneven, straight)
    for index in range(6):
        frame = shaken(index)
        half = np.indices(frame.shape[:2])[1][..., None] < WIDTH / 2
        write(plate(FIRST + index), np.concatenate([frame, half], axis=-1))
    footage = Footage(matte="Z")
    with caplog.at_level(logging.INFO):
        curved, _ = rendered("matte", footage=footage, only=only)
    assert "straight: with a matte" in caplog.text
    straight, _ = rendered("straight matte", LINEAR, footage=footage, only=only)
    assert not differing(curved, straight)


def test_missing_frames_make_a_pair_straight(rendered, plate, caplog):
    plate(1004).unlink()
    footage = Footage(missing="interpolate")
    straight, _ = rendered("straight", LINEAR, footage=footage)
    with caplog.at_level(logging.INFO):
        curved, _ = rendered("curved", footage=footage)
    assert not differing(straight, curved)  # 1002 to 1003 has no frame after it, and so on
    assert "frames between the two that are missing" in caplog.text


def test_cuts_by_hand_are_cuts_and_none_where_they_say_so(rendered, caplog):
    straight, _ = rendered("straight", LINEAR)
    curved, _ = rendered("curved", footage=Footage(cut_marks="1005"))
    assert 1006 not in differing(straight, curved)
    curved, _ = rendered("ignored", footage=Footage(cuts="ignore"))
    assert differing(straight, curved) == [1004, 1006, 1008]


def test_a_live_node_that_hands_over_the_neighbors_gets_the_same_pixels(
    rendered, plate, tmp_path, caplog
):
    whole, _ = rendered()

    def picture(number):
        path = tmp_path / f"{number}.raw"
        pixels_of(plate(number)).tofile(path)
        return Picture(str(path), WIDTH, HEIGHT, channels=("R", "G", "B"))

    request = Interpolate(
        picture(1003), picture(1004), str(tmp_path / "result.raw"), Fraction(1, 2), 1006,
        (1003, 1004), CURVED, machine=Machine(device="cpu"),
    )  # fmt: skip
    both = replace(request, before=picture(1002), after=picture(1005))
    assert Interpolate.from_json(both.to_json()) == both
    live, made = Live(Loaded()), []
    for asked in (both, request):
        with caplog.at_level(logging.INFO):
            live.interpolate(asked, lambda _: None, threading.Event())
        made.append(np.fromfile(asked.result, np.float32).reshape(HEIGHT, WIDTH, 3))
        assert (STRAIGHT in caplog.text) == (asked is request)
    np.testing.assert_array_equal(made[0], whole[1006])
    assert not np.array_equal(made[1], whole[1006])


def test_what_four_frames_take_is_in_the_plan(request_of, network):
    one = FlowInterpolator(network, torch.device("cpu"))
    straight, curved = (
        cost(prepare(request_of(quality=quality), True), one) for quality in (LINEAR, CURVED)
    )
    all_of_it = [one.frame_bytes + one.network_bytes for one in (straight, curved)]
    assert all_of_it[1] - all_of_it[0] > 2 * 2 * HEIGHT * WIDTH * 12  # two files, two images


def test_vectors_and_other_layers_follow_the_bent_motion(rendered):
    output = Output(vectors=True)
    straight, _ = rendered("straight", LINEAR, output=output)
    curved, _ = rendered("curved", output=output)
    inner = (slice(24, -24), slice(24, -24))
    ways = {}
    for name, made in (("straight", straight), ("curved", curved)):
        ways[name] = made[1006][inner][..., 3:7].mean((0, 1))  # u, v to the left, to the right
    # On its way from 4, -2 to -6, 6 the picture is slow at first: see `shaken`.
    assert np.abs(ways["curved"] - ways["straight"]).max() > 0.2
    both = ways["curved"][:2] - ways["curved"][2:], ways["straight"][:2] - ways["straight"][2:]
    np.testing.assert_allclose(*both, atol=0.1)  # from frame to frame it is the same motion
