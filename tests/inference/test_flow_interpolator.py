"""In-betweens along the motion network: the same bits in any order, and every knob acts."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from engine.color import WHITE
from engine.flow.candidates import pictures_of, still, warp_candidates
from engine.flow.estimate import flow_ensemble
from engine.flow.octave import octave
from engine.flow.targets import Warped
from engine.flow.windows import box_mean
from engine.inference.flow_interpolator import FlowInterpolator
from engine.inference.interpolator import Task
from engine.paper.cascade import condition_on
from hifi_ofx.errors import Cancelled
from hifi_ofx.quality import Quality
from tests.flow.test_motion_network import moved_by
from tests.flow.whole_blend import whole_blend

CPU = torch.device("cpu")
HALF = Fraction(1, 2)
QUICK = Quality(samples=1, cascade_depth=1, motion="learned")
MOVED = (12, -6)


def pair(way=MOVED, size=(96, 128)):
    """Two images (3, H, W) in the model's range; what is in the first is `way` further on."""
    first, second = (image[0] * WHITE for image in moved_by(*way, size))
    return first, second


@pytest.fixture
def fresh(network):
    """A function that makes an interpolator which knows of no pair yet."""
    return lambda: FlowInterpolator(network, CPU)


@pytest.fixture
def made(fresh):
    """A function that makes one in-between, alone."""

    def make(quality=QUICK, images=None, fraction=HALF, **wanted):
        task = Task(quality, "1", **wanted)
        return fresh().interpolate(*(images or pair()), fraction, task)

    return make


@pytest.mark.parametrize(
    ("motion", "size"), [("learned", (192, 208)), ("both", (96, 128)), ("search", (96, 128))]
)
def test_in_betweens_of_a_pair_have_the_bits_that_each_has_alone(fresh, made, motion, size):
    """The octave of a pair and its search are kept from one fraction to the next."""
    quality = Quality(samples=1, cascade_depth=0, motion=motion)
    images = pair((28, 0), size)
    one, task = fresh(), Task(quality, "1")
    for fraction in (Fraction(1, 4), HALF):
        together = one.interpolate(*images, fraction, task).image
        assert torch.equal(together, made(quality, images, fraction).image)


def test_the_octave_is_found_once_a_pair_and_again_for_another(fresh, made, monkeypatch):
    asked, one = [], fresh()

    def counted(*arguments):
        asked.append(1)
        return octave(*arguments)

    monkeypatch.setattr("engine.inference.motion_estimator.octave", counted)
    quality = replace(QUICK, cascade_depth=0)
    for way, fraction, times in ((MOVED, HALF, 1), (MOVED, Fraction(1, 4), 1), ((3, 3), HALF, 2)):
        image = one.interpolate(*pair(way), fraction, Task(quality, "1")).image
        assert len(asked) == times
    assert torch.equal(image, made(quality, pair((3, 3))).image)


def test_the_patch_size_changes_nothing_that_can_be_seen(made):
    small = made(replace(QUICK, patch=(32, 48))).image
    assert (small - made().image).abs().max() < 1e-3


def test_samples_and_depth_change_the_picture(made):
    images = pair(size=(192, 208))
    one = made(images=images).image
    for name, value in (("samples", 2), ("cascade_depth", 2)):
        other = made(replace(QUICK, **{name: value}), images).image
        assert 1e-4 < (other - one).abs().mean() < 0.02, name


def test_steps_and_seed_change_nothing(fresh, made):
    assert torch.equal(made(replace(QUICK, steps=4, seed=7)).image, made().image)
    other = {"samples", "early_stop", "patch", "cascade_depth", "motion", "motion_path"}
    assert fresh().acts == other


@pytest.mark.parametrize("samples", [1, 2])
def test_motion_by_search_is_the_blend_of_the_frames_warped_along_it(made, samples):
    """What networks that see warped frames are given: sample n goes by member n."""
    found = made(replace(QUICK, samples=samples, motion="search"), fraction=Fraction(1, 4)).image
    first, second = pair()
    flows = flow_ensemble(first[None], second[None], samples)
    target, alone = Warped(first, second, 0.25, flows, 1.0), condition_on(first, second, None)
    blends = [target.stage(alone, sample).blend().clone() for sample in range(samples)]
    torch.testing.assert_close(found, torch.stack(blends).mean(0), atol=1e-6, rtol=0)


def test_the_texture_is_halfway_and_no_search_is_made(made, monkeypatch):
    def not_here(*_):
        raise AssertionError("searched")

    monkeypatch.setattr("engine.flow.searches.flow_ensemble", not_here)
    halfway = moved_by(6, -3, (96, 128))[1][0] * WHITE
    off = (made().image - halfway)[:, 24:-24, 24:-24].abs().mean()
    first, second = pair()
    assert off < 0.2 * ((first + second) / 2 - halfway)[:, 24:-24, 24:-24].abs().mean()


@pytest.mark.parametrize("motion", ["learned", "both", "search"])
def test_a_gray_layer_follows_the_color_s_motion(fresh, motion):
    """A channel of the color as a layer of its own comes out as it does in the color."""
    one, images = fresh(), pair()
    task = Task(replace(QUICK, motion=motion), "1")
    color = one.interpolate(*images, HALF, task)
    gray = [image[1:2].expand(3, -1, -1).contiguous() for image in images]
    layer = one.interpolate(*gray, HALF, task, color.motion)
    for channel in layer.image:
        torch.testing.assert_close(channel, color.image[1], atol=1e-6, rtol=0)
    assert layer.motion is color.motion


