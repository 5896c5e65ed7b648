from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plate.exr import read_header
from engine.plate.frame import Attribute, Frame, Part, Window
from engine.plate.layers import POLICIES, Layer, layers, without_dropped
from hifi_ofx.errors import InvalidSetting

DATA = Path(__file__).parents[3] / "shared" / "data"
WINDOW = Window(0, 0, 2, 2)


def part(names: str, dtype: str = "f2", **fields: Any) -> Part:
    channels = tuple(names.split())
    types = {name: np.dtype(dtype) for name in channels}
    return Part(channels, types, WINDOW, WINDOW, **fields)


def guess(names: str, dtype: str = "f2", **fields: Any) -> dict[str, tuple[tuple[str, ...], str]]:
    (found,) = layers(Frame((part(names, dtype, **fields),), "openexr"))
    return {layer.name: (layer.channels, layer.policy) for layer in found}


def test_a_layer_has_its_channels_in_the_order_of_color_and_space() -> None:
    assert guess("B A G R Z N.Z N.X N.Y motion.v motion.u") == {
        "rgb": (("R", "G", "B"), "synthesize"),
        "alpha": (("A",), "synthesize"),
        "depth": (("Z",), "nearest"),
        "N": (("N.X", "N.Y", "N.Z"), "nearest"),
        "motion": (("motion.u", "motion.v"), "nearest"),
    }


@pytest.mark.parametrize(
    "names",
    ["R G B", "r g b", "red green blue", "left.R left.G left.B", "left.red left.green left.blue",
     "diffuse.R diffuse.G diffuse.B", "specular.r specular.g specular.b", "Y", "A", "right.A",
     "ViewLayer.Combined.R ViewLayer.Combined.G ViewLayer.Combined.B", "GI.R GI.G GI.B",
     "SSS.R SSS.G SSS.B", "emission.R emission.G emission.B", "AO", "mask",
     "whitebarmask.left.mask",
     "shadow.R shadow.G shadow.B", "light01.R light01.G light01.B", "point_light.R point_light.G "
     "point_light.B", "solid.R solid.G solid.B", "normalized_beauty.R normalized_beauty.G "
     "normalized_beauty.B"],
)  # fmt: skip
def test_color_and_mattes_are_synthesized(names: str) -> None:
    assert {policy for _, policy in guess(names).values()} == {"synthesize"}


@pytest.mark.parametrize(
    "names",
    ["Z", "ZBack", "depth.Z", "depth.R depth.G depth.B", "zDepth", "P.X P.Y P.Z", "P.R P.G P.B",
     "worldPos.x worldPos.y worldPos.z", "Pworld.R Pworld.G Pworld.B", "N.R N.G N.B",
     "normal.R normal.G normal.B", "normals.X normals.Y normals.Z", "forward.u forward.v",
     "backward.left.u backward.left.v", "motionvector.R motionvector.G motionvector.B", "uv.U uv.V",
     "Vector.X Vector.Y Vector.Z Vector.W", "disparityL.x disparityL.y", "id", "objectID",
     "materialid",
     "MaterialId.R MaterialId.G MaterialId.B", "VRayMtlID", "ViewLayer.IndexOB.X", "instanceID",
     "crypto_asset00.R crypto_asset00.G crypto_asset00.B crypto_asset00.A",
     "ViewLayer.CryptoObject00.r "
     "ViewLayer.CryptoObject00.g ViewLayer.CryptoObject00.b ViewLayer.CryptoObject00.a",
     "__Nworld.r __Nworld.g __Nworld.b", "velocity.X velocity.Y velocity.Z", "pscale", "infinity",
     "depth.A", "Mist.Z", "sampleCount"],
)  # fmt: skip
def test_data_is_never_averaged(names: str) -> None:
    assert {policy for _, policy in guess(names).values()} == {"nearest"}


def test_whole_numbers_in_an_exr_are_ids_and_in_a_picture_color() -> None:
    assert guess("R G B", "u4")["rgb"][1] == "nearest"
    assert guess("R G B", "u1")["rgb"][1] == "synthesize"


