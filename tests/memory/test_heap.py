"""Free memory that the C library holds is used again, and given back."""

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

TWICE = """
import resource, sys
from engine.memory.heap import give_back, keep_freed

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(40_000_000)  # and it is freed
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "kept":
    keep_freed()
faults()
again = faults()
give_back()
print(again, faults())
"""
of_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries keep nothing"
)


@of_glibc
def test_what_was_freed_below_something_that_stays_is_given_back():
    """200 MB in pieces too small to be mapped alone, with a small one after them that stays."""
    said = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True)
    given, kept = said.stdout.split()
    assert int(given) > 100e6
    assert float(kept) == 1


@of_glibc
def test_a_freed_block_is_not_mapped_anew_until_it_is_given_back():
    again, given_back = page_faults("kept")
    assert again < 100 < given_back
    assert min(page_faults("usual")) > 100


def page_faults(how):
    command = [sys.executable, "-c", TWICE, how]
    said = subprocess.run(command, check=True, capture_output=True)
    return [int(word) for word in said.stdout.split()]
