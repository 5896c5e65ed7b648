"""Motion patch by patch: the same as in one piece, whatever the patches; deeper reaches further."""

import pytest
import torch

from engine.flow.motion_stages import PixelFlow, find
from engine.paper.patches import Box

from .test_motion_network import HALF, inside, moved_by


@torch.inference_mode()
@pytest.mark.parametrize("patch", [(512, 512), (48, 48), (32, 64)])
def test_patches_give_what_the_whole_frame_gives(network, patch):
    pair = moved_by(14, -6, (150, 230))
    whole = network(*pair, HALF)
    flow, mask = find(network, *pair, HALF, patch=patch).at()
    assert flow.shape == (1, 4, 150, 230)
    torch.testing.assert_close(flow, whole.flow, atol=5e-3, rtol=0)
    torch.testing.assert_close(mask, whole.mask, atol=2e-2, rtol=0)


@torch.inference_mode()
def test_a_box_of_what_was_found_is_cut_from_the_whole(network):
    found = find(network, *moved_by(14, -6, (96, 160)), HALF, depth=2)
    assert isinstance(found, PixelFlow)
    box = Box(17, 40, 50, 61)
    for part, whole in zip(found.at(box), found.at(), strict=True):
        torch.testing.assert_close(part, whole[box.region], atol=1e-4, rtol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("depth", [2, 3])
def test_deeper_stages_end_at_the_same_motion(network, depth):
    found = find(network, *moved_by(16, -8, (256, 320)), HALF, depth=depth).at()[0]
    expected = torch.tensor([-8.0, 4.0, 8.0, -4.0])
    assert (inside(found).mean((0, 2, 3)) - expected).abs().max() < 0.5


@torch.inference_mode()
def test_pairs_of_a_batch_do_not_mix(network):
    pairs = [moved_by(8, 0, (75, 110)), moved_by(-4, 4, (75, 110))]
    fractions = torch.tensor([0.5, 0.3])
    sides = (torch.cat(side) for side in zip(*pairs, strict=True))
    together = find(network, *sides, fractions, depth=2).at()[0]
    for number, pair in enumerate(pairs):
        alone = find(network, *pair, fractions[number : number + 1], depth=2).at()[0]
        torch.testing.assert_close(together[number], alone[0], atol=1e-3, rtol=1e-3)
