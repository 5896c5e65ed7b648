"""The small network of the service tests."""

from tests.service.conftest import weights  # noqa: F401 - a fixture
