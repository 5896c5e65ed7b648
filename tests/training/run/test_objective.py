"""The loss and its conditions, by networks that know the answer and motion that is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from engine.flow.estimate import flow_ensemble, pair_flow
from engine.flow.fusion_head import Seen
from engine.flow.intermediate import intermediate_flow
from engine.inference.denoiser import NetworkDenoiser
from engine.inference.networks import target_of
from engine.paper.cascade import Predict, interpolate, resize
from engine.paper.diffusion import alpha_sigma
from engine.paper.target import Condition
from engine.paper.unet import NetworkConfig, UNet
from engine.training.procedural.samples import Samples
from engine.training.run.batches import Place, make_batch
from engine.training.run.conditions import cascade, conditions, inner, origin, x_unit
from engine.training.run.objective import loss
from engine.training.run.ranks import Ranks
from engine.training.run.trainer import Trainer
from hifi_ofx.quality import Quality
from tests.flow.test_intermediate import pan, texture
from tests.networks import PLAIN, WARPING, untrained
from tests.paper.test_cascade import noise as stage_noise
from tests.training.run.test_trainer import CONFIG, CPU, SETTINGS, painted_data

DIFFERENCE = 0.1
SMALL_TIMES = [0.0, 1e-7, 1e-3]


class Oracle:
    """Knows x (B, 3, H, W) and answers with the v that leads there from any z; t = 1 apart."""

    def __init__(self, x: Tensor, wrong_at_one: float = 0.0) -> None:
        self.x, self.wrong, self.calls = x, wrong_at_one, 0

    def __call__(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """The condition's first channels say which samples these are."""
        self.calls += 1
        x = self.x[condition[:, 0, 0, 0].long()]
        alpha, sigma = alpha_sigma(t[:, None, None, None])
        lead = (alpha * z - x) / sigma.clamp(min=1e-12)
        return torch.where(t[:, None, None, None] == 1, lead + self.wrong, lead)


def problem(times: list[float], seed: int = 0) -> tuple[Oracle, Callable[..., Tensor]]:
    """An oracle, and a function that gives any network's loss on its problem."""
    generator = Generator().manual_seed(seed)
    count = len(times)
    x, noise, started = torch.randn(3, count, 3, 8, 8, generator=generator)
    middle = started + DIFFERENCE * x
    samples = Samples(middle, middle, middle, torch.full((count,), 0.5))
    condition = torch.arange(float(count))[:, None, None, None].expand(-1, 9, 8, 8)

    def loss_of(network: Callable[..., Tensor], unrolled: bool) -> Tensor:
        t = torch.tensor(times)
        return loss(
            network,  # type: ignore[arg-type]
            samples,
            condition,
            started,
            t,
            noise,
            DIFFERENCE,
            unrolled,
        )

    return Oracle(x), loss_of


@pytest.mark.parametrize("unrolled", [False, True])
@pytest.mark.parametrize("t", [0.05, 0.3, 0.7, 0.99, 1.0])
def test_who_knows_the_answer_has_no_loss_at_any_time(t: float, unrolled: bool) -> None:
    oracle, loss_of = problem([t, 1.0, t])
    assert loss_of(oracle, unrolled) < 1e-4
    assert loss_of(lambda z, *_: torch.zeros_like(z), unrolled) > 0.1


def test_unrolled_the_way_back_is_from_the_network_s_own_start() -> None:
    """A start that is wrong by 1 is no error of the steps after it, which lead to the truth."""
    oracle, loss_of = problem([0.5, 0.2, 0.9])
    oracle.wrong = 1.0
    assert loss_of(oracle, unrolled=True) < 1e-5
    assert oracle.calls == 2


def test_unrolled_an_error_counts_as_much_as_it_is_in_x() -> None:
    """v wrong by e is x wrong by sigma e: below t = 1 the loss is that, at t = 1 they are one."""
    times = [0.5, 0.2, 1.0]
    oracle, loss_of = problem(times)

    def off(z: Tensor, t: Tensor, *rest: Tensor) -> Tensor:
        return oracle(z, t, *rest) + 0.25

    sigmas = torch.sin(torch.tensor(times) * torch.pi / 2)
    assert loss_of(off, unrolled=True).item() == pytest.approx(0.25 * sigmas.mean().item(), 1e-3)
    assert loss_of(off, unrolled=False).item() == pytest.approx(0.25, rel=1e-3)


def test_samples_at_time_one_are_not_unrolled() -> None:
    torch.manual_seed(0)
    _, loss_of = problem([1.0, 1.0])
    calls = []

    def network(z: Tensor, *_: Tensor) -> Tensor:
        calls.append(1)
        return 0.5 * z

    assert torch.equal(loss_of(network, unrolled=True), loss_of(network, unrolled=False))
    assert len(calls) == 2


