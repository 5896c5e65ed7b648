"""A plate on disk, small weights, and Nuke sessions that share one real engine process."""

import contextlib
import json
import sys
import threading
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from tests.networks import WARPING, saved, untrained
from tests.nuke_host import session
from tests.service.conftest import engine, own_cache, weights  # noqa: F401 - fixtures

NUKE = Path(__file__).parents[2] / "nuke"
NODE = "HiFIRetime1"
HEIGHT, WIDTH = 48, 64


def moving_square(index, channels=4):
    """A bright square that moves over a gradient; alpha is the square."""
    pixels = np.zeros((HEIGHT, WIDTH, channels), np.float32)
    pixels[..., 0] = np.linspace(0, 1, WIDTH)
    pixels[12:30, 6 + 6 * index : 24 + 6 * index, :3] = (0.125, 4.0, 30.0)
    if channels > 3:
        pixels[12:30, 6 + 6 * index : 24 + 6 * index, 3] = 1.0
    return pixels.astype(np.float16).astype(np.float32)  # what a half EXR holds


def write_exr(path, pixels, *, kind="half", names=None, timecode=0, **attributes):
    """An EXR with a timecode, written without our own code."""
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, kind)
    spec.channelnames = names or ["R", "G", "B", "A"][:channels]
    spec.attribute("compression", "zips")
    spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (0x01000000 + timecode, 0))
    spec.attribute("FramesPerSecond", oiio.TypeDesc("rational"), (24, 1))
    for name, value in attributes.items():
        if name == "data_window":
            spec.x, spec.y = value
        elif name == "display_window":
            spec.full_x, spec.full_y, spec.full_width, spec.full_height = value
        else:
            spec.attribute(name, value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), oiio.geterror()
    output.write_image(pixels)
    output.close()


def pixels_of(path):
    """Pixels (height, width, channels) as float32, read without our own code."""
    return oiio.ImageBuf(str(path)).get_pixels("float")


def spec_of(path):
    """An image's header."""
    return oiio.ImageBuf(str(path)).spec()


@pytest.fixture
def plate(tmp_path):
    """Four frames, 1001 to 1004."""
    folder = tmp_path / "plate"
    folder.mkdir()
    for index in range(4):
        write_exr(folder / f"plate.{1001 + index}.exr", moving_square(index))
    return (folder / "plate.%04d.exr").as_posix()


def plate_in(folder, green, count=4):
    """A plate whose green tells it from others."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        pixels = moving_square(min(index, 3))
        pixels[..., 1] = green
        write_exr(folder / f"plate.{1001 + index}.exr", pixels)
    return (folder / "plate.%04d.exr").as_posix()


def graded_by(above, times=2.0):
    import nuke

    grade = nuke.nodes.Grade()
    grade.setInput(0, above)
    grade["multiply"].setValue(times)
    return grade


def save_as(gui, path):
    gui.answer("Overwrite", True)
    gui.nuke.scriptSaveAs(Path(path).as_posix(), 1)


@contextlib.contextmanager
def running_nuke(engine_process=None, **options):
    """A Nuke session with the plug-in. `engine_process` stands for the one that it would start."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "hifi_nuke"]:
        del sys.modules[name]  # loaded for another session, or without one
    with session(plugins_from=options.pop("plugins_from", [NUKE]), **options) as nuke:
        made = sys.modules["hifi_nuke.session"].session() if "hifi_nuke" in sys.modules else None
        if made is not None and engine_process is not None:
            made._engine = engine_process
        try:
            yield nuke
        finally:
            if made is not None:
                made.cancel()
                made.forget()
                nuke.pump(lambda: not at_work(), 20)
                if made._engine is engine_process:
                    made._engine = None
                made.close()


def at_work():
    """The plug-in's threads that have not ended."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("hifi ")]


@pytest.fixture
def gui(engine):  # noqa: F811 - the fixture above
    """Nuke's interface, with the engine of all tests."""
    with running_nuke(engine) as nuke:
        yield nuke


@pytest.fixture(scope="session")
def warping(tmp_path_factory):
    """Untrained weights, whose pictures are sensible: the blend of the warped frames."""
    return saved(untrained(WARPING), tmp_path_factory.mktemp("weights") / "warping.safetensors")


@pytest.fixture
def knobs(weights, tmp_path):  # noqa: F811 - the fixture above
    """What every node of these tests is set to: small work, small weights, a cache of its own."""
    return {
        "weights": str(weights),
        "device": "cpu",
        "patch": "48x64",
        "cascade_depth": 1,
        "cacheFolder": (tmp_path / "cache").as_posix(),
    }


def read_node(pattern, first=1001, last=1004, **knobs):
    """A Read of a plate, raw."""
    import nuke

    read = nuke.nodes.Read()
    values = {"file": pattern, "first": first, "last": last, "raw": True, **knobs}
    for name, value in values.items():
        read[name].setValue(value)
    return read


def retime_node(session_, above, knobs, **more):
    """Tab, HiFIRetime, Enter; then turn knobs as an artist does."""
    import nuke

    session_.select(above)
    session_.tab("HiFIRetime")
    node = nuke.selectedNode()
    for knob, value in {**knobs, **more}.items():
        session_.turn(node, knob, value)
    return node


def wait(session_, *nodes, timeout=90.0):
    """Run Nuke's loop until no node renders and each has heard of it. Their status lines."""
    import hifi_nuke.session

    shared = hifi_nuke.session.session()
    for node in nodes:
        identity = node["hifi_id"].value()
        session_.pump(lambda key=identity: not shared.is_running(key), timeout)
        session_.pump(lambda one=node: not one["status"].value().endswith(" …"), timeout)
    return [node["status"].value() for node in nodes]


def looked(session_, timeout=20.0):
    """Run Nuke's loop until what is noticed a moment after a change has been looked at and said."""
    import hifi_nuke.session

    shared = hifi_nuke.session.session()
    session_.pump(lambda: shared.pending is None and not at_work(), timeout)
    session_.pump()


def write_node(folder, above, name="Write1"):
    """A Write of raw EXRs."""
    import nuke

    write = nuke.nodes.Write(name=name)
    write.setInput(0, above)
    write["file"].setValue((folder / f"{name}.%04d.exr").as_posix())
    write["file_type"].setValue("exr")
    write["channels"].setValue("all")
    write["raw"].setValue(True)
    return write


def rendered(session_, node, button="render"):
    """Press a button, wait for its end, and return the status line."""
    session_.press(node, button)
    return wait(session_, node)[0]


def stamps(node):
    """{output frame: when its file was written}."""
    return {frame: path.stat().st_mtime_ns for frame, path in results(node).items()}


def bakes(node):
    """The source frames that were written out for what the node shows, or for anything so far."""
    about = cache_of(node) / "about.json"
    if node["hifi_folder"].value() and about.is_file():
        name = json.loads(about.read_text())["source"]
        folders = [cache_of(node).parent / name] if name else []
    else:
        folders = list(root_of(node).glob("source_*"))
    return sorted(
        int(path.name.split(".")[1]) for folder in folders for path in folder.glob("source.*.exr")
    )


def root_of(node):
    """The cache folder."""
    return Path(node["cacheFolder"].value() or Path(node["hifi_folder"].value()).parent)


def cache_of(node):
    """The folder of what the node shows; one that is not there before the first render."""
    return Path(node["hifi_folder"].value() or root_of(node) / "nothing")


def results(node):
    """{output frame: path} of what is rendered."""
    return {int(p.name.split(".")[1]): p for p in sorted(cache_of(node).glob("result.*.exr"))}
