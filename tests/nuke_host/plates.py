"""Reads, Writes and files for the tests of the fake."""

import os


def read_plate(nuke, plate, **knobs):
    """A Read of the fixture `plate`."""
    return nuke.nodes.Read(file=plate, first=1001, last=1004, **knobs)


def writer(nuke, source, path, **knobs):
    """A raw EXR Write of a node."""
    write = nuke.nodes.Write(file=str(path).replace(os.sep, "/"), inputs=[source])
    write["file_type"].setValue("exr")
    for name, value in {"raw": True, "create_directories": True, **knobs}.items():
        write[name].setValue(value)
    return write


def opened(path):
    """An image file, opened without the fake."""
    import OpenImageIO as oiio

    buffer = oiio.ImageBuf(str(path))
    assert not buffer.has_error, buffer.geterror()
    return buffer
