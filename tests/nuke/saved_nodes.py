"""Scripts with nodes of every version, for the tests: `python -m tests.nuke.saved_nodes FILE`.

Each version's own code has saved its file, which is then kept as it is. @FOLDER@ and @WEIGHTS@
stand for places of the machine that reads it. `before_versions.nk` is from before nodes said which
version they are of; it has a node that was rendered, too.
"""

import sys
from pathlib import Path

NODES = Path(__file__).parent / "nodes"


def opened(session_, name, folder, weights):
    """Open a kept script; its nodes by name."""
    text = (NODES / name).read_text(encoding="utf-8")
    script = Path(folder) / "opened.nk"
    script.write_text(
        text.replace("@FOLDER@", Path(folder).as_posix()).replace("@WEIGHTS@", str(weights)),
        encoding="utf-8",
    )
    session_.nuke.scriptOpen(script.as_posix())
    return {node.name(): node for node in session_.nuke.allNodes("Group")}


def save(path):
    """Save a script with a node of this version, as it comes from the menu."""
    from tests.nuke.conftest import running_nuke

    with running_nuke() as session_:
        read = session_.nuke.nodes.Read(name="Read1")
        for knob, value in {
            "file": "@FOLDER@/plate/plate.%04d.exr", "first": 1001, "last": 1004,
            "origfirst": 1001, "origlast": 1004, "raw": True,
        }.items():  # fmt: skip
            read[knob].setValue(value)
        session_.select(read)
        session_.tab("HiFIRetime")
        node = session_.nuke.selectedNode()
        for knob, value in {
            "weights": "@WEIGHTS@", "device": "cpu", "patch": "48x64", "cascade_depth": 1,
            "cacheFolder": "@FOLDER@/cache",
        }.items():  # fmt: skip
            session_.turn(node, knob, value)
        node.setName("Fresh1")
        session_.nuke.scriptSaveAs(Path(path).as_posix(), 1)


if __name__ == "__main__":
    save(sys.argv[1])