def test_vectors_of_a_translation_are_the_translation(made):
    vectors = made(fraction=Fraction(1, 4), vectors=True).vectors
    assert vectors.shape == (5, 96, 128)
    mean = vectors[:4, 24:-24, 24:-24].mean((1, 2))
    assert (mean - torch.tensor([-3.0, 1.5, 9.0, -4.5])).abs().max() < 0.5
    assert 0 <= vectors[4].min() <= vectors[4].max() <= 1
    assert made().vectors is None


def test_the_variance_is_over_the_candidates_by_how_much_each_counts(made):
    images = pair((20, 0))
    result = made(replace(QUICK, samples=3), images, uncertainty=True)
    one, other = (image[None] for image in images)
    views = result.motion.views
    sides = [warp_candidates(one, other, *view.at()) for view in views]
    pictures = pictures_of([*sides, still(one, other, 0.5)])
    weights = whole_blend(one, other, views, 0.5).weights
    assert weights.shape == (4, 1, 96, 128)
    mean = (pictures * weights).sum(0)
    expected = (weights * (pictures - mean) ** 2).sum(0)
    assert (result.image >= pictures.amin(0) - 1e-5).all()
    assert (result.image <= pictures.amax(0) + 1e-5).all()
    near, of_mean = box_mean(torch.stack([result.image, mean]), 9)  # the detail is of one of them
    torch.testing.assert_close(near, of_mean, atol=2e-3, rtol=0)
    torch.testing.assert_close(result.variance, expected, atol=1e-6, rtol=1e-3)
    assert result.variance.max() > 1e-4
    assert made().variance is None


@pytest.mark.parametrize("last", [1, 3, 7])
def test_a_cancel_stops_before_the_next_block(fresh, network, last):
    called, run = [], []

    def told():
        called.append(1)
        if len(called) == last:
            raise Cancelled("enough")

    hooks = [network.block(n).register_forward_hook(lambda *_: run.append(1)) for n in range(5)]
    one = fresh()
    try:
        with one.telling(told), pytest.raises(Cancelled):
            one.interpolate(*pair(), HALF, Task(replace(QUICK, samples=2), "1"))
    finally:
        for hook in hooks:
            hook.remove()
    assert (len(called), len(run)) == (last, last - 1)


@pytest.mark.parametrize(("motion", "patch"), [("learned", (32, 48)), ("both", (512, 768))])
def test_as_many_calls_are_made_as_were_announced(fresh, motion, patch):
    quality = replace(QUICK, motion=motion, patch=patch, samples=2)
    called, one = [], fresh()
    with one.telling(lambda: called.append(1)):
        one.interpolate(*pair(), HALF, Task(quality, "1"))
    assert len(called) == one.work(quality, (96, 128)).calls


def test_what_was_prefetched_is_not_searched_again(fresh, made, monkeypatch):
    def not_here(*_):
        raise AssertionError("searched again")

    quality = replace(QUICK, motion="both")
    expected = made(quality).image
    one = fresh()
    assert one.prefetches(quality) and not one.prefetches(QUICK)
    one.prefetch(lambda: iter(pair()), quality)
    monkeypatch.setattr("engine.flow.searches.flow_ensemble", not_here)
    assert torch.equal(one.interpolate(*pair(), HALF, Task(quality, "1")).image, expected)


def test_frames_warped_along_the_right_motion_agree(fresh):
    one, images = fresh(), pair()
    motion = one.interpolate(*images, HALF, Task(QUICK, "1")).motion
    error = one.photometric_error(*images, HALF, motion)
    assert error.shape == (96, 128)
    assert error[24:-24, 24:-24].mean() < 0.2 * (images[0] - images[1]).abs().mean()
    search = one.interpolate(*images, HALF, Task(replace(QUICK, motion="search"), "1"))
    assert one.photometric_error(*images, HALF, search.motion) is None


def test_learned_motion_needs_no_opencv():
    code = "import sys; sys.modules['cv2'] = None; import engine.inference.flow_interpolator"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_samples_that_agree_everywhere_stop_early(fresh):
    """With a tolerance that all views keep to, four samples are the first two, bit for bit."""
    image, calls = {}, {}
    for samples, tolerance in ((4, 1.0), (2, 0.0), (4, 0.0)):
        called, one = [], fresh()
        quality = replace(QUICK, samples=samples, early_stop=tolerance)
        with one.telling(lambda called=called: called.append(1)):
            made = one.interpolate(*pair(), HALF, Task(quality, "1"))
        image[samples, tolerance], calls[samples, tolerance] = made.image, len(called)
    assert torch.equal(image[4, 1.0], image[2, 0.0])
    assert not torch.equal(image[4, 0.0], image[2, 0.0])
    assert calls[4, 1.0] == calls[2, 0.0] < calls[4, 0.0]


def test_samples_that_agree_in_a_part_are_not_asked_there(fresh):
    """A square that moves before a still texture: four samples where it is, two elsewhere."""
    torch.manual_seed(5)
    frame = torch.rand(3, 64, 96).repeat_interleave(8, 1).repeat_interleave(8, 2) * WHITE / 2
    images = frame.clone(), frame.clone()
    images[0][:, 40:88, 40:88], images[1][:, 40:88, 64:112] = WHITE, WHITE
    made = {}
    for tolerance in (0.0, 0.02):
        task = Task(replace(QUICK, samples=4, early_stop=tolerance), "1")
        made[tolerance] = fresh().interpolate(*images, HALF, task)
    views = made[0.02].motion.views
    assert [type(view).__name__ for view in views[2:]] == ["PartFlow", "PartFlow"]
    kept = views[2].kept
    assert kept.height * kept.width < 0.5 * frame[0].numel()
    difference = (made[0.02].image - made[0.0].image).abs()
    assert 0 < difference.max() < 0.2 * WHITE and difference.mean() < 1e-3 * WHITE