def test_the_unrolled_loss_is_finite_down_to_time_zero() -> None:
    _, loss_of = problem(SMALL_TIMES)
    scale = torch.tensor(1.0, requires_grad=True)
    value = loss_of(lambda z, *_: scale * z, unrolled=True)
    value.backward()
    assert value.isfinite() and scale.grad is not None and scale.grad.isfinite()
    assert value < 5  # the network's start is off by about 1, and that is all that there is to say


def network_of(config: NetworkConfig, said: float = 0.05) -> UNet:
    """A network whose last layer is random: it says something, everywhere something else."""
    network = untrained(config)
    torch.nn.init.normal_(network.out.weight, std=said)
    return network


def panned(margin: int, crop: int = 64) -> Samples:
    """Two pans, by 20 pixels left and 12 up, and 8 right."""
    side = crop + 2 * margin
    pairs = [pan(-20, -12, 0.25, side, side), pan(8, 0, 0.5, side, side)]
    first, middle, second = (torch.cat(frames) for frames in zip(*pairs, strict=True))
    return Samples(first, second, middle, torch.tensor([0.25, 0.5]))


NONE = torch.tensor([], dtype=torch.long)


def test_with_a_margin_the_condition_is_the_inner_part_of_the_whole_one() -> None:
    samples = panned(margin=48)
    network = network_of(WARPING)
    whole, _ = conditions(network, samples, NONE, 1, Generator())
    part, started = conditions(network, samples, NONE, 1, Generator(), margin=48)
    assert part.shape == (2, WARPING.condition_channels, 64, 64)
    assert torch.equal(part, whole[..., 48:-48, 48:-48])
    assert torch.equal(part[:, :3], samples.first[..., 48:-48, 48:-48])
    assert torch.equal(started, Seen.of(part).warped.blend())


def test_with_a_margin_what_moves_in_from_outside_is_known() -> None:
    """At the crop's very edge the mean of the warped frames is the in-between; else it is not."""
    samples = panned(margin=64)
    truth = samples.middle[..., 64:-64, 64:-64]
    _, started = conditions(network_of(WARPING), samples, NONE, 1, Generator(), margin=64)
    cropped = Samples(
        *(inner(image, truth) for image in (samples.first, samples.second, samples.middle)),
        samples.fraction,
    )
    _, blind = conditions(network_of(WARPING), cropped, NONE, 1, Generator())
    edge = torch.ones(64, 64, dtype=torch.bool)
    edge[12:-12, 12:-12] = False
    assert (started - truth)[..., edge].abs().mean() < 0.002
    assert (blind - truth)[..., edge].abs().mean() > 0.005


@pytest.mark.parametrize("below", [1, 2])
def test_only_what_is_kept_has_a_coarse_image_and_it_shows_the_in_between(below: int) -> None:
    samples = panned(margin=48)
    network = untrained(WARPING)
    kept = torch.tensor([1])
    condition, started = conditions(network, samples, kept, below, Generator(), margin=48)
    without, same = conditions(network, samples, NONE, below, Generator(), margin=48)
    coarse = condition[:, 6:9]
    assert not coarse[0].any()
    truth = inner(samples.middle, coarse)[1]
    blurred = resize(resize(truth, (32, 32)), (64, 64))
    assert (coarse[1] - blurred).abs().mean() < 0.004
    apart = [channel for channel in range(condition.shape[1]) if not 6 <= channel < 9]
    assert torch.equal(condition[:, apart], without[:, apart])
    assert torch.equal(started, same)  # what is aligned is measured from the same, coarse or not


def test_without_warping_a_margin_crops_frames_and_coarse_image() -> None:
    samples = panned(margin=16)
    network = network_of(CONFIG)
    kept = torch.tensor([0])
    whole, _ = conditions(network, samples, kept, 1, Generator().manual_seed(1))
    part, started = conditions(network, samples, kept, 1, Generator().manual_seed(1), margin=16)
    assert part.shape == (2, 9, 64, 64)
    assert torch.equal(part, whole[..., 16:-16, 16:-16])
    assert part[0, 6:].any() and not part[1, 6:].any()
    assert not started.any()  # x is the image itself


@pytest.mark.parametrize(("size", "stages"), [((64, 96), 1), ((64, 96), 3), ((61, 75), 2)])
def test_the_cascade_of_training_is_the_cascade_of_the_product(
    size: tuple[int, int], stages: int
) -> None:
    """At t = 1 an aligned network sees nothing of its noise, so they may be compared."""
    first, _, second = pan(8, -4, 0.25, *size)
    network = network_of(WARPING)
    trained = cascade(network, first, second, torch.tensor([0.25]), stages, Generator())[0]
    quality = Quality(samples=1, steps=1, patch=(96, 128), cascade_depth=stages)
    predict = Predict(
        partial(NetworkDenoiser(network, CPU, torch.float32), fraction=0.25), quality, stage_noise
    )
    target = target_of(WARPING, first[0], second[0], 0.25, flow_ensemble(first, second, 1))
    with torch.no_grad():
        made = interpolate(predict, target, first[0], second[0]).image
    torch.testing.assert_close(trained, made, atol=1e-4, rtol=0)
    assert (made - pan(8, -4, 0.25, *size)[1][0]).abs().mean() > 0.005


