"""Free memory that the C library holds is given back."""

import platform
import subprocess
import sys

import pytest

# In a process of its own: what other tests have freed before decides where the pieces lie.
PROGRAM = """
import psutil, torch
from engine.memory.heap import give_back

process = psutil.Process()
pieces = [torch.ones(20_000) for _ in range(2500)]
kept = torch.ones(1)
del pieces
held = process.memory_info().rss
give_back()
print(held - process.memory_info().rss, kept.item())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep nothing")
def test_what_was_freed_below_something_that_stays_is_given_back():
    """200 MB in pieces too small to be mapped alone, with a small one after them that stays."""
    said = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True)
    given, kept = said.stdout.split()
    assert int(given) > 100e6
    assert float(kept) == 1
