"""Running the `helpdesk` command as people do: a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
HELPDESK = [sys.executable, "-m", "helpdesk"]


def helpdesk(
    *arguments: str | Path, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run it to its end, on the database and Redis of this test run."""
    done = subprocess.run(
        [*HELPDESK, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "200", **(environment or {})},
        timeout=60,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def start(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Start it and let it run; the caller ends it."""
    return subprocess.Popen(
        [*HELPDESK, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=REPOSITORY,
        env={**os.environ, **(environment or {})},
    )
