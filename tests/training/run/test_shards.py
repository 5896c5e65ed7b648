"""Sets of shards: whole or refused, never larger than asked for, the former valid until the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.inference.checkpoint import read_tensors
from engine.training.run import shards
from hifi_ofx.errors import WeightsError

NAME = "state.safetensors"
MEBIBYTE = 1 << 20
METADATA = {"format": "some", "progress": '{"step": 3}'}


def tensors_of(seed: int) -> dict[str, Tensor]:
    """5.6 MB in all: one tensor larger than two MiB, many small ones, a scalar, an empty one."""
    generator = torch.Generator().manual_seed(seed)
    small = {f"small/{n}": torch.randn(300, 100, generator=generator) for n in range(18)}
    large = {"large": torch.randn(9, 99, 900, generator=generator), "half": torch.ones(5).half()}
    return {**small, **large, "scalar": torch.tensor(3.0), "empty": torch.empty(0, 4)}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    shards.write(tmp_path / NAME, tensors_of(0), METADATA, 1)
    return tmp_path / (NAME + shards.INDEX)


def assert_reads(path: Path, seed: int) -> None:
    tensors, metadata = shards.read(path)
    assert metadata == METADATA
    expected = tensors_of(seed)
    assert tensors.keys() == expected.keys()
    for name, value in expected.items():
        assert tensors[name].dtype == value.dtype and torch.equal(tensors[name], value)


def test_a_set_comes_back_whatever_names_it(index: Path) -> None:
    assert_reads(index, 0)
    assert_reads(shards.find(index.parent, NAME), 0)
    assert not (index.parent / NAME).exists()


def test_no_shard_is_larger_than_asked_for(index: Path) -> None:
    files = sorted(index.parent.glob("state-*.safetensors"))
    sizes = [file.stat().st_size for file in files]
    total = sum(value.numel() * value.element_size() for value in tensors_of(0).values())
    assert max(sizes) <= MEBIBYTE
    assert total / MEBIBYTE < len(files) <= 2 * total / MEBIBYTE
    name = files[0].name.split("-")[1]
    count = len(files)
    assert [file.name for file in files] == [
        f"state-{name}-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)
    ]


def test_every_shard_is_a_safetensors_file_that_the_index_maps(index: Path) -> None:
    mapped = json.loads(index.read_text())["weight_map"]
    for file in index.parent.glob("state-*.safetensors"):
        held = set(read_tensors(file)[0])
        assert held == {piece for piece, name in mapped.items() if name == file.name}


def test_what_fits_stays_one_file(tmp_path: Path) -> None:
    shards.write(tmp_path / NAME, tensors_of(0), METADATA, 100)
    assert [file.name for file in tmp_path.iterdir()] == [NAME]
    assert_reads(tmp_path / NAME, 0)


def test_a_new_set_replaces_the_former_and_a_single_file_both(index: Path) -> None:
    shards.write(index.parent / NAME, tensors_of(1), METADATA, 2)
    assert_reads(index, 1)
    listed = json.loads(index.read_text())["files"]
    assert {file.name for file in index.parent.iterdir()} == {*listed, index.name}
    shards.write(index.parent / NAME, tensors_of(2), METADATA)
    assert [file.name for file in index.parent.iterdir()] == [NAME]
    assert_reads(shards.find(index.parent, NAME), 2)
    shards.write(index.parent / NAME, tensors_of(3), METADATA, 1)
    assert not (index.parent / NAME).exists()
    assert_reads(shards.find(index.parent, NAME), 3)


@pytest.mark.parametrize("dies_at", range(1, 16, 2))
def test_the_former_set_is_valid_until_the_new_one_is_complete(
    index: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    """Writing the second set dies at a rename: of seven shards, of their names, of the index."""
    assert len(list(index.parent.glob("*.safetensors"))) == 7
    renames = 0
    rename = Path.replace

    def dying(path: Path, target: Path) -> Path:
        nonlocal renames
        renames += 1
        if renames == dies_at:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", dying)
    with pytest.raises(KeyboardInterrupt):
        shards.write(index.parent / NAME, tensors_of(1), METADATA, 1)
    monkeypatch.undo()
    assert_reads(shards.find(index.parent, NAME), 0)
    shards.write(index.parent / NAME, tensors_of(1), METADATA, 1)
    assert_reads(shards.find(index.parent, NAME), 1)
    assert len(list(index.parent.iterdir())) == 1 + len(json.loads(index.read_text())["files"])


def test_a_torn_set_is_refused(index: Path) -> None:
    first, second, *_ = sorted(index.parent.glob("state-*.safetensors"))
    good = first.read_bytes()
    first.write_bytes(good[:-1])
    with pytest.raises(WeightsError, match=f"incomplete.*{len(good) - 1} bytes.*{len(good)}"):
        shards.read(index)
    first.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(WeightsError, match="SHA-256 differs"):
        shards.read(index)
    first.unlink()
    with pytest.raises(WeightsError, match="is missing"):
        shards.read(index)
    first.write_bytes(good)
    assert_reads(index, 0)
    second.write_bytes(good)
    with pytest.raises(WeightsError):
        shards.read(index)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"metadata": {}, "files": {"a": {}}}', "\xff"])
def test_what_is_no_index_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / (NAME + shards.INDEX)
    path.write_text(text, encoding="latin-1")
    with pytest.raises(WeightsError, match="no index of shards"):
        shards.read(path)


def test_a_folder_without_either_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"neither state\.safetensors nor"):
        shards.find(tmp_path, NAME)


def test_joined_shards_are_the_file_that_was_never_cut(index: Path, tmp_path: Path) -> None:
    shards.join(index, tmp_path / "joined.safetensors")
    shards.write(tmp_path / "one" / NAME, tensors_of(0), METADATA)
    joined, whole = (read_tensors(tmp_path / n) for n in ("joined.safetensors", f"one/{NAME}"))
    assert joined[1] == whole[1] == METADATA
    assert all(torch.equal(joined[0][name], whole[0][name]) for name in whole[0])
