"""A working fake of Foundry Nuke's Python module, as strict as its stubs and its documents.

    with session(plugins_from=[folder]) as host:
        host.tab("HiFIRetime")
        host.press("HiFIRetime1", "render")

See README.md in this folder for what is real in it and what is not.
"""

from tests.nuke_host.session import Session, session
from tests.nuke_host.strict import Refused

__all__ = ["Refused", "Session", "session"]
