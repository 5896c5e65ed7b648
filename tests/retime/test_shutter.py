"""An open shutter: the mean of what it sees, against truths that are computed otherwise."""

import contextlib
import shutil
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.color import from_model, to_model
from engine.inference.interpolator import InBetween, StagePlan, Work
from engine.paper.patches import Box
from engine.plate.exr import read_frame, write_frame
from engine.plate.frame import Attribute, Frame, Part, Window
from engine.retime.planning import cost, prepare
from engine.retime.render import render
from engine.retime.shutter import mean
from hifi_ofx.errors import Cancelled
from hifi_ofx.farm import looked_up
from hifi_ofx.quality import Footage, Output, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from tests.service.conftest import pixels_of

HEIGHT, WIDTH, BOX = 24, 160, 20
GROUND, BRIGHT = 0.25, 4.0


def coverage(left, width=BOX):
    """How much of each pixel a box that begins at `left` covers."""
    edges = np.arange(WIDTH + 1)
    inside = np.clip(edges, left, left + width)
    return np.diff(inside)


def picture(left):
    """Light of a bright box over gray ground, (height, width)."""
    row = GROUND + (BRIGHT - GROUND) * coverage(left)
    return np.tile(row.astype(np.float32), (HEIGHT, 1))


def left_of(light):
    """Where the box of an image (3, H, W) begins; its edges lie on pixels."""
    return int(torch.nonzero(light[0, 0] > light.mean())[0])


class Knowing:
    """Stands for weights that move the box exactly; writes down what it is asked."""

    knows_fractions, acts = True, frozenset()
    device = torch.device("cpu")

    def __init__(self):
        self.asked = []
        self.before_call = lambda: None

    def work(self, quality, size):
        return Work(1, 1, 0, 0, 0.0, (StagePlan(size, (Box(0, 0, *size),), 1),), 0, "knowing")

    def prefetches(self, quality):
        return False

    @contextlib.contextmanager
    def telling(self, before_call, check):
        self.before_call = before_call
        yield

    def interpolate(self, first, second, fraction, task, motion):
        self.before_call()
        light = from_model(first)
        ends = left_of(light), left_of(from_model(second))
        left = ends[0] + float(fraction) * (ends[1] - ends[0])
        self.asked.append(left)
        moved = torch.from_numpy(picture(left)) * (light.min() / GROUND)  # at the plate's stops
        return InBetween(to_model(moved).expand(3, -1, -1).clone())


def write(path, planes, kinds=np.float32):
    window = Window(0, 0, WIDTH, HEIGHT)
    types = {name: np.dtype(kinds) for name in planes}
    part = Part(tuple(planes), types, window, window, planes=dict(planes))
    write_frame(Frame((part,), "openexr"), path)


@pytest.fixture
def boxes(tmp_path):
    """Writes a plate of boxes that move so many pixels a frame."""

    def made(step, count=13):
        for number in range(count):
            box = picture(10 + step * number)
            write(tmp_path / f"box.{number}.exr", dict.fromkeys("RGB", box))
        return tmp_path / "box.#.exr"

    return made


@pytest.fixture
def rendered(tmp_path):
    """Renders in this process; returns pixels by output frame, and the weights' stand-in."""

    def done(plate, speed, output, only=None, footage=Footage(cuts="ignore"), cancelled=None):  # noqa: B008
        target = tmp_path / "out" / "made.#.exr"
        shutil.rmtree(target.parent, ignore_errors=True)
        request = RenderRequest(
            str(plate), str(target), Retime(speed=Fraction(speed)), Quality(), output, footage,
            only=only,
        )  # fmt: skip
        network, job = Knowing(), prepare(request, knows_fractions=True)
        planned = cost(job, network)
        stop = cancelled or threading.Event()
        finished = render(job, network, "sha", lambda _: stop.is_set(), stop)
        frames = {n: pixels_of(target.parent / f"made.{n}.exr") for n in job.plan.outputs}
        return frames, network, planned, finished

    return done


