"""Run by other Pythons: import the whole shim, and run what needs neither Nuke nor pytest.

    python3.9 tests/nuke/under_any_python.py

The standard library alone. An empty module stands in for Nuke: importing may not ask it anything.
"""

import importlib
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKS = ("tests.nuke.test_mapping", "tests.nuke.test_layout")


def main() -> int:
    """Import, run, and print how many tests passed. A failure ends it with its traceback."""
    sys.path[:0] = [str(ROOT / "nuke"), str(ROOT)]
    sys.modules["nuke"] = types.ModuleType("nuke")
    for path in sorted((ROOT / "nuke/hifi_nuke").glob("*.py")):
        importlib.import_module(f"hifi_nuke.{path.stem}".replace(".__init__", ""))
    outside = {name.partition(".")[0] for name in sys.modules} & {"torch", "engine", "numpy"}
    assert not outside, f"the shim imported {outside}"
    tests = [
        test
        for name in CHECKS
        for key, test in vars(importlib.import_module(name)).items()
        if key.startswith("test_")
    ]
    for test in tests:
        test()
    print(f"{len(tests)} passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
