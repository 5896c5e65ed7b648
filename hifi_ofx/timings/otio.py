"""The timing of one clip of an OpenTimelineIO timeline.

https://opentimelineio.readthedocs.io "LinearTimeWarp": the time scalar changes the speed of the
media displayed within an item, and never its duration. So a clip lasts as long as its source range,
which begins at that range's start.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from hifi_ofx.codec import json_value
from hifi_ofx.errors import InvalidSetting

from .found import Found, Span, constant, one_of

_HINT = "Bake the timing in the program that wrote it, or give a CSV of output frame, source frame."
_LARGEST = 1000  # source frames per output frame


class _Clip(NamedTuple):
    clip: dict[str, Any]
    above: tuple[dict[str, Any], ...]  # the tracks and stacks that it lies in


def read(text: str, name: str, wanted: str, span: Span) -> Found:
    """The keys of the clip that is wanted, or of the only one. Raises InvalidSetting."""
    try:
        timeline = json_value(text)
        clips = list(_clips(timeline, ()))
        retimed = [one for one in clips if _time_effects(one.clip)]
        candidates = clips if wanted or len(retimed) != 1 else retimed
        names = [str(one.clip.get("name") or "") for one in candidates]
        chosen = candidates[one_of("clip", names, wanted, name)]
        return _found(chosen, f"{name}: clip {chosen.clip.get('name')!r}", span)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InvalidSetting(
            f"{name} is no timeline that can be read: {repr(error)[:200]}.",
            "Export it again, in the form of OpenTimelineIO 0.15 or later.",
        ) from error


def _clips(item: dict[str, Any], above: tuple[dict[str, Any], ...]) -> Iterator[_Clip]:
    kind = _schema(item)
    if kind == "Clip":
        yield _Clip(item, above)
    elif kind == "Timeline":
        yield from _clips(item["tracks"], above)
    elif kind != "Track" or item.get("kind", "Video") == "Video":
        for child in item.get("children") or ():
            yield from _clips(child, (*above, item))


def _found(chosen: _Clip, what: str, span: Span) -> Found:
    clip, media = chosen.clip, _media(chosen.clip)
    if any(_time_effects(one) for one in chosen.above):
        raise InvalidSetting(f"{what} lies in a track or stack that is retimed itself.", _HINT)
    available = media.get("available_range")
    used = clip.get("source_range") or available
    if not used:
        raise InvalidSetting(f"{what} has no source range: its length is not told.", _HINT)
    rate = _rate(used["duration"])
    media_rate = _rate(available["start_time"]) if available else rate
    speed = _scalar(clip, what) * media_rate / rate
    start = _exact(used["start_time"]["value"]) / _rate(used["start_time"])
    begins = _exact(available["start_time"]["value"]) / media_rate if available else start
    first = Fraction(_first_number(media, what, span))
    source = first + (start - begins) * media_rate
    count = int(_exact(used["duration"]["value"]))
    note = "" if available else f"{what} does not say where its media begins: it is taken to begin "
    keys = constant(Fraction(span[0]), source, count, speed)
    return Found(keys, note and f"{note}with the plate's frame {span[0]}.")


def _first_number(media: dict[str, Any], what: str, span: Span) -> int:
    """The frame number of the media's first frame: its own, or that of the plate."""
    if _schema(media) != "ImageSequenceReference":
        return span[0]
    if media.get("frame_step", 1) != 1:
        raise InvalidSetting(f"{what} has an image sequence of every n-th frame alone.", _HINT)
    return int(media["start_frame"])


def _scalar(clip: dict[str, Any], what: str) -> Fraction:
    """The speed that its effects multiply to."""
    speed = Fraction(1)
    for effect in _time_effects(clip):
        kind = _schema(effect)
        if kind not in ("LinearTimeWarp", "FreezeFrame"):
            title = effect.get("effect_name") or effect.get("name") or ""
            raise InvalidSetting(
                f"{what} has the effect {kind} {title!r}, which says no speed.", _HINT
            )
        speed *= _exact(effect["time_scalar"]) if kind == "LinearTimeWarp" else 0
    if speed < 0:
        raise InvalidSetting(
            f"{what} runs backwards; a timeline does not say from which frame on.",
            f"Write --speed {float(-speed):g} --reverse.",
        )
    if speed > _LARGEST:
        raise InvalidSetting(f"{what} has the speed {float(speed):g}.", _HINT)
    return speed


def _time_effects(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Effects that are on, but for those of pictures alone."""
    effects = item.get("effects") or ()
    return [one for one in effects if one.get("enabled", True) and _schema(one) != "Effect"]


def _media(clip: dict[str, Any]) -> dict[str, Any]:
    """The media in use: Clip.1 had one, Clip.2 has several by name."""
    several = clip.get("media_references") or {}
    key = clip.get("active_media_reference_key", "DEFAULT_MEDIA")
    return clip.get("media_reference") or several.get(key) or {}


def _schema(item: dict[str, Any]) -> str:
    return str(item["OTIO_SCHEMA"]).partition(".")[0]


def _rate(time: dict[str, Any]) -> Fraction:
    """Frames per second: 23.976023976… is 24000/1001."""
    return _exact(time["rate"]).limit_denominator(1001)


def _exact(number: Any) -> Fraction:
    """The decimal that was written, 0.1 as one tenth."""
    return Fraction(repr(float(number)))
