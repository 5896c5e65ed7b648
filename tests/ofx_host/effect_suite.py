"""The image effect suite: clips, images, abort, and memory for images."""

import ctypes

from . import abi
from .abi import Status
from .clips import Clip, ClipDescriptor
from .effect import Context, Descriptor
from .faults import Refused
from .images import pixels_of
from .instance import Instance
from .properties import PropertySet, text_of


class Fetched:
    """One answer of clipGetImage, until it is released."""

    def __init__(self, host, clip, time, image, box, scale):
        self.title = f"the image of {clip} at {time:g}"
        self.clip, self.time, self.image = clip, time, image
        plate = clip.plate or clip.instance.leading_plate
        values = {
            "OfxPropType": "OfxTypeImage",
            "OfxImagePropData": image.address,
            "OfxImagePropBounds": list(image.bounds),
            "OfxImagePropRegionOfDefinition": list(box),
            "OfxImagePropRowBytes": image.row_bytes,
            "OfxImageEffectPropComponents": "OfxImageComponentRGBA",
            "OfxImageEffectPropPixelDepth": "OfxBitDepthFloat",
            "OfxImageEffectPropPreMultiplication": plate.premultiplication,
            "OfxImageEffectPropRenderScale": list(scale),
            "OfxImagePropPixelAspectRatio": plate.aspect,
            "OfxImagePropField": "OfxFieldNone",
            "OfxImagePropUniqueIdentifier": host.profile.identifier or image.digest(),
        }
        self.properties = PropertySet(host.handles, "image", self.title, values)

    def __str__(self):
        return self.title


class ImageEffectSuite:
    """The 13 functions."""

    def __init__(self, host):
        self._host = host
        self._blocks = {}

    def getPropertySet(self, effect, properties):
        found = self._host.handles.get(effect, (Descriptor, Context, Instance))
        abi.write(ctypes.c_void_p, properties, found.properties.handle)

    def getParamSet(self, effect, params):
        found = self._host.handles.get(effect, (Context, Instance))
        abi.write(ctypes.c_void_p, params, found.params.handle)

    def clipDefine(self, effect, name, properties):
        found = self._host.handles.get(effect, Context)
        name = text_of(name)
        if not name or name in found.clips:
            raise Refused(Status.EXISTS, f"defined the clip {name!r} twice, or without a name")
        clip = found.clips[name] = ClipDescriptor(self._host, name)
        if properties:
            abi.write(ctypes.c_void_p, properties, clip.properties.handle)

    def clipGetHandle(self, effect, name, clip, properties):
        found = self._host.handles.get(effect, Instance).clips.get(text_of(name))
        if found is None:
            raise Refused(Status.UNKNOWN, f"asked for the clip {text_of(name)!r}")
        abi.write(ctypes.c_void_p, clip, found.handle)
        if properties:
            abi.write(ctypes.c_void_p, properties, found.properties.handle)

    def clipGetPropertySet(self, clip, properties):
        found = self._host.handles.get(clip, Clip)
        abi.write(ctypes.c_void_p, properties, found.properties.handle)

    def clipGetImage(self, clip, time, region, image):
        found = self._host.handles.get(clip, Clip)
        doing = self._host.doing
        if doing.instance is not found.instance:
            raise Refused(Status.BAD_HANDLE, f"fetched {found} of another instance")
        made = doing.output(found, time) if found.name == "Output" else doing.input(found, time)
        if made is None:
            raise Refused(Status.FAILED)
        scale = self._host.profile.image_scale(doing.scale, doing.interactive)
        fetched = Fetched(self._host, found, time, *made, scale)
        doing.live[fetched.properties.handle] = fetched
        abi.write(ctypes.c_void_p, image, fetched.properties.handle)

    def clipReleaseImage(self, image):
        found = self._host.handles.get(image, PropertySet)
        if found.handle not in self._host.doing.live:
            raise Refused(Status.BAD_HANDLE, f"released {found}, which it has not fetched")
        del self._host.doing.live[found.handle]
        self._host.handles.drop(found.handle)

    def clipGetRegionOfDefinition(self, clip, time, rectangle):
        found = self._host.handles.get(clip, Clip)
        plate = found.plate or (found.instance.leading_plate if found.name == "Output" else None)
        if plate is None:
            raise Refused(Status.FAILED)
        region = plate.region_at(time)
        if self._host.profile.region_in_pixels:
            region = pixels_of(region, self._host.doing.scale, plate.aspect)
        for index, value in enumerate(region):
            abi.write(ctypes.c_double, rectangle, value, index)

    def abort(self, effect):
        found = self._host.handles.get(effect, Instance)
        return int(self._host.doing.asked_whether_to_stop(found.stop))

    def imageMemoryAlloc(self, effect, size, memory):
        if effect:
            self._host.handles.get(effect, Instance)
        block = self._host.allocate(size, "image memory")
        abi.write(ctypes.c_void_p, memory, block.handle)

    def imageMemoryFree(self, memory):
        self._host.release(memory)

    def imageMemoryLock(self, memory, address):
        abi.write(ctypes.c_void_p, address, self._host.block(memory).address)

    def imageMemoryUnlock(self, memory):
        self._host.block(memory)
