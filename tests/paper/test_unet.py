"""The network: sizes, inputs, and what an untrained one gives."""

import pytest
import torch

from engine.inference.networks import CONFIGS, network_of, parameter_count
from engine.paper.unet import PAPER, Attention, NetworkConfig, UNet

SMALL = NetworkConfig(widths=(8, 16), blocks=(1, 1), time_width=16, head_width=8)


def test_the_paper_s_network_has_its_parameters():
    # Table 3: 647 M; the widths are ours (docs/paper.md), within one per cent.
    assert parameter_count(PAPER) == pytest.approx(647e6, rel=0.01)


@pytest.mark.parametrize("name", CONFIGS)
def test_attention_is_at_the_two_bottom_levels_alone(name):
    with torch.device("meta"):
        network = network_of(CONFIGS[name])
    levels = len(CONFIGS[name].widths)
    attending = [
        level
        for level, down in enumerate(network.down)
        if any(isinstance(layer, Attention) for layer in down.attention)
    ]
    assert attending == [levels - 2, levels - 1]


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


def test_an_untrained_network_says_nothing():
    z, condition = torch.randn(2, 3, 32, 48), torch.rand(2, 9, 32, 48)
    with torch.no_grad():
        v = UNet(SMALL).eval()(z, torch.tensor([1.0, 0.3]), torch.tensor([0.5, 0.25]), condition)
    assert not v.any()
