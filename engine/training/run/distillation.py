"""A distillation from its first measurement to its last, within its wall-clock limit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from hifi_ofx.errors import Cancelled, InvalidSetting

from ...flow.motion_network import MotionNetwork
from ...plate.atomic import atomic
from .distill_checks import Check, Figure, Gain, checks, gains, measured
from .distiller import Distiller
from .journal import EVERY, Journal

SCORES = "scores.json"
SAVING = 5.0  # seconds that the end keeps for writing, besides its evaluation
_SLOWER = 1.2  # how much longer the second evaluation may take than the first

Told = Callable[[str, int], None]  # what is being done, how much more of it is; may raise Cancelled


def distill(
    distiller: Distiller,
    folder: Path,
    before: Sequence[Figure] = (),
    told: Told = lambda what, more: None,
) -> list[Gain]:
    """Measure, train to the end of the budget, save, and measure again.

    `before` is what a resumed run measured. The time that the second measurement will take is
    kept for it. A run that is cancelled in its steps is saved. Raises InvalidSetting for too few
    minutes, and what `told` raises.
    """
    wanted = list(checks(distiller.data, distiller.settings))
    if not before:
        began = distiller.seconds
        before = _measured(distiller.teacher, wanted, "before", told)
        distiller.reserved = SAVING + _SLOWER * (distiller.seconds - began)
    _check_time(distiller)
    distiller.pool(lambda count: told("pool", count))
    _trained(distiller, folder, before, told)
    made = distiller.result().network().to(distiller.device)
    after = _measured(made, wanted, "after", told)
    found = gains(before, after)
    _write(folder / SCORES, before, after, found)
    return found


def _trained(distiller: Distiller, folder: Path, before: Sequence[Figure], told: Told) -> None:
    """All steps, saved now and then and at the end."""
    more = {"before": [figure._asdict() for figure in before]}
    journal = Journal(folder, distiller.step)
    saved = distiller.seconds
    try:
        while distiller.progress < 1:
            report = distiller.train_step()
            if report.step % EVERY == 0 or report.step == 1:
                journal.loss(vars(report))
            told("steps", 1)
            if distiller.seconds - saved >= 60 * distiller.settings.save_minutes:
                distiller.save(folder, more)
                saved = distiller.seconds
    except Cancelled:
        distiller.save(folder, more)
        raise
    finally:
        journal.close()
    distiller.save(folder, more)


def table(found: Iterable[Gain]) -> str:
    """Gains for people, a line each."""
    title = f"{'':16}{'views':>6}{'sources':>9}{'before':>9}{'after':>8}   gain, 95 % of it"
    lines = [
        f"{gain.kind:16}{gain.views:>6}{gain.sources:9}{gain.before:9.2f}{gain.after:8.2f}"
        f"  {gain.after - gain.before:+.3f} dB ({gain.low:+.3f} to {gain.high:+.3f}),"
        f" sharpness {gain.sharpness[0]:.3f} to {gain.sharpness[1]:.3f}"
        for gain in found
    ]
    return "\n".join([title, *lines])


def _measured(
    network: MotionNetwork, wanted: Sequence[Check], when: str, told: Told
) -> list[Figure]:
    figures = []
    for check in wanted:
        figures.append(measured(network, check))
        told(when, 1)
    return figures


def _check_time(distiller: Distiller) -> None:
    minutes = distiller.settings.minutes
    if distiller.reserved >= 60 * minutes:
        raise InvalidSetting(
            f"{minutes:g} minutes leave no time to train: both evaluations and saving take "
            f"{2 * distiller.reserved / 60:.1f}.",
            "Give more --minutes.",
        )


def _write(
    path: Path, before: Sequence[Figure], after: Sequence[Figure], found: Sequence[Gain]
) -> None:
    content: dict[str, Any] = {
        "gains": [gain._asdict() for gain in found],
        "before": [figure._asdict() for figure in before],
        "after": [figure._asdict() for figure in after],
    }
    with atomic(path) as file:
        file.write_text(json.dumps(content, indent=1), encoding="utf-8")
