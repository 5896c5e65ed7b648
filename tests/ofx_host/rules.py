"""Which suite function may be called during which action.

`instance` is every action on an instance, `main` those that a host calls on its main thread,
where parameters may be set. Images are fetched in Render, or after an edit by the user.
"""

from .names import ACTIONS

RENDER_THREAD = {"rod", "roi", "frames", "identity", "begin", "render", "end"}
INSTANCE = set(ACTIONS) - {"load", "unload", "describe", "context"}
MAIN = INSTANCE - RENDER_THREAD
_EVERY = set(ACTIONS)

_TABLE = {
    "fetchSuite": {"load"},
    "getPropertySet": _EVERY - {"load", "unload"},
    "getParamSet": {"context"} | INSTANCE,
    "clipDefine": {"context"},
    "clipGetHandle": INSTANCE,
    "clipGetPropertySet": INSTANCE,
    "clipGetImage": {"render", "change"},
    "clipReleaseImage": {"render", "change"},
    "clipGetRegionOfDefinition": INSTANCE,
    "abort": INSTANCE,
    "imageMemoryAlloc": INSTANCE,
    "imageMemoryFree": INSTANCE,
    "imageMemoryLock": INSTANCE,
    "imageMemoryUnlock": INSTANCE,
    "paramDefine": {"context"},
    "paramSetGetPropertySet": {"context"} | INSTANCE,
    "paramGetHandle": INSTANCE,
    "paramGetPropertySet": INSTANCE,
    "paramGetValue": INSTANCE - {"render"},
    "paramGetValueAtTime": INSTANCE,
    "paramGetDerivative": INSTANCE,
    "paramGetIntegral": INSTANCE,
    "paramGetNumKeys": INSTANCE,
    "paramGetKeyTime": INSTANCE,
    "paramGetKeyIndex": INSTANCE,
    **dict.fromkeys(("paramSetValue", "paramSetValueAtTime", "paramCopy"), MAIN),
    **dict.fromkeys(("paramDeleteKey", "paramDeleteAllKeys"), MAIN),
    **dict.fromkeys(("paramEditBegin", "paramEditEnd"), MAIN),
    "message": _EVERY - {"unload"},
    **dict.fromkeys(("setPersistentMessage", "clearPersistentMessage"), INSTANCE),
    **dict.fromkeys(("progressStart", "progressUpdate", "progressEnd"), INSTANCE),
    **dict.fromkeys(("getTime", "getTimeBounds"), INSTANCE),
    "gotoTime": MAIN,
    **dict.fromkeys(("multiThread", "multiThreadIndex", "multiThreadIsSpawnedThread"), INSTANCE),
}


def allowed(function, action):
    """Whether a suite function may be called during an action; None means outside of any."""
    return action in _TABLE.get(function, _EVERY)
