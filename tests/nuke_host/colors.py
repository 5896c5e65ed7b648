"""Colorspaces: what a Read or Write may be set to, and the curves that the fake knows.

A space without a curve here is an error of the node: a test must not take it for linear.
"""

from __future__ import annotations

import re
from typing import Any, Callable

# Names of Nuke's own color management, and of a script with an OCIO configuration.
NUKE = ("linear", "sRGB", "rec709", "Cineon", "Gamma1.8", "Gamma2.2", "AlexaV3LogC")
# By the configuration, with roles as Nuke spells them (facts/nuke.md §15): OCIO 1 and 2.
OCIO = {
    "nuke-default": (
        "scene_linear", "ACES - ACEScg", "ACES - ACES2065-1", "Utility - sRGB - Texture",
    ),
    "aces_1.2": (
        "scene_linear (ACES - ACEScg)", "compositing_linear (ACES - ACEScg)",
        "compositing_log (Input - ADX - ADX10)", "ACES - ACEScg", "ACES - ACES2065-1",
        "Utility - Linear - sRGB", "Utility - sRGB - Texture",
    ),
    "fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1": (
        "scene_linear (ACEScg)", "compositing_log (ACEScct)", "ACEScg", "ACES2065-1",
        "Linear Rec.709 (sRGB)", "sRGB - Texture",
    ),
}  # fmt: skip
_ROLE = re.compile(r"(default|scene_linear|compositing_linear|compositing_log) \((.*)\)")
UNCHANGED = ("linear", "scene_linear", "ACES - ACEScg", "ACEScg")
RGB = ("rgba.red", "rgba.green", "rgba.blue")


def names(host: Any) -> list[str]:
    """The entries of a colorspace knob: the default with what it stands for, then all."""
    managed = host.root_core.text("colorManagement")
    return [f"default ({default(host)})", *(NUKE if managed == "Nuke" else _configured(host))]


def working(host: Any) -> list[str]:
    """The entries of the root's working space, the usual one first."""
    managed = host.root_core.text("colorManagement")
    return ["linear", "sRGB"] if managed == "Nuke" else list(_configured(host))


def _configured(host: Any) -> tuple[str, ...]:
    return OCIO.get(host.root_core.text("OCIO_config"), OCIO["nuke-default"])


def default(host: Any) -> str:
    """What EXR files are by default: the root's floatLut, or the role scene_linear."""
    if host.root_core.text("colorManagement") == "OCIO":
        return _ROLE.sub(r"\2", _configured(host)[0])
    return host.root_core.text("floatLut")


def converted(space: str, planes: dict[str, Any], *, to_linear: bool) -> dict[str, Any]:
    """Planes with their RGB taken from a space to the working space, or the other way.

    Raises RuntimeError for a space whose curve is not here.
    """
    while _ROLE.fullmatch(space):
        space = _ROLE.sub(r"\2", space)
    if space in UNCHANGED:
        return planes
    if space not in _CURVES:
        raise RuntimeError(f"the fake has no curve for the colorspace {space!r}")
    curve = _CURVES[space][0 if to_linear else 1]
    return {
        name: _as_float(curve, plane) if name in RGB else plane for name, plane in planes.items()
    }


def _as_float(curve: Callable, plane: Any) -> Any:
    return curve(plane).astype("float32")


def _srgb_to_linear(plane: Any) -> Any:
    """IEC 61966-2-1."""
    import numpy as np

    high = ((np.maximum(plane, 0) + 0.055) / 1.055) ** 2.4
    return np.where(plane <= 0.04045, plane / 12.92, high)


def _linear_to_srgb(plane: Any) -> Any:
    import numpy as np

    high = 1.055 * np.maximum(plane, 0) ** (1 / 2.4) - 0.055
    return np.where(plane <= 0.0031308, plane * 12.92, high)


def _power(exponent: float) -> Callable:
    import numpy as np

    return lambda plane: np.sign(plane) * np.abs(plane) ** exponent


_CURVES: dict[str, tuple[Callable, Callable]] = {
    "sRGB": (_srgb_to_linear, _linear_to_srgb),
    "Utility - sRGB - Texture": (_srgb_to_linear, _linear_to_srgb),
    "sRGB - Texture": (_srgb_to_linear, _linear_to_srgb),
    "Gamma1.8": (lambda plane: _power(1.8)(plane), lambda plane: _power(1 / 1.8)(plane)),
    "Gamma2.2": (lambda plane: _power(2.2)(plane), lambda plane: _power(1 / 2.2)(plane)),
}
