"""Running PostgreSQL's own pg_dump and pg_restore against our database."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from helpdesk.embedded.binaries import postgres_binaries
from helpdesk.kernel.errors import HelpdeskError


def run_tool(name: str, *arguments: str | Path, database_url: str | None = None, at_least: int, own_first: bool) -> str:
    """Run `pg_dump` or `pg_restore` to its end and return what it printed.

    `at_least` is the server's major version, which no tool may be older than. `own_first` prefers the programs of our
    wheels; those of the machine know TLS. Passwords go by the environment, where other users cannot see them.
    Raises HelpdeskError with what the tool said.
    """
    program = _find(name, at_least=at_least, own_first=own_first)
    environment = dict(os.environ)
    given = [program, *arguments]
    if database_url:
        bare, password = without_password(database_url)
        given.append(f"--dbname={bare}")
        if password:
            environment["PGPASSWORD"] = password
    done = subprocess.run(given, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
    if done.returncode != 0:
        raise HelpdeskError(f"{name} failed: {done.stderr.strip() or done.returncode}")
    return done.stdout


def without_password(database_url: str) -> tuple[str, str | None]:
    """The URL without its password, and the password."""
    url = urlsplit(database_url)
    user, at, host = url.netloc.rpartition("@")
    name, colon, password = user.partition(":")
    return urlunsplit(url._replace(netloc=f"{name}{at}{host}")), unquote(password) if colon else None


def _find(name: str, *, at_least: int, own_first: bool) -> Path:
    in_path = shutil.which(name)
    machine = [Path(in_path)] if in_path else []
    own = [binaries.directory / name for binaries in postgres_binaries()]
    for program in [*own, *machine] if own_first else [*machine, *own]:
        if program.exists() and max(_majors(program), default=0) >= at_least:
            return program
    raise HelpdeskError(f"no {name} of PostgreSQL {at_least} or newer was found: install PostgreSQL's client programs")


def _majors(program: Path) -> Iterator[int]:
    said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
    if found := re.search(r"\) (\d+)", said):
        yield int(found[1])
