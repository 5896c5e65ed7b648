"""`python -m hifi_ofx`, which the command `hifi-ofx` is, too.

Ctrl-C is answered in a sentence from here on, while the rest is still being imported.
"""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Run the command line as a process of its own. Returns its exit code."""
    try:
        from .cli import main as run

        code = run()
    except KeyboardInterrupt:
        print("hifi-ofx: Cancelled.", file=sys.stderr)
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one must not change how it ends
    # CPython ends by the signal, caught or not, if it came in code that `exec` runs, as dataclasses
    # are made; unless other such code ends well after that.
    exec("")
    return code


if __name__ == "__main__":
    sys.exit(main())
