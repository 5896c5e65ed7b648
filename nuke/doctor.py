"""`nuke -t doctor.py`: print which assumptions about Nuke hold here; `hifi-ofx doctor nuke`."""

import importlib
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
if _HERE not in sys.path:
    sys.path.append(_HERE)

sys.exit(importlib.import_module("hifi_nuke.doctor").main())