def test_a_cryptomatte_is_known_by_its_metadata_and_its_ranks() -> None:
    ranks = " ".join(f"hero{n}.{c}" for n in ("", "00", "01") for c in "RGBA")
    assert {policy for _, policy in guess(ranks).values()} == {"nearest"}
    named = {"cryptomatte/ab12/name": Attribute.of("tags")}
    assert guess("tags01.R tags01.G tags01.B", metadata=named)["tags01"][1] == "nearest"
    assert guess("tags01.R tags01.G tags01.B")["tags01"][1] == "synthesize"


def test_the_parts_of_a_file_name_their_layers() -> None:
    frame = Frame(
        (part("R G B A", name="beauty"), part("R G B", name="N"), part("Z", name="z")), ""
    )
    beauty, normal, depth = layers(frame)
    assert beauty == (
        Layer("beauty", ("R", "G", "B"), "synthesize"),
        Layer("beauty.alpha", ("A",), "synthesize"),
    )
    assert normal == (Layer("N", ("R", "G", "B"), "nearest"),)
    assert depth[0].policy == "nearest"


def test_overrides_go_by_layer_or_channel_and_the_last_one_counts() -> None:
    frame = Frame((part("R G B A Z diffuse.R diffuse.G diffuse.B"),), "openexr")
    (found,) = layers(frame, "DEPTH=blend, *=nearest, diffuse.*=synthesize, rgb = blend,")
    assert {layer.name: layer.policy for layer in found} == {
        "rgb": "blend", "alpha": "nearest", "depth": "nearest", "diffuse": "synthesize",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["depth=average", "depth", "=nearest", "specular=nearest"])
def test_a_wrong_override_says_what_there_is(text: str) -> None:
    with pytest.raises(InvalidSetting) as error:
        layers(Frame((part("R G B Z"),), "openexr"), text)
    assert "blend" in str(error.value) or "rgb, depth" in str(error.value)


@given(
    st.lists(
        st.one_of(
            st.text("RGBAXYZrgbaxyzuvw.", min_size=1, max_size=4),
            st.sampled_from(["red", "green", "blue", "a.red", "a.Green", "id", "Z.Z", "..", ".R"]),
        ),
        min_size=1,
        max_size=20,
        unique=True,
    )
)
def test_every_channel_is_in_one_layer(channels: list[str]) -> None:
    types = {name: np.dtype("f2") for name in channels}
    (found,) = layers(Frame((Part(tuple(channels), types, WINDOW, WINDOW),), "openexr"))
    assert sorted(name for layer in found for name in layer.channels) == sorted(channels)
    assert {layer.policy for layer in found} <= set(POLICIES)


def test_real_renders_get_what_a_compositor_would_choose() -> None:
    folder = DATA / "exr" / "valid"
    if not folder.exists():
        pytest.skip("shared/data is not here")
    expected = {
        folder
        / "crypto_cornellBox_CryptoWildcard.0001.exr": "rgb alpha DR GI SSS diffuse lighting "
        "reflect refract selfIllum specular",
        folder / "crypto_special_chars.exr": "rgb alpha",
        folder / "djv_Cubes.0001.exr": "ViewLayer.Combined ViewLayer.Combined.alpha "
        "ViewLayer.DiffCol ViewLayer.GlossDir",
        DATA / "plates" / "beachball" / "singlepart.0001.exr": "rgb alpha left left.alpha "
        "whitebarmask.left.mask whitebarmask.right.mask",
    }
    for path, names in expected.items():
        (found,) = layers(read_header(path))
        assert len({layer.name for layer in found}) == len(found)
        synthesized = {layer.name for layer in found if layer.policy == "synthesize"}
        assert synthesized == set(names.split()), path.name


def test_a_dropped_layer_and_nothing_else_goes() -> None:
    many = part("R G B A fx.R fx.G fx.B fx2.R Z")
    frame = Frame((many, part("id", name="ids")), "openexr")
    kept = without_dropped(frame, "fx=drop,Z=blend,ids*=drop")
    assert [one.channels for one in kept.parts] == [("R", "G", "B", "A", "fx2.R", "Z")]
    assert set(kept.parts[0].types) == set(kept.parts[0].channels)
    assert without_dropped(frame, "fx*=drop,fx2*=nearest").parts[0].channels[4:] == ("fx2.R", "Z")
    assert without_dropped(frame, "").parts == frame.parts
    with pytest.raises(InvalidSetting, match=r"All layers .* are dropped"):
        without_dropped(frame, "*=drop")
