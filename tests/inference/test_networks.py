"""The kinds of networks: their configs as JSON, and what is shipped."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from engine.flow.fusion_head import ALIGNED, FusionConfig, FusionUNet
from engine.flow.targets import Warped
from engine.inference.networks import (
    CONFIGS,
    acts,
    config_from_json,
    network_of,
    parameter_count,
    target_of,
    warps,
)
from engine.inference.weights_file import shipped_weights, weights_path
from engine.inference.zoo import load
from engine.paper.target import Image
from engine.paper.unet import PAPER, NetworkConfig, UNet
from tests.networks import PLAIN, WARPING


def stored_config(path):
    """The config in the file, as its JSON says it."""
    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["config"])


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_survives_its_json(name):
    assert config_from_json(json.loads(json.dumps(CONFIGS[name].to_json()))) == CONFIGS[name]


@pytest.mark.parametrize("value", [3, None])
@pytest.mark.parametrize("config", [PLAIN, ALIGNED])
def test_an_unknown_entry_in_a_config_is_an_error(config, value):
    with pytest.raises(TypeError, match="depth"):
        config_from_json({**config.to_json(), "depth": value})


@pytest.mark.parametrize(
    ("name", "value"), [("motion", True), ("difference", 0.1), ("direct", True), ("align", "guide")]
)
def test_kinds_of_networks_that_are_gone_are_refused(name, value):
    """A network that meant something else by its output must not be taken for the paper's."""
    with pytest.raises(TypeError, match=name):
        config_from_json({**PLAIN.to_json(), name: value})


def test_entries_that_say_nothing_are_read_in_files_of_earlier_versions():
    earlier = {"align": "none", "motion": False, "difference": 0.0, "direct": False, "trust": 1.0}
    assert config_from_json({**PLAIN.to_json(), **earlier}) == PLAIN
    assert config_from_json({**ALIGNED.to_json(), "motion": False}) == ALIGNED


def test_a_config_without_what_it_needs_is_refused():
    with pytest.raises(TypeError, match="blocks"):
        config_from_json({"widths": [8, 8]})


def test_the_shipped_config_is_the_default_network_s():
    stored = stored_config(weights_path("aligned"))
    config = config_from_json(stored)
    assert isinstance(config, FusionConfig)
    assert replace(config, trust=ALIGNED.trust) == ALIGNED
    assert config.trust == stored["trust"] and config.difference == stored["difference"]
    with pytest.raises(TypeError, match="depth"):
        config_from_json({**stored, "depth": 3})


@pytest.mark.parametrize("name", shipped_weights())
def test_every_shipped_tensor_is_used_and_every_parameter_is_shipped(name):
    weights = load(weights_path(name))
    network = weights.network()
    with safe_open(weights_path(name), framework="pt") as file:
        names = set(file.keys())
    assert names == set(network.state_dict())
    for name, value in network.state_dict().items():
        assert torch.equal(value, weights.tensors[name].float())


def test_a_config_says_which_network_and_which_target_it_is():
    first, second = torch.rand(2, 3, 32, 48)
    flows = (torch.zeros(1, 8, 16, 24),)
    assert type(network_of(PLAIN)) is UNet and type(network_of(WARPING)) is FusionUNet
    assert isinstance(target_of(PLAIN, first, second, 0.5, None), Image)
    assert isinstance(target_of(WARPING, first, second, 0.5, flows), Warped)
    assert warps(ALIGNED) and not warps(PAPER)


@pytest.mark.parametrize(
    ("config", "differ"),
    [(PAPER, True), (ALIGNED, False), (replace(ALIGNED, direct=False), True)],
)
def test_steps_and_noise_act_where_the_network_does_not_say_x_at_once(config, differ):
    assert {"steps", "base_steps", "seed"}.isdisjoint(acts(config)) != differ
    assert {"samples", "patch", "cascade_depth"} <= acts(config)
    assert "motion" not in acts(config)


def test_parameters_are_counted_without_being_made():
    assert parameter_count(PLAIN) == sum(value.numel() for value in UNet(PLAIN).parameters())
    assert parameter_count(PAPER) > 600e6
    assert isinstance(PAPER, NetworkConfig) and not isinstance(PAPER, FusionConfig)
