"""Engines that fail, each in its own way: `python stand_in_engine.py WAY -m engine serve`.

Some do not fail but blend, at once or after a while: for tests of hosts, which need an engine and
not its art.
"""

import json
import sys
import time
from array import array
from fractions import Fraction
from pathlib import Path

HELLO = {
    "type": "hello",
    "id": "",
    "protocol": 1,
    "version": "0.0",
    "device": "cpu",
    "device_name": "cpu",
    "free_memory": 1 << 30,
    "weights": ["aligned"],
}
OUT_OF_MEMORY = {
    "kind": "OutOfMemory",
    "message": "One patch of 32x48 pixels does not fit into the memory of cpu.",
    "hint": "Set Patch size to 16x24 or less.",
}


def say(**message):
    print(json.dumps(message), flush=True)


def requests():
    """The messages after the host's hello, until the host has gone."""
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "shutdown":
            return
        if message["type"] not in ("hello", "cancel"):
            yield message


def blend(request):
    """Write the blend of both pictures, and say so."""
    wanted = request["request"]
    left, right = (
        array("f", Path(wanted[side]["path"]).read_bytes()) for side in ("left", "right")
    )
    share = float(Fraction(wanted["fraction"]))
    mixed = array("f", ((1 - share) * one + share * two for one, two in zip(left, right)))
    Path(wanted["result"]).write_bytes(mixed.tobytes())
    window = {key: wanted["left"][key] for key in ("width", "height", "x", "y")}
    say(type="finished", id=request["id"], calls=1, seconds=0.0, source="", **window)


def main(way):
    """Fail. Returns the exit code."""
    if way == "exits":
        print("ImportError: no module named torch", file=sys.stderr)
        return 3
    if way == "babbles":
        print("Loading plug-ins ...\n\xff{]", flush=True)
    if way == "silent":
        time.sleep(60)
    say(**{**HELLO, "protocol": 99 if way == "protocol" else 1})
    for request in requests():
        if way == "ponders":
            time.sleep(0.5)
        if way in ("blends", "babbles", "ponders"):
            blend(request)
        if way == "memory":
            say(type="failed", id=request["id"], error=OUT_OF_MEMORY)
        if way == "no pixels":  # it says that it is done, and has written nothing
            say(type="finished", id=request["id"], width=64, height=48, x=0, y=-48, calls=1)
        if way == "closes":
            return 0
        if way == "mumbles":
            say(type="finished", id=request["id"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
