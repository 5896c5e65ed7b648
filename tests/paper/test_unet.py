"""The network: sizes, inputs, and what an untrained one gives."""

import pytest
import torch

from engine.color import WHITE
from engine.paper import diffusion
from engine.paper.unet import (
    CONFIGS,
    Attention,
    NetworkConfig,
    UNet,
    balanced,
    config_from_json,
    parameter_count,
)

SMALL = NetworkConfig(widths=(8, 16), blocks=(1, 1), time_width=16, head_width=8)


def test_the_paper_s_network_has_its_parameters():
    # Table 3: 647 M; the widths are ours (docs/paper.md), within one per cent.
    assert parameter_count(CONFIGS["paper"]) == pytest.approx(647e6, rel=0.01)


@pytest.mark.parametrize(("name", "most"), [("small", 12e6), ("tiny", 3e6)])
def test_the_smaller_networks_keep_to_their_size(name, most):
    assert parameter_count(CONFIGS[name]) <= most


@pytest.mark.parametrize("name", CONFIGS)
def test_attention_is_at_the_two_bottom_levels_alone(name):
    with torch.device("meta"):
        network = UNet(CONFIGS[name])
    levels = len(CONFIGS[name].widths)
    attending = [
        level
        for level, down in enumerate(network.down)
        if any(isinstance(layer, Attention) for layer in down.attention)
    ]
    assert attending == [levels - 2, levels - 1]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_survives_its_json(name):
    assert config_from_json(CONFIGS[name].to_json()) == CONFIGS[name]


def test_an_unknown_entry_in_a_config_is_an_error():
    with pytest.raises(TypeError, match="depth"):
        config_from_json({**SMALL.to_json(), "depth": 3})


def trained(config=SMALL):
    """A network whose last layer is not zero any more, as after training."""
    torch.manual_seed(0)
    network = UNet(config).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network


@pytest.mark.parametrize("changed", ["z", "t", "fraction", "first", "second", "coarse"])
def test_v_depends_on_every_input(changed):
    network = trained()
    inputs = {
        "z": torch.zeros(1, 3, 8, 8),
        "t": torch.tensor([0.5]),
        "fraction": torch.tensor([0.5]),
        **{name: torch.zeros(1, 3, 8, 8) for name in ("first", "second", "coarse")},
    }

    def v():
        condition = torch.cat([inputs["first"], inputs["second"], inputs["coarse"]], dim=1)
        return network(inputs["z"], inputs["t"], inputs["fraction"], condition)

    with torch.no_grad():
        before = v()
        inputs[changed] = inputs[changed] + 0.2
        assert not torch.allclose(before, v())


def test_the_paper_s_kind_of_network_knows_no_fraction():
    network = trained(NetworkConfig(**{**SMALL.to_json(), "fractions": False}))
    z, condition = torch.randn(1, 3, 8, 8), torch.randn(1, 9, 8, 8)
    with torch.no_grad():
        one, other = (
            network(z, torch.tensor([0.5]), torch.tensor([fraction]), condition)
            for fraction in (0.1, 0.9)
        )
    assert torch.equal(one, other)


def test_far_pixels_are_connected_through_attention():
    network = trained()
    z, condition = torch.zeros(1, 3, 64, 64, requires_grad=True), torch.zeros(1, 9, 64, 64)
    network(z, torch.tensor([1.0]), torch.tensor([0.5]), condition)[0, :, 0, 0].sum().backward()
    assert z.grad[0, :, -1, -1].abs().sum() > 0


def test_in_a_network_of_differences_the_frames_are_heard_beside_the_noise():
    generator = torch.Generator().manual_seed(0)
    first = 0.25 + 0.05 * torch.randn(4, 3, 16, 16, generator=generator)
    second = first + 0.05 * torch.randn(4, 3, 16, 16, generator=generator)
    z = torch.randn(4, 3, 16, 16, generator=generator)
    half, ones = torch.full((4,), 0.5), torch.ones(4)
    condition = torch.cat([first, second, torch.zeros_like(first)], dim=1)
    noisy, blend, apart, coarse = balanced(z, half, half, condition, 0.1).chunk(4, dim=1)
    assert 0.3 < apart.std() / noisy.std() < 3
    assert blend.std() / noisy.std() > 0.05
    assert not coarse.any()
    # Pure noise says nothing, and is not listened to.
    assert balanced(z, ones, half, condition, 0.1)[:, :3].abs().max() < 1e-5


def test_balanced_inputs_lose_nothing():
    generator = torch.Generator().manual_seed(0)
    z, first, second, coarse = (torch.rand(2, 3, 8, 8, generator=generator) for _ in range(4))
    t, fraction = torch.tensor([0.3, 0.6]), torch.tensor([0.25, 0.5])
    condition = torch.cat([first, second, coarse], dim=1)
    noisy, blend, apart, above = balanced(z, t, fraction, condition, 0.1).chunk(4, dim=1)
    blend, weight = blend * WHITE + WHITE / 2, fraction[:, None, None, None]
    torch.testing.assert_close(noisy / diffusion.alpha_sigma(t)[0][:, None, None, None], z)
    torch.testing.assert_close(blend - weight * apart * 0.1, first)
    torch.testing.assert_close(blend + (1 - weight) * apart * 0.1, second)
    torch.testing.assert_close(blend + above * 0.1, coarse)