def test_a_whole_frame_of_shutter_is_a_box_blur_along_the_way(boxes, rendered):
    """Of an edge that moves by 8 pixels a ramp of 8 pixels, centered."""
    frames, network, _, _ = rendered(boxes(8), 1, Output(shutter=360, shutter_samples=8), (5, 5))
    row = (frames[5][HEIGHT // 2, :, 1] - GROUND) / (BRIGHT - GROUND)
    fine = np.linspace(-4, 4, 4001)[:, None]
    blurred = np.mean([coverage(50 + float(offset)) for offset in fine[:, 0]], axis=0)
    assert np.abs(row - blurred).max() < 0.02
    moments = [np.array(50 + 8 * ((2 * i + 1) / 16 - 1 / 2)) for i in range(8)]
    np.testing.assert_allclose(network.asked, moments)
    np.testing.assert_allclose(
        frames[5][..., 0], np.mean([picture(float(left)) for left in moments], axis=0), rtol=1e-5
    )


def test_light_is_conserved(boxes, rendered):
    frames, _, _, _ = rendered(boxes(5), "1/2", Output(shutter=180, shutter_samples=5), (10, 13))
    sums = [float(frame[..., 0].astype(np.float64).sum()) for frame in frames.values()]
    np.testing.assert_allclose(sums, picture(30).astype(np.float64).sum(), rtol=1e-5)


def test_four_times_the_speed_sees_four_source_frames(boxes, rendered):
    """Output frame 1 is source frame 4: it sees 2 to 6, of 4 pixels a frame."""
    output = Output(shutter=360, shutter_samples=16)
    frames, network, planned, finished = rendered(boxes(4), 4, output, (1, 1))
    changed = np.nonzero(np.abs(frames[1][0, :, 0] - picture(26)[0]) > 1e-4)[0]
    assert changed.min() == 26 - 8 and changed.max() == 26 + 8 + BOX - 1
    assert min(network.asked) >= 10 + 4 * 2 and max(network.asked) <= 10 + 4 * 6
    assert (planned.frames, planned.inbetweens, planned.moments) == (1, 1, 16)
    assert planned.calls == finished.calls == len(network.asked) == 16
    assert (finished.made, finished.copied) == (1, 0)


def test_past_the_clip_s_ends_nothing_is_seen(boxes, rendered):
    """The first frame sees what follows it alone: the mean of the later half."""
    frames, network, _, _ = rendered(boxes(8), 1, Output(shutter=360, shutter_samples=8), (0, 0))
    assert len(network.asked) == 4 and min(network.asked) > 10
    np.testing.assert_allclose(
        frames[0][..., 0], np.mean([picture(10 + 8 * (2 * i + 1) / 16) for i in range(4)], axis=0),
        rtol=1e-5,
    )  # fmt: skip


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_a_static_plate_comes_out_bit_for_bit(kind, tmp_path, rendered):
    random = np.random.default_rng(0)
    planes = {name: random.normal(1, 3, (HEIGHT, WIDTH)).astype(kind) for name in "RGBA"}
    planes["G"][5, 6] = np.inf
    for number in range(4):
        write(tmp_path / f"still.{number}.exr", planes, kind)
    frames, network, _, _ = rendered(tmp_path / "still.#.exr", "1/2", Output(shutter=360))
    assert not network.asked
    for pixels in frames.values():
        for index, plane in enumerate(planes.values()):
            np.testing.assert_array_equal(pixels[..., index], plane.astype(np.float32))


@pytest.mark.parametrize("footage", [Footage(), Footage(cuts="ignore", cut_marks="3")])
def test_nothing_of_another_shot_is_seen(footage, tmp_path, rendered):
    """Two shots that stand still: whatever sees a frame of the other one is no copy any more."""
    random = np.random.default_rng(1)
    shots = [random.random((HEIGHT, WIDTH), np.float32) ** power for power in (0.5, 6)]
    for number in range(6):
        write(tmp_path / f"cut.{number}.exr", dict.fromkeys("RGB", shots[number >= 3]))
    output = Output(shutter=720, shutter_samples=6)
    frames, network, _, _ = rendered(tmp_path / "cut.#.exr", "1/2", output, None, footage)
    assert not network.asked
    for number, pixels in frames.items():  # frame 5 is halfway between: it shows the later one
        np.testing.assert_array_equal(pixels[..., 0], shots[number >= 5], err_msg=f"{number}")


def test_it_ends_within_a_moment(boxes, rendered):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        rendered(boxes(8), 1, Output(shutter=360), None, cancelled=stop)


def of_display(planes, kind=np.uint8, **metadata):
    shape = next(iter(planes.values())).shape
    window = Window(0, 0, shape[1], shape[0])
    types = {name: np.dtype(kind) for name in planes}
    found = {name.replace("_", ":"): Attribute.of(value) for name, value in metadata.items()}
    return Frame(
        (Part(tuple(planes), types, window, window, metadata=found, planes=planes),), "png"
    )


def full(value, kind=np.uint8):
    return np.full((2, 3), value, kind)


def test_display_values_are_averaged_as_light_and_alpha_as_it_is():
    """Half of white light is 188 of 255 on a display, by IEC 61966-2-1; half an alpha is half."""
    dark = of_display({"R": full(0), "G": full(0), "B": full(0), "A": full(0)})
    light = of_display({"R": full(255), "G": full(255), "B": full(255), "A": full(255)})
    found = mean(iter([dark, light]), 0, "").parts[0].planes
    assert (found["R"] == 188).all() and (found["A"] == 128).all()


@pytest.mark.parametrize(
    ("moments", "expected"),
    [([(200, 255), (0, 0)], (200, 128)), ([(255, 255), (255, 0), (0, 255)], (188, 170))],
)
def test_a_straight_color_counts_by_its_alpha(moments, expected):
    """A moment that nothing is seen in makes the others fainter, and no darker."""
    frames = [
        of_display({n: full(c) for n in "RGB"} | {"A": full(a)}, oiio_UnassociatedAlpha=1)
        for c, a in moments
    ]
    found = mean(iter(frames), 0, "").parts[0].planes
    assert ((found["R"] == expected[0]) & (found["A"] == expected[1])).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_every_value_that_stays_is_itself_beside_one_that_changes(kind):
    every = np.arange(np.iinfo(kind).max + 1, dtype=kind)[None]
    other = every.copy()
    other[0, 7] += 9
    frames = [of_display(dict.fromkeys("RGB", one), kind) for one in (every, other, every)]
    found = mean(iter(frames), 0, "").parts[0].planes["G"]
    assert np.flatnonzero(found != every).tolist() == [7]


def test_what_must_not_be_averaged_is_of_the_nearest_moment():
    def with_depth(value):
        frame = of_display({n: full(value, np.float32) for n in "RGBZ"}, np.float32)
        return Frame(frame.parts, "openexr")

    found = mean(iter([with_depth(1), with_depth(2), with_depth(6)]), 1, "").parts[0].planes
    assert (found["Z"] == 2).all() and (found["R"] == 3).all()
    blended = mean(iter([with_depth(1), with_depth(2), with_depth(6)]), 1, "depth=blend")
    assert (blended.parts[0].planes["Z"] == 3).all()


def test_data_windows_are_joined_and_outside_of_one_is_black():
    def at(x):
        window, display = Window(x, 0, 3, 2), Window(0, 0, 8, 2)
        planes = {n: full(1, np.float16) for n in "RGB"}
        types = dict.fromkeys("RGB", np.dtype(np.float16))
        return Frame((Part(tuple("RGB"), types, window, display, planes=planes),), "openexr")

    (part,) = mean(iter([at(1), at(3)]), 0, "").parts
    assert part.data_window == Window(1, 0, 5, 2)
    np.testing.assert_array_equal(part.planes["R"][0], [0.5, 0.5, 1, 0.5, 0.5])


def test_chunks_resumes_and_a_farm_s_files_give_the_same_bits(engine, request_for, tmp_path):
    output, retime = Output(shutter=270, shutter_samples=3), Retime(speed=Fraction(3, 2))
    whole = request_for("whole/slow.####.exr", output=output, retime=retime)
    done = list(engine.render(whole))[-1]
    assert (done.made, done.copied) == (3, 0)
    assert list(engine.render(whole))[-1].skipped == 3
    for frame in (1001, 1002, 1003):
        part = request_for(
            f"part{frame}/slow.####.exr", output=output, retime=retime, only=(frame, frame)
        )
        _, files = looked_up(part)
        brought = tmp_path / f"brought{frame}"
        brought.mkdir()
        for file in files:
            shutil.copy(file, brought)
        part = request_for(
            f"part{frame}/slow.####.exr", output=output, retime=retime, only=(frame, frame),
            source=brought / "plate.####.exr",
        )  # fmt: skip
        list(engine.render(part))
        made, again = (Path(one.target.replace("####", str(frame))) for one in (whole, part))
        np.testing.assert_array_equal(pixels_of(made), pixels_of(again))
    shown = read_frame(Path(whole.target.replace("####", "1002"))).parts[0].metadata
    assert shown["hifi:shutter"].value == "the mean of 3 moments, 1002.12 to 1002.88"
