"""The one place that knows OpenColorIO: the host's own, or the package `opencolorio`; from 2.2 on.

It is not needed: without it, and without a configuration, light is shown as sRGB.
"""

from __future__ import annotations

import array
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, product
from typing import Any

from ..errors import InvalidSetting
from ..viewing import AUTO, SRGB, Viewing

try:
    import PyOpenColorIO as OCIO
except ImportError:
    OCIO = None

_GRID = 65  # steps a color of the quick transform
_BAND = 200_000  # pixels that are worth a thread
_KEPT = 8  # processors
# ACEScct's curve (S-2016-001): steps of equal look for the quick transform, to 222 times white.
_CURVE = {"linSideBreak": [0.0078125] * 3, "base": 2.0,
          "logSideSlope": [1 / 17.52] * 3, "logSideOffset": [9.72 / 17.52] * 3}  # fmt: skip


def is_there() -> bool:
    """Whether there is an OpenColorIO that is new enough to be used."""
    return hasattr(OCIO, "BuiltinConfigRegistry")


def version() -> str:
    """OpenColorIO's version; empty where there is none."""
    return str(OCIO.__version__) if is_there() else ""


@dataclass(frozen=True)
class Look:
    """What a configuration has to choose from, and what was chosen of it, by its own names."""

    viewing: Viewing
    colorspaces: tuple[str, ...]
    displays: tuple[str, ...]
    views: tuple[str, ...]
    transform: Transform


def look(viewing: Viewing) -> Look | str:
    """What is chosen; or why that is plain sRGB, in words. Raises InvalidSetting."""
    name = os.environ.get("OCIO", "") if viewing.config == AUTO else viewing.config
    if name in ("", SRGB):
        return "sRGB, as set." if name else "sRGB: $OCIO is not set."
    if not is_there():
        return "sRGB: OpenColorIO is missing (pip install opencolorio)."
    config = _config(name)
    displays = tuple(config.getDisplays())
    display = _one_of("display", viewing.display, displays, config.getDefaultDisplay())
    views = tuple(config.getViews(display))
    view = _one_of("view", viewing.view, views, config.getDefaultView(display))
    spaces = tuple(config.getColorSpaceNames())
    if viewing.colorspace != AUTO and config.getColorSpace(viewing.colorspace) is None:
        raise _unknown("color space", viewing.colorspace, spaces)
    chosen = replace(viewing, config=name, display=display, view=view)
    return Look(chosen, spaces, displays, views, Transform(config, chosen))


def _config(name: str) -> Any:
    try:
        config = OCIO.Config.CreateFromFile(os.path.expanduser(name))
        config.validate()
    except (OCIO.Exception, OCIO.ExceptionMissingFile) as error:
        raise InvalidSetting(
            f"OpenColorIO cannot read the configuration {name!r}: {_first_line(error)}",
            f"Choose another, or {SRGB}.",
        ) from error
    # Its cache takes two tables for one where only what is between their ends differs.
    config.setProcessorCacheFlags(OCIO.PROCESSOR_CACHE_OFF)
    return config


def _one_of(kind: str, wanted: str, there: Sequence[str], default: str) -> str:
    if wanted != AUTO and wanted not in there:
        raise _unknown(kind, wanted, there)
    return default if wanted == AUTO else wanted


