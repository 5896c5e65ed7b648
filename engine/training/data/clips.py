"""Clips on disk: folders of frames, Vimeo-90K, X-TRAIN, video files; read when they are drawn.

A clip is anything with a length that gives frames uint8 (n, 3, H, W) for a list of numbers; a
tensor is one. What fits into the cache together is decoded once, at the start; else frames are
decoded as they are drawn, and the last ones kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from hifi_ofx.errors import InvalidSetting

from .frame_cache import Clip, FrameCache, same_size
from .textures import HELD_OUT, SUFFIXES, count_licences, read_picture
from .video_clips import VIDEOS, VideoClip, video_times

LISTS = ("tri_trainlist.txt", "sep_trainlist.txt")  # Vimeo-90K: what may be trained on
SEQUENCES = "sequences"
SHORTEST = 3  # frames
MOST_HELD_OUT = 16  # sources


@dataclass(frozen=True)
class FolderClip:
    """Pictures in the order of their numbers."""

    paths: tuple[Path, ...]
    cache: FrameCache

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, numbers: list[int]) -> Tensor:
        return same_size([self._frame(n) for n in numbers], self.paths[0].parent)

    def _frame(self, number: int) -> Tensor:
        key = self.paths[number], 0
        frame = self.cache.get(key)
        if frame is None:
            frame = read_picture(key[0])
            self.cache.put(key, frame)
        return frame


@dataclass(frozen=True)
class Still:
    """A photograph as a clip in which nothing moves: a whip makes a pan of it."""

    path: Path
    cache: FrameCache
    length: int = 9

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, numbers: list[int]) -> Tensor:
        frame = FolderClip((self.path,), self.cache)[[0]]
        return frame.expand(len(numbers), -1, -1, -1)


@dataclass(frozen=True)
class Clips:
    """Clips to train on, clips held out, and licence -> file count."""

    training: list[Clip]
    held_out: list[Clip]
    licences: dict[str, int] = field(default_factory=dict)
    held_out_sources: list[str] = field(default_factory=list)  # of each clip that is held out


def load_clips(folders: Iterable[Path], cache_bytes: int = 2 << 30, every: int = 0) -> Clips:
    """Every clip in or below the folders, whatever their layout.

    Clips of one source are all held out, or none: clips in one sub-folder, and clips whose names
    differ by their leading number. `every` so manieth source is held out. Raises InvalidSetting,
    FrameError, and HifiError for video files without PyAV.
    """
    cache = FrameCache(cache_bytes)
    kept: tuple[list[Clip], list[Clip]] = ([], [])
    licences: dict[str, int] = {}
    sources: list[str] = []
    for folder in folders:
        found = list(_clips_in(folder, cache))
        if not found:
            raise InvalidSetting(
                f"There are no clips in {folder}.",
                f"Name a folder of frames, of folders of frames, or of videos, {SHORTEST} frames "
                "each or more.",
            )
        held = _held_out({origin for origin, _ in found}, every)
        for origin, clip in found:
            kept[origin in held].append(clip)
        sources += [origin for origin, _ in found if origin in held]
        count_licences(licences, folder)
    training, held_out = _decoded_if_small([*kept[0]], [*kept[1]], cache_bytes)
    return Clips(training, held_out, licences, sources)


def source(name: str) -> str:
    """A clip's name without its leading number: "026_frog" and "027_frog" are one source."""
    return name.lstrip("0123456789").lstrip("_")


def _clips_in(folder: Path, cache: FrameCache) -> Iterator[tuple[str, Clip]]:
    """(source, clip) of every clip in a folder, in the order of their names."""
    if not folder.is_dir():
        raise InvalidSetting(f"There is no folder {folder}.", "Name a folder of clips.")
    allowed = _listed(folder)
    for place, inner, names in tqdm(os.walk(folder), desc=f"clips in {folder.name}", disable=None):
        inner.sort(key=_natural)
        here = Path(place)
        if allowed is not None and names and here not in allowed:
            continue
        pictures = [here / name for name in names if _suffix(name) in SUFFIXES]
        for run in _runs(sorted(pictures, key=lambda path: _natural(path.name))):
            yield _origin(here, folder), FolderClip(tuple(run), cache)
        for name in sorted((name for name in names if _suffix(name) in VIDEOS), key=_natural):
            times = video_times(here / name)
            if len(times) >= SHORTEST:
                yield _origin(here / name, folder), VideoClip(here / name, cache, times)


def _listed(folder: Path) -> set[Path] | None:
    """The clips that a list of Vimeo-90K beside `sequences` names; None where there is no list."""
    for name in LISTS:
        if (folder / name).is_file():
            lines = (folder / name).read_text(encoding="utf-8").split()
            return {folder / SEQUENCES / line for line in lines}
    return None


def _origin(clip: Path, folder: Path) -> str:
    """The source of a clip in a folder: its sub-folder, or its own name without the number."""
    parts = clip.relative_to(folder).parts
    return "/".join(parts[:-1]) if len(parts) > 1 else source(clip.stem if parts else folder.name)


def _held_out(sources: set[str], every: int) -> set[str]:
    """Every so manieth; where 0 is given, few of many."""
    ordered = sorted(sources)
    every = every or max(HELD_OUT, len(ordered) // MOST_HELD_OUT)
    return set(ordered[every - 1 :: every])


def _runs(paths: list[Path]) -> Iterator[list[Path]]:
    """Frames at a constant rate: split where numbers are missing, short remains left out."""
    steps = [_number(late) - _number(early) for early, late in zip(paths, paths[1:], strict=False)]
    usual = min(steps, default=1)
    cuts = [place + 1 for place, step in enumerate(steps) if step != usual]
    for start, end in zip([0, *cuts], [*cuts, len(paths)], strict=True):
        if end - start >= SHORTEST:
            yield paths[start:end]


def _number(path: Path) -> int:
    """The last number of a name: 12 of "im_0012.png"; 0 where there is none."""
    found = re.findall(r"\d+", path.stem)
    return int(found[-1]) if found else 0


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts "2.png" before "10.png"."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _decoded_if_small(
    training: list[Clip], held_out: list[Clip], limit: int
) -> tuple[list[Clip], list[Clip]]:
    """The clips as tensors where all of them together fit into so many bytes."""
    total = 0
    for clip in (*training, *held_out):
        if isinstance(clip, VideoClip) or total > limit:
            return training, held_out
        first = clip[[0]]
        total += first.nbytes * len(clip)
    if total > limit:
        return training, held_out
    whole = [[clip[list(range(len(clip)))] for clip in clips] for clips in (training, held_out)]
    return [*whole[0]], [*whole[1]]
