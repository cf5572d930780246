"""The words of an article's address: of its title, in its own letters, one article a language. Old ones lead on."""

import re
import unicodedata

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from knowledge_base.changes import hold_changes

LONGEST = 80
_SAME = str.maketrans(
    {"ي": "ی", "ك": "ک", "ـ": None, "ß": "ss"}
    | {"۰۱۲۳۴۵۶۷۸۹"[n]: str(n) for n in range(10)}
    | {"٠١٢٣٤٥٦٧٨٩"[n]: str(n) for n in range(10)}
)
_BREAKS = re.compile(r"[^\w]+")
_TAKEN_BY_PAGES = {"new"}


def slug_of(words: str) -> str:
    """`How do I pay?` as `how-do-i-pay`, `آدرسِ من` as `آدرس-من`; "" when there is no letter in it."""
    plain = "".join(_plain(letter) for letter in unicodedata.normalize("NFKC", words).lower().translate(_SAME))
    slug = _BREAKS.sub("-", plain).strip("-_")
    return slug if len(slug) <= LONGEST else slug[:LONGEST].rsplit("-", 1)[0].strip("-_") or slug[:LONGEST]


def checked_slug(typed: str) -> str:
    """As it is kept; raises Invalid at `slug`."""
    slug = slug_of(typed)
    if not slug or slug in _TAKEN_BY_PAGES:
        raise Invalid(slug=_("Use letters and digits, with hyphens between the words."))
    return slug


async def free_slug(wished: str, *, language: str, translation: int = 0) -> str:
    """The slug, or with a number behind it the first that no other translation in this language has or had.

    In the transaction that takes it: until that is over nobody else takes one.
    """
    await hold_changes()
    wished = wished or "article"
    found = await rows(
        """SELECT slug FROM kb_translation WHERE language = {} AND id <> {} AND starts_with(slug, {})
        UNION SELECT slug FROM kb_old_slug WHERE language = {} AND translation <> {} AND starts_with(slug, {})""",
        language, translation, wished, language, translation, wished,
    )  # fmt: skip
    taken = {row["slug"] for row in found}
    if wished not in taken:
        return wished
    return next(f"{wished}-{number}" for number in range(2, len(taken) + 3) if f"{wished}-{number}" not in taken)


async def move(translation: int, *, language: str, old: str, new: str) -> None:
    """Keep the old address as one that leads on. In the transaction of the change; raises Invalid at `slug` when it is another's."""
    if await free_slug(new, language=language, translation=translation) != new:
        raise Invalid(slug=_("Another article has this address."))
    await rows("DELETE FROM kb_old_slug WHERE language = {} AND slug = {}", language, new)
    await rows(
        """INSERT INTO kb_old_slug (language, slug, translation) VALUES ({}, {}, {}) ON CONFLICT (language, slug)
        DO UPDATE SET translation = excluded.translation""",
        language, old, translation,
    )  # fmt: skip


def _plain(letter: str) -> str:
    """Latin letters without accents; of all others, marks alone go."""
    base = unicodedata.normalize("NFKD", letter)[:1]
    if base.isascii():
        return base
    return "" if unicodedata.combining(letter) else letter
