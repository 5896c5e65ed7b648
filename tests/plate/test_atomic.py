"""What an unfinished write leaves behind, and who clears it away."""

import os
import socket
import subprocess
import sys
import time

from engine.plate.atomic import remove_leftovers


def test_what_dead_processes_left_is_removed_and_what_others_write_is_not(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    here = socket.gethostname()
    dead, ours, theirs, old = (
        tmp_path / f".hifi-{host}-{pid}-0.tmp.exr"
        for host, pid in ((here, child.pid), (here, os.getpid()), ("farm07", 1), ("farm08", 1))
    )
    for file in (dead, ours, theirs, old):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([ours, theirs])
    os.utime(ours, (time.time() - 2 * 86400,) * 2)  # its process number was used again
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [theirs]
