"""The processes of a run, as torchrun starts them: who is who, what they share and agree on.

A run without torchrun is the case of one rank that has nobody to talk to. With `ddp` every rank
holds the whole network and gradients are averaged; with `fsdp` each holds a slice of every
parameter, of its gradient, of Adam's moments and of the running average.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from hifi_ofx.errors import EngineError, InvalidSetting

from ...inference.networks import parameter_count
from ...paper.unet import Attention, Block, NetworkConfig, UNet

LARGE = 300_000_000  # parameters from which `auto` is fsdp: `paper` then fits 16 GB accelerators


@dataclass(frozen=True)
class Ranks:
    """This process among those of its run. `parallel` is single, ddp or fsdp."""

    rank: int = 0
    count: int = 1
    parallel: str = "single"

    @property
    def first(self) -> bool:
        """Whether this is the rank that writes files."""
        return self.rank == 0

    @property
    def sharded(self) -> bool:
        """Whether networks are cut in slices: then every rank must call them equally often."""
        return self.parallel == "fsdp"

    def gathered(self, *values: float) -> Tensor:
        """The values of every rank, (ranks, values), alike on every rank."""
        own = torch.tensor(values, dtype=torch.float64)
        if self.parallel == "single":
            return own[None]
        rows = [torch.empty_like(own) for _ in range(self.count)]
        dist.all_gather(rows, own)
        return torch.stack(rows)


@contextmanager
def joined(parallel: str, config: NetworkConfig, device: torch.device) -> Iterator[Ranks]:
    """The ranks of this run, connected for as long as the context lasts.

    Raises InvalidSetting where several processes are asked for and torchrun started none.
    """
    if "WORLD_SIZE" not in os.environ:
        if parallel != "auto":
            raise InvalidSetting(
                f"Parallel is {parallel}, but this is a single process.",
                "Start it with torchrun --nproc-per-node N -m engine train …",
            )
        yield Ranks()
        return
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size(), _chosen(parallel, config))
    finally:
        dist.destroy_process_group()


def spread(network: UNet, ranks: Ranks, compiled: bool = False) -> nn.Module:
    """The network as a training step calls it; with fsdp its parameters become slices in place."""
    if ranks.sharded:
        shard(network, compiled)
        return network
    if compiled:
        network.compile()
    if ranks.parallel == "ddp":
        return DistributedDataParallel(network)
    return network


def shard(network: UNet, compiled: bool = False) -> None:
    """Cut every block's parameters in slices, one a rank; they come together while it works.

    Raises InvalidSetting for a network with parameters that are single numbers.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    scalars = [name for name, value in network.named_parameters() if not value.dim()]
    if scalars:
        raise InvalidSetting(
            f"fsdp cannot slice this network: {scalars[0]} is a single number.",
            "Use --parallel ddp; a network this small needs no slices.",
        )
    kind = next(network.parameters()).device.type
    mesh = init_device_mesh(kind, (dist.get_world_size(),))
    # Not by level: the up levels take skips out of a list, of which fully_shard passes a copy.
    blocks = [module for module in network.modules() if isinstance(module, Block | Attention)]
    for module in blocks:
        if compiled:
            module.compile()
        fully_shard(module, mesh=mesh)
    # The running average never goes backward, after which a root is else cut again.
    fully_shard(network, mesh=mesh, reshard_after_forward=True)


def unsynchronized(run: nn.Module, ranks: Ranks, last: bool) -> AbstractContextManager[object]:
    """Ranks average their gradients once a step, in the `last` of its accumulated passes."""
    if ranks.sharded:
        run.set_requires_gradient_sync(last)  # type: ignore[operator]
    if isinstance(run, DistributedDataParallel) and not last:
        return run.no_sync()
    return nullcontext()


def whole(tensor: Tensor) -> Tensor:
    """A parameter, moment or norm as one tensor. All ranks must ask for a slice together."""
    full: Tensor = tensor.full_tensor() if _is_slice(tensor) else tensor  # type: ignore[attr-defined]
    return full.detach()


def own(tensors: Iterable[Tensor]) -> list[Tensor]:
    """What this rank holds of tensors, sharing their memory."""
    return [
        tensor.to_local() if _is_slice(tensor) else tensor  # type: ignore[attr-defined]
        for tensor in tensors
    ]


@torch.no_grad()
def fill(tensor: Tensor, value: Tensor) -> Tensor:
    """Overwrite a tensor, or this rank's slice of it, with a whole value. Returns the tensor."""
    if not _is_slice(tensor):
        return tensor.copy_(value)
    from torch.distributed.tensor import distribute_tensor

    mesh, placements = tensor.device_mesh, tensor.placements  # type: ignore[attr-defined]
    sliced = distribute_tensor(value.to(tensor.device, tensor.dtype), mesh, placements)
    own([tensor])[0].copy_(sliced.to_local())
    return tensor


def check_agreement(network: nn.Module, ranks: Ranks) -> None:
    """Raises EngineError where ranks that should hold the same weights do not."""
    if ranks.parallel != "ddp":
        return
    total = sum(float(value.detach().double().abs().sum()) for value in network.parameters())
    sums = ranks.gathered(total)[:, 0]
    if bool((sums != sums[0]).any()):
        wrong = int((sums != sums[0]).nonzero()[0])
        raise EngineError(
            f"Rank {wrong} holds other weights than rank 0 after the same steps.",
            "Resume from the last saved state; the same torch and device on every rank helps.",
        )


def _is_slice(tensor: Tensor) -> bool:
    return hasattr(tensor, "full_tensor")  # a DTensor, without importing torch.distributed.tensor


def _chosen(parallel: str, config: NetworkConfig) -> str:
    if parallel != "auto":
        return parallel
    return "fsdp" if parameter_count(config) > LARGE else "ddp"
