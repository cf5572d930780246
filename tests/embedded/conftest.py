import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.embedded.account import account_for
from tests.embedded.processes import Driver


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder that every account can enter (pytest's own is closed) with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="hd", dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    for run in folder.rglob("servers/run"):
        shutil.rmtree(run.resolve())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def driver(place: Path) -> Iterator[Driver]:
    """Started by an ordinary user: ourselves, or the account that root gives its rights up to."""
    running = Driver(account_for(place / "none"))
    yield running
    running.end()


@pytest.fixture(params=["as we are", "as an ordinary user"])
def any_driver(request: pytest.FixtureRequest, place: Path) -> Iterator[Driver]:
    """For what rights make different: started by root, and by an ordinary user."""
    ordinary = account_for(place / "none")
    if request.param == "as an ordinary user" and ordinary is None:
        pytest.skip("we are an ordinary user already")
    running = Driver(ordinary if request.param == "as an ordinary user" else None)
    yield running
    running.end()
