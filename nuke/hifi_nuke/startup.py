"""What Nuke is told at its start: when to call us, and where we are in its menus."""

from __future__ import annotations

import importlib.util

import nuke

CREATE = "from hifi_nuke import node; node.create()"
CONVERT = "from hifi_nuke import convert; convert.selected()"
# Nuke evaluates this when the panel is opened, among names of its own: it brings its import.
PANEL = "__import__('importlib').import_module('hifi_ofx.panel.window').PanelWidget"
PANEL_ID = "uk.hifi_ofx.panel"


def register() -> None:
    """Callbacks that both the interface and terminals need. For init.py."""
    from . import buttons, executing, farm, watch

    nuke.addOnScriptClose(buttons.script_closed)
    nuke.addOnScriptLoad(farm.script_loaded)
    nuke.addBeforeRender(farm.before_render, nodeClass="Write")
    nuke.addBeforeFrameRender(farm.before_frame_render, nodeClass="Write")
    if nuke.GUI:
        nuke.addKnobChanged(watch.heard)
    elif not farm.executes():
        executing.wrap(farm.before_execute)


def add_menus() -> None:
    """HiFIRetime in Time and in a menu of its own, and so under Tab; the panel. For menu.py."""
    nodes = nuke.menu("Nodes")
    nodes.addMenu("Time").addCommand("HiFIRetime", CREATE)
    nodes.addMenu("HiFI").addCommand("HiFIRetime", CREATE)
    nodes.addMenu("HiFI").addCommand("Convert to HiFIRetime", CONVERT)
    if importlib.util.find_spec("hifi_ofx.panel") is not None:
        _register_panel()


def _register_panel() -> None:
    """The window `hifi-ofx panel` as a panel of Nuke's: it is named, and made when it is opened."""
    panels = importlib.import_module("nukescripts.panels")
    panels.registerWidgetAsPanel(PANEL, "HiFI Retime", PANEL_ID)
