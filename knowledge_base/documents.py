"""What the search engine is told of articles: all that it indexes, and where it hears of changes.

This is the whole of what stands between the articles and their search; another engine takes the same.
"""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec


class Question(msgspec.Struct, frozen=True):
    """Words with which somebody came, and what became of it."""

    text: str
    weight: float = 1.0
    """1: the article solved a ticket of these words. Less: it was read, or called helpful. Below 0: it did not help."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One published translation of an article, as plain text."""

    id: int
    """The translation's."""
    article: int
    language: str
    audience: str
    """Who may find it, as the articles name it; a search says which audiences it is for."""
    category: int | None = None
    title: str
    headings: str = ""
    """One a line."""
    body: str = ""
    tags: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    """Of all translations in its language, the strongest first: `MOST_QUESTIONS` are indexed."""


MOST_QUESTIONS = 50


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A place in the history of changes. A history that took another turn, as a database brought back to an hour ago does,
    has other marks at the same numbers."""

    number: int = 0
    mark: str = ""


class Change(msgspec.Struct, frozen=True):
    """What became of a translation: the document as it is now, or None when it is no longer to be found."""

    place: Place
    id: int
    document: Document | None


class Source(Protocol):
    """Where the index hears of articles; all of it from the database, and committed."""

    async def newest(self) -> Place:
        """That of the newest change; 0 when there was none yet. Numbers follow the order of commits."""
        ...

    async def leads_on(self, place: Place) -> bool:
        """Whether it is one of this history, and all changes behind it can still be read."""
        ...

    async def changes(self, after: int, limit: int) -> list[Change]:
        """The next ones, in order. A document may be newer than its change; one translation may come once for many changes."""
        ...

    def documents(self) -> AsyncIterator[Document]:
        """All that is to be found now, in any order."""
        ...

    async def count(self) -> int:
        """How many those are, for a bar of progress."""
        ...
