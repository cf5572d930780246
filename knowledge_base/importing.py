"""Articles from Markdown files, alone or in a ZIP as `exporting` makes it, or as other programs do.

Each file becomes a draft: of the article that has its address already, else of a new one. Files that name the same `article`
become translations of one. What cannot be taken is told, and the rest comes in; importing the same files twice changes nothing.
"""

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import IO

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import HelpdeskError, Invalid
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import language_of
from knowledge_base import articles, categories, filing, front_matter, slugs, writing
from knowledge_base.articles import Common
from knowledge_base.categories import Category
from knowledge_base.cleaning import LONGEST_HTML
from knowledge_base.filing import SHOWN_IN_PLACE
from knowledge_base.front_matter import Value
from knowledge_base.markdown import to_html
from knowledge_base.tables import Audience
from knowledge_base.writing import LONGEST_TITLE, Words

LARGEST = 25 * 1024 * 1024
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_FILES = 10_000
_SHOWN = re.compile(r"(!?\[[^\]\n]*\]\()<?(?!https?:|/|#|mailto:|tel:)([^)<>\n]+?)>?(\))")
_HEADING = re.compile(r"\A\s*#[ \t]+(.+)\n")
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".pdf": "application/pdf"}  # fmt: skip


class Trouble(msgspec.Struct, frozen=True):
    """A file, and why it was not taken."""

    path: str
    why: str


class Imported(msgspec.Struct):
    """How many drafts were made, how many got new words, how many had them already."""

    made: int = 0
    changed: int = 0
    same: int = 0
    troubles: list[Trouble] = []


class _Pack(msgspec.Struct):
    """What lies beside the Markdown files, and what became of it."""

    archive: zipfile.ZipFile | None
    clean_name: Callable[[str, str], str]
    groups: dict[str, int] = {}
    """Articles that came in, by what their files call them."""
    kept: dict[tuple[int, str], str] = {}
    """Addresses of files that came in, by article and place in the ZIP."""


async def import_files(
    name: str, file: IO[bytes], *, clean_name: Callable[[str, str], str], by: int | None, at: datetime
) -> Imported:
    """Take a ZIP or a single Markdown file; `clean_name(name, content_type)` makes names of files safe. Raises Invalid at `file`."""
    done = Imported()
    if not zipfile.is_zipfile(file):
        file.seek(0)
        await _take(name, file.read(LARGEST), _Pack(None, clean_name), done, by=by, at=at)
        return done
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            if len(entries) > MOST_FILES or sum(one.file_size for one in entries) > LARGEST_UNPACKED:
                raise Invalid(file=_("There is too much in this ZIP. Import it in parts."))
            pack = _Pack(archive, clean_name)
            for entry in sorted(entries, key=lambda one: one.filename):
                if entry.filename.lower().endswith((".md", ".markdown")):
                    await _take(entry.filename, archive.read(entry), pack, done, by=by, at=at)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise Invalid(file=_("This ZIP cannot be read.")) from error
    if not done.made + done.changed + done.same + len(done.troubles):
        raise Invalid(file=_("There is no Markdown file in it."))
    return done


async def _take(path: str, content: bytes, pack: _Pack, done: Imported, *, by: int | None, at: datetime) -> None:
    try:
        if len(content) > LONGEST_HTML * 2:
            raise Invalid(html=_("This article is too long. Make two of it."))
        said, body = front_matter.read(content.decode("utf-8"))
        async with transaction():
            await _take_article(path, said, body, pack, done, by=by, at=at)
    except UnicodeDecodeError:
        done.troubles.append(Trouble(path, _("This is not readable text.")))
    except Invalid as error:
        done.troubles.append(Trouble(path, " ".join(error.fields.values())))
    except HelpdeskError as error:
        done.troubles.append(Trouble(path, str(error)))


