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


# Decoders that say of each picture whether it has fields, so that the container's word about all of
# them is not needed for that.
_TOLD_BY_PICTURE = ("h264", "mpeg2video", "mpeg4", "vc1", "wmv3", "prores", "dvvideo")


def is_interlaced(picture: Any, stream: Any) -> bool:
    """Whether the decoder says so of the picture, or the header where the decoder cannot."""
    codec = stream.codec_context
    told = codec.codec.canonical_name in _TOLD_BY_PICTURE
    return bool(picture.interlaced_frame) or (not told and codec.field_order in _FIRST)


def fields(pictures: Sequence[Any], middle: int, rate: int, stream: Any, av: Any) -> list[Any]:
    """One (rate 1) or two (rate 2) whole pictures made of `pictures[middle]`, in time's order.

    The pictures before and after it are needed, where there are any: bwdif looks at both.
    """
    graph = av.filter.Graph()
    graph.threads = 1  # a pool of threads for three pictures is not worth its start
    source = graph.add_buffer(
        width=pictures[0].width,
        height=pictures[0].height,
        format=pictures[0].format.name,
        time_base=stream.time_base,
    )
    # Not "auto": PyAV hands pictures over without the flag that tells which field is first.
    usual = "bff" if stream.codec_context.codec.canonical_name == "dvvideo" else "tff"
    parity = _FIRST.get(stream.codec_context.field_order, usual)
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
