"""Benchmarks as they lie on disk: which frames belong together, and a sentence where none do."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.color import display_to_model
from engine.evaluation import layouts
from engine.evaluation.benchmarks import BENCHMARKS, items
from engine.evaluation.groups import groups
from engine.evaluation.pictures import Reader, center, display, halved
from hifi_ofx.errors import InvalidSetting, MismatchedFrames, SequenceError

from .conftest import gray, write_png


def values(item, fit=lambda image: image):
    """The gray values of an item's frames: first, second, then the true ones."""
    reader = Reader(item, fit)
    pair = reader.pair()
    images = [pair.first, pair.second, *(reader.truth(truth, pair) for truth in item.truths)]
    return [round(255 * display(image).mean().item()) for image in images]


def vimeo_root(root):
    for name in ("00001/0389", "00002/0001", "00003/0007"):
        for n in (1, 2, 3):
            gray(root / "sequences" / name / f"im{n}.png", 10 * n)
    (root / "tri_testlist.txt").write_text("00001/0389\n00003/0007\n\n")
    return root


def xiph_root(root):
    for n in range(1, 101):
        gray(root / f"Tango-{n:03}.png", n)
    return root


def x_test_root(root):
    for scene in ("Type1/TEST01", "Type2/TEST06"):
        for n in range(33):
            gray(root / scene / f"{n:04}.png", n)
    return root


def sepe_root(root):
    for clip in ("001", "002"):
        gray(root / clip / "A_1150.png", 1)
        for n in (140, 145, 150, 155):
            gray(root / clip / f"SEPE_{clip}_{n:05}.png", n)
    return root


def test_vimeo_is_the_test_list_s_triplets(tmp_path):
    found = layouts.vimeo(vimeo_root(tmp_path))
    assert [item.name for item in found] == ["00001/0389", "00003/0007"]
    assert values(found[0]) == [10, 30, 20]
    assert found[0].truths[0].fraction == Fraction(1, 2)


@pytest.mark.parametrize("folder", ["", "netflix"])
def test_xiph_is_even_frames_from_odd_ones(tmp_path, folder):
    xiph_root(tmp_path / folder)
    found = layouts.xiph(tmp_path)
    assert len(found) == 49
    assert [values(item) for item in (found[0], found[-1])] == [[1, 3, 2], [97, 99, 98]]
    assert found[0].name == "Tango-002"
    assert found[0].tags == ("Tango",)


@pytest.mark.parametrize("folder", ["", "test"])
def test_x_test_is_seven_frames_between_two(tmp_path, folder):
    x_test_root(tmp_path / folder)
    first, second = layouts.x_test(tmp_path)
    assert values(first) == [0, 32, 4, 8, 12, 16, 20, 24, 28]
    assert [truth.fraction for truth in first.truths] == [Fraction(k, 8) for k in range(1, 8)]
    assert first.truths[0].name == "Type1/TEST01/0004"
    assert second.tags == ("Type2",)


def test_sepe_is_frame_150_from_145_and_155(tmp_path):
    found = layouts.sepe(sepe_root(tmp_path))
    assert [item.name for item in found] == ["001", "002"]
    assert values(found[0]) == [145, 155, 150]


def test_sepe_reads_videos_by_frame_number(tmp_path):
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "003.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "bgr0"
        for n in range(1, 161):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), n, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (item,) = layouts.sepe(tmp_path)
    assert item.name == "003"
    assert values(item) == [145, 155, 150]


def test_triplets_keep_their_tags(triplet_root):
    a, b = layouts.triplets(triplet_root)
    assert a.tags == ("pan", "large-motion", "fence")
    assert b.tags == ()


def test_lamor_takes_portrait_and_landscape(tmp_path):
    for name, size in (("tall", (24, 12)), ("wide", (12, 24))):
        for n in (0, 1, 2):
            gray(tmp_path / name / f"{n}.png", n, size)
    found = items(BENCHMARKS["lamor"], tmp_path)
    shapes = [tuple(Reader(item, BENCHMARKS["lamor"].fit).pair().first.shape) for item in found]
    assert shapes == [(3, 24, 12), (3, 12, 24)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("triplets", "0, 1 and 2"),
        ("lamor", "0, 1 and 2"),
        ("vimeo", "tri_testlist.txt"),
        ("xiph-2k", "BoxingPractice-001.png"),
        ("xiph-4k", "BoxingPractice-001.png"),
        ("x-test-2k", "TypeN/TESTxx"),
        ("x-test-4k", "TypeN/TESTxx"),
        ("sepe-8k", "145, 150, 155"),
    ],
)
@pytest.mark.parametrize("folder", ["absent", "other"])
def test_another_layout_gets_a_sentence(tmp_path, name, expected, folder):
    gray(tmp_path / "other" / "somewhere" / "picture.png", 0)
    with pytest.raises(SequenceError, match=expected) as raised:
        items(BENCHMARKS[name], tmp_path / folder)
    assert str(tmp_path / folder) in raised.value.message
    assert raised.value.hint


