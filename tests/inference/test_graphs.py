"""Networks as ONNX files and TorchScript: any batch and size, the same numbers, metadata inside."""

import json
import warnings
from collections import Counter

import numpy as np
import pytest
import torch

from engine.flow.motion_network import MotionNetwork
from engine.flow.one_pass import OnePass
from engine.inference import export as exporting
from engine.inference import graphs
from engine.inference.export import export
from engine.inference.graphs import denoising_graph, in_half, motion_graph, motion_parts
from engine.inference.onnx_runtime import installed
from engine.inference.weights_file import weights_path
from engine.inference.zoo import load
from hifi_ofx.errors import EngineError, InvalidSetting, OutputError
from tests.flow.test_motion_network import moved_by
from tests.networks import PLAIN, WARPING, random, saved

needs_onnx = pytest.mark.skipif(not installed(), reason="the extra onnx is not installed")
PARTS = ("encode", "block0", "block1", "block4")


@pytest.fixture(scope="session")
def motion():
    return load(weights_path("motion")).network()


def some(name, motion):
    if name in PARTS:
        return motion_parts(motion)[name]
    if name == "motion":
        return motion_graph(motion)
    return denoising_graph(random(PLAIN if name == "unet" else WARPING))


def opened(path):
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def run(session, inputs):
    made = session.run(None, {name: value.numpy() for name, value in inputs.items()})
    return [torch.from_numpy(one) for one in made]


@needs_onnx
@pytest.mark.parametrize("name", [*PARTS, "motion", "unet", "fusion"])
def test_one_file_takes_every_batch_and_size(name, motion, tmp_path):
    graph = some(name, motion)
    graphs.write_onnx(graph, tmp_path / "graph.onnx", {})
    session = opened(tmp_path / "graph.onnx")
    for batch, rows, columns in ((1, 2, 2), (2, 2, 3), (3, 4, 1)):
        inputs = graph.inputs(batch, rows, columns)
        found = run(session, inputs)
        for one, other in zip(found, graph.made(inputs), strict=True):
            torch.testing.assert_close(one, other, atol=1e-3, rtol=0)
            assert one.shape[0] == batch


@needs_onnx
def test_a_network_in_half_precision_stays_near(motion, tmp_path):
    exact = denoising_graph(random(WARPING))
    half = denoising_graph(in_half(exact.module))
    graphs.write_onnx(half, tmp_path / "half.onnx", {})
    session = opened(tmp_path / "half.onnx")
    apart = graphs.difference(half, lambda inputs: tuple(run(session, inputs)), exact)
    assert 1e-5 < apart < 0.05


@needs_onnx
@pytest.mark.parametrize("kind", ["motion", "fusion"])
def test_positions_stay_in_single_precision_in_a_file_in_half(kind, tmp_path):
    import onnx

    half = motion_graph(MotionNetwork().half())
    if kind == "fusion":
        half = denoising_graph(in_half(random(WARPING)))
    graphs.write_onnx(half, tmp_path / "half.onnx", {})
    model = onnx.shape_inference.infer_shapes(onnx.load(tmp_path / "half.onnx"))
    types = {
        value.name: value.type.tensor_type.elem_type
        for value in (*model.graph.value_info, *model.graph.input)
    }
    sampled = [node for node in model.graph.node if node.op_type == "GridSample"]
    assert sampled
    assert {types[node.input[1]] for node in sampled} == {onnx.TensorProto.FLOAT}
    weights = Counter(one.data_type for one in model.graph.initializer if len(one.dims) == 4)
    assert weights[onnx.TensorProto.FLOAT16] > 10 * weights[onnx.TensorProto.FLOAT]


