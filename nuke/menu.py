"""Read by Nuke's interface at start, after init.py: the menu entries and the panel.

Nuke asks for this very file name. It may not stop Nuke from starting, whatever is wrong with it.
"""

import nuke

try:
    from hifi_nuke import startup

    startup.add_menus()
except Exception as error:
    nuke.tprint(f"[hifi] HiFI Retime has no menu: {error}")
