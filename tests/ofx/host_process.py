"""A host as a process of its own, to be killed: `python -m tests.ofx.host_process BINARY VALUES`.

Renders one in-between, says which processes it has started, and waits for its end.
"""

import json
import sys
import time

from tests.ofx_host.clips import Plate
from tests.ofx_host.host import Host

from .material import engines, picture


def main(binary, values):
    """Render, speak, wait."""
    plate = Plate({1001 + index: picture(index) for index in range(3)})
    with Host() as host:
        [plugin] = host.open(binary)
        instance = plugin.effect("Filter").instance(json.loads(values), {"Source": plate})
        frame = instance.frame(1002)
        pids = [process.pid for process in engines()]
        print(json.dumps({"status": frame.status, "engines": pids}), flush=True)
        time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
