"""Tensors in one safetensors file or, where files must stay small, in a set of them.

A set is an index beside its shards, as model hubs lay it out:

    state.safetensors.index.json
    state-3f9a01c2-00001-of-00004.safetensors …

A set has a name of its own, made of its contents. So a new set never overwrites the one before,
and becomes the valid one in the moment in which its index replaces the index before. The index
says how large each shard is and its SHA-256: a set of which a part is missing, cut or from
elsewhere is refused. Tensors larger than a shard are cut into pieces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hifi_ofx.codec import json_value
from hifi_ofx.errors import WeightsError

from ...inference.checkpoint import read_tensors, write_tensors
from ...inference.weights_file import sha256
from ...plate.atomic import atomic

MEBIBYTE = 1 << 20
INDEX = ".index.json"
HEADER = 4096  # bytes kept free in every shard, and below: for every tensor, besides its name
ENTRY = 160

Pieces = dict[str, Tensor]


def write(path: Path, tensors: Pieces, metadata: Mapping[str, str], mebibytes: int = 0) -> None:
    """Write `path` as one file, or as a set of shards of at most so many MiB where it is larger.

    Either is complete or not there, and then the one before it goes. Raises WeightsError.
    """
    groups = list(_groups(tensors, mebibytes * MEBIBYTE)) if mebibytes else []
    kept: set[str] = set()
    if len(groups) > 1:
        kept = _write_set(path, groups, tensors, metadata)
        path.unlink(missing_ok=True)
    else:
        write_tensors(path, tensors, metadata)
        _index(path).unlink(missing_ok=True)
    for shard in path.parent.glob(f"{path.stem}-*-of-*.safetensors"):
        if shard.name not in kept:
            shard.unlink()


def read(path: Path) -> tuple[Pieces, dict[str, str]]:
    """The tensors and metadata of a file, or of a set by its index. Raises WeightsError."""
    if not path.name.endswith(INDEX):
        return read_tensors(path)
    index = _read_index(path)
    pieces: Pieces = {}
    for name, expected in index["files"].items():
        pieces.update(_read_shard(path.parent / Path(name).name, expected, len(index["files"])))
    return _assembled(path, pieces, index["shapes"]), index["metadata"]


def find(path: Path, name: str) -> Path:
    """What `path` stands for: itself or, where it is a folder, the newest file or index in it."""
    if not path.is_dir():
        return path
    found = [file for file in (path / name, _index(path / name)) if file.is_file()]
    if not found:
        raise WeightsError(
            f"There is neither {name} nor {name}{INDEX} in {path}.", "Name another folder or file."
        )
    return max(found, key=lambda file: file.stat().st_mtime_ns)


def join(index: Path, target: Path) -> None:
    """Make one safetensors file of a set. Raises WeightsError."""
    tensors, metadata = read(index)
    write_tensors(target, tensors, metadata)


def _write_set(
    path: Path, groups: list[Pieces], tensors: Pieces, metadata: Mapping[str, str]
) -> set[str]:
    temporary = [path.with_name(f".{path.stem}.{number}.partial") for number in range(len(groups))]
    try:
        for file, group in zip(temporary, groups, strict=True):
            write_tensors(file, group, {"format": "hifi-ofx shard 1"})
        sums = [sha256(file) for file in temporary]
        name = hashlib.sha256("".join(sums).encode()).hexdigest()[:8]
        shards = [
            path.with_name(f"{path.stem}-{name}-{number:05}-of-{len(groups):05}.safetensors")
            for number in range(1, len(groups) + 1)
        ]
        for file, shard in zip(temporary, shards, strict=True):
            file.replace(shard)
    finally:
        for file in temporary:
            file.unlink(missing_ok=True)
    files = {
        shard.name: {"bytes": shard.stat().st_size, "sha256": digest}
        for shard, digest in zip(shards, sums, strict=True)
    }
    index = {
        "metadata": dict(metadata),
        "weight_map": {
            piece: shard.name
            for shard, group in zip(shards, groups, strict=True)
            for piece in group
        },
        "files": files,
        "shapes": {name: list(value.shape) for name, value in tensors.items()},
    }
    with atomic(_index(path)) as file:
        file.write_text(json.dumps(index, indent=1), encoding="utf-8")
    return set(files)


def _groups(tensors: Pieces, largest: int) -> Iterator[Pieces]:
    """The tensors in their order, as many in a group as a file of `largest` bytes holds."""
    group: Pieces = {}
    size = HEADER
    for name, value in tensors.items():
        for piece, part in _pieces(name, value, largest - HEADER - ENTRY - 2 * len(name)):
            needed = part.numel() * part.element_size() + ENTRY + 2 * len(piece)
            if group and size + needed > largest:
                yield group
                group, size = {}, HEADER
            group[piece] = part
            size += needed
    yield group


def _pieces(name: str, value: Tensor, largest: int) -> Iterator[tuple[str, Tensor]]:
    """A tensor as it is or, where it is larger than so many bytes, flat and cut."""
    if value.numel() * value.element_size() <= largest:
        yield name, value
        return
    flat, length = value.reshape(-1), largest // value.element_size()
    for number, start in enumerate(range(0, len(flat), length)):
        yield f"{name}@{number:05}", flat[start : start + length].clone()


def _read_index(path: Path) -> dict[str, Any]:
    try:
        index = json_value(path.read_text(encoding="utf-8"))
        if not all(isinstance(index[key], dict) for key in ("metadata", "files", "shapes")):
            raise TypeError("an entry is of the wrong kind")
        if not all({"bytes", "sha256"} <= set(entry) for entry in index["files"].values()):
            raise TypeError("a shard has no size or no SHA-256")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path} is no index of shards: {error}.", "Name the index that a run wrote."
        ) from error
    return dict(index)


def _read_shard(path: Path, expected: dict[str, Any], count: int) -> Pieces:
    if not path.is_file() or path.stat().st_size != expected["bytes"]:
        state = f"has {path.stat().st_size} bytes" if path.is_file() else "is missing"
        raise WeightsError(
            f"The set is incomplete: {path} {state} and should have {expected['bytes']}.",
            f"Copy all {count} shards and their index again.",
        )
    if sha256(path) != expected["sha256"]:
        raise WeightsError(
            f"{path} is not the shard that its index names: the SHA-256 differs.",
            f"Copy all {count} shards and their index again.",
        )
    return read_tensors(path)[0]


def _assembled(path: Path, pieces: Pieces, shapes: Mapping[str, list[int]]) -> Pieces:
    cut: dict[str, list[str]] = {}
    for piece in sorted(pieces):
        cut.setdefault(piece.partition("@")[0], []).append(piece)
    try:
        return {
            name: torch.cat([pieces[piece].reshape(-1) for piece in cut[name]]).reshape(shape)
            for name, shape in shapes.items()
        }
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{path} does not fit its shards: {error}.", "Copy it again.") from error


def _index(path: Path) -> Path:
    return path.with_name(path.name + INDEX)
