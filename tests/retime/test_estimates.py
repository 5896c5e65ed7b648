"""What a render is said to cost, before it begins."""

import numpy as np
import OpenImageIO as oiio
import pytest
import torch

from engine.inference.flow_interpolator import FlowInterpolator
from engine.retime.planning import cost, prepare
from hifi_ofx.quality import Quality

QUALITY = Quality(samples=1, motion="learned", patch=(64, 96))


def write_element(path, width, height):
    """A bright element of this size in the middle of 640x480 pixels of black."""
    spec = oiio.ImageSpec(width, height, 3, "half")
    spec.x, spec.y = (640 - width) // 2, (480 - height) // 2
    spec.full_width, spec.full_height = 640, 480
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec)
    assert output.write_image(np.ones((height, width, 3), np.float32))
    output.close()


@pytest.fixture
def planned(request_for, network, tmp_path):
    """A function that says what a clip of elements of these sizes costs."""

    def plan(*sizes):
        folder = tmp_path / "x".join(str(width) for width, _ in sizes)
        folder.mkdir()
        for number, size in enumerate(sizes, 1001):
            write_element(folder / f"plate.{number}.exr", *size)
        request = request_for(source=folder / "plate.####.exr", quality=QUALITY)
        return cost(prepare(request, True), FlowInterpolator(network, torch.device("cpu")))

    return plan


def test_an_element_that_grows_costs_what_the_whole_clip_says(planned):
    small, large = planned(*[(32, 32)] * 4), planned(*[(600, 440)] * 4)
    growing = planned((32, 32), (600, 440), (600, 440), (600, 440))
    assert small.calls < growing.calls <= large.calls
    assert growing.calls > 0.6 * large.calls
    assert growing.network_bytes + growing.frame_bytes > 0.9 * large.network_bytes


def test_a_frame_that_cannot_be_read_says_nothing(planned, tmp_path, request_for, network):
    whole = planned(*[(600, 440)] * 4)
    damaged = tmp_path / "600x600x600x600" / "plate.1002.exr"
    content = bytearray(damaged.read_bytes())
    content[8:200] = bytes(192)  # the header
    damaged.write_bytes(content)
    request = request_for(source=damaged.parent / "plate.####.exr", quality=QUALITY)
    found = cost(prepare(request, True), FlowInterpolator(network, torch.device("cpu")))
    assert found.calls == whole.calls
