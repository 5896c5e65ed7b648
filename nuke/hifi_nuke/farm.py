"""Without an interface: `nuke -x script.nk` renders what is missing.

Nuke cannot execute a Write while it executes another, and that is how the input is written out. So
the work is done when `nuke -x` has loaded the script, before its first Write: the frames that it
is going to render, of every HiFIRetime above those Writes, the innermost first. It needs no second
Nuke and no other licence. Before each Write it is checked again, and the render ends with a
sentence rather than with frames that are missing or out of date; this also serves scripts of
`nuke -t`, where nothing renders when a script is loaded.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import nuke

from hifi_ofx.errors import HifiError

from . import (
    bake,
    identity,
    job,
    layout,
    licence,
    mark,
    state,
    upgrade,
    upstream,
    watch,
    work,
)
from .session import session

# What asks for the frame alone that it renders. Of any other class, and of Groups and gizmos, it is
# assumed that they ask for any frame of what is above them.
_SAME_FRAME = re.compile(
    r"Dot|NoOp|Write|Merge2?|Grade|ColorCorrect|Colorspace|OCIO\w*|Log2Lin|Reformat|Crop|Blur|Transform|"
    r"Sharpen|Grain2|F_ReGrain|Copy|Shuffle\d?|ShuffleCopy|ChannelMerge|Keymix|Premult|Unpremult|"
    r"Multiply|Add|Gamma|Saturation|HueCorrect|Invert|Clamp|Roto|Remove|AddChannels|Switch|"
    r"Dissolve|JoinViews|OneView|ShuffleViews|Text2?|Defocus|ZDefocus2|LensDistortion2?|STMap|"
    r"IDistort|Mirror2?|Position|AdjBBox|SoftClip|EdgeBlur|Erode|Dilate|FilterErode|Median|"
    r"PostageStamp|ModifyMetaData|Input|Output"
)


def script_loaded() -> None:
    """After a script was loaded: in `nuke -x`, and there alone, render what it will need."""
    upgrade.all_loaded()
    watch.soon()
    if not nuke.GUI and executes():
        render_missing()


def render_missing(frames: list[int] | None = None) -> None:
    """Bring every HiFIRetime above a Write up to date, for these frames or those of the Write.

    For scripts of `nuke -t`, before they execute a Write. Main thread, terminal; returns when all
    is done. Where a licence counts the nodes that Python touches, every HiFIRetime of the script,
    without a look at its Writes. Raises RuntimeError with the engine's words.
    """
    wanted = frames or _frames_asked()
    if licence.counts_nodes():
        for name in session().loaded:
            _ensure_named(name, wanted)
        return
    for write in _writes():
        for node, outputs in retimes_above(write, wanted or write_frames(write)):
            ensure(node, outputs)


def before_render() -> None:
    """Before a Write renders. In `nuke -x`: raise rather than render frames that are not there."""
    if nuke.GUI:
        _refuse_old(nuke.thisNode())
    elif _is_checked() and executes():
        write = nuke.thisNode()
        _check(write, _frames_asked() or write_frames(write))


def before_execute(nodes: list[nuke.Node | str], frames: list[int]) -> None:
    """Before a terminal's `nuke.execute`: bring up to date what its Writes need. RuntimeError.

    Not called by `nuke -x`, which does without Python.
    """
    if licence.counts_nodes():
        for name in session().loaded:
            _ensure_named(name, frames)
        return
    for entry in nodes:
        node = nuke.toNode(entry) if isinstance(entry, str) else entry
        for write in _writes_in(node):
            for retime, outputs in retimes_above(write, frames or write_frames(write)):
                ensure(retime, outputs)


def _ensure_named(name: str, frames: list[int]) -> None:
    node = nuke.root().node(name)
    if node is not None:
        ensure(node, frames or None)


def _writes_in(node: nuke.Node | None) -> list[nuke.Node]:
    """The node itself, or of a Group the Writes in it. One of a wrong name is Nuke's to refuse."""
    if isinstance(node, nuke.Group):
        return [one for one in identity.every(node) if one.Class() == "Write"]
    return [] if node is None else [node]


def before_frame_render() -> None:
    """The same before every frame, for scripts of `nuke -t`: nobody else says which they render."""
    if _is_checked() and not executes():
        _check(nuke.thisNode(), [int(nuke.frame())])


def _is_checked() -> bool:
    return not nuke.GUI and not licence.counts_nodes()


def _refuse_old(write: nuke.Node) -> None:
    """In the interface nothing renders by surprise, and nothing old is handed on in silence.

    Raises RuntimeError, which ends the render, unless the node is set to go on.
    """
    if licence.counts_nodes():
        return
    for node, _ in retimes_above(write, []):
        try:
            words, old = state.doubt(node), mark.is_old(node)
        except HifiError as error:
            words, old = str(error), True
        if words and old and mark.policy(node) == layout.WHEN_OLD[0]:
            raise RuntimeError(f"{node.name()}: {words}")
        if words:
            nuke.warning(f"{node.name()}: {words}")


