"""Settings to try one after another: `--sweep steps=1,2,4 --sweep patch=256x384,512x768`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hifi_ofx import parameters
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.parameters import Parameter, Value
from hifi_ofx.quality import Quality

from .methods import OURS


@dataclass(frozen=True)
class Variant:
    """Ours at one quality. `setting` is what the sweep changed, as a user types it."""

    name: str
    quality: Quality
    setting: dict[str, str]


def variants(quality: Quality, sweeps: Sequence[str]) -> list[Variant]:
    """Every combination of the values that the sweeps name; without sweeps, the quality itself.

    Raises InvalidSetting for a knob that is none, or a value outside its range.
    """
    if not sweeps:
        return [Variant(OURS, quality, {})]
    axes = [_axis(text) for text in sweeps]
    repeated = {axis[0].name for axis in axes}
    if len(repeated) < len(axes):
        raise InvalidSetting("Two sweeps are of one knob.", "Give all its values in one.")
    return [
        _variant(quality, list(zip((declared for declared, _ in axes), values, strict=True)))
        for values in itertools.product(*(values for _, values in axes))
    ]


def _variant(quality: Quality, values: list[tuple[Parameter, Value]]) -> Variant:
    setting = {declared.flag[2:]: declared.text(value) for declared, value in values}
    words = " ".join(f"{flag}={text}" for flag, text in setting.items())
    changed = replace(quality, **{declared.name: value for declared, value in values})  # type: ignore[arg-type]
    return Variant(f"{OURS} {words}", parameters.validated(changed), setting)


def _axis(text: str) -> tuple[Parameter, list[Value]]:
    flag, _, values = text.partition("=")
    known = {declared.flag[2:]: declared for declared in parameters.declarations(Quality)}
    declared = known.get(flag.strip().lstrip("-").replace("_", "-"))
    if declared is None or not values:
        raise InvalidSetting(
            f"--sweep {text} is no knob and its values.",
            f"Give one as in steps=1,2,4. Knobs are {', '.join(known)}.",
        )
    parsed = [declared.check(declared.parse(one.strip())) for one in values.split(",")]
    return declared, list(dict.fromkeys(parsed))
