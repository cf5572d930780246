"""Markdown files to be imported, read out of a ZIP or by themselves: what each says at its top, and what lies beside them."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import unquote

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import language_of
from knowledge_base import front_matter, slugs
from knowledge_base.cleaning import LONGEST_HTML
from knowledge_base.filing import LARGEST as LARGEST_FILE
from knowledge_base.front_matter import Flaw, Value
from knowledge_base.writing import LONGEST_TITLE

LARGEST = 25 * 1024 * 1024
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_FILES = 10_000
_LARGEST_SHEET = LONGEST_HTML * 2
_HEADING = re.compile(r"\A\s*#[ \t]+(\S.*)\n")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|#", re.IGNORECASE)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What reading a broken, encrypted or strange ZIP raises."""


class Trouble(msgspec.Struct, frozen=True):
    """A file, and why it was not taken, or what of it."""

    path: str
    why: str


class Sheet(msgspec.Struct, frozen=True):
    """A Markdown file; `body` comes without what became of its `title`."""

    path: str
    said: dict[str, Value]
    body: str
    title: str
    language: str
    slug: str
    flaws: list[Flaw] = []
    """What is wrong with its top."""

    @property
    def address(self) -> str:
        """Where its article will stand, if that is free."""
        return f"/help/{self.language}/articles/{self.slug}"

    def word(self, name: str) -> str:
        """What its top says under this name; "" for nothing, or for a list."""
        value = self.said.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def inside(self, address: str) -> str:
        """Where in the ZIP an address beside the file leads; "" when it leads elsewhere."""
        return "" if _ELSEWHERE.match(address) else _normal(PurePosixPath(self.path).parent / unquote(_bare(address)))


class Pack(msgspec.Struct):
    sheets: dict[str, Sheet] = {}
    """By their paths."""
    troubles: list[Trouble] = []
    archive: zipfile.ZipFile | None = None

    def beside(self, path: str) -> bytes | None:
        """A file that lies in it; None when there is none, or none that can be taken."""
        try:
            entry = self.archive.getinfo(path) if self.archive else None
            if self.archive is None or entry is None or entry.file_size > LARGEST_FILE:
                return None
            return self.archive.read(entry)
        except (KeyError, *_DAMAGED):
            return None


def unpacked(name: str, file: IO[bytes]) -> Pack:
    """Raises Invalid at `file`; what is wrong with a single sheet is one of its troubles."""
    if not zipfile.is_zipfile(file):
        pack, size = Pack(), file.seek(0, io.SEEK_END)
        file.seek(0)
        _add(pack, name, size, file.read)
        return pack
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGED as error:
        raise Invalid(file=_("This ZIP cannot be read.")) from error
    pack = Pack(archive=archive)
    entries = [one for one in archive.infolist() if not one.is_dir()]
    if len(entries) > MOST_FILES or sum(one.file_size for one in entries) > LARGEST_UNPACKED:
        raise Invalid(file=_("There is too much in this ZIP. Import it in parts."))
    for entry in sorted(entries, key=lambda one: one.filename):
        if entry.filename.lower().endswith((".md", ".markdown")):
            _add(pack, entry.filename, entry.file_size, partial(archive.read, entry))
    if not pack.sheets and not pack.troubles:
        raise Invalid(file=_("There is no Markdown file in it."))
    return pack


def _add(pack: Pack, path: str, size: int, read: Callable[[], bytes]) -> None:
    """A sheet, or why there is none."""
    if size > _LARGEST_SHEET:
        pack.troubles.append(Trouble(path, _("This article is too long. Make two of it.")))
        return
    try:
        pack.sheets[path] = _read(path, read().decode("utf-8"))
    except UnicodeDecodeError:
        pack.troubles.append(Trouble(path, _("This is not readable text.")))
    except _DAMAGED:
        pack.troubles.append(Trouble(path, _("This file is damaged in the ZIP.")))


def _read(path: str, text: str) -> Sheet:
    said, body, flaws = front_matter.read(text)
    place, heading = PurePosixPath(path), _HEADING.match(body)
    known = Sheet(path, said, body, "", "", "")
    title = known.word("title")
    if not title and heading:
        title, body = heading[1].strip(), body[heading.end() :]
    title = (title or place.stem.replace("-", " "))[:LONGEST_TITLE]
    language = next((one for one in (known.word("language"), *place.parts[:-1]) if one in LANGUAGES), "")
    slug = slugs.slug_of(known.word("slug") or title)
    return Sheet(path, said, body, title, language or language_of(f"{title}\n{body}"), slug, flaws)


def _bare(address: str) -> str:
    return address.partition("#")[0].strip()


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            del parts[-1:]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
