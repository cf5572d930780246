"""Reading an archive into an empty installation.

Everything is checked before anything is changed. The files come first, where they harm nobody, the database last and in
one transaction: a restore that was killed can simply be run again.
"""

import asyncio
import hashlib
import os
import re
import tarfile
import tempfile
from pathlib import Path
from typing import IO

import msgspec

from helpdesk.articles import indexing
from helpdesk.cli.backing_up import FORMAT, Manifest, Progress, own_secret
from helpdesk.cli.postgres_tools import run_tool
from helpdesk.kernel import blobs
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.settings import settings
from helpdesk.migrating import known, migrate

BLOB = re.compile(r"blobs/([0-9a-f]{64})")
NOT_OURS = re.compile(r"^\d+; \d+ \d+ (EXTENSION|COMMENT - EXTENSION|SCHEMA|COMMENT - SCHEMA|DATABASE) ", re.MULTILINE)


async def restore_from(file: Path, *, own_tools: bool, progress: Progress) -> list[str]:
    """Restore the archive; returns what the operator should still know.

    Raises HelpdeskError, with nothing changed, when the file is not a whole backup of a helpdesk that this one
    understands, or the installation is not empty or at work.
    """
    own_key = own_secret(settings()) is not None
    manifest = await asyncio.to_thread(_check, file, progress)
    await _check_empty()
    [row] = await rows("SELECT current_setting('server_version_num')::int / 10000 AS major")
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings().data_dir, prefix="restore-") as folder:
        dump = Path(folder, "database.dump")
        await _unpack(file, dump, manifest, own_key=own_key, progress=progress)
        await rows("CREATE EXTENSION IF NOT EXISTS pg_trgm")  # indexes need it, and an archive holds no extensions
        with progress("database", 1) as step:
            await asyncio.to_thread(_restore_database, dump, row["major"], own_tools)
            step(1)
    indexing.forget()
    await migrate()
    if manifest.has_secret_key and own_key:
        return []
    return [
        "note: the secret key is not restored: set HELPDESK_SECRET_KEY to that of the backed-up installation, "
        "or replies to its mails will not find their tickets"
    ]


def _check(file: Path, progress: Progress) -> Manifest:
    """Read all of it once: every hash, and the manifest at the end."""
    manifest: Manifest | None = None
    dump_sha256, found = "", 0
    try:
        with tarfile.open(file, "r:") as archive, progress("checking", max(1, file.stat().st_size)) as step:
            for member in archive:
                if manifest or not member.isreg():
                    raise HelpdeskError(f"{file} is not a backup of helpdesk: {member.name} does not belong there")
                content = _opened(archive, member)
                if blob := BLOB.fullmatch(member.name):
                    found += 1
                    if _sha256(content) != blob[1]:
                        raise HelpdeskError(f"{file} is damaged: {member.name} is not what it was")
                elif member.name == "database.dump":
                    dump_sha256 = _sha256(content)
                elif member.name == "manifest.json":
                    manifest = msgspec.json.decode(content.read(), type=Manifest)
                step(member.size)
    except (tarfile.TarError, EOFError, msgspec.MsgspecError) as error:
        raise HelpdeskError(f"{file} is not a backup of helpdesk, or not whole: {error}") from error
    if manifest is None or manifest.blobs != found or manifest.dump_sha256 != dump_sha256:
        raise HelpdeskError(f"{file} is not a whole backup of helpdesk")
    if manifest.format != FORMAT or set(manifest.migrations) - {step.id for step in known()}:
        raise HelpdeskError(f"{file} was made by a newer helpdesk: upgrade this one first")
    return manifest


async def _check_empty() -> None:
    [others] = await rows(
        """SELECT count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'helpdesk' AND pid <> pg_backend_pid()"""
    )
    if others["n"]:
        raise HelpdeskError("helpdesk is at work on this database: stop it before a restore")
    for table in ("hd_agent", "hd_customer", "hd_raw_message", "hd_ticket"):
        [exists] = await rows("SELECT to_regclass({}) IS NOT NULL AS it", table)
        if exists["it"] and await rows(f"SELECT FROM {table} LIMIT 1"):
            raise HelpdeskError(
                "this installation is not empty: restore into a new data directory or an empty database"
            )


async def _unpack(file: Path, dump: Path, manifest: Manifest, *, own_key: bool, progress: Progress) -> None:
    with (
        tarfile.open(file, "r:") as archive,
        progress(f"attachments ({manifest.blobs})", max(1, manifest.blobs)) as step,
    ):
        for member in archive:
            content = _opened(archive, member)
            if member.name == "database.dump":
                await asyncio.to_thread(_copy, content, dump)
            elif member.name == "secret-key" and own_key:
                await asyncio.to_thread(_replace_key, content.read())
            elif BLOB.fullmatch(member.name):
                await blobs.keep(content.read())
                step(1)


def _restore_database(dump: Path, major: int, own_tools: bool) -> None:
    """In one transaction. Extensions and the schema belong to whoever made the database, and are left alone."""
    entries = run_tool("pg_restore", "--list", dump, at_least=major, own_first=own_tools)
    chosen = dump.with_name("entries")
    chosen.write_text("".join(line for line in entries.splitlines(keepends=True) if not NOT_OURS.match(line)))
    run_tool(
        "pg_restore", "--single-transaction", "--exit-on-error", "--clean", "--if-exists", "--no-owner",
        "--no-privileges", f"--use-list={chosen}", dump,
        database_url=settings().database_url, at_least=major, own_first=own_tools,
    )  # fmt: skip


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(member)
    if content is None:
        raise HelpdeskError(f"{member.name} cannot be read")
    return content


def _sha256(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := content.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def _copy(content: IO[bytes], target: Path) -> None:
    with target.open("wb") as opened:
        while piece := content.read(1 << 20):
            opened.write(piece)


def _replace_key(key: bytes) -> None:
    draft = settings().data_dir / ".secret-key.restored"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(key)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(settings().data_dir / "secret-key")
