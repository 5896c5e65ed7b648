"""How the panel shows a plate's light, by OpenColorIO's names. Nothing of it is rendered."""

from __future__ import annotations

from dataclasses import dataclass

from .parameters import parameter

AUTO = "auto"
SRGB = "sRGB"
CONFIGS = (AUTO, SRGB, "ocio://cg-config-latest", "ocio://studio-config-latest")


@dataclass(frozen=True)
class Viewing:
    """A display and a view of an OpenColorIO configuration, and what the plate's values are in."""

    config: str = parameter(
        AUTO,
        "Config",
        "OpenColorIO configuration: the built-in ACES ones by name, or a file. auto is what $OCIO "
        "names, and plain sRGB where it names none. For the viewer alone: nothing of it is "
        "rendered.",
    )
    colorspace: str = parameter(
        AUTO,
        "Plate is",
        "Color space of the plate's values, as ARRI LogC4. auto is the configuration's role "
        "scene_linear for scene-linear plates, and color_picking (sRGB) for display-referred ones.",
    )
    display: str = parameter(
        AUTO, "Display", "The display that the view is for. auto is the configuration's first."
    )
    view: str = parameter(AUTO, "View", "View transform. auto is the display's own default.")
