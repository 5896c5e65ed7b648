"""Workspace ▸ Scripts ▸ HiFI Retime: a slow-motion clip above the selected one.

Resolve runs this with any Python 3 it finds, and gives it `resolve`. Everything else lies in
hifi_resolve and hifi_ofx: beside this file in an installation, one folder up in a checkout.
"""

import importlib
import importlib.util
import os
import sys

OLDEST = (3, 9)


def _load(name, *folders):
    """Import a package from one of these folders, without putting them on the module path."""
    for folder in folders:
        start = os.path.join(folder, name, "__init__.py")
        if os.path.isfile(start):
            break
    else:
        raise ImportError(f"HiFI Retime: {name} is missing: run `hifi-ofx install resolve` again")
    # An earlier run, perhaps of an older version, may still be in this interpreter.
    for loaded in [key for key in sys.modules if key.split(".")[0] == name]:
        del sys.modules[loaded]
    spec = importlib.util.spec_from_file_location(
        name, start, submodule_search_locations=[os.path.dirname(start)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _home():
    """The folder of this file; a menu script that was copied by hand is not told where it is."""
    try:
        return os.path.dirname(os.path.abspath(__file__))
    except NameError:
        return os.environ.get("HIFI_RESOLVE_HOME", "")


def _run(resolve):
    if sys.version_info < OLDEST:
        print(
            f"HiFI Retime needs Python {OLDEST[0]}.{OLDEST[1]} or later; Resolve found "
            f"{sys.version.split()[0]}. Install Python 3.10 to 3.12 for all users, and restart it."
        )
        return
    home = _home()
    _load("hifi_ofx", home, os.path.dirname(home))
    _load("hifi_resolve", home)
    importlib.import_module("hifi_resolve.menu").main(resolve)


try:
    _resolve = resolve
except NameError:
    print("HiFI Retime: run this from Resolve's menu Workspace > Scripts, or use: hifi-ofx resolve")
else:
    _run(_resolve)