def test_known_and_found_flow_give_one_cascade() -> None:
    first, _, second = pan(8, -4, 0.5, 64, 96)
    fraction = torch.tensor([0.5])
    known = intermediate_flow(first, second, fraction, pair_flow(first, second))
    network = network_of(WARPING)
    one = cascade(network, first, second, fraction, 2, Generator(), known)
    assert torch.equal(one, cascade(network, first, second, fraction, 2, Generator()))


@pytest.mark.parametrize("low", [False, True])
def test_all_that_an_aligned_network_has_is_taught(low: bool) -> None:
    """Also when it ran without gradients just before, whose cast weights autocast may keep."""
    first, middle, second = pan(8, -4, 0.5, 32, 48)
    samples = Samples(first, second, middle, torch.tensor([0.5]))
    network = network_of(WARPING)
    for parameter in network.parameters():  # nothing may stand still because it begins as zero
        torch.nn.init.normal_(parameter, mean=0.1, std=0.05)
    kept = torch.tensor([0])
    with torch.autocast("cpu", torch.bfloat16, enabled=low):
        condition, started = conditions(network, samples, kept, 1, Generator().manual_seed(0))
        noise = torch.randn(started.shape, generator=Generator().manual_seed(1))
        t = torch.tensor([0.4])
        unit = WARPING.difference
        value = loss(network, samples, condition, started, t, noise, unit, unrolled=True)
    value.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all() and parameter.grad.any(), name


@pytest.mark.parametrize("phase", ["base", "cascade"])
def test_an_aligned_network_trains_with_a_margin(phase: str) -> None:
    settings = dataclasses.replace(
        SETTINGS,
        phase=phase,
        batch=2,
        margin=16,
        unrolled=True,
        coarse_dropout=0.0,
        largest_motion=0.6,
    )
    data = painted_data()
    trainer = Trainer(settings, WARPING, data, CPU)
    low = torch.autocast("cpu", enabled=False)
    batch = make_batch(data, settings, trainer.averaged, CPU, Place(0, 0, Ranks()), low)
    assert batch.condition.shape == (2, WARPING.condition_channels, 32, 32)
    assert batch.samples.middle.shape == batch.started.shape == batch.noise.shape
    assert batch.started.shape == (2, 3, 32, 32)
    assert bool(batch.condition[:, 6:9].any()) == (phase == "cascade")
    assert batch.samples.first.shape[-1] == 64
    losses = [trainer.train_step().loss for _ in range(3)]
    assert all(0 < value < 10 for value in losses)


def test_an_aligned_network_learns_what_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pan with a flash of light in its middle: below the loss of the mean of the warps."""
    first, middle, second = pan(8, -4, 0.5, 64, 64)
    samples = Samples(first, second, middle + 0.05, torch.tensor([0.5]))
    monkeypatch.setattr("engine.training.run.batches.draw", lambda *_: samples)
    settings = dataclasses.replace(
        SETTINGS, batch=1, margin=16, first_step_share=0.5, unrolled=True, learning_rate=2e-2
    )
    trainer = Trainer(settings, WARPING, painted_data(), CPU)
    losses = [trainer.train_step().loss for _ in range(12)]
    assert sum(losses[-3:]) / 3 < 0.7 * losses[0]


def test_the_inner_part_is_cut_in_whole_pixels() -> None:
    image = texture(9, 12)
    part = inner(image, torch.zeros(5, 6))
    torch.testing.assert_close(part, F.pad(image, (-3, -3, -2, -2)))


@pytest.mark.parametrize("config", [PLAIN, WARPING])
def test_x_in_training_is_the_x_of_the_product(config: NetworkConfig) -> None:
    """What a batch is taught as x is what the target's stage reads as the image."""
    first, middle, second = pan(8, -4, 0.25, 64, 96)
    samples = Samples(first, second, middle, torch.tensor([0.25]))
    condition, started = conditions(untrained(config), samples, NONE, 1, Generator())
    torch.testing.assert_close(started, origin(condition, config))
    x = ((middle - started) / x_unit(config))[0]
    flows = flow_ensemble(first, second, 1)
    stage = target_of(config, first[0], second[0], 0.25, flows).stage(
        Condition(first[0], second[0], torch.zeros_like(first[0])), 0
    )
    torch.testing.assert_close(stage.x(middle[0].clone()), x, atol=1e-4, rtol=0)
    torch.testing.assert_close(stage.image(x.clone()), middle[0], atol=1e-5, rtol=0)
