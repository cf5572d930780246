"""The browsers of the console's tests, and an application that is reached by https."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.console.conftest import browser

if TYPE_CHECKING:
    from litestar import Litestar

__all__ = ["browser", "https_app"]


@pytest.fixture
def https_app(monkeypatch: pytest.MonkeyPatch) -> Iterator["Litestar"]:
    from helpdesk.app import create_app
    from helpdesk.kernel.settings import settings

    monkeypatch.setenv("HELPDESK_BASE_URL", "https://desk.test")
    settings.cache_clear()
    yield create_app()
    monkeypatch.undo()
    settings.cache_clear()
