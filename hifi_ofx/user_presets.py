"""Presets of the user's own: small files, named by what they are called, to be kept and shared.

    {"quality": {"samples": 8, …}, "output": {…}, "weights": "motion"}

Those in the folder `presets` of the user's settings are known by their names on every surface.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import parameters
from .codec import json_value
from .errors import InvalidSetting
from .files import not_written, write_whole
from .quality import PRESETS, Output, Quality
from .request import DEFAULT_WEIGHTS
from .user_folders import config_folder


@dataclass(frozen=True)
class UserPreset:
    """What a preset sets; neither plate nor timing, nor the machine."""

    quality: Quality
    output: Output = Output()
    weights: str = DEFAULT_WEIGHTS

    def to_json(self) -> dict[str, Any]:
        """The preset as JSON values."""
        return {
            "quality": parameters.to_json(self.quality),
            "output": parameters.to_json(self.output),
            "weights": self.weights,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UserPreset:
        """The preset that `to_json` described. Raises InvalidSetting, in a setting's words."""
        return cls(
            parameters.from_json(Quality, data["quality"]),
            parameters.from_json(Output, data.get("output", {})),
            str(data.get("weights") or DEFAULT_WEIGHTS),
        )


def folder() -> Path:
    """Where presets lie that are known by their names."""
    return config_folder() / "presets"


def known() -> dict[str, Path]:
    """The user's presets by name."""
    try:
        return {path.stem: path for path in sorted(folder().glob("*.json"))}
    except OSError:
        return {}


def load(path: Path) -> UserPreset:
    """The preset in a file. Raises InvalidSetting where it is none."""
    try:
        return UserPreset.from_json(json_value(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidSetting(
            f"Preset {path.name!r} cannot be read: {error.strerror}.", "Check the path."
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidSetting(
            f"{path.name!r} is no preset: {error}.", "The panel saves them."
        ) from error


def save(path: Path, preset: UserPreset) -> None:
    """Write a preset's file, whole or not at all. Raises OutputError, and InvalidSetting for the
    name of a preset that comes with the program.
    """
    if path.stem in PRESETS:
        raise InvalidSetting(f"{path.stem!r} comes with the program.", "Choose another name.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(preset.to_json(), indent=1).encode())
    except OSError as error:
        raise not_written(path, error, "Choose another folder.") from error


def add(name: str, preset: UserPreset) -> None:
    """Keep a preset that came from elsewhere, under its file's name.

    Raises InvalidSetting where the user has another one of that name.
    """
    path = folder() / name
    if path.exists() and load(path) != preset:
        raise InvalidSetting(
            f"There is another preset {path.stem!r} of yours.", "Rename the file, and take it then."
        )
    save(path, preset)


def named(name: str) -> UserPreset:
    """A preset that comes with the program, one of the user's, or that in a file.

    Raises InvalidSetting, naming those there are.
    """
    if name in PRESETS:
        return UserPreset(PRESETS[name])
    found = known()
    if name in found:
        return load(found[name])
    if Path(name).suffix == ".json":
        return load(Path(name).expanduser())
    raise InvalidSetting(
        f"There is no preset {name!r}.", f"Choose {' or '.join([*PRESETS, *found])}, or a file."
    )
