"""Read by Nuke at start, in the interface and in terminals: makes HiFIRetime work in both.

Nuke asks for this very file name. It may not stop Nuke from starting, whatever is wrong with it.
"""

import os
import sys

import nuke

try:
    # Nuke adds a folder of NUKE_PATH by itself; a folder read in another way may not be there yet.
    _HERE = os.path.dirname(os.path.abspath(__file__))
    if _HERE not in sys.path:
        sys.path.append(_HERE)
    from hifi_nuke import startup

    startup.register()
except Exception as error:
    nuke.tprint(f"[hifi] HiFI Retime was not loaded: {error}")
