"""The benchmarks by name: how each lies on disk, the size it is scored at, and how large it is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

from hifi_ofx.errors import InvalidSetting, SequenceError

from . import layouts
from .pictures import Fit, Item, center, full, halved

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Benchmark:
    """What makes a benchmark. `published` is how many frames its published figures are means of."""

    title: str
    find: Callable[[Path], list[Item]]
    fit: Fit = full
    published: int = 0


BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        "triplets": Benchmark("Triplets", layouts.triplets),
        "vimeo": Benchmark("Vimeo-90K triplet", layouts.vimeo, published=3782),
        "xiph-2k": Benchmark("Xiph 2K", layouts.xiph, halved, published=392),
        "xiph-4k": Benchmark("Xiph 4K", layouts.xiph, center, published=392),
        "x-test-2k": Benchmark("X-TEST 2K", layouts.x_test, halved, published=105),
        "x-test-4k": Benchmark("X-TEST 4K", layouts.x_test, published=105),
        "sepe-8k": Benchmark("SEPE 8K", layouts.sepe, published=40),
        "lamor": Benchmark("LaMoR", layouts.triplets, published=19),
    }
)


def items(benchmark: Benchmark, root: Path, only: Sequence[str] = (), limit: int = 0) -> list[Item]:
    """The items of a benchmark below `root`: those whose names match `only`, the first `limit`.

    Raises:
        SequenceError: The layout is another one, or files of it are missing.
        InvalidSetting: A name in `only` matches nothing, or `limit` is negative.
    """
    found = benchmark.find(root)
    frames = sum(len(item.truths) for item in found)
    if benchmark.published and frames != benchmark.published:
        log.warning(
            "%s has %d frames to score; the published figures of %s are means of %d.",
            root, frames, benchmark.title, benchmark.published,
        )  # fmt: skip
    chosen = _limited(_named(found, only), limit)
    _check_files(benchmark, chosen)
    return chosen


def _named(found: list[Item], patterns: Sequence[str]) -> list[Item]:
    for pattern in patterns:
        if not any(fnmatchcase(item.name, pattern) for item in found):
            raise InvalidSetting(
                f"--only names {pattern}, but there is no such item.",
                f"There are {len(found)}, such as {found[0].name}.",
            )
    if not patterns:
        return found
    return [item for item in found if any(fnmatchcase(item.name, one) for one in patterns)]


def _limited(found: list[Item], limit: int) -> list[Item]:
    if limit < 0:
        raise InvalidSetting(f"--limit is {limit}; it must be 1 or more.", "0 takes all items.")
    return found[:limit] if limit else found


def _check_files(benchmark: Benchmark, chosen: list[Item]) -> None:
    """Before hours of work, whether all files are there."""
    paths = dict.fromkeys(picture.path for item in chosen for picture in item.pictures)
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise SequenceError(
            f"{len(missing)} of {len(paths)} files of {benchmark.title} are missing, "
            f"{missing[0]} the first.",
            "Unpack or convert them again, or leave their items out with --only or --limit.",
        )
