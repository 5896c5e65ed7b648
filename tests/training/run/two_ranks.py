"""What two processes check of each other, under torchrun: `two_ranks.py ddp|fsdp FOLDER`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, distributed

from engine.training.run.batches import Place, make_batch
from engine.training.run.ranks import Ranks, joined, whole
from engine.training.run.trainer import Trainer, train
from tests.training.run.test_trainer import CONFIG, CPU, SETTINGS, painted_data, part_of


def main() -> None:
    """Run every check on this rank; an exception is the test's failure."""
    kind, folder = sys.argv[1], Path(sys.argv[2])
    with joined(kind, CONFIG, CPU) as ranks:
        assert ranks == Ranks(ranks.rank, 2, kind)
        check_gradients(ranks)
        check_training(ranks, folder)


def check_gradients(ranks: Ranks) -> None:
    """Two ranks with two samples each have the gradient of one process with the four."""
    alone, together = (Trainer(SETTINGS, CONFIG, painted_data(), CPU, r) for r in (None, ranks))
    for trainer in (alone, together):
        torch.manual_seed(1)
        for parameter in trainer.network.parameters():
            values = 0.1 * torch.randn(parameter.shape)
            with torch.no_grad():
                if ranks.sharded and trainer is together:
                    values = values.chunk(2)[ranks.rank] if len(values) > 1 else values
                    parameter.to_local().copy_(values)
                else:
                    parameter.copy_(values)
    place = Place(0, 0, Ranks())
    low = torch.autocast("cpu", enabled=False)
    batch = make_batch(alone.data, replace(SETTINGS, batch=4), alone.averaged, CPU, place, low)
    alone.backward(batch)
    expected = [parameter.grad for parameter in alone.network.parameters()]
    mine = 2 * ranks.rank
    together.backward(part_of(batch, slice(mine, mine + 2)))
    check_alike(together, expected)
    together.optimizer.zero_grad()
    together.backward(part_of(batch, slice(mine, mine + 1)), passes=2, last=False)
    together.backward(part_of(batch, slice(mine + 1, mine + 2)), passes=2, last=True)
    check_alike(together, expected)


def check_alike(trainer: Trainer, expected: list[Tensor | None]) -> None:
    """The gradients of all parameters, up to rounding."""
    found = [whole(value.grad) for value in trainer.network.parameters() if value.grad is not None]
    assert sum(float(value.abs().sum()) > 0 for value in found) > len(found) / 2
    for value, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(value, wanted, rtol=1e-3, atol=1e-6)


def check_training(ranks: Ranks, folder: Path) -> None:
    """Twenty steps: other data on every rank, the same weights, and a state to go on from."""
    settings = replace(SETTINGS, batch=2)
    trainer = Trainer(settings, CONFIG, painted_data(), CPU, ranks)
    drawn = ranks.gathered(float(trainer._batch(0).samples.first.sum()))
    assert drawn[0] != drawn[1]
    train(trainer, folder)
    assert (trainer.step, trainer.crops) == (20, 80)
    distributed.barrier()  # the first rank has written by now
    resumed = Trainer(settings, CONFIG, painted_data(), CPU, ranks)
    resumed.resume(folder)
    for kind in ("network", "averaged"):
        ours, read = (weights(getattr(one, kind)) for one in (trainer, resumed))
        theirs = [torch.empty_like(ours) for _ in range(2)]
        distributed.all_gather(theirs, ours)
        assert torch.equal(*theirs)
        assert torch.equal(ours, read)
    one, other = trainer.train_step(), resumed.train_step()
    assert one.loss == other.loss
    assert torch.equal(weights(trainer.network), weights(resumed.network))


def weights(network: torch.nn.Module) -> Tensor:
    """All of a network's weights as one vector."""
    return torch.cat([whole(value).reshape(-1) for value in network.parameters()])


if __name__ == "__main__":
    main()
