"""PNG, DPX, TIFF and JPEG files that end before their pixels do, and whole ones of every kind."""

import struct

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.plate.empty_frames import what_it_is_instead
from engine.plate.exr import read_frame
from hifi_ofx.errors import FrameError

NOISE = np.random.default_rng(1).random((61, 67, 4), dtype=np.float32)
KINDS = [
    *(("png", channels, kind, {}) for channels in (1, 2, 3, 4) for kind in ("uint8", "uint16")),
    *(("dpx", 3, "uint16", {"oiio:BitsPerSample": bits}) for bits in (10, 12, 16)),
    *(("dpx", 4, "uint16", {"oiio:BitsPerSample": bits}) for bits in (10, 16)),
    ("dpx", 3, "uint16", {"oiio:BitsPerSample": 10, "dpx:Packing": "Filled, method B"}),
    ("dpx", 3, "uint16", {"oiio:BitsPerSample": 12, "dpx:Packing": "Packed"}),
    ("dpx", 3, "uint16", {"oiio:BitsPerSample": 10, "oiio:Endian": "big"}),
    *(("dpx", channels, "uint8", {}) for channels in (1, 3, 4)),
    *(("tif", 3, "uint16", {"compression": how}) for how in ("none", "zip", "lzw", "packbits")),
    ("tif", 4, "float", {"compression": "zip", "tile": 32}),
    ("tif", 3, "uint8", {"planarconfig": "separate"}),
    ("jpg", 3, "uint8", {}),
]


def written(path, channels, kind, attributes):
    spec = oiio.ImageSpec(67, 61, channels, kind)
    for name, value in attributes.items():
        if name == "tile":
            spec.tile_width = spec.tile_height = value
        else:
            spec.attribute(name, value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec) and output.write_image(NOISE[..., :channels].copy())
    output.close()
    return path.read_bytes()


@pytest.mark.parametrize(("suffix", "channels", "kind", "attributes"), KINDS)
def test_a_file_is_cut_short_wherever_its_pixels_end_early(
    tmp_path, suffix, channels, kind, attributes
):
    """As readers see it: what they can read is whole, and what is called cut short they refuse."""
    path = tmp_path / f"p.1001.{suffix}"
    whole = written(path, channels, kind, attributes)
    assert what_it_is_instead(path) == ""
    for share in (0.6, 0.9, 0.97):
        length = int(share * len(whole))
        path.write_bytes(whole[:length])
        assert what_it_is_instead(path) == f"{length} bytes, without the end of its pixels"
        with pytest.raises(FrameError):
            read_frame(path)


@pytest.mark.parametrize("suffix", ["png", "dpx", "tif", "jpg"])
def test_what_is_whole_and_wrong_is_damaged_and_not_cut_short(tmp_path, suffix):
    path = tmp_path / f"p.1001.{suffix}"
    whole = written(path, 3, "uint8", {})
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(range(256)) + whole[middle + 256 :])
    assert what_it_is_instead(path) == ""
    path.write_bytes(whole + b"more behind it" * 20)
    assert what_it_is_instead(path) == ""


def test_a_png_with_a_chunk_of_no_name_is_damaged(tmp_path):
    path = tmp_path / "p.1001.png"
    whole = written(path, 3, "uint8", {})
    path.write_bytes(whole[:-12] + struct.pack(">I4sI", 0, b"\1\2\3\4", 0))
    assert what_it_is_instead(path) == ""
