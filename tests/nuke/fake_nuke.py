"""`nuke` as a program, played by the stand-in: -t FILE WORDS…, and -F RANGE -X WRITES SCRIPT."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.nuke.conftest import running_nuke


def main(words):
    """Run it. Returns the exit code."""
    if words[0] == "-t":
        with running_nuke(mode="-t", args=words[1:]) as session:
            try:
                session.run_file(words[1])
            except SystemExit as end:
                return int(end.code or 0)
        return 0
    known = dict(zip(words[:-1:2], words[1:-1:2]))
    with running_nuke(mode="-x", args=words) as session:
        return session.render_script(words[-1], known.get("-F", ""), known.get("-X", ""))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