def _unknown(kind: str, wanted: str, there: Sequence[str]) -> InvalidSetting:
    some = ", ".join(there[:3]) + (" …" if len(there) > 3 else "")
    return InvalidSetting(
        f"The configuration has no {kind} {wanted!r}.", f"It has {len(there)}: {some}."
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


class Transform:
    """From a plate's values to what a display shows; `applied` from one thread at a time.

    `values` is what codes in equal steps from 0 to 65535 stand for, in the plate's color space.
    """

    def __init__(self, config: Any, viewing: Viewing) -> None:
        self._config, self._viewing = config, viewing
        self._processors: dict[Any, Any] = {}
        self._quick: Any = None  # the view as a table, once it was needed
        self._light: Any = None  # from a display-referred plate's values, once it was needed

    def applied(
        self,
        codes: array.array[int],
        width: int,
        exposure: float,
        gamma: float,
        values: Sequence[float],
        display_referred: bool,
        exact: bool = True,
    ) -> bytearray:
        """Bytes (RGBX) for 16-bit codes (RGBX), `width` pixels in a row.

        exposure: in stops, on scene-linear light. gamma: on top of the display's own. exact: else
        by a table, which is for pictures in motion. Raises InvalidSetting.
        """
        processor = self._processor(exposure, gamma, values, display_referred, exact)
        shown = bytearray(len(codes))
        source, target = memoryview(codes), memoryview(shown)
        size = 4 * width * max(1, _BAND // width)
        starts = range(0, len(codes), size)

        def band(start: int) -> None:
            stop = min(len(codes), start + size)
            rows = (stop - start) // (4 * width)
            depths = OCIO.BIT_DEPTH_UINT16, OCIO.BIT_DEPTH_UINT8
            processor.apply(
                OCIO.PackedImageDesc(
                    source[start:stop], width, rows, 4, depths[0], 2, 8, 8 * width
                ),
                OCIO.PackedImageDesc(
                    target[start:stop], width, rows, 4, depths[1], 1, 4, 4 * width
                ),
            )

        with ThreadPoolExecutor(min(len(starts), os.cpu_count() or 1)) as threads:
            list(threads.map(band, starts))
        return shown

    def light(self, value: Sequence[float]) -> tuple[float, float, float]:
        """Scene-linear light for a value of a display-referred plate. From any thread."""
        if self._light is None:
            parts = [self._to_light(display_referred=True)]
            self._light = self._cpu(parts, OCIO.BIT_DEPTH_F32, OCIO.BIT_DEPTH_F32)
        red, green, blue = self._light.applyRGB(list(value))
        return red, green, blue

    def _processor(
        self, exposure: float, gamma: float, values: Sequence[float], display: bool, exact: bool
    ) -> Any:
        key = exposure, gamma, tuple(values), display, exact
        if key not in self._processors:
            while len(self._processors) >= _KEPT:
                del self._processors[next(iter(self._processors))]
            view = self._view() if exact else self._table()
            parts = [_curve(values), self._to_light(display), _gain(exposure), *view]
            if gamma != 1.0:
                parts.append(OCIO.ExponentTransform(value=[1 / gamma] * 3 + [1.0]))
            self._processors[key] = self._cpu(parts, OCIO.BIT_DEPTH_UINT16, OCIO.BIT_DEPTH_UINT8)
        return self._processors[key]

    def _to_light(self, display_referred: bool) -> Any:
        name = self._viewing.colorspace
        if name == AUTO:
            name = "color_picking" if display_referred else "scene_linear"
        return OCIO.ColorSpaceTransform(src=name, dst="scene_linear")

    def _view(self) -> list[Any]:
        viewing = self._viewing
        return [
            OCIO.DisplayViewTransform(
                src="scene_linear", display=viewing.display, view=viewing.view
            )
        ]

    def _table(self) -> list[Any]:
        """The view as a table over ACEScct's curve."""
        if self._quick is None:
            steps = [index / (_GRID - 1) for index in range(_GRID)]
            grid = array.array("f", chain.from_iterable(product(steps, repeat=3)))
            back = OCIO.LogCameraTransform(**_CURVE, direction=OCIO.TRANSFORM_DIR_INVERSE)
            made = self._cpu([back, *self._view()], OCIO.BIT_DEPTH_F32, OCIO.BIT_DEPTH_F32)
            made.apply(OCIO.PackedImageDesc(grid, _GRID**3, 1, 3))
            self._quick = OCIO.Lut3DTransform(_GRID)
            self._quick.setInterpolation(OCIO.INTERP_TETRAHEDRAL)
            self._quick.setData(grid)
        return [OCIO.LogCameraTransform(**_CURVE), self._quick]

    def _cpu(self, parts: Sequence[Any], depth_in: Any, depth_out: Any) -> Any:
        group = OCIO.GroupTransform()
        for part in parts:
            group.appendTransform(part)
        try:
            return self._config.getProcessor(group).getOptimizedCPUProcessor(
                depth_in, depth_out, OCIO.OPTIMIZATION_DEFAULT
            )
        except (OCIO.Exception, OCIO.ExceptionMissingFile) as error:
            raise InvalidSetting(
                f"OpenColorIO cannot show this: {_first_line(error)}", "Choose another view."
            ) from error


def _curve(values: Sequence[float]) -> Any:
    table = OCIO.Lut1DTransform(length=len(values), inputHalfDomain=False)
    table.setData(array.array("f", chain.from_iterable((value,) * 3 for value in values)))
    return table


def _gain(exposure: float) -> Any:
    gain = 2.0**exposure
    return OCIO.MatrixTransform([gain, 0, 0, 0, 0, gain, 0, 0, 0, 0, gain, 0, 0, 0, 0, 1])
