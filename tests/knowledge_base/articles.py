"""Documents in one line, and a source of them that is not a database."""

from collections.abc import AsyncIterator
from pathlib import Path

from knowledge_base import index
from knowledge_base.documents import Change, Document, Place, Question


def document(
    id: int,
    title: str,
    body: str = "",
    *,
    language: str = "en",
    audience: str = "public",
    tags: tuple[str, ...] = (),
    questions: tuple[Question, ...] = (),
) -> Document:
    return Document(
        id=id, article=id, language=language, audience=audience, title=title, body=body, tags=tags, questions=questions
    )  # fmt: skip


class Shelf:
    """What the database would say."""

    def __init__(self, *documents: Document) -> None:
        self.history = "first"
        self.kept = {one.id: one for one in documents}
        self.noted = [one.id for one in documents]

    def put(self, one: Document) -> None:
        self.kept[one.id] = one
        self.noted.append(one.id)

    def take(self, id: int) -> None:
        del self.kept[id]
        self.noted.append(id)

    def place(self, number: int) -> Place:
        return Place(number, f"{self.history} {number}" if number else "")

    async def newest(self) -> Place:
        return self.place(len(self.noted))

    async def leads_on(self, place: Place) -> bool:
        return place.number <= len(self.noted) and place == self.place(place.number)

    async def changes(self, after: int, limit: int) -> list[Change]:
        numbered = list(enumerate(self.noted, 1))[after : after + limit]
        return [Change(self.place(number), id, self.kept.get(id)) for number, id in numbered]

    async def documents(self) -> AsyncIterator[Document]:
        for one in list(self.kept.values()):
            yield one

    async def count(self) -> int:
        return len(self.kept)


def titles(folder: Path) -> set[str]:
    """All that the index holds."""
    reading = index.read(folder)
    return {reading.shown(number).title for number, meta in enumerate(reading.metas) if meta}
