"""The network on a device: any size, batches that fit, a callback before every call."""

import pytest
import torch

from engine.flow.fusion_head import ALIGNED
from engine.inference.denoiser import NetworkDenoiser, choose_device, patch_memory, plan_batch
from engine.inference.networks import network_of
from hifi_ofx.errors import Cancelled, InvalidSetting, OutOfMemory
from hifi_ofx.quality import Machine
from tests.networks import PLAIN, random

CPU = torch.device("cpu")


def denoiser(batch=4, **changes):
    return NetworkDenoiser(random(), CPU, torch.float32, batch, **changes)


def patches(count, height=12, width=20, channels=9):
    generator = torch.Generator().manual_seed(count)
    z = torch.randn(count, 3, height, width, generator=generator)
    condition = torch.rand(count, channels, height, width, generator=generator)
    return z, torch.tensor(0.5), condition, 0.5


@pytest.mark.parametrize("size", [(1, 1), (3, 17), (16, 16), (31, 4)])
def test_any_size_goes_in_and_comes_out(size):
    with torch.no_grad():
        v = denoiser()(*patches(2, *size))
    assert v.shape == (2, 3, *size)
    assert v.isfinite().all()


def test_batches_change_nothing_but_the_number_of_calls():
    calls = []
    with torch.no_grad():
        whole = denoiser(5)(*patches(5))
        split = denoiser(2)
        with split.telling(lambda: calls.append(1)):
            torch.testing.assert_close(split(*patches(5)), whole)
    assert len(calls) == 3


def test_who_is_told_of_calls_is_told_while_it_asks_and_no_longer():
    inner, outer, made = [], [], denoiser()
    with torch.no_grad(), made.telling(lambda: outer.append(1)):
        with pytest.raises(Cancelled), made.telling(lambda: inner.append(1)):
            made(*patches(1))
            raise Cancelled("stop")
        made(*patches(1))
    with torch.no_grad():
        made(*patches(1))
    assert (len(inner), len(outer)) == (1, 1)


def test_a_callback_that_raises_stops_before_the_next_call():
    def cancel():
        raise Cancelled("stop")

    made = denoiser()
    with made.telling(cancel), pytest.raises(Cancelled):
        made(*patches(1))


class Cramped(torch.nn.Module):
    """A network on a device that holds so many patches at a time."""

    config = PLAIN

    def __init__(self, room):
        super().__init__()
        self.room, self.sizes = room, []

    def forward(self, z, t, fraction, condition):
        self.sizes.append(len(z))
        if len(z) > self.room:
            raise torch.OutOfMemoryError("no room")
        return z * 2


def test_out_of_memory_halves_the_batch_for_good_and_says_so(caplog):
    network = Cramped(room=2)
    cramped = NetworkDenoiser(network, CPU, torch.float32, 8)
    z, *rest = patches(8)
    assert torch.equal(cramped(z, *rest), z * 2)
    assert cramped.batch == 2
    assert network.sizes == [8, 4, 2, 2, 2, 2]
    assert "2 patches per call" in caplog.text


def test_when_one_patch_does_not_fit_the_error_names_a_size_that_may():
    cramped = NetworkDenoiser(Cramped(room=0), CPU, torch.float32, 4)
    with pytest.raises(OutOfMemory, match="12x20 pixels") as caught:
        cramped(*patches(3))
    assert "6x10" in caught.value.hint


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(InvalidSetting, match=r"'cuda:7' is not on this machine.*cpu"):
        choose_device("cuda:7")
    assert choose_device("cpu") == choose_device("cpu,") == CPU
    assert choose_device("") == choose_device("auto")
    with pytest.raises(InvalidSetting, match="one device, not on cpu, cuda"):
        choose_device("cpu,cuda")


def test_the_batch_asked_for_is_taken_and_a_cpu_takes_one():
    assert plan_batch(PLAIN, Machine(batch=7), (64, 64), CPU) == 7
    assert plan_batch(PLAIN, Machine(), (64, 64), CPU) == 1


def test_memory_grows_with_the_patch_and_not_with_anything_else():
    small, large = (patch_memory(ALIGNED, size) for size in ((256, 384), (512, 768)))
    assert large == pytest.approx(4 * small)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_the_planned_memory_is_what_a_call_takes_on_a_gpu():
    device, patch = torch.device("cuda:0"), (512, 768)
    network = network_of(ALIGNED).to(device, memory_format=torch.channels_last).eval()
    on_gpu = NetworkDenoiser(network, device, torch.bfloat16, 4)
    inputs = [
        value.to(device) if isinstance(value, torch.Tensor) else value
        for value in patches(4, *patch, ALIGNED.condition_channels)
    ]
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    with torch.no_grad():
        on_gpu(*inputs)
    taken = torch.cuda.max_memory_allocated() - before
    planned = 4 * patch_memory(ALIGNED, patch, 2)
    assert 0.3 * planned < taken < planned
