"""Weights files as files: which are shipped, whether one is as shipped, what its header says.

Without torch, which takes its time. https://github.com/huggingface/safetensors, "Format": eight
bytes of length, little-endian, then as many of JSON: each tensor's type, shape and place by its
name, and the metadata.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hifi_ofx.codec import json_value
from hifi_ofx.errors import WeightsError
from hifi_ofx.waiting import Check, unasked

FOLDER = Path(__file__).parents[1] / "weights"
SUMS = FOLDER / "SHA256SUMS"  # "<hash>  aligned.safetensors" a line
WHERE = "Check the path, or name another file with --weights."
_LONGEST = 100_000_000  # bytes of JSON; what safetensors reads, at most


@dataclass(frozen=True)
class Header:
    """What a weights file says of itself: metadata, and how many parameters it holds."""

    metadata: Mapping[str, str]
    parameters: int


def shipped_weights() -> list[str]:
    """The names that `--weights` knows, sorted."""
    return sorted(file.stem for file in FOLDER.glob("*.safetensors"))


def weights_path(name: str) -> Path:
    """The file for a shipped name or a path. Raises WeightsError, naming what there is."""
    shipped = FOLDER / f"{name}.safetensors"
    path = shipped if name in shipped_weights() else Path(name)
    if not path.is_file():
        raise WeightsError(
            f"There are no weights {name!r}.",
            f"Name a .safetensors file, or one of {', '.join(shipped_weights())}.",
        )
    return path


def read_header(path: Path) -> Header:
    """The header of a weights file. Raises WeightsError where it is none, or the file cut short."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > min(size, _LONGEST):
                raise ValueError("it has no header")
            entries = json_value(file.read(length).decode())
        metadata = entries.pop("__metadata__", {})
        end = max((one["data_offsets"][1] for one in entries.values()), default=0)
        if 8 + length + end != size:
            raise ValueError(f"its header tells of {8 + length + end} bytes")
        return Header(metadata, sum(math.prod(one["shape"]) for one in entries.values()))
    except (OSError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise no_weights(path, error) from error


def no_weights(path: Path, error: Exception) -> WeightsError:
    """The error for a file that is truncated or of another kind."""
    return WeightsError(
        f"{path} ({path.stat().st_size} bytes) is truncated or no safetensors file: {error}.",
        "Copy or download it again.",
    )


def described(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """Config, record and licence out of a file's metadata. Raises WeightsError."""
    try:
        return {name: json_value(metadata[name]) for name in ("config", "record", "licence")}
    except (LookupError, TypeError, ValueError) as error:
        raise WeightsError(
            f"The description inside {path} cannot be read: {repr(error)[:300]}.",
            "The file was written by another version or damaged; get it anew.",
        ) from error


def sha256(path: Path, check: Check = unasked) -> str:
    """SHA-256 of a file in hexadecimal. Raises WeightsError where it cannot be read."""
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                check()
                digest.update(block)
            return digest.hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.", WHERE) from error


def check_shipped(path: Path, check: Check = unasked) -> None:
    """Raises WeightsError where a file in the place of shipped ones is not as it was shipped."""
    if path.parent != FOLDER:
        return
    lines = [line.split() for line in SUMS.read_text().splitlines()]
    expected = {name: digest for digest, name in lines}.get(path.name, "not written down")
    found = sha256(path, check)
    if expected != found:
        raise WeightsError(
            f"{path} is not the file that was shipped: its SHA-256 is {found[:16]}…, "
            f"and should be {expected[:16]}….",
            "Install hifi-ofx again, or give your own weights another folder.",
        )
