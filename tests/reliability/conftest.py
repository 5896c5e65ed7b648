"""The engine that no fault strikes."""

from tests.service.conftest import engine  # noqa: F401 - a fixture
