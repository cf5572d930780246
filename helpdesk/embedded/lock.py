"""Who runs the private servers of a data directory, and who else is using them.

`lock` is held alone by the one process that runs them; `users` is shared by all that use them, so that a
command which started them waits for the others before it stops them. Both go with their process, however
it dies.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from helpdesk.embedded.home import Home
from helpdesk.kernel.errors import ConfigurationError

UP = "helpdesk up"
_PATIENCE = 30.0  # seconds for a command that happens to run its own servers


def take(home: Home, purpose: str) -> IO[str] | None:
    """Become the one that runs the servers; None when somebody else does. Closing the file gives it back."""
    file = _open(home.root / "lock")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate(0)
    file.write(f"{os.getpid()} {purpose}\n")
    file.flush()
    return file


def take_for_up(home: Home) -> IO[str]:
    """The same for `helpdesk up`: waits for a short command, refuses beside another `up`.

    Raises ConfigurationError naming the process that holds the data directory.
    """
    deadline = time.monotonic() + _PATIENCE
    while (file := take(home, UP)) is None:
        pid, _, purpose = holder(home).partition(" ")
        if purpose == UP or time.monotonic() > deadline:
            raise ConfigurationError(
                f"the data directory {home.root.parent} is already in use by process {pid} ({purpose})"
            )
        time.sleep(0.1)
    return file


def holder(home: Home) -> str:
    """The process id and purpose that the last taker of the lock wrote down."""
    return (home.root / "lock").read_text().strip()


@contextmanager
def using(home: Home) -> Iterator[IO[str]]:
    with _open(home.root / "users") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file


def wait_for_others(users: IO[str]) -> None:
    """Wait until nobody else uses the servers, and let nobody begin."""
    fcntl.flock(users, fcntl.LOCK_EX)


def _open(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