async def _take_article(
    path: str, said: dict[str, Value], body: str, pack: _Pack, done: Imported, *, by: int | None, at: datetime
) -> None:
    place = PurePosixPath(path)
    heading = _HEADING.match(body)
    title = (_word(said, "title") or (heading[1].strip() if heading else "") or place.stem.replace("-", " "))[:LONGEST_TITLE]  # fmt: skip
    if heading and not _word(said, "title"):
        body = body[heading.end() :]
    language = _language(_word(said, "language"), place, f"{title}\n{body}")
    slug = slugs.slug_of(_word(said, "slug") or title)
    group = _word(said, "article")
    article = await _there(language, slug) or (pack.groups.get(group) if group else None)
    words = Words(title=title, html="", note=_("Imported from %(path)s") % {"path": path[-120:]})
    is_new = article is None
    if article is None:
        article = await writing.begin_article(words, language=language, common=await _common(said, language, at), slug=slug, by=by, at=at)  # fmt: skip
    elif language not in (await articles.find_article(article)).translations:
        await writing.begin_translation(article, words, language=language, slug=slug, by=by, at=at)
        is_new = True
    body = await _with_files(body, place, article, pack, by=by, at=at)
    for one in said["files"] if isinstance(said.get("files"), list) else []:
        await _keep(str(one), article, pack, is_inline=False, by=by, at=at)
    before = (await articles.find_article(article)).translations[language].version
    saved = await writing.save(article, language, msgspec.structs.replace(words, html=to_html(body)), version=None, by=by, at=at)  # fmt: skip
    done.made += is_new
    done.changed += not is_new and saved.version != before
    done.same += not is_new and saved.version == before
    if group:
        pack.groups[group] = article


async def _there(language: str, slug: str) -> int | None:
    found = await rows("SELECT article FROM kb_translation WHERE language = {} AND slug = {}", language, slug)
    return found[0]["article"] if found else None


async def _common(said: dict[str, Value], language: str, at: datetime) -> Common:
    """What else the lines at the top say, as far as it is something that we know."""
    tags = said.get("tags", [])
    audience = _word(said, "audience")
    position = _word(said, "position")
    return Common(
        category=await _category(_word(said, "category"), language, at), audience=audience if audience in set(Audience) else Audience.PUBLIC,
        tags=tags if isinstance(tags, list) else tags.split(","), position=int(position) if re.fullmatch(r"[0-9]{1,4}", position) else 0,
        review_on=_day(_word(said, "review")),
    )  # fmt: skip


async def _category(words: str, language: str, at: datetime) -> int | None:
    """`Orders / Refunds`, which is made if it is not there."""
    parent: int | None = None
    for name in [one.strip() for one in words.split(" / ") if one.strip()][:2]:
        known = await categories.list_categories()
        found = next((one for one in known if one.parent == parent and _is_called(one, name)), None)
        written = categories.Written(names={language: name[: categories.LONGEST_NAME]}, parent=parent)
        parent = found.id if found else await categories.save_category(None, written, at=at)
    return parent


async def _with_files(
    body: str, place: PurePosixPath, article: int, pack: _Pack, *, by: int | None, at: datetime
) -> str:
    """The Markdown with the addresses of the images and files that came with it."""
    found: dict[str, str] = {}
    for shown in _SHOWN.finditer(body):
        inside = _inside(place.parent, shown[2])
        found[shown[2]] = await _keep(inside, article, pack, is_inline=shown[1].startswith("!"), by=by, at=at)
    return _SHOWN.sub(lambda shown: f"{shown[1]}{found[shown[2]] or f'<{shown[2]}>'}{shown[3]}", body)


async def _keep(inside: str, article: int, pack: _Pack, *, is_inline: bool, by: int | None, at: datetime) -> str:
    """The address of a file of the ZIP; "" when it is not there. What the article has already does not come twice."""
    if (article, inside) in pack.kept:
        return pack.kept[article, inside]
    try:
        entry = pack.archive.getinfo(inside) if pack.archive else None
    except KeyError:
        entry = None
    if entry is None or entry.file_size > filing.LARGEST or pack.archive is None:
        return ""
    content = pack.archive.read(entry)
    kind = _TYPES.get(PurePosixPath(inside).suffix.lower(), "application/octet-stream")
    name = pack.clean_name(re.sub(r"^\d+-", "", PurePosixPath(inside).name), kind)
    there = [one for one in await filing.list_files(article) if one.name == name and one.size == len(content)]
    is_image = is_inline and kind in SHOWN_IN_PLACE
    made = there[0] if there else await filing.add_file(article, name, kind, content, is_inline=is_image, by=by, at=at)
    pack.kept[article, inside] = made.path
    return made.path


def _inside(folder: PurePosixPath, address: str) -> str:
    """Where in the ZIP an address beside the file leads."""
    parts: list[str] = []
    for part in (folder / address.split("#")[0].strip()).parts:
        if part == "..":
            del parts[-1:]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _language(said: str, place: PurePosixPath, text: str) -> str:
    """What the file says, else its folder, else its letters."""
    return next((one for one in (said, *place.parts[:-1]) if one in LANGUAGES), language_of(text))


def _is_called(category: Category, name: str) -> bool:
    return name.casefold() in {one.casefold() for one in category.names.values()}


def _word(said: dict[str, Value], name: str) -> str:
    value = said.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
