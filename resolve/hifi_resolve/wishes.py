"""What a run goes by, from flags or from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from hifi_ofx import parameters
from hifi_ofx.codec import json_value
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.placement import Placement
from hifi_ofx.quality import Footage, Machine, Output, Quality, preset
from hifi_ofx.request import DEFAULT_WEIGHTS
from hifi_ofx.retime import parse_speed

SETTINGS = "settings.json"
"""The file beside the media in which the menu script's settings may be written."""

_PARTS: dict[str, Any] = {"output": Output, "footage": Footage, "machine": Machine}
_KNOWN = ("speed", "panel", "folder", "weights", "preset", "placement", "quality", *_PARTS)


@dataclass(frozen=True)
class Wishes:
    """Everything a run goes by. `speed` counts real time: 1/4 takes four times as long.

    Without a speed, the one that is set in Resolve counts, else a half. `panel` shows the dialog.
    `folder` is where media is written; None is the folder that `flow.media_folder` names.
    """

    speed: Fraction | None = None
    panel: bool = True
    folder: Path | None = None
    placement: Placement = Placement()
    quality: Quality = Quality()
    output: Output = Output()
    footage: Footage = Footage()
    machine: Machine = Machine()
    weights: str = DEFAULT_WEIGHTS


def from_file(path: Path) -> Wishes:
    """The wishes in a JSON file; those of a new installation when there is none.

    {"speed": "1/4", "panel": false, "preset": "draft", "placement": {"place": "replace"}}. Raises
    InvalidSetting in the setting's words.
    """
    if not path.is_file():
        return Wishes()
    try:
        data = json_value(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidSetting(f"{path} cannot be read: {error}.", "Correct or remove it.") from error
    return _wishes(data, path)


def _wishes(data: Mapping[str, Any], path: Path) -> Wishes:
    _check_shape(data, path)
    unknown = sorted(set(data) - set(_KNOWN))
    if unknown:
        raise InvalidSetting(
            f"{path} has {unknown[0]!r}, which is no setting.", f"Known: {', '.join(_KNOWN)}."
        )
    quality = parameters.to_json(preset(str(data.get("preset", "standard"))))
    parts = {name: parameters.from_json(kind, data.get(name, {})) for name, kind in _PARTS.items()}
    return Wishes(
        speed=parse_speed(str(data["speed"])) if data.get("speed") else None,
        panel=bool(data.get("panel", True)),
        folder=Path(str(data["folder"])).expanduser() if data.get("folder") else None,
        placement=parameters.from_json(Placement, data.get("placement", {})),
        quality=parameters.from_json(Quality, {**quality, **data.get("quality", {})}),
        weights=str(data.get("weights", DEFAULT_WEIGHTS)),
        **parts,
    )


def _check_shape(data: Any, path: Path) -> None:
    """Raise InvalidSetting where something else stands than belongs there."""
    if not isinstance(data, dict):
        raise InvalidSetting(f"{path} holds no settings.", 'Write {"speed": "1/4"}.')
    for name in ("placement", "quality", *_PARTS):
        if not isinstance(data.get(name, {}), dict):
            raise _misplaced(path, name, data[name], "written in braces")
    if not isinstance(data.get("panel", True), bool):
        raise _misplaced(path, "panel", data["panel"], "true or false")


def _misplaced(path: Path, name: str, value: Any, wanted: str) -> InvalidSetting:
    return InvalidSetting(f"{path}: {name!r} is {value!r}; it must be {wanted}.", "Correct it.")
