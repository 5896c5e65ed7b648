"""Seconds on devices that are not here, from what was counted and what was reached here."""

from __future__ import annotations

from typing import NamedTuple


class Device(NamedTuple):
    """A kind of device, by what its maker publishes."""

    name: str
    flops: float  # operations a second of dense products of 16 bits that add up in 32
    bandwidth: float  # bytes a second
    memory: float  # bytes


# NVIDIA's data sheets and papers on Ampere, Ada and Hopper; dense figures, not "with sparsity".
DEVICES = (
    Device("RTX 3060", 25.6e12, 360e9, 12e9),
    Device("RTX 4090", 165.2e12, 1008e9, 24e9),
    Device("RTX A6000", 154.8e12, 768e9, 48e9),
    Device("H100 SXM", 989.4e12, 3350e9, 80e9),
)


class Costs(NamedTuple):
    """What one in-between takes."""

    flops: float  # of networks, on the device
    bytes: float  # that all else on the device reads and writes
    host: float = 0.0  # seconds of what is done beside the device, in turn with it

    def scaled(self, by: float) -> Costs:
        """Of a frame of so many times the pixels."""
        return Costs(*(cost * by for cost in self))


class Shares(NamedTuple):
    """What was reached here, of what a large product and a large copy reach here."""

    flops: float
    bytes: float


def seconds(costs: Costs, device: Device, shares: Shares) -> float:
    """Networks by their operations, all else by its bytes, and the host's part as it is."""
    networks = costs.flops / (device.flops * shares.flops)
    return networks + costs.bytes / (device.bandwidth * shares.bytes) + costs.host
