"""Resolve from outside: the script library where Blackmagic's README says that it is.

Resolve Studio alone answers, and only with Preferences ▸ System ▸ General ▸ External scripting
using set to Local. (Scripting/README.txt, 24 July 2026.)
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hifi_ofx.install.resolve_version import scripting_folders

from .answers import ResolveError

if TYPE_CHECKING:
    from fusionscript import Resolve

MODULE = "DaVinciResolveScript"
NEW_PYTHON = (3, 13)
"""From this Python on, Resolve before 20.3.2 answers nothing. 21.1 has a Python 3.14 of its own."""


def places(platform: str, environment: Mapping[str, str]) -> list[tuple[Path, Path]]:
    """(Scripting folder, script library): the environment's, then the documented ones."""
    folders = scripting_folders(platform, {**environment, "RESOLVE_SCRIPT_API": ""})
    if platform == "darwin":
        application = Path("/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Libraries")
        libraries = [application / "Fusion/fusionscript.so"]
    elif platform == "win32":
        program = Path(r"C:\Program Files\Blackmagic Design\DaVinci Resolve")
        libraries = [program / "fusionscript.dll"]
    else:
        libraries = [folder.parents[1] / "libs/Fusion/fusionscript.so" for folder in folders]
    found = list(zip(folders, libraries))
    first = found[0]
    given = (
        Path(environment.get("RESOLVE_SCRIPT_API") or first[0]),
        Path(environment.get("RESOLVE_SCRIPT_LIB") or first[1]),
    )
    return [given, *(pair for pair in found if pair != given)]


def connect() -> Resolve:
    """The running Resolve. Raises ResolveError, with what can be done, when none answers."""
    found = places(sys.platform, os.environ)
    for api, library in found:
        modules = api / "Modules"
        if (modules / f"{MODULE}.py").is_file():
            return _answering(_application(modules, library))
    raise ResolveError(
        f"Resolve's script library is not in {' or '.join(str(api) for api, _ in found)}.",
        "Install Resolve Studio on this machine, or set RESOLVE_SCRIPT_API and RESOLVE_SCRIPT_LIB.",
    )


def _application(modules: Path, library: Path) -> object:
    """What scriptapp answers. The module replaces itself by the library that it finds."""
    before = os.environ.get("RESOLVE_SCRIPT_LIB")
    os.environ["RESOLVE_SCRIPT_LIB"] = str(library)
    sys.path.append(str(modules))
    try:
        return importlib.import_module(MODULE).scriptapp("Resolve")
    except (ImportError, OSError) as error:
        raise ResolveError(
            f"Resolve's script library cannot be loaded: {error}.",
            f"Use a 64-bit Python that it knows, 3.10 to 3.12 (this is {_version()}).",
        ) from error
    finally:
        sys.path.remove(str(modules))
        if before is None:
            del os.environ["RESOLVE_SCRIPT_LIB"]
        else:
            os.environ["RESOLVE_SCRIPT_LIB"] = before


def _answering(resolve: object) -> Resolve:
    if resolve is None:
        new = sys.version_info[:2] >= NEW_PYTHON
        raise ResolveError(
            "Resolve does not answer a script from outside.",
            "Start Resolve Studio (the free edition answers its own menu alone: use Workspace ▸ "
            "Scripts ▸ HiFI Retime), and set Preferences ▸ System ▸ General ▸ External scripting "
            "using to Local."
            + (f" Before Resolve 20.3.2, Python {_version()} is too new." if new else ""),
        )
    return resolve  # type: ignore[return-value]  # the library has no types


def _version() -> str:
    return ".".join(str(number) for number in sys.version_info[:2])
