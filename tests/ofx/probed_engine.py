"""The engine as it is, with two additions: it writes down its network calls, and can be slowed.

Started as `python probed_engine.py -m engine serve`, as a host starts the engine. The folder named
by HIFI_PROBE gets one line a call, "begin" and "end" with the time of the system's monotonic
clock; a file `seconds` in it says how long each call is to take at least.
"""

import os
import sys
import time
from pathlib import Path

from engine.paper.unet import UNet


def main():
    """Serve, with every call of the network noted."""
    assert sys.argv[1:] == ["-m", "engine", "serve"], sys.argv
    folder = Path(os.environ["HIFI_PROBE"])
    forward = UNet.forward

    def noted(self, *arguments, **options):
        note(folder, "begin")
        result = forward(self, *arguments, **options)
        time.sleep(seconds(folder))
        note(folder, "end")
        return result

    UNet.forward = noted
    from engine.__main__ import main as engine

    return engine(["serve"])


def note(folder, word):
    with (folder / "calls").open("a", encoding="utf-8") as file:
        file.write(f"{word} {time.monotonic()}\n")


def seconds(folder):
    try:
        return float((folder / "seconds").read_text(encoding="utf-8"))
    except OSError:
        return 0.0


if __name__ == "__main__":
    sys.exit(main())
