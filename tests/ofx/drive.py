"""Everything once, in one process: `python -m tests.ofx.drive BINARY VALUES`.

Run with a plug-in that was built with sanitizers, whose library must be in the process from the
start. Says "driven" at the end; what the host or a sanitizer finds is on stderr.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from tests.ofx_host.clips import Plate
from tests.ofx_host.host import Host
from tests.ofx_host.images import Layout
from tests.ofx_host.profiles import BARE, FUSION, NATRON, NUKE, REFERENCE, RESOLVE

from .material import engines, known, picture


def main(binary, values):
    """Drive the plug-in through hosts, contexts, layouts, threads and failures."""
    values = json.loads(values)
    plate = Plate({1001 + index: picture(index) for index in range(6)})
    with Host(REFERENCE) as host:
        [plugin] = host.open(binary)
        for context in plugin.contexts:
            contexts(plugin.effect(context), values, plate)
        effect = plugin.effect("Filter")
        layouts(effect, values, plate)
        edits(effect, values, plate)
        threads(effect, values, plate)
        interruptions(effect, values, plate)
        death(effect, values, plate)
    for profile in (BARE, NUKE, RESOLVE, FUSION, NATRON):
        with Host(profile) as host:
            [plugin] = host.open(binary)
            for context in plugin.contexts:
                described(plugin.effect(context), values, plate)
    print("driven")


def contexts(effect, values, plate):
    chosen = known(effect, {**values, "SourceTime": {1001.0: 1001.0, 1009.0: 1003.0}})
    with effect.instance(chosen, {"Source": plate}, connect_late=True) as instance:
        instance.time_domain()
        instance.preferences()
        for output in (1000, 1001, 1002, 1005, 1100):
            instance.frame(output)
        instance.purge()


def layouts(effect, values, plate):
    for negative in (False, True):
        for margin in ((0, 0, 0, 0), (3, 1, 2, 5), (-2, -3, 0, -1)):
            source = replace(plate, origin=(-7, 3), layout=Layout(margin, 16, negative))
            with effect.instance(values, {"Source": source}) as instance:
                instance.layout = Layout((1, 2, 3, 4), 0, not negative)
                instance.frame(1002)
                instance.frame(1002, scale=(0.5, 0.5), interactive=True, draft=True)
                instance.render(1003, window=(-3, 5, 4, 6))
                instance.render(1001, thumbnail=True)
    holed = {time: one for time, one in plate.frames.items() if time != 1002}
    with effect.instance(values, {"Source": replace(plate, frames=holed)}) as instance:
        instance.frame(1002)
    with effect.instance(values) as instance:
        instance.frame(1002)


def edits(effect, values, plate):
    with effect.instance(values, {"Source": plate}) as instance, instance.edited():
        for preset in (0, 1, 2, 3):
            instance.edit("preset", preset)
        instance.edit("speed", {1001.0: 0.1, 1011.0: 1.0})
        instance.connect("Source", None)
        instance.connect("Source", plate)
        instance.sync()
        with effect.instance(instance.save()) as copy:
            assert copy.save() == instance.save()


def threads(effect, values, plate):
    instances = [effect.instance({**values, "seed": seed}, {"Source": plate}) for seed in (1, 2)]
    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(one.frame, time) for time in range(1002, 1009) for one in instances]
        for one in work:
            assert np.isfinite(one.result().picture).all()


def interruptions(effect, values, plate):
    slow = {**values, "steps": 30, "seed": 7}
    with effect.instance(slow, {"Source": plate}) as instance:
        started = time.monotonic()
        instance.stop = lambda _: time.monotonic() > started + 0.2
        instance.frame(1002)
        instance.stop = lambda _: False
        instance.cancel_progress_at = 0.05
        instance.frame(1003)


def death(effect, values, plate):
    slow = {**values, "steps": 30, "seed": 8}
    with effect.instance(slow, {"Source": plate}) as instance:
        killed = []

        def kill(doing):
            if not killed and doing.aborts_asked > 5:
                killed.extend(one.pid for one in engines())
                for one in engines():
                    one.kill()
            return False

        instance.stop = kill
        assert np.isfinite(instance.frame(1002).picture).all()
        assert killed
        assert np.isfinite(instance.frame(1002).picture).all()


def described(effect, values, plate):
    with effect.instance(known(effect, values), {"Source": plate}) as instance:
        instance.identity(1001)
        instance.frames_needed(1002)
        instance.frame(1001)


if __name__ == "__main__":
    main(*sys.argv[1:])
