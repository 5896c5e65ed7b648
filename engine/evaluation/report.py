"""What an evaluation says: a table to read, and the same, with every frame, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from .groups import LARGE, THIN, groups
from .scoring import Scored, Scores
from .sweep import Variant

_COLUMN = 8  # characters
_DECIMALS = {"psnr": 2, "ssim": 4, "lpips": 4, "seconds": 2}


def mean(frames: Sequence[Scores]) -> Scores:
    """The mean of each figure of each method, over at least one frame."""
    return {
        method: {figure: fmean(frame[method][figure] for frame in frames) for figure in figures}
        for method, figures in frames[0].items()
    }


def by_group(frames: Sequence[Scored]) -> dict[str, list[Scored]]:
    """The frames of each group: the gathered groups, then the larger tags before the smaller."""
    found: dict[str, list[Scored]] = {}
    for frame in frames:
        for group in groups(frame.tags):
            found.setdefault(group, []).append(frame)
    order = sorted(found, key=lambda name: (name not in (LARGE, THIN), -len(found[name]), name))
    return {name: found[name] for name in order}


def to_json(
    frames: Sequence[Scored], variants: Sequence[Variant], settings: dict[str, Any]
) -> dict[str, Any]:
    """Means, means by group, every frame, and the settings; with a sweep, its rows too."""
    means = mean([frame.scores for frame in frames])
    data: dict[str, Any] = {
        "mean": means,
        "tags": {
            name: {**mean([frame.scores for frame in members]), "count": len(members)}
            for name, members in by_group(frames).items()
        },
        "frames": {frame.name: frame.scores for frame in frames},
        "settings": settings,
    }
    if _swept(variants):
        data["sweep"] = [{"setting": one.setting, **means[one.name]} for one in variants]
    return data


def text(frames: Sequence[Scored], variants: Sequence[Variant]) -> str:
    """The figures to read: a row a frame and a row a group; of a sweep, a row a setting."""
    means = mean([frame.scores for frame in frames])
    if _swept(variants):
        return _sweep_table(variants, means)
    rows = [*((frame.name, frame.scores) for frame in frames), ("mean", means)]
    tables = [_table("frame", rows), _group_table(frames), _seconds(means)]
    return "\n\n".join(table for table in tables if table)


def _group_table(frames: Sequence[Scored]) -> str:
    """Means of the groups that have more than one frame; nothing where there are none."""
    rows = [
        (f"{name} ({len(members)})", mean([frame.scores for frame in members]))
        for name, members in by_group(frames).items()
        if len(members) > 1
    ]
    return _table("mean of", rows) if rows else ""


def _table(heading: str, rows: Sequence[tuple[str, Scores]]) -> str:
    """Figures of every method, under two lines of headings."""
    methods = rows[0][1]
    width = max(len(name) for name in (heading, *(name for name, _ in rows)))
    figures = [figure for figure in next(iter(methods.values())) if figure != "seconds"]
    block = _COLUMN * len(figures)
    lines = [
        " " * width + "".join(f"  {method:>{block}}" for method in methods),
        f"{heading:{width}}" + f"  {_headings(figures)}" * len(methods),
    ]
    for name, scores in rows:
        blocks = (_numbers(scores[method], figures) for method in methods)
        lines.append(f"{name:{width}}" + "".join(f"  {block}" for block in blocks))
    return "\n".join(line.rstrip() for line in lines)


def _sweep_table(variants: Sequence[Variant], means: Scores) -> str:
    """A row a setting, then a row for each method that has none."""
    names = {one.name for one in variants}
    rows = [*(one.name for one in variants), *(name for name in means if name not in names)]
    width = max(len(name) for name in rows)
    figures = list(means[rows[0]])
    lines = [f"{'mean':{width}}  {_headings(figures)}"]
    lines += [f"{name:{width}}  {_numbers(means[name], figures)}" for name in rows]
    return "\n".join(lines)


def _headings(figures: Sequence[str]) -> str:
    words = {"seconds": "s/frame"}
    return "".join(f"{words.get(figure, figure.upper()):>{_COLUMN}}" for figure in figures)


def _numbers(scores: dict[str, float], figures: Sequence[str]) -> str:
    return "".join(f"{scores[figure]:{_COLUMN}.{_DECIMALS[figure]}f}" for figure in figures)


def _seconds(means: Scores) -> str:
    words = ", ".join(f"{name} {scores['seconds']:.2f}" for name, scores in means.items())
    return f"seconds an in-between: {words}"


def _swept(variants: Sequence[Variant]) -> bool:
    return any(one.setting for one in variants)
