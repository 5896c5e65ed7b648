"""The OpenFX plug-in: a small native program that hosts load, and what builds it.

The C++ sources lie in `source/`; the engine is a child process of the host, as everywhere.
"""

from __future__ import annotations

from pathlib import Path

from hifi_ofx.errors import HifiError

BUNDLE = "HiFI.ofx.bundle"
ENGINE_PYTHON = Path("Contents/Resources/engine_python.txt")  # in an installed bundle


def bundle_path() -> Path:
    """The built bundle: in an installed package beside this file, in a checkout under `build/`.

    Raises HifiError, with what to do, where it was not built.
    """
    here = Path(__file__).resolve().parent
    places = (here / BUNDLE, here.parents[1] / "build" / BUNDLE)
    for place in places:
        if any(place.glob("Contents/*/HiFI.ofx")):
            return place
    raise HifiError(
        "The OpenFX plug-in was not built: there was no C++17 compiler.",
        "Install one (g++, clang++ or Visual Studio) and CMake, and run `pip install` again.",
    )
