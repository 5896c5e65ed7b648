"""Settings: declared once, checked everywhere, and the same on every surface."""

import argparse
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hifi_ofx import parameters
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.parameters import declarations
from hifi_ofx.quality import PRESETS, Footage, Machine, Output, Quality, preset

CLASSES = (Quality, Output, Footage, Machine)


def flags_of(kind, words):
    parser = argparse.ArgumentParser()
    parameters.add_flags(parser, kind, "test")
    return parameters.from_flags(kind(), parser.parse_args(words))


@pytest.mark.parametrize("kind", CLASSES)
def test_every_setting_is_documented_and_has_a_legal_default(kind):
    for declared in declarations(kind):
        assert declared.label
        assert declared.hint.endswith(".")
        assert declared.check(declared.default) == declared.default
        if declared.kind in ("int", "float", "size"):
            assert declared.minimum is not None
            assert declared.maximum is not None


@pytest.mark.parametrize("kind", CLASSES)
def test_settings_survive_json_and_the_command_line(kind):
    for settings in [kind(), *(p for p in PRESETS.values() if isinstance(p, kind))]:
        assert parameters.from_json(kind, parameters.to_json(settings)) == settings
        words = [
            f"{declared.flag}={declared.text(getattr(settings, declared.name))}"
            for declared in declarations(kind)
            if declared.kind != "bool"
        ]
        assert flags_of(kind, words) == settings


def test_flags_change_only_what_they_name():
    assert flags_of(Quality, ["--steps", "2"]) == replace(Quality(), steps=2)
    assert flags_of(Quality, ["--patch", "256x384"]).patch == (256, 384)
    assert flags_of(Quality, ["--cascade-depth", "auto"]).cascade_depth == 0
    assert flags_of(Output, ["--uncertainty"]).uncertainty
    assert not flags_of(Output, ["--no-uncertainty"]).uncertainty


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--steps", "0"], "Steps is 0; it must be 1 to 64."),
        (["--steps", "many"], "Steps is many; it must be 1 to 64."),
        (["--patch", "512"], "Patch size is 512; it must be height x width, each 32 to 4096."),
        (["--patch", "8x512"], "Patch size is 8x512; it must be height x width, each 32 to 4096."),
        (["--cascade-depth", "9"], "Cascade depth is 9; it must be auto or 1 to 8."),
        (["--merge", "never"], "Merge is never; it must be step or stage."),
        (["--overlap", "nan"], "Overlap is nan; it must be 0 to 0.75."),
    ],
)
def test_a_bad_value_gets_a_sentence_with_what_is_allowed(words, sentence):
    with pytest.raises(InvalidSetting) as caught:
        flags_of(Quality, words)
    assert caught.value.message == sentence
    assert caught.value.hint


def test_an_unknown_setting_names_the_known_ones():
    with pytest.raises(InvalidSetting, match=r"no setting called 'step'.*steps"):
        parameters.from_json(Quality, {"step": 3})


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(InvalidSetting, match="draft or standard or best or paper"):
        preset("finest")


def test_the_paper_s_preset_is_the_paper_s():
    quality = preset("paper")
    # §Experiments, implementation details; MultiDiffusion merges after every step.
    assert (quality.steps, quality.samples, quality.patch) == (8, 4, (512, 768))
    assert (quality.cascade_depth, quality.merge, quality.edges) == (3, "step", "uniform")


@given(st.sampled_from(declarations(Quality)), st.data())
def test_text_and_value_are_inverse(declared, data):
    if declared.kind == "choice":
        value = data.draw(st.sampled_from(declared.choices))
    elif declared.kind == "size":
        side = st.integers(int(declared.minimum), int(declared.maximum))
        value = data.draw(st.tuples(side, side))
    elif declared.kind == "float":
        value = data.draw(st.floats(declared.minimum, declared.maximum))
    else:
        value = data.draw(st.integers(int(declared.minimum), int(declared.maximum)))
    assert declared.parse(declared.text(value)) == value
    assert declared.check(value) == value