@needs_onnx
def test_a_file_says_what_the_weights_say(tmp_path):
    import onnx

    weights = saved(random(PLAIN), tmp_path / "own.safetensors")
    made = export(weights, "onnx", "fp32", tmp_path / "own.onnx")
    assert made.difference < 1e-3 and made.size == (tmp_path / "own.onnx").stat().st_size
    model = onnx.load(made.path)
    metadata = {one.key: one.value for one in model.metadata_props}
    assert json.loads(metadata["licence"]) == "Apache-2.0"
    assert json.loads(metadata["config"])["widths"] == [8, 16]
    assert len(json.loads(metadata["export"])["weights_sha256"]) == 64
    assert {one.version for one in model.opset_import} == {18}
    assert {one.domain for one in model.opset_import} <= {"", "ai.onnx"}
    sizes = [size.dim_param for size in model.graph.input[0].type.tensor_type.shape.dim]
    assert sizes == ["batch", "", "height", "width"]


@needs_onnx
def test_a_file_that_says_something_else_is_not_kept(monkeypatch, tmp_path):
    weights = saved(random(PLAIN), tmp_path / "own.safetensors")
    monkeypatch.setattr(exporting, "difference", lambda *_: float("nan"))
    with pytest.raises(EngineError, match="differs from torch by nan"):
        export(weights, "onnx", "fp32", tmp_path / "own.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["own.safetensors"]


@needs_onnx
def test_a_network_that_no_file_holds_is_refused(monkeypatch, tmp_path):
    weights = saved(random(PLAIN), tmp_path / "own.safetensors")
    monkeypatch.setattr(graphs, "LARGEST", 1000)
    with pytest.raises(InvalidSetting, match="less than 2 GiB"):
        export(weights, "onnx", "fp32", tmp_path / "own.onnx")


def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        export(weights_path("motion"), "torchscript", "fp32", tmp_path / "file" / "motion.pt")


@pytest.fixture(scope="session")
def torchscript(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "motion.pt"
    return export(weights_path("motion"), "torchscript", "fp32", path)


@torch.inference_mode()
def test_torchscript_is_one_tensor_in_and_one_out(torchscript, motion):
    said = {"licence": "", "export": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # there are newer ways, which Nuke does not know
        traced = torch.jit.load(torchscript.path, _extra_files=said)
    assert "MIT" in json.loads(said["licence"]) and b"visibility" in said["export"]
    for size in ((75, 110), (128, 192)):
        first, second = moved_by(8, -6, size)
        for fraction in (0.25, 0.5):
            plane = torch.full((1, 1, *size), fraction)
            made = traced(torch.cat([first, second, plane], dim=1))
            assert made.shape == (1, 8, *size)
            expected = OnePass(motion)(first, second, torch.tensor([fraction]))
            image, flow, visibility = expected
            in_order = torch.cat([image, visibility, flow[:, 2:], flow[:, :2]], dim=1)
            torch.testing.assert_close(made, in_order, atol=1e-3, rtol=0)


@torch.inference_mode()
def test_torchscript_finds_the_picture_between_two(torchscript):
    """The truth is the same texture, moved halfway."""
    (first, second), (_, middle) = moved_by(8, -6), moved_by(4, -3)
    plane = torch.full_like(first[:, :1], 0.5)
    made = graphs.opened_torchscript(torchscript.path)(torch.cat([first, second, plane], dim=1))
    inside = (..., slice(24, -24), slice(24, -24))
    assert (made[:, :3] - middle)[inside].abs().mean() < 0.01
    motion = made[:, 4:][inside].mean((0, 2, 3))
    np.testing.assert_allclose(motion, [4, -3, -4, 3], atol=0.5)


@torch.inference_mode()
def test_torchscript_goes_on_when_it_is_made_half(torchscript):
    """Nuke halves network and input alike where it is to save memory."""
    first, second = moved_by(8, -6)
    planes = torch.cat([first, second, torch.full_like(first[:, :1], 0.5)], dim=1)
    exact = graphs.opened_torchscript(torchscript.path)(planes)
    half = graphs.opened_torchscript(torchscript.path).half()(planes.half())
    assert half.dtype == torch.float16
    assert (half.float() - exact)[:, :3].abs().max() < 0.02
