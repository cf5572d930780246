"""Articles from Markdown files, alone or in a ZIP as `exporting` makes it, or as other programs do.

Each file becomes a draft: of the article that has its address already, else of a new one. Files that name the same `article`
become translations of one. What cannot be taken is told, and the rest comes in; importing the same files twice changes nothing.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import IO, Literal

import msgspec

from helpdesk.kernel import blobs
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import HelpdeskError, Invalid
from helpdesk.kernel.language import _
from knowledge_base import articles, categories, filing, markdown, writing
from knowledge_base.articles import Common
from knowledge_base.categories import Category
from knowledge_base.cleaning import Cleaned
from knowledge_base.filing import SHOWN_IN_PLACE
from knowledge_base.front_matter import Flaw
from knowledge_base.tables import Audience
from knowledge_base.unpacking import LARGEST, Pack, Sheet, Trouble, unpacked
from knowledge_base.writing import Words

__all__ = ["LARGEST", "Imported", "Trouble", "import_files"]

MOST_TOLD = 5
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".pdf": "application/pdf"}  # fmt: skip

_Outcome = Literal["made", "changed", "same"]


class Imported(msgspec.Struct):
    """How many drafts were made, how many got new words, how many had them already."""

    made: int = 0
    changed: int = 0
    same: int = 0
    troubles: list[Trouble] = []
    left_out: list[Trouble] = []
    """Taken, but for these images, links and files."""
    flawed: list[tuple[str, Flaw]] = []
    """Taken, but what is wrong with the top of these files."""


class _Import(msgspec.Struct, frozen=True):
    pack: Pack
    clean_name: Callable[[str, str], str]
    by: int | None
    at: datetime
    groups: dict[str, int] = {}
    """Articles that came in, by what their files call them."""


async def import_files(
    name: str, file: IO[bytes], *, clean_name: Callable[[str, str], str], by: int | None, at: datetime
) -> Imported:
    """Take a ZIP or a single Markdown file; `clean_name(name, content_type)` makes names of files safe. Raises Invalid at `file`."""
    pack = await asyncio.to_thread(unpacked, name, file)
    under_way = _Import(pack, clean_name, by, at)
    done = Imported(troubles=list(pack.troubles))
    for sheet in pack.sheets.values():
        try:
            async with transaction():
                article, outcome, left_out = await _take(sheet, under_way)
        except Invalid as error:
            done.troubles.append(Trouble(sheet.path, " ".join(error.fields.values())))
            continue
        except HelpdeskError as error:
            done.troubles.append(Trouble(sheet.path, str(error)))
            continue
        if group := sheet.word("article"):
            under_way.groups[group] = article
        setattr(done, outcome, getattr(done, outcome) + 1)
        done.flawed += [(sheet.path, flaw) for flaw in sheet.flaws]
        if left_out:
            done.left_out.append(Trouble(sheet.path, ", ".join(left_out[:MOST_TOLD]) + " …" * (len(left_out) > MOST_TOLD)))  # fmt: skip
    return done


async def _take(sheet: Sheet, under_way: _Import) -> tuple[int, _Outcome, list[str]]:
    """Its article, what became of it, and what it showed or led to that is nowhere."""
    by, at = under_way.by, under_way.at
    article = await _there(sheet) or under_way.groups.get(sheet.word("article"))
    is_read = article is not None and (await articles.find_article(article)).is_read
    words = Words(title=sheet.title, note=_("Imported from %(path)s") % {"path": sheet.path[-120:]})
    is_new = True
    if article is None:
        common = await _common(sheet, at)
        article = await writing.begin_article(words, language=sheet.language, common=common, slug=sheet.slug, by=by, at=at)  # fmt: skip
    elif sheet.language not in (await articles.find_article(article)).translations:
        await writing.begin_translation(article, words, language=sheet.language, slug=sheet.slug, by=by, at=at)
    else:
        is_new = False
    text, lost = await _text(sheet, article, under_way, is_read=is_read)
    files = sheet.said.get("files")
    for one in files if isinstance(files, list) else []:
        if not await _keep(one, article, under_way, is_read=is_read):
            lost.append(one)
    before = (await articles.find_article(article)).translations[sheet.language].version
    saved = await writing.save(article, sheet.language, msgspec.structs.replace(words, html=text.html), version=None, by=by, at=at)  # fmt: skip
    outcome: _Outcome = "made" if is_new else "same" if saved.version == before else "changed"
    return article, outcome, [*text.left_out, *lost]


async def _there(sheet: Sheet) -> int | None:
    found = await rows("SELECT article FROM kb_translation WHERE language = {} AND slug = {}", sheet.language, sheet.slug)  # fmt: skip
    return found[0]["article"] if found else None


async def _text(sheet: Sheet, article: int, under_way: _Import, *, is_read: bool) -> tuple[Cleaned, list[str]]:
    """The body with the addresses of the files and articles that came with it, and links that lead to none of them."""
    addresses: dict[str, str] = {}
    lost: list[str] = []
    for address, is_image in (await asyncio.to_thread(markdown.addresses_in, sheet.body)).items():
        inside = sheet.inside(address)
        other = under_way.pack.sheets.get(inside)
        if other and not is_image:
            addresses[address] = other.address + "#".join(["", *address.split("#")[1:2]])
        elif inside and (path := await _keep(inside, article, under_way, is_image=is_image, is_read=is_read)):
            addresses[address] = path
        elif inside and not is_image:
            lost.append(address)
    return await asyncio.to_thread(markdown.read, sheet.body, addresses), lost


async def _keep(inside: str, article: int, under_way: _Import, *, is_image: bool = False, is_read: bool) -> str:
    """The address of a file of the ZIP; "" when it is not there. What the article has already does not come twice.

    Of an article that is read a new file would be seen before anything is published, unless it is an image, which only a
    published text shows: "" for it, too.
    """
    content = await asyncio.to_thread(under_way.pack.beside, inside)
    if not content:
        return ""
    kind = _TYPES.get(PurePosixPath(inside).suffix.lower(), "application/octet-stream")
    name = under_way.clean_name(re.sub(r"^files/\d+-", "", inside).rpartition("/")[2], kind)
    blob = await blobs.keep(content)
    there = next((one for one in await filing.list_files(article) if (one.name, one.blob) == (name, blob)), None)
    if there:
        return there.path
    is_inline = is_image and kind in SHOWN_IN_PLACE
    if is_read and not is_inline:
        return ""
    made = await filing.add_file(article, name, kind, content, is_inline=is_inline, by=under_way.by, at=under_way.at)
    return made.path


async def _common(sheet: Sheet, at: datetime) -> Common:
    """What else the lines at the top say, as far as it is something that we know."""
    tags, audience, position = sheet.said.get("tags", []), sheet.word("audience"), sheet.word("position")
    return Common(
        category=await _category(sheet.word("category"), sheet.language, at), audience=audience if audience in set(Audience) else Audience.PUBLIC,
        tags=tags if isinstance(tags, list) else tags.split(","), position=int(position) if re.fullmatch(r"[0-9]{1,4}", position) else 0,
        review_on=_day(sheet.word("review")),
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


def _is_called(category: Category, name: str) -> bool:
    return name.casefold() in {one.casefold() for one in category.names.values()}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
