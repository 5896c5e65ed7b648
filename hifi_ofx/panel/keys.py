"""What the keys of the panel do."""

from __future__ import annotations

from functools import partial
from typing import Any

from .exposing import CHANNELS
from .shortcuts import Key

Panel = Any  # window.PanelWidget, which is made of this


def keys_of(panel: Panel) -> list[Key]:
    """All keys, as they are bound and listed."""
    return [*_looking(panel), *_moving(panel), *_doing(panel)]


def _looking(panel: Panel) -> list[Key]:
    controls, viewer = panel.controls, panel.viewer
    return [
        Key("I", "Show the in-between", lambda: controls.choose("ours")),
        Key("Shift+L", "Show the left frame", lambda: controls.choose("left")),
        Key("Shift+R", "Show the right frame", lambda: controls.choose("right")),
        Key("Shift+B", "Show the blend", lambda: controls.choose("blend")),
        Key("S", "One picture", lambda: controls.choose(layout="single")),
        Key("W", "Wipe", lambda: controls.choose(layout="wipe")),
        Key("D", "Side by side", lambda: controls.choose(layout="side by side")),
        Key("Shift+A", "Keep the settings of now as A", controls.keep.click),
        Key("H", "Heat map", controls.heat.toggle),
        Key("P", "Patches and stages", controls.grid.toggle),
        Key("F", "Fit", viewer.fit),
        Key("1", "Actual pixels, 1:1", viewer.actual_size),
        Key("+", "Closer", lambda: viewer.zoom_to(viewer.scale * 2)),
        Key("-", "Further away", lambda: viewer.zoom_to(viewer.scale / 2)),
        Key("E", "Half a stop brighter", lambda: controls.exposure.nudge(0.5)),
        Key("Shift+E", "Half a stop darker", lambda: controls.exposure.nudge(-0.5)),
        Key("0", "Exposure and gamma back", controls.reset_view),
        *(
            Key(key, f"{name}, and back", partial(controls.choose_channel, name))
            for key, name in zip("RGBAYX", CHANNELS[1:])
        ),
    ]


def _moving(panel: Panel) -> list[Key]:
    scrubber, playing = panel.transport.scrubber, panel.playing
    return [
        Key("Space", "Play, stop", playing.toggle),
        Key("L", "Play forward, faster", lambda: playing.play(1)),
        Key("K", "Stop", playing.stop),
        Key("J", "Play backward, faster", lambda: playing.play(-1)),
        Key("Left", "Previous output frame", lambda: scrubber.step(-1)),
        Key("Right", "Next output frame", lambda: scrubber.step(1)),
        Key("Ctrl+Left", "Previous in-between", lambda: scrubber.step_inbetween(-1)),
        Key("Ctrl+Right", "Next in-between", lambda: scrubber.step_inbetween(1)),
    ]


def _doing(panel: Panel) -> list[Key]:
    return [
        Key("C", "Cut at the playhead, on or off", panel.cut_marks.toggle),
        Key("Shift+C", "Hold at the playhead, across or kept", panel.cut_marks.toggle_hold),
        Key("F5", "Preview at the set quality", panel.looking.look_again),
        Key("Escape", "Stop the preview", panel.cancel),
        Key("Ctrl+Z", "Undo in the form", panel.undo.undo),
        Key("Ctrl+Shift+Z", "Redo", panel.undo.redo),
        Key("Ctrl+Return", "Render", panel.render_now),
        Key("F1", "This list", lambda: panel.sheet.toggle()),
    ]
