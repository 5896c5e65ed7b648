"""How good a retime of one plate will be, asked of the plate itself.

Every second frame is left out, predicted from its neighbors, and compared with the frame that is
there. So things move twice as far as in a retime of the plate: the figures are a lower bound, and
their order is that of the settings.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from hifi_ofx.errors import SequenceError
from hifi_ofx.quality import PRESETS, Footage, Machine
from hifi_ofx.sequence import ImageSequence

from ..inference.interpolator import Interpolator
from ..plate.source import Source
from ..retime import shots
from ..retime.around import apart, unlike
from ..retime.inbetweens import signature_of
from ..retime.shots import Signature
from . import methods
from .pictures import Item, Pair, Picture, Truth
from .scoring import Scores
from .sweep import Variant, variants

Triple = tuple[int, int, int]  # frames in the order of time

MIDDLE = Fraction(1, 2)
BLEND = "blend"  # what every setting is compared with
ENOUGH = 0.1  # dB: what is so near the best setting is as good to the eye
KNOBS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "motion": ("motion", "learned,search,both"),
        "motion_path": ("motion-path", "linear,curved"),
        "samples": ("samples", "1,2,4,8"),
        "cascade_depth": ("cascade-depth", "auto,1,2,3"),
        "steps": ("steps", "1,2,4,8"),
    }
)


@dataclass(frozen=True)
class Moments:
    """Where a plate is asked: triples of frames in a row; and what was passed over."""

    items: list[Item]
    cuts: int
    still: int

    def tell(self, acts: frozenset[str]) -> frozenset[str]:
        """Of the settings that act on an in-between, those that these moments can be asked for."""
        return acts if any(item.around for item in self.items) else acts - {"motion_path"}


@dataclass(frozen=True)
class Advice:
    """The best setting by mean PSNR, and the fastest that is as good."""

    best: str
    cheapest: str


def settings(base: str, acts: frozenset[str]) -> list[Variant]:
    """What is tried: every preset, then each knob that acts by itself; no quality twice."""
    found = [Variant(name, one, {"preset": name}) for name, one in PRESETS.items()]
    for name, (flag, values) in KNOBS.items():
        if name in acts:
            tried = variants(PRESETS[base], [f"{flag}={values}"])
            found += [replace(one, name=one.name.removeprefix(f"{methods.OURS} ")) for one in tried]
    return list(_once(found, acts))


def moments(source: Source, sequence: ImageSequence, count: int, footage: Footage) -> Moments:
    """At most `count` triples, evenly over the plate, without those across a cut or a standstill.

    Raises SequenceError where the plate has no three frames in a row, or all of it stands still.
    """
    frames = _held_frames(source)
    triples = _evenly(_triples(frames), count)
    if not triples:
        raise SequenceError(
            f"{sequence.pattern} has no three frames in a row.",
            "A plate is asked by leaving frames out: give one of three frames or more.",
        )
    seen = functools.cache(lambda frame: signature_of(source.read(frame)))
    items, cuts, still = [], 0, 0
    for triple in triples:
        pairs = list(itertools.pairwise(map(seen, triple)))
        if any(shots.difference(*pair).is_cut(footage) for pair in pairs):
            cuts += 1
        elif any(shots.change(*pair) <= footage.hold_threshold for pair in pairs):
            still += 1
        else:
            around = _around(source, frames, triple, seen, footage)
            items.append(_item(source, sequence, triple, around))
    if not items:
        raise SequenceError(
            f"Of {len(triples)} places in {sequence.pattern}, {cuts} lie across a cut and in "
            f"{still} nothing moves.",
            "Ask more places with --moments, or another part of the plate.",
        )
    return Moments(items, cuts, still)


def of_settings(
    interpolator: Interpolator, tried: Sequence[Variant], machine: Machine
) -> dict[str, methods.Method]:
    """A method for each setting, and the blend."""
    made = {one.name: methods.ours(interpolator, one.quality, machine) for one in tried}
    return {**made, BLEND: methods.blend}


def told(
    compared: Mapping[str, methods.Method], items: int, tell: Callable[[int, int], None]
) -> dict[str, methods.Method]:
    """The same methods; before each prediction `tell` hears how many are done, and of how many."""
    every, count = len(compared) * items, itertools.count()

    def one(method: methods.Method) -> methods.Method:
        def counted(pair: Pair) -> methods.Between:
            tell(next(count), every)
            return method(pair)

        return counted

    return {name: one(method) for name, method in compared.items()}


def advice(means: Scores, tried: Sequence[Variant]) -> Advice:
    """The best of the settings, and the fastest within ENOUGH of it."""
    names = [one.name for one in tried]
    best = max(names, key=lambda name: means[name]["psnr"])
    enough = [name for name in names if means[name]["psnr"] >= means[best]["psnr"] - ENOUGH]
    return Advice(best, min(enough, key=lambda name: means[name]["seconds"]))


def flags(variant: Variant, base: str) -> str:
    """The flags of a retime with that setting, as a user types them."""
    if "preset" in variant.setting:
        return f"--preset {variant.setting['preset']}"
    words = " ".join(f"--{flag} {text}" for flag, text in variant.setting.items())
    return words if base == "standard" else f"--preset {base} {words}"


def _once(found: Sequence[Variant], acts: frozenset[str]) -> Iterator[Variant]:
    """Each setting once: knobs that do not act, and the patch size, make no other."""
    known: set[tuple[object, ...]] = set()
    for one in found:
        key = tuple(getattr(one.quality, name) for name in KNOBS if name in acts)
        if key not in known:
            known.add(key)
            yield one


def _triples(frames: Sequence[int]) -> list[Triple]:
    """Every three frames that lie equally far apart, as those of a plate on every second do."""
    threes = zip(frames, frames[1:], frames[2:], strict=False)
    return [three for three in threes if three[1] - three[0] == three[2] - three[1]]


def _held_frames(source: Source) -> list[int]:
    """The frames that hold a picture: farms leave files that do not."""
    empty = source.empty(source.frames())
    return [frame for frame in source.frames() if frame not in empty]


def _evenly(triples: Sequence[Triple], count: int) -> list[Triple]:
    """At most `count` of them, the first and the last among them where there are several."""
    if len(triples) <= count:
        return list(triples)
    if count == 1:
        return [triples[len(triples) // 2]]
    return [triples[round(n * (len(triples) - 1) / (count - 1))] for n in range(count)]


def _around(
    source: Source,
    frames: Sequence[int],
    triple: Triple,
    seen: Callable[[int], Signature],
    footage: Footage,
) -> tuple[int, ...]:
    """The frame before the outer two of a triple and the one after, as far away as these are.

    None where they do not say how motion curves, as in a retime.
    """
    left, _, right = triple
    four = (2 * left - right, left, right, 2 * right - left)
    if not source.steady() or apart(four, frames, seen, footage):
        return ()
    before, first, second, after = (source.header(frame) for frame in four)
    return () if unlike(first, second, before, after) else (four[0], four[-1])


def _item(source: Source, sequence: ImageSequence, triple: Triple, around: tuple[int, ...]) -> Item:
    first, truth, second = (_picture(source, sequence, frame) for frame in triple)
    name = f"frame {triple[1]}"
    outer = tuple(_picture(source, sequence, frame) for frame in around)
    beside = (outer[0], outer[1]) if outer else None
    return Item(name, first, second, (Truth(name, MIDDLE, truth),), around=beside)


def _picture(source: Source, sequence: ImageSequence, frame: int) -> Picture:
    return Picture(source.path(frame) or Path(sequence.path(1)), frame, source)
