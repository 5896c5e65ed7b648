"""What all tests share."""

import importlib.util
import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("engine", "hifi_ofx")


def of_another_checkout(root: Path = ROOT) -> str:
    """A sentence where what would be tested is not what lies beside the tests; else nothing.

    An environment with an editable install of another checkout imports that one, wherever one is.
    """
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.origin:
            return f"{package} cannot be imported. In {root}: pip install -e '.[all]'"
        if Path(spec.origin).resolve().parent != root / package:
            found = Path(spec.origin).parent
            return (
                f"The tests of {root} would test {found}, which this environment imports as "
                f"{package}. Use an environment of this checkout: pip install -e '.[all]' in it."
            )
    return ""


if sentence := of_another_checkout():
    pytest.exit(sentence, returncode=pytest.ExitCode.USAGE_ERROR)


def qt_plugins():
    """pytest-qt, where Qt and the system libraries it needs are there."""
    # Off screen, whatever display there is; QT_QPA_PLATFORM=xcb xvfb-run … tests on that one.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("PYTEST_QT_API", "pyside6")
    try:
        import PySide6.QtWidgets  # noqa: F401
        import pytestqt  # noqa: F401
    except ImportError:
        return []
    return ["pytestqt.plugin"]


pytest_plugins = qt_plugins()

settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """What is kept between runs goes to a folder of the test, not to the user's."""
    monkeypatch.setenv("HIFI_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def network():
    """The shipped motion network, read once."""
    from engine.inference.weights_file import weights_path
    from engine.inference.zoo import load

    return load(weights_path("motion")).network()


DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def data() -> Path:
    """Real plates and frames, which are not part of the repository."""
    if not DATA.is_dir():
        pytest.skip("the folder of real plates is not beside the checkout")
    return DATA
