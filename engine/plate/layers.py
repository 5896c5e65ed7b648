"""Channels as layers, and what an in-between does with each.

A layer is what an artist calls one: RGB, alpha, depth, a normal, a Cryptomatte level. Its policy
says how an in-between gets it:

    synthesize   predicted by the model: color, alpha, mattes, color AOVs
    nearest      taken from the nearer source frame: depth, position, normals, vectors, IDs, data
    blend        the mean of both frames, by their distance; never guessed, only asked for
    drop         left out of what is read, so that some frames may lack it; only asked for

Values that mean something exact (an ID, a depth, a direction) are never averaged unless asked for.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from engine.plate.frame import Frame, Part
from hifi_ofx.errors import InvalidSetting

POLICIES = ("synthesize", "nearest", "blend", "drop")

_COLOR = (("r", "g", "b"), ("red", "green", "blue"))
_VECTOR = (
    ("x", "y", "z", "w"),
    ("x", "y", "z"),
    ("x", "y"),
    ("u", "v", "w"),
    ("u", "v"),
    ("s", "t"),
)
_ALPHA = ("a", "alpha")
_TRIPLETS = (*_COLOR, *_VECTOR)

_DATA_NAMES = """
    z zback zbuffer zdepth depth deep dist distance
    p pos position positions pworld pcam pobject pobj pref wpos worldpos worldposition pcamera
    n ng ns nn norm norms normal normals nworld ncam ncamera nobject bentnormal bumpnormal
    tangent tangents bitangent bitangents dpdtime dpdu dpdv
    motion motionvector motionvectors mv mvec vector vectors vec velocity vel
    forward backward flow opticalflow disparity parallax
    uv uvs uvw st texcoord texcoords
    id ids index indexob indexma crypto cryptomatte uint instance
    samples samplecount nsamples cputime time heat raydepth pixelerror
    """
_SOFT_NAMES = """
    rgb rgba beauty combined color colour alpha opacity coverage mask matte roto holdout
    ao occlusion shadow shadows diffuse diff specular spec gloss glossy reflection reflect
    refraction refract transmission trans emission emit emissive sss subsurface gi albedo fresnel
    lighting light lights illum selfillum luminance lum intensity sheen coat volume haze
    """
_DATA, _SOFT = frozenset(_DATA_NAMES.split()), frozenset(_SOFT_NAMES.split())
_ID = re.compile(
    r"^(object|obj|material|mat|mtl|instance|inst|model|particle|prim|primitive|geo|geom|face|mesh"
    r"|shader|node|asset|group|render|scene|user|light|matte|mask|cell|pass)ids?$"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Layer:
    """Channels that belong together, in the order R, G, B or X, Y, Z, and their policy."""

    name: str
    channels: tuple[str, ...]
    policy: str


def layers(frame: Frame, overrides: str = "") -> tuple[tuple[Layer, ...], ...]:
    """The layers of each part of a frame; every channel is in exactly one.

    Args:
        frame: Pixels are not needed.
        overrides: What to do instead of the guess, as "depth=blend,diffuse*=nearest": patterns of
            layer or channel names, capitals or not; the last one that matches counts.

    Raises:
        InvalidSetting: An unknown policy, or a pattern that matches nothing; lists the layers.
            What is dropped may lack in a frame.
    """
    wanted = _parse(overrides)
    parts = _guessed(frame)
    every = [layer for part in parts for layer in part]
    for pattern, policy in wanted:
        if policy != "drop" and not any(_matches(pattern, layer) for layer in every):
            raise unknown_layer(pattern, frame)
    return tuple(tuple(_overridden(layer, wanted) for layer in part) for part in parts)


def dropped(overrides: str) -> tuple[str, ...]:
    """The patterns of layers that are left out. Raises InvalidSetting for an unknown policy."""
    return tuple(pattern for pattern, policy in _parse(overrides) if policy == "drop")


def has_layer(frame: Frame, pattern: str) -> bool:
    """Whether a layer or channel of the frame goes by this pattern."""
    return any(_matches(pattern, layer) for part in _guessed(frame) for layer in part)


def unknown_layer(pattern: str, frame: Frame) -> InvalidSetting:
    """The sentence for a pattern that matches nothing."""
    names = ", ".join(layer.name for part in _guessed(frame) for layer in part)
    return InvalidSetting(f"No layer is named {pattern}.", f"The layers are {names}.")


def without_dropped(frame: Frame, overrides: str) -> Frame:
    """The frame without the layers whose policy is drop. Raises InvalidSetting if none is left."""
    wanted = _parse(overrides)
    kept = [
        {
            name
            for layer in part
            if _overridden(layer, wanted).policy != "drop"
            for name in layer.channels
        }
        for part in _guessed(frame)
    ]
    parts = [
        _with_channels(part, channels)
        for part, channels in zip(frame.parts, kept, strict=True)
        if channels
    ]
    if not parts:
        raise InvalidSetting(f"All layers of {frame} are dropped.", "Keep one of them.")
    return replace(frame, parts=tuple(parts))


def _with_channels(part: Part, channels: Container[str]) -> Part:
    """The part with these of its channels alone."""
    names = tuple(name for name in part.channels if name in channels)
    planes = {name: part.planes[name] for name in names if name in part.planes}
    return replace(part, channels=names, types={n: part.types[n] for n in names}, planes=planes)


def _guessed(frame: Frame) -> tuple[tuple[Layer, ...], ...]:
    return tuple(tuple(_part_layers(part, len(frame.parts) > 1)) for part in frame.parts)


def _parse(overrides: str) -> list[tuple[str, str]]:
    wanted = []
    for item in filter(None, (item.strip() for item in overrides.split(","))):
        pattern, equals, policy = (word.strip() for word in item.rpartition("="))
        if not (pattern and equals) or policy not in POLICIES:
            raise InvalidSetting(
                f"'{item}' is no layer policy.",
                f"Write LAYER=POLICY; the policies are {', '.join(POLICIES)}.",
            )
        wanted.append((pattern, policy))
    return wanted


def _overridden(layer: Layer, wanted: list[tuple[str, str]]) -> Layer:
    for pattern, policy in reversed(wanted):
        if _matches(pattern, layer):
            return Layer(layer.name, layer.channels, policy)
    return layer


def _matches(pattern: str, layer: Layer) -> bool:
    names = (layer.name, *layer.channels)
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in names)


def _part_layers(part: Part, many_parts: bool) -> Iterator[Layer]:
    title = part.name if many_parts else ""
    cryptomattes = _cryptomattes(part)
    for prefix, suffixes in _by_prefix(part.channels).items():
        for group in _groups(suffixes):
            channels = tuple(prefix + suffix for suffix in group)
            exact = prefix in cryptomattes or any(_is_id(part.types[name]) for name in channels)
            path = prefix[:-1] or title
            policy = "nearest" if exact else _guess(path, group)
            yield Layer(_name(path, group, suffixes, len(part.channels) == 1), channels, policy)


def _by_prefix(channels: tuple[str, ...]) -> dict[str, list[str]]:
    """Last name components by what stands before them, the dot included."""
    found: dict[str, list[str]] = {}
    for channel in channels:
        suffix = channel.rpartition(".")[2]
        found.setdefault(channel.removesuffix(suffix), []).append(suffix)
    return found


def _groups(suffixes: list[str]) -> Iterator[tuple[str, ...]]:
    """Triplets and vectors that are complete, in their own order; all others one by one."""
    left = list(suffixes)
    for triplet in _TRIPLETS:
        for spelling in (str.upper, str.lower, str.capitalize):
            group = tuple(spelling(suffix) for suffix in triplet)
            if all(suffix in left for suffix in group):
                yield group
                left = [suffix for suffix in left if suffix not in group]
    for suffix in left:
        yield (suffix,)


def _name(path: str, group: tuple[str, ...], suffixes: list[str], whole_part: bool) -> str:
    """ "diffuse" for diffuse.R, G, B; "diffuse.alpha" beside it; "rgb", "alpha", "depth" alone."""
    if path and group == next(_groups(suffixes)) and (len(group) > 1 or whole_part):
        return path
    word = "".join(group).lower() if len(group) > 1 else group[0]
    word = {"redgreenblue": "rgb", "A": "alpha", "a": "alpha"}.get(word, word)
    if path:
        return f"{path}.{word}"
    return "depth" if word == "Z" else word


def _guess(path: str, group: tuple[str, ...]) -> str:
    suffixes = tuple(suffix.lower() for suffix in group)
    if suffixes in _VECTOR or _DATA & _words(path) or any(map(_ID.match, _words(path))):
        return "nearest"
    if suffixes in _COLOR or suffixes[0] in ("r", "g", "b", "y", *_ALPHA, *sum(_COLOR, ())):
        return "synthesize"
    words = _words(group[0])
    if _DATA & words or any(map(_ID.match, words)):
        return "nearest"
    return "synthesize" if _SOFT & words else "nearest"


def _words(name: str) -> set[str]:
    """The words of a layer name in small letters: "ViewLayer.worldPos" is view, layer, world, pos.

    Single letters count where a name consists of nothing else ("N", "P").
    """
    words = {word.lower() for word in _WORD.findall(name) if len(word) > 1}
    whole = {component.strip("_").lower() for component in re.split(r"[./ ]", name)}
    joined = {re.sub(r"[^a-z]", "", component) for component in whole}
    return words | whole | joined


def _is_id(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iu" and dtype.itemsize == 4


def _cryptomattes(part: Part) -> set[str]:
    """The layers that hold Cryptomatte ranks: by the part's metadata, and by their names."""
    prefixes = {prefix[:-1] for prefix in _by_prefix(part.channels)}
    named = {
        str(one.value)
        for key, one in part.metadata.items()
        if key.startswith("cryptomatte/") and key.endswith("/name")
    }
    numbered = {prefix[:-2] for prefix in prefixes if prefix.endswith("00")} & prefixes
    return {
        f"{prefix}."
        for prefix in prefixes
        if re.sub(r"\d\d$", "", prefix) in named | numbered or "crypto" in prefix.lower()
    }