def test_a_triplet_without_its_end_gets_a_sentence(triplet_root):
    (triplet_root / "b" / "2.png").unlink()
    with pytest.raises(SequenceError, match="has no frame 2"):
        layouts.triplets(triplet_root)


def test_tags_that_are_no_json_get_a_sentence(triplet_root):
    (triplet_root / "b" / "meta.json").write_text("{")
    with pytest.raises(SequenceError, match=r"meta.json cannot be read"):
        layouts.triplets(triplet_root)


def test_missing_files_are_found_before_any_work(tmp_path):
    root = x_test_root(tmp_path)
    (root / "Type2/TEST06/0008.png").unlink()
    with pytest.raises(SequenceError, match=r"1 of 18 files.*TEST06.0008.png"):
        items(BENCHMARKS["x-test-4k"], root)
    assert len(items(BENCHMARKS["x-test-4k"], root, limit=1)) == 1


def test_a_part_of_a_benchmark_is_said_to_be_one(tmp_path, caplog):
    items(BENCHMARKS["x-test-4k"], x_test_root(tmp_path))
    assert "14 frames" in caplog.text
    assert "105" in caplog.text


def test_items_are_chosen_by_name_and_number(tmp_path):
    benchmark, root = BENCHMARKS["xiph-4k"], xiph_root(tmp_path)
    assert [item.name for item in items(benchmark, root, ["Tango-00*"], 2)] == [
        "Tango-002",
        "Tango-004",
    ]
    with pytest.raises(InvalidSetting, match="Foo"):
        items(benchmark, root, ["Tango-002", "Foo"])
    with pytest.raises(InvalidSetting, match="limit"):
        items(benchmark, root, limit=-1)


def test_frames_of_two_sizes_get_a_sentence(triplet_root):
    gray(triplet_root / "a" / "1.png", 5, (10, 10))
    item = layouts.triplets(triplet_root)[0]
    reader = Reader(item, BENCHMARKS["triplets"].fit)
    with pytest.raises(MismatchedFrames, match="10x10 pixels, the first frame 64x40"):
        reader.truth(item.truths[0], reader.pair())


def test_2k_is_what_the_published_resize_gives():
    cv2 = pytest.importorskip("cv2")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 64, 3), dtype=np.uint8)
    published = cv2.resize(pixels, dsize=(32, 20), interpolation=cv2.INTER_AREA)
    image = display_to_model(torch.from_numpy(pixels).permute(2, 0, 1) / 255)
    ours = display(halved(image)).mul(255).round().permute(1, 2, 0).numpy()
    assert np.array_equal(ours, published)


def test_4k_is_the_published_crop():
    frame = torch.arange(2160 * 4096, dtype=torch.float32).reshape(1, 2160, 4096)
    assert torch.equal(center(frame), frame[:, 540:-540, 1024:-1024])


def test_benchmarks_are_scored_at_their_size(tmp_path):
    for n in range(1, 4):
        write_png(tmp_path / f"Tango-{n:03}.png", np.zeros((16, 32, 3), np.uint8))
    sizes = {}
    for name in ("xiph-2k", "xiph-4k"):
        item = layouts.xiph(tmp_path)[0]
        sizes[name] = tuple(Reader(item, BENCHMARKS[name].fit).pair().first.shape[1:])
    assert sizes == {"xiph-2k": (8, 16), "xiph-4k": (8, 16)}
    assert BENCHMARKS["x-test-2k"].fit is halved


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["pan"], ["pan"]),
        (["very-large-motion"], ["large", "very-large-motion"]),
        (["repetitive-lattice", "mist"], ["thin or repeated", "repetitive-lattice", "mist"]),
        (["thin-poles"], ["thin or repeated", "thin-poles"]),
        (["wires", "large-motion"], ["large", "thin or repeated", "wires", "large-motion"]),
        (["data-window-exceeds-display-window"], ["data-window-exceeds-display-window"]),
        (["small-fast-object"], ["small-fast-object"]),
    ],
)
def test_groups_gather_tags(tags, expected):
    assert groups(tags) == expected


def test_the_real_triplets_have_their_groups(data: Path):
    found = {item.name: groups(item.tags) for item in layouts.triplets(data / "eval")}
    assert "large" in found["hd04_x4k_truck_0_16_32"]
    assert "thin or repeated" in found["m08_ferris_wheel"]
    assert found["mb_Grove3"] == ["middlebury"]
    assert "thin or repeated" not in found["exr_beachball_5_6_7"]
