"""HiFIRetime in Nuke: knobs to a request, upstream to files, the engine's frames to a Read.

Importing this package makes `hifi_ofx` importable, and nothing else: the engine and the tests,
which lie beside it in a checkout, must not get onto Nuke's sys.path, nor may this folder's parent,
where a folder called `nuke` would hide Nuke's own module.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_HOME = Path(__file__).resolve().parents[1]


def load_front_end(home: Path = _HOME) -> None:
    """Import `hifi_ofx` from beside the plug-in's folder (installed) or above it (a checkout).

    Raises ImportError, with both places in its text, where neither has it.
    """
    if "hifi_ofx" in sys.modules:
        return
    places = [home / "hifi_ofx", home.parent / "hifi_ofx"]
    found = next((place for place in places if (place / "__init__.py").is_file()), None)
    if found is None:
        raise ImportError(
            f"HiFI Retime is not complete: there is neither {places[0]} nor {places[1]}."
        )
    spec = importlib.util.spec_from_file_location(
        "hifi_ofx", found / "__init__.py", submodule_search_locations=[str(found)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{found} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["hifi_ofx"] = module
    spec.loader.exec_module(module)


load_front_end()
