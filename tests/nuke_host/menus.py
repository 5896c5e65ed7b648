"""Menus and toolbars. In terminal mode there are none."""

from __future__ import annotations

from typing import Any, Callable

from tests.nuke_host.strict import HostObject


class MenuItem(HostObject):
    """One entry."""

    def __init__(self, host, name, command="", shortcut="", icon="", tooltip="") -> None:
        self._host = host
        self._name, self._command, self._shortcut, self._icon = name, command, shortcut, icon
        self._tooltip, self._enabled, self._visible = tooltip, True, True

    def _owner(self) -> Any:
        return self._host

    def name(self):
        return self._name

    def script(self):
        return self._command if isinstance(self._command, str) else ""

    def shortcut(self):
        return self._shortcut

    def icon(self):
        return self._icon

    def setEnabled(self, enabled, recursive=False):
        self._enabled = bool(enabled)

    def setVisible(self, visible):
        self._visible = bool(visible)

    def invoke(self):
        """As a click: a callable is called, a text is run in Nuke's main namespace."""
        if not self._enabled:
            return
        if callable(self._command):
            self._command()
        elif self._command:
            self._host.run_python(self._command)


class Entries(HostObject):
    """What menus, the menu bar and toolbars have in common."""

    def __init__(self, host, name) -> None:
        self._host, self._name = host, name
        self._items: dict[str, Any] = {}

    def _owner(self) -> Any:
        return self._host

    def name(self):
        return self._name

    def _open(self, path: str) -> tuple[Any, str]:
        here: Any
        here, parts = self, path.split("/")
        for part in parts[:-1]:
            here = here._items.setdefault(part, Menu(self._host, part))
        return here, parts[-1]

    def addMenu(self, name, icon="", tooltip="", index=-1):
        where, last = self._open(name)
        item = where._items.get(last)
        if not isinstance(item, Menu):
            item = where._items[last] = Menu(self._host, last, icon)
        return item

    def addCommand(self, name, command="", shortcut="", icon="", tooltip="", index=-1):
        if not callable(command) and not isinstance(command, str):
            raise TypeError(f"{name}: a command is a callable or a text, not {command!r}")
        where, last = self._open(name)
        where._items[last] = MenuItem(self._host, last, command, shortcut or "", icon, tooltip)
        return where._items[last]

    def addSeparator(self, index=-1):
        self._items[f"-{len(self._items)}"] = MenuItem(self._host, "-")

    def findItem(self, name):
        here: Any = self
        for part in name.split("/"):
            here = here._items.get(part) if isinstance(here, Entries) else None
        return here

    def menu(self, name):
        found = self.findItem(name)
        return found if isinstance(found, Menu) else None

    def items(self):
        return list(self._items.values())

    def removeItem(self, name):
        self._items.pop(name, None)

    def clearMenu(self):
        self._items = {}


class Menu(Entries, MenuItem):
    """Entries and menus in them."""

    def __init__(self, host, name, icon="") -> None:
        MenuItem.__init__(self, host, name, icon=icon)
        Entries.__init__(self, host, name)


class MenuBar(Entries):
    """The bar at the top."""


class ToolBar(Entries):
    """A toolbar: nuke.toolbar('Nodes') and nuke.menu('Nodes') are the same."""


class Pane:
    """Where a panel can be put."""

    def __init__(self, name: str) -> None:
        self.name = name


class PanelHandle:
    """What registerWidgetAsPanel gives back with create=True."""

    def __init__(self, host: Any, title: str) -> None:
        self._host, self._title = host, title

    def addToPane(self, pane=None):
        """Show the panel in a pane."""
        self._host.shown.panels.append(self._title)
        return self


class Menus:
    """All menus of a session."""

    def __init__(self, host: Any) -> None:
        plain = ("Pane", "Properties", "Animation", "Viewer", "Node Graph", "Axis")
        self.by_name: dict[str, Any] = {name: Menu(host, name) for name in plain}
        self.by_name.update(Nuke=MenuBar(host, "Nuke"), Nodes=ToolBar(host, "Nodes"))
        for name in ("File", "Edit", "Render", "Viewer", "Cache", "Help"):
            self.by_name["Nuke"].addMenu(name)
        for name in (
            "Image",
            "Draw",
            "Time",
            "Channel",
            "Color",
            "Filter",
            "Merge",
            "Transform",
            "Other",
        ):
            self.by_name["Nodes"].addMenu(name)
        self.panels: dict[str, tuple[str, str]] = {}


def functions(host: Any) -> dict[str, Callable]:
    """The functions of the module `nuke` that this file gives."""

    def need_gui(what: str) -> None:
        if not host.gui:
            raise RuntimeError(f"{what} not available: running in non-gui mode")

    def menu(name):
        need_gui("menu")
        if name not in host.menus.by_name:
            raise RuntimeError(f"No such menu: {name}")
        return host.menus.by_name[name]

    def toolbar(name, create=True):
        need_gui("toolbar")
        if name not in host.menus.by_name and not create:
            return None
        return host.menus.by_name.setdefault(name, ToolBar(host, name))

    def getPaneFor(panelName):
        need_gui("getPaneFor")
        return Pane(panelName)

    return {entry.__name__: entry for entry in (menu, toolbar, getPaneFor)}


def register_widget_as_panel(host: Any) -> Callable:
    """nukescripts.panels.registerWidgetAsPanel: the class is text that is evaluated later."""

    def registerWidgetAsPanel(widget, name, id, create=False):
        if not host.gui:
            host.refuse("registerWidgetAsPanel in terminal mode: there is no Qt application.")
        if not isinstance(widget, str):
            raise TypeError(f"the widget is the text of a class, not {widget!r}")
        host.menus.panels[id] = (widget, name)

        def show():
            PanelHandle(host, name).addToPane()

        host.menus.by_name["Pane"].addCommand(name, show)
        return PanelHandle(host, name) if create else None

    return registerWidgetAsPanel
