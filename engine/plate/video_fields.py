"""Interlaced pictures: which they are, and frames made of their fields by bwdif.

A frame of an interlaced video holds two moments, in its odd and in its even lines. FFmpeg's bwdif
(bob weaver deinterlacing filter, after the BBC's w3fdif) fills the lines that a field lacks from
the fields around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

# AVFieldOrder: how the container or the codec's header has it, by which field is shown first.
_FIRST = MappingProxyType({2: "tff", 3: "bff", 4: "bff", 5: "tff"})


# Decoders that say it of each picture, so that the container's word about all is not needed.
_TOLD_BY_PICTURE = ("h264", "mpeg2video", "mpeg4", "vc1", "wmv3", "prores", "dvvideo")


def field_order(stream: Any) -> int:
    """How the header has the fields of all pictures, where the decoder says nothing of each."""
    codec = stream.codec_context
    return 0 if codec.codec.canonical_name in _TOLD_BY_PICTURE else int(codec.field_order)


def is_interlaced(picture: Any, order: int) -> bool:
    """Whether the decoder says so of the picture, or the stream's header of all."""
    return bool(picture.interlaced_frame) or order in _FIRST


def fields(pictures: Sequence[Any], middle: int, rate: int, order: int, av: Any) -> list[Any]:
    """One (rate 1) or two (rate 2) whole pictures made of `pictures[middle]`, in time's order.

    The pictures before and after it are needed, where there are any: bwdif looks at both.
    """
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=pictures[0].width,
        height=pictures[0].height,
        format=pictures[0].format.name,
        time_base=pictures[0].time_base,
    )
    flagged = pictures[middle].interlaced_frame
    parity = "auto" if flagged else _FIRST.get(order, "auto")
    mode = "send_field" if rate == 2 else "send_frame"
    bwdif = graph.add("bwdif", f"mode={mode}:parity={parity}:deint=all")
    sink = graph.add("buffersink")
    source.link_to(bwdif)
    bwdif.link_to(sink)
    graph.configure()
    for picture in (*pictures, None):
        graph.push(picture)
    made: list[Any] = []
    while len(made) < rate * (middle + 1):
        made.append(graph.pull())
    return made[rate * middle :]
