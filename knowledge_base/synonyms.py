"""Words that mean the same: the lists that come with the product as far as they are in use, and an administrator's own.

They are read with each query, so a change holds at once, in all processes, and nothing is indexed anew.
"""

import re
from datetime import datetime

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits
from knowledge_base.common_synonyms import common_sets
from knowledge_base.language import tokens
from knowledge_base.querying import LONGEST_PHRASE, Synonyms

MOST_GROUPS, MOST_WORDS, LONGEST_WORD = 500, 20, 60
_COMMA = re.compile("[,،]")


class Lists(msgspec.Struct, frozen=True, kw_only=True):
    """Of a language: own groups, a line each, and those of `common_sets` that are not in use, each as `line_of` writes it."""

    groups: str = ""
    off: list[str] = []
    version: int = 0

    def sets(self, language: str) -> list[list[str]]:
        """All that are in use."""
        common = [words for words in common_sets(language) if line_of(words) not in self.off]
        return [*common, *([word.strip() for word in line.split(",")] for line in self.groups.splitlines())]


_built: dict[str, tuple[int, Synonyms]] = {}
"""By language, with the version of the list that it was built from."""


async def in_use() -> dict[str, Synonyms]:
    """By language; those that nobody has changed are not among them."""
    versions = {row["language"]: row["version"] for row in await rows("SELECT language, version FROM kb_synonyms")}
    for language, version in versions.items():
        if language not in _built or _built[language][0] != version:
            found = await find_lists(language)
            _built[language] = found.version, Synonyms(found.sets(language), language)
    return {language: _built[language][1] for language in versions}


async def find_lists(language: str) -> Lists:
    found = await rows("SELECT groups, off, version FROM kb_synonyms WHERE language = {}", language)
    return msgspec.convert(found[0], Lists) if found else Lists()


async def change_lists(language: str, typed: Lists, *, at: datetime) -> Lists:
    """As they are now, of `checked` lines. Raises Invalid, also when `typed` began with another version."""
    known = {line_of(words) for words in common_sets(language)}
    new = Lists(groups=checked(typed.groups, language), off=sorted(known.intersection(typed.off)))
    won = await rows(
        """INSERT INTO kb_synonyms AS k (language, groups, off, version, changed_at) SELECT {}, {}, {}, 1, {} WHERE {} = 0
        ON CONFLICT (language) DO NOTHING RETURNING version"""
        if typed.version == 0
        else "UPDATE kb_synonyms SET language = {}, groups = {}, off = {}, version = version + 1, changed_at = {} WHERE version = {} RETURNING version",
        language, new.groups, new.off, at, typed.version,
    )  # fmt: skip
    if not won:
        raise Invalid(
            groups=_("Somebody else changed these words meanwhile. Load the page again, and change them once more.")
        )
    return msgspec.structs.replace(new, version=won[0]["version"])


def checked(typed: str, language: str) -> str:
    """The groups as they are kept: words between commas, a group a line. Raises Invalid at `groups`, with the line at fault."""
    kept: list[str] = []
    for number, line in enumerate(typed.splitlines(), 1):
        words = list(dict.fromkeys(word for part in _COMMA.split(line) if (word := " ".join(part.split()))))
        if not words:
            continue
        if trouble := _trouble(words, language):
            raise Invalid(groups=_("Line %(n)s: %(trouble)s") % {"n": digits(number), "trouble": trouble})
        kept.append(line_of(words))
    if len(kept) > MOST_GROUPS:
        raise Invalid(groups=_("There is room for %(n)s groups.") % {"n": digits(MOST_GROUPS)})
    return "\n".join(kept)


def line_of(words: list[str]) -> str:
    return ", ".join(words)


def _trouble(words: list[str], language: str) -> str:
    """What is wrong with a group; nothing when it can be used."""
    if len(words) == 1:
        return _("A group has two words or more, with commas between them.")
    if len(words) > MOST_WORDS:
        return _("A group has %(n)s words at most.") % {"n": digits(MOST_WORDS)}
    for word in words:
        found = list(tokens(word, language))
        if len(word) > LONGEST_WORD or len(found) > LONGEST_PHRASE:
            return _("“%(word)s” is too long: %(n)s words at most.") % {"word": word, "n": digits(LONGEST_PHRASE)}
        if not any(token.terms for token in found):
            return _("“%(word)s” says nothing to the search, which skips such words.") % {"word": word}
    return ""