def _check(write: nuke.Node, frames: list[int]) -> None:
    for node, outputs in retimes_above(write, frames):
        ensure(node, outputs, inside_a_render=True)


def ensure(node: nuke.Node, frames: list[int] | None, *, inside_a_render: bool = False) -> None:
    """Bring these output frames of a node up to date (None: all), on the main thread.

    Raises RuntimeError, which ends a render, with the engine's words.
    """
    disable = node.knob("disable")
    if disable is not None and disable.value():
        return
    shown = node["show"].value()
    if shown == layout.SHOWN[1]:
        raise RuntimeError(f"{node.name()} shows its preview. Set Show to result, or to source.")
    if shown != layout.SHOWN[0]:
        nuke.tprint(f"[hifi] {node.name()} shows the {shown}, not the result.")
        return
    if mark.holds(node) and node["hifi_rendered"].value():
        nuke.tprint(f"[hifi] {node.name()} holds what was rendered, as it is told to.")
        return
    try:
        wanted = job.wish(node, frames)
        if inside_a_render and bake.outdated(job.prepare(node, frames)):
            raise HifiError(
                "Its input has to be written out, which Nuke cannot do inside of a render.",
                "Render with nuke -x, or call hifi_nuke.farm.render_missing() before.",
            )
        if wanted.plan.frames:
            nuke.tprint(f"[hifi] {wanted.name}: {work.now(wanted)}")
    except HifiError as error:
        raise RuntimeError(f"{node.name()}: {error}") from error


def retimes_above(
    write: nuke.Node, frames: list[int]
) -> Iterator[tuple[nuke.Node, list[int] | None]]:
    """The HiFIRetimes that a node depends on, the innermost first, and the frames they must have.

    None for all: a node in between may ask for any.
    """
    found: dict[str, tuple[nuke.Node, list[int] | None]] = {}
    waiting: list[tuple[nuke.Node, bool]] = [(write, True)]
    seen: set[tuple[str, bool]] = set()
    while waiting:
        here, same = waiting.pop(0)
        name = here.fullName()
        if (name, same) in seen:
            continue
        seen.add((name, same))
        if identity.is_ours(here):
            found.pop(name, None)  # met again further up: it has to come earlier
            found[name] = (here, frames if same and (name, False) not in seen else None)
            same = False
        elif _SAME_FRAME.fullmatch(here.Class()) is None:
            same = False
        waiting += [(node, same) for node in upstream.needs(here)]
    yield from reversed(found.values())


def executes() -> bool:
    """Whether this is `nuke -x` or `-X`: short flags may stand together, as in -xim.

    What follows a Python file belongs to that file.
    """
    words = itertools.takewhile(lambda word: not word.endswith(".py"), map(str, nuke.rawArgs[1:]))
    return any(re.fullmatch(r"-[a-zA-Z]*[xX][a-zA-Z]*", word) for word in words)


def _named_writes() -> list[str]:
    """The Writes of `-X Write1,Write2`; none when all are rendered."""
    words = [str(word) for word in nuke.rawArgs]
    for flag, value in zip(words, words[1:]):
        if re.fullmatch(r"-[a-zA-Z]*X", flag):
            return value.split(",")
    return []


def _frames_asked() -> list[int]:
    """The frames of `-F 1-10`, or of a range after the script; none when they were not given."""
    words = [str(word) for word in nuke.rawArgs]
    ranges = [value for flag, value in zip(words, words[1:]) if re.fullmatch(r"-[a-zA-Z]*F", flag)]
    script = next((at for at, word in enumerate(words) if re.search(r"\.nk\w*$", word)), len(words))
    trailing = r"-?\d+([-,]-?\d+)?([x,]\d+)?"
    ranges += [word for word in words[script + 1 :] if re.fullmatch(trailing, word)]
    frames: list[int] = []
    for text in ranges:
        frames += [int(frame) for frame in nuke.FrameRanges(_spelled(text)).toFrameList()]
    return sorted(set(frames))


def _spelled(text: str) -> str:
    """`1,10` and `1,10,2`, the older form, as `1-10` and `1-10x2`."""
    old = re.fullmatch(r"(-?\d+),(-?\d+)(?:,(\d+))?", text)
    if old is None:
        return text
    return f"{old.group(1)}-{old.group(2)}" + (f"x{old.group(3)}" if old.group(3) else "")


def _writes() -> list[nuke.Node]:
    """The Writes that are rendered, also those inside of Groups and gizmos."""
    named = _named_writes()
    writes = [node for node in identity.every(nuke.root()) if node.Class() == "Write"]
    chosen = [write for write in writes if not named or write.fullName() in named]
    return [write for write in chosen if not write["disable"].value()]


def write_frames(write: nuke.Node) -> list[int]:
    """The frames that a Write renders when nobody says which."""
    limited = write.knob("use_limit")
    if limited is not None and limited.value():
        return list(range(int(write["first"].value()), int(write["last"].value()) + 1))
    return list(range(nuke.root().firstFrame(), nuke.root().lastFrame() + 1))
