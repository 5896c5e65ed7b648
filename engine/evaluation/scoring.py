"""Every method on every frame of a benchmark: one item, and one prediction, in memory at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .figures import Figure
from .methods import Between, Method
from .pictures import Fit, Item, Reader, display
from .thumbnails import Thumbnail, thumbnail

Scores = dict[str, dict[str, float]]  # method -> figure or "seconds" -> value


@dataclass(frozen=True)
class Scored:
    """One true frame, and how near each method came to it; pictures where they were asked for."""

    name: str
    tags: tuple[str, ...]
    scores: Scores
    pictures: dict[str, Thumbnail] = field(default_factory=dict)  # first, truth, and each method


@dataclass(frozen=True)
class Scoring:
    """How items are scored."""

    fit: Fit
    methods: Mapping[str, Method]
    figures: Mapping[str, Figure]
    pictures: bool = False

    def frames(self, item: Item) -> Iterator[Scored]:
        """The true frames of an item, in order. Raises FrameError, MismatchedFrames.

        `seconds` is what one in-between takes; what belongs to the pair counts for its first.
        """
        reader = Reader(item, self.fit)
        pair = reader.pair()
        betweens: dict[str, Between] = {}
        for truth in item.truths:
            true = display(reader.truth(truth, pair))
            scores: Scores = {}
            pictures = {}
            if self.pictures:
                pictures["first"] = thumbnail(display(pair.first), true)
                pictures["truth"] = thumbnail(true, true)
            for name, method in self.methods.items():
                began = time.perf_counter()
                if name not in betweens:
                    betweens[name] = method(pair)
                image = betweens[name](truth.fraction)
                seconds = time.perf_counter() - began
                shown = display(image)
                measured = {key: figure(shown, true) for key, figure in self.figures.items()}
                scores[name] = {**measured, "seconds": seconds}
                if self.pictures:
                    pictures[name] = thumbnail(shown, true)
            yield Scored(truth.name, item.tags, scores, pictures)
