"""Free memory that the C library holds is given back."""

import platform

import psutil
import pytest
import torch

from engine.heap import give_back


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep nothing")
def test_what_was_freed_below_something_that_stays_is_given_back():
    """200 MB in pieces too small to be mapped alone, with a small one after them that stays."""
    process = psutil.Process()
    pieces = [torch.ones(20_000) for _ in range(2500)]
    kept = torch.ones(1)
    del pieces
    held = process.memory_info().rss
    give_back()
    assert process.memory_info().rss < held - 100e6
    assert kept.item() == 1
