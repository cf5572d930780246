"""Writing everything to one file: whole and on the disk, or not there at all."""

import asyncio
import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import msgspec

from helpdesk.cli.postgres_tools import run_tool
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import Settings, settings
from helpdesk.kernel.time import now
from helpdesk.migrating import pending

FORMAT = 1
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


class Manifest(msgspec.Struct, kw_only=True):
    """The last member of an archive."""

    format: int = FORMAT
    made_at: str
    postgres: int
    migrations: list[str]
    dump_sha256: str
    blobs: int
    has_secret_key: bool


async def back_up(file: Path, *, own_tools: bool, progress: Progress) -> None:
    """Write the archive beside its place and move it there once it is whole and fsynced; readable by its owner alone.

    The database comes first: a file is always written before the row that refers to it, so none is missed.
    """
    if steps := await pending():
        raise ConfigurationError(
            f"the database is not up to date ({len(steps)} migrations): run `helpdesk migrate` first"
        )
    [row] = await rows("SELECT current_setting('server_version_num')::int / 10000 AS major")
    applied = [step["name"] for step in await rows("SELECT name FROM migration ORDER BY name")]
    partial, dump = file.with_name(f"{file.name}.partial"), file.with_name(f"{file.name}.partial.dump")
    try:
        _create_private(dump)
        with progress("database", 1) as step:
            await asyncio.to_thread(
                run_tool, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}",
                database_url=settings().database_url, at_least=row["major"], own_first=own_tools,
            )  # fmt: skip
            step(1)
        manifest = Manifest(
            made_at=now().isoformat(), postgres=row["major"], migrations=applied, dump_sha256=_sha256(dump), blobs=0,
            has_secret_key=own_secret(settings()) is not None,
        )  # fmt: skip
        await asyncio.to_thread(_write, partial, dump, manifest, progress)
        partial.rename(file)
        _sync_folder(file.parent)
    finally:
        for left in (partial, dump):
            with suppress(FileNotFoundError):
                left.unlink()


def _write(partial: Path, dump: Path, manifest: Manifest, progress: Progress) -> None:
    _create_private(partial)
    with partial.open("wb") as opened, tarfile.open(fileobj=opened, mode="w") as archive:
        archive.add(dump, "database.dump")
        if key := own_secret(settings()):
            _add(archive, "secret-key", key)
        blobs = sorted(path for path in settings().blob_dir.glob("*/*") if len(path.name) == 64)
        with progress(f"attachments ({len(blobs)})", len(blobs)) as step:
            for path in blobs:
                with suppress(FileNotFoundError):  # nothing referred to it any more
                    archive.add(path, f"blobs/{path.name}")
                    manifest.blobs += 1
                step(1)
        _add(archive, "manifest.json", msgspec.json.encode(manifest))
        archive.close()
        opened.flush()
        os.fsync(opened.fileno())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def own_secret(found: Settings) -> bytes | None:
    """The secret when it is the one that the data directory keeps."""
    file = found.data_dir / "secret-key"
    is_kept = file.exists() and file.read_text().strip() == found.secret_key
    return found.secret_key.encode() if is_kept else None


def _create_private(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor: Any = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
