"""The fake offers nothing that Nuke's stubs do not have, and refuses the rest."""

import contextlib
import inspect

import pytest

from tests.nuke_host import Refused, documented, module, session, strict, stubs
from tests.nuke_host.frames import FrameRanges


@pytest.fixture
def host():
    with session(expect_refusals=True) as handle:
        yield handle


def public_methods(kind):
    """What a class offers: its own methods and those of its bases that it does not replace."""
    for name in dir(kind):
        function = inspect.unwrap(getattr(kind, name)) if not name.startswith("_") else None
        if inspect.isfunction(function):
            yield name, function


def refuses(function, call, first=(None,)):
    """Why the fake's function cannot be called as the stub's call can; empty when it can."""
    entries = [e for e in call.signature.parameters.values() if e.kind == e.POSITIONAL_OR_KEYWORD]
    required = [e for e in entries if e.default is e.empty]
    try:
        for some in (required, entries):
            inspect.signature(function).bind(*first, *[None] * len(some))
    except TypeError as error:
        return str(error)
    return ""


def test_every_function_is_in_the_stubs_and_takes_what_they_say(host):
    known = stubs.load()
    for name, function in module.offered_functions(host.host).items():
        assert name in known.functions, name
        for call in known.functions[name]:
            if not call.says_nothing:
                assert not refuses(function, call, first=()), name


def test_every_class_and_method_is_in_the_stubs(host):
    known, wrongs = stubs.load(), []
    for name, kind in module.offered_classes().items():
        assert name in known.classes, name
        for method, function in public_methods(kind):
            stub = kind._stub_name() if hasattr(kind, "_stub_name") else name
            assert known.has_member(stub, method), f"{name}.{method}"
            nearest = next(c for c in known.lineage(stub) if method in c.methods)
            for call in nearest.methods[method]:
                if call.says_nothing or f"{nearest.name}.{method}" in documented.CALLS:
                    continue
                if refuses(function, call):
                    wrongs.append(f"{name}.{method}{call.signature}: {refuses(function, call)}")
    assert not wrongs, "\n".join(wrongs)


def test_every_class_has_the_base_of_the_stubs():
    known = stubs.load()
    for name, kind in module.offered_classes().items():
        base = known.classes[name].base
        if base and base in module.offered_classes():
            assert base in [entry.__name__ for entry in kind.__mro__], name


def test_every_value_is_in_the_stubs(host):
    known = stubs.load()
    for name in module.offered_values(host.host):
        assert name in known.names, name


def test_submodules_are_in_the_stubs(host):
    import nuke

    for name in ("callbacks", "localization", "executeInMain"):
        known = stubs.load_submodule(name)
        entries = [entry for entry in vars(getattr(nuke, name)) if not entry.startswith("_")]
        assert entries
        for entry in entries:
            assert known.has(entry), f"nuke.{name}.{entry}"


def test_exceptions_are_few_and_each_has_its_reason(host):
    assert len(documented.CALLS) <= 5
    assert all(len(reason) > 30 for _, reason in documented.CALLS.values())
    known, offered = stubs.load(), module.offered_functions(host.host)
    for name in documented.FORMS:
        assert name in offered and all(call.says_nothing for call in known.functions[name]), name


@pytest.mark.parametrize(
    "text",
    [
        "nuke.executeDeferred(print)",
        "nuke.nodes.Read().fileName()",
        "nuke.Double_Knob('a').setTo(1)",
        "nuke.allNodes(kind='Read')",
        "nuke.root(1)",
        "nuke.execute('Write1', 1)",
        "nuke.execute('Write1', 1, 2, step=1)",
        "nuke.execute('Write1', 1, 2, views='left')",
        "nuke.frame(1.5)",
        "nuke.message()",
        "nuke.nodes.NoOp().setInput(0)",
        "nuke.nodes.NoOp().metadata(name='x')",
        "nuke.Int_Knob('a').setValue(1, 2, 3, 4)",
        "nuke.menu('Nodes').addCommand('A', 'pass', hotkey='F1')",
        "nuke.nodes.NoOp('Name1')",
        "nuke.nodes.NoOp().color",
        "setattr(nuke.nodes.NoOp(), 'color', 1)",
        "nuke.ProgressTask('a').setProgress(101)",
        "nuke.localization.start()",
        "nuke.Vector_Knob",
    ],
)
def test_what_the_stubs_do_not_have_is_refused(host, text):
    import nuke

    with pytest.raises((Refused, TypeError)):
        eval(text, {"nuke": nuke})
    assert host.refusals or text.startswith("nuke.nodes.NoOp('Name1')")


def test_a_swallowed_refusal_still_fails_the_test():
    with pytest.raises(AssertionError, match="types-nuke"), session():
        import nuke

        with contextlib.suppress(Exception):
            nuke.nothing()


def test_hasattr_answers_as_in_nuke(host):
    import nuke

    assert hasattr(nuke, "execute") and not hasattr(nuke, "executeDeferred")


def test_the_stubs_can_be_given_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("NUKE_STUBS", str(stubs.folder()))
    assert stubs.folder().name == "nuke-stubs"
    monkeypatch.setenv("NUKE_STUBS", str(tmp_path))
    assert stubs.folder() != tmp_path


def test_overloads_are_told_apart(host):
    calls = stubs.load().functions["execute"]
    assert strict.check_call("execute", calls, ("W", 1, 2), {}) is None
    assert strict.check_call("execute", calls, ("W", FrameRanges("1-2")), {}) is None
    assert strict.check_call("execute", calls, ("W",), {}) is not None
