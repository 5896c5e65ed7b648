"""Clips: what is connected to an effect, frame by frame, and what a host says of it."""

from dataclasses import dataclass, field

import numpy as np

from .images import Image, Layout, pixels_of
from .properties import PropertySet

CLOSED = (0, 0)


@dataclass
class Plate:
    """Frames to connect: {time: picture (height, width, 4), top row first}, and what they are.

    `origin`: pixel of the lower left corner; `origins`: of those frames that lie elsewhere, which
    may be of other sizes, too. `span`: first and last time that the clip says it has;
    by default those of its frames. Frames inside of the span that are absent cannot be fetched.
    """

    frames: dict[float, np.ndarray]
    origin: tuple[int, int] = (0, 0)
    span: tuple[float, float] | None = None
    fps: float = 24.0
    aspect: float = 1.0
    premultiplication: str = "OfxImageAlphaPremultiplied"
    layout: Layout = field(default_factory=Layout)
    origins: dict[float, tuple[int, int]] = field(default_factory=dict)

    @property
    def range(self):
        """First and last time."""
        return self.span or (min(self.frames), max(self.frames))

    @property
    def region(self):
        """The region of definition, canonical."""
        return self.region_at(next(iter(self.frames)))

    def region_at(self, time):
        """The region of definition at a time, canonical; where there is no frame, the first's."""
        height, width = self.frames.get(time, next(iter(self.frames.values()))).shape[:2]
        x, y = self.origins.get(time, self.origin)
        return (x * self.aspect, y, (x + width) * self.aspect, y + height)

    def image(self, time, scale):
        """The image at a time and a render scale, and its box; None where there is no frame."""
        picture = self.frames.get(time)
        if picture is None:
            return None
        across, up = (round(1 / value) for value in scale)
        small = picture[::-1][::up, ::across]
        x, y = pixels_of(self.region_at(time), scale, self.aspect)[:2]
        box = (x, y, x + small.shape[1], y + small.shape[0])
        image = Image(box, self.layout)
        image.draw(small, box)
        return image, box


class ClipDescriptor:
    """A clip as DescribeInContext defines it."""

    def __init__(self, host, name):
        self.name = name
        values = {"OfxPropType": "OfxTypeClip", "OfxPropName": name, "OfxPropLabel": name}
        values |= {"OfxImageEffectPropSupportedComponents": []}
        values |= {"OfxImageEffectPropTemporalClipAccess": 0, "OfxImageClipPropOptional": 0}
        values |= {"OfxImageEffectPropSupportsTiles": 1, "OfxImageClipPropIsMask": 0}
        self.properties = PropertySet(host.handles, "clip descriptor", f"clip {name}", values)

    def __str__(self):
        return f"clip {self.name}"


class Clip:
    """A clip of an instance. `plate` is what is connected to it."""

    def __init__(self, host, descriptor, instance):
        self.descriptor, self.instance, self.name = descriptor, instance, descriptor.name
        self.host = host
        self.plate = None
        self.handle = host.handles.new(self)
        self.properties = PropertySet(
            host.handles, "clip", f"clip {self.name}", descriptor.properties.values
        )
        self.connect(None)

    def __str__(self):
        return f"clip {self.name}"

    def connect(self, plate, thumbnail=False):
        """Connect a plate, or nothing."""
        self.plate = plate
        for name, value in self._described(plate).items():
            self.properties.put(name, *(value if isinstance(value, tuple) else (value,)))
        if self.host.profile.marks_thumbnail_clips:
            self.properties.put("kOfxImageClipPropThumbnail", int(thumbnail))

    def _described(self, plate):
        profile = self.host.profile
        real = plate or Plate({0: np.zeros((1, 1, 4), np.float32)}, span=CLOSED)
        there = plate is not None or profile.always_connected or self.name == "Output"
        depth = "OfxBitDepthNone" if not there and profile.depth_none else "OfxBitDepthFloat"
        return {
            "OfxImageClipPropConnected": int(there),
            "OfxImageEffectPropPixelDepth": depth,
            "OfxImageEffectPropComponents": "OfxImageComponentRGBA",
            "OfxImageClipPropUnmappedPixelDepth": depth,
            "OfxImageClipPropUnmappedComponents": "OfxImageComponentRGBA",
            "OfxImageEffectPropPreMultiplication": real.premultiplication,
            "OfxImageEffectPropFrameRange": tuple(float(time) for time in real.range),
            "OfxImageEffectPropUnmappedFrameRange": tuple(float(time) for time in real.range),
            "OfxImageEffectPropFrameRate": real.fps,
            "OfxImageEffectPropUnmappedFrameRate": real.fps,
            "OfxImagePropPixelAspectRatio": real.aspect,
            "OfxImageClipPropContinuousSamples": 0,
            "OfxImageClipPropFieldOrder": "OfxFieldNone",
        }
