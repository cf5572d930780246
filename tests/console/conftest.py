"""Browsers for signed-in agents, and a count of what reaches the database."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from litestar import Litestar

    from tests.console.browsing import Browser


@pytest_asyncio.fixture(loop_scope="session")
async def browser(database: None, app: "Litestar") -> AsyncIterator[Callable[[], "Browser"]]:
    """Makes browsers; they are closed at the end."""
    from tests.console.browsing import Browser

    made: list[Browser] = []

    def make() -> Browser:
        made.append(Browser(app))
        return made[-1]

    yield make
    for one in made:
        await one.client.aclose()


@pytest.fixture
def queries_at_most(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    """`with queries_at_most(12): …` fails when more statements than that reach the database."""
    from piccolo.engine.postgres import PostgresEngine

    counted: list[str] = []
    for name in ("_run_in_pool", "_run_in_new_connection"):
        plain = getattr(PostgresEngine, name)

        async def counting(self: PostgresEngine, query: str, args: Any = None, *, plain: Any = plain) -> Any:
            counted.append(query)
            return await plain(self, query, args or [])

        monkeypatch.setattr(PostgresEngine, name, counting)

    @contextmanager
    def at_most(most: int) -> Iterator[list[str]]:
        counted.clear()
        yield counted
        assert len(counted) <= most, f"{len(counted)} statements:\n" + "\n".join(counted)

    return at_most
