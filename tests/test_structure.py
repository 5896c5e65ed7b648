"""The reading of imports that the test of the architecture stands on."""

from tests import structure


def package(folder, **texts):
    for name, text in texts.items():
        path = folder / "engine" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "engine"


def test_every_way_to_import_is_an_arrow(tmp_path):
    folder = package(
        tmp_path,
        color="",
        paper__unet="from ..color import WHITE",
        paper__cascade="def later():\n    from .unet import UNet",
        flow__search="from ..paper import cascade\nimport engine.color, os",
        commands="TABLE = {'flow': 'engine.flow.search'}",
    )
    assert structure.imports(folder) == {
        "engine.color": set(),
        "engine.paper.unet": {"engine.color"},
        "engine.paper.cascade": {"engine.paper.unet"},
        "engine.flow.search": {"engine.paper.cascade", "engine.color"},
        "engine.commands": {"engine.flow.search"},
    }


def test_rooms_stand_on_floors_and_an_arrow_up_is_found(tmp_path):
    folder = package(
        tmp_path,
        color="",
        paper__unet="from ..color import WHITE\nfrom ..flow import search",
        flow__search="from ..paper.patches import Box",
        paper__patches="",
    )
    graph = structure.rooms(structure.imports(folder))
    assert graph == {"color": set(), "paper": {"color", "flow"}, "flow": {"paper"}}
    assert structure.arrows_up(graph) == [("paper", "flow")]
    assert structure.floors(graph, [("paper", "flow")]) == {"color": 1, "paper": 2, "flow": 3}
    assert structure.circles(graph) == [("flow", "paper")]


def test_a_circle_of_modules_is_found_however_long(tmp_path):
    folder = package(
        tmp_path,
        a="from . import b",
        b="from .c import x",
        c="import engine.a",
        d="from . import a",
    )
    assert structure.circles(structure.imports(folder)) == [("engine.a", "engine.b", "engine.c")]
