"""Attachments by the hash of their content, in a folder that all machines share."""

import asyncio
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from helpdesk.kernel.settings import settings


async def keep(content: bytes) -> str:
    """Store `content` durably and return its name, its SHA-256 in hex. Keeping it twice is harmless."""
    return await asyncio.to_thread(_keep, content)


async def read(name: str) -> bytes:
    """The content; raises FileNotFoundError."""
    return await asyncio.to_thread(path_of(name).read_bytes)


def path_of(name: str) -> Path:
    return settings().blob_dir / name[:2] / name


def _keep(content: bytes) -> str:
    name = hashlib.sha256(content).hexdigest()
    path = path_of(name)
    with suppress(FileNotFoundError):
        os.utime(path)  # young again, so that the clean-up of what nothing refers to leaves it alone
        return name
    settings().blob_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f".{name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return name
