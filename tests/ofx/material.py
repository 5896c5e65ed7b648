"""What the tests share with the processes that they start: pictures, engines. Light to import."""

import contextlib
import time
from pathlib import Path

import numpy as np
import psutil

HEIGHT, WIDTH, FIRST = 48, 64, 1001
IN_BUNDLE = Path("Contents/Linux-x86-64/HiFI.ofx")


def engines(of=None):
    """The engine processes below a process, by default this one."""
    found = []
    for child in psutil.Process(of).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "serve" in child.cmdline() or child.status() == psutil.STATUS_ZOMBIE:
                found.append(child)
    return found


def gone(processes, seconds=10):
    """Whether processes end within some seconds."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not alive


def wait_until(true, seconds=10):
    """Whether something becomes true within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return bool(true())


def program(path, text):
    """An executable file."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def known(effect, values):
    """Those of the values that the effect has parameters for: Retimer has no timing of its own."""
    params = effect.description.params.params
    return {name: value for name, value in values.items() if name in params}


def picture(index, height=HEIGHT, width=WIDTH):
    """A bright square, half transparent, over a gradient; it moves 2 pixels a frame."""
    pixels = np.zeros((height, width, 4), np.float32)
    pixels[..., 0] = np.linspace(0, 1, width) ** 2
    pixels[..., 3] = 1
    x = 5 + 2 * index
    pixels[height // 5 : height // 2, x : x + width // 4] = (-0.01, 4.0, 30.0, 0.5)
    return pixels
