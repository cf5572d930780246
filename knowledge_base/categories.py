"""Categories in two levels, with a name in each language, in an order."""

from datetime import datetime

import msgspec

from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from knowledge_base.changes import PUBLISHED, note_change

MOST = 300
LONGEST_NAME, LONGEST_DESCRIPTION = 80, 300


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says that a category is; `parent` is one without a parent."""

    names: dict[str, str]
    descriptions: dict[str, str] = {}
    parent: int | None = None

    def name(self, language: str) -> str:
        """In this language, else in the first that there is."""
        return self.names.get(self.named_in(language), "")

    def named_in(self, language: str) -> str:
        """The language of that name."""
        return language if self.names.get(language) else next(iter(self.names), language)

    def description(self, language: str) -> str:
        return self.descriptions.get(language, "")


class Category(Written, frozen=True, kw_only=True):
    id: int
    position: int


async def hold_categories() -> None:
    """Until the transaction ends none is changed, and none goes that an article is just put into."""
    await lock("knowledge base categories")


async def list_categories() -> list[Category]:
    """Each behind its parent, in their order."""
    found = await rows(
        """SELECT c.id, c.parent, c.position, c.names, c.descriptions FROM kb_category c LEFT JOIN kb_category p ON p.id = c.parent
        ORDER BY coalesce(p.position, c.position), coalesce(p.id, c.id), p.id IS NOT NULL, c.position, c.id"""
    )
    read = {"names", "descriptions"}
    return [msgspec.convert({name: msgspec.json.decode(value) if name in read else value for name, value in row.items()}, Category) for row in found]  # fmt: skip


async def find_category(category_id: int) -> Category:
    """Raises NotFound."""
    for one in await list_categories():
        if one.id == category_id:
            return one
    raise NotFound(_("There is no such category."))


def with_children(category_id: int, categories: list[Category]) -> list[int]:
    """Its id and those of the ones below it."""
    return [one.id for one in categories if category_id in (one.id, one.parent)]


async def count_published(*, language: str, audiences: frozenset[str]) -> dict[int | None, int]:
    """How many articles there are to read in each category itself; None are those without one."""
    found = await rows(
        f"""SELECT a.category, count(*) AS count FROM kb_translation t JOIN kb_article a ON a.id = t.article
        WHERE {PUBLISHED} AND t.language = {{}} AND a.audience = ANY({{}}) GROUP BY a.category""",
        language, sorted(audiences),
    )  # fmt: skip
    return {row["category"]: row["count"] for row in found}


async def count_all() -> dict[int | None, int]:
    """How many articles there are in each, read or not."""
    found = await rows("SELECT category, count(*) AS count FROM kb_article GROUP BY category")
    return {row["category"]: row["count"] for row in found}


async def save_category(category_id: int | None, written: Written, *, at: datetime) -> int:
    """Change one, or add one behind its siblings; its id. Raises Invalid at the field, NotFound."""
    async with transaction():
        await hold_categories()
        known = await list_categories()
        before = await find_category(category_id) if category_id else None
        checked = _checked(written, before, known)
        names, descriptions = (msgspec.json.encode(one).decode() for one in (checked.names, checked.descriptions))
        if before is None:
            position = 1 + max((one.position for one in known if one.parent == checked.parent), default=0)
            [made] = await rows(
                "INSERT INTO kb_category (parent, position, names, descriptions, created_at) VALUES ({}, {}, {}, {}, {}) RETURNING id",
                checked.parent, position, names, descriptions, at,
            )  # fmt: skip
            return made["id"]
        await rows(
            "UPDATE kb_category SET parent = {}, names = {}, descriptions = {} WHERE id = {}",
            checked.parent, names, descriptions, before.id,
        )  # fmt: skip
        return before.id


async def move_category(category_id: int, places: int) -> None:
    """So many places later among its siblings, or earlier; at an end it stays. Raises NotFound."""
    async with transaction():
        await hold_categories()
        moved = await find_category(category_id)
        siblings = [one.id for one in await list_categories() if one.parent == moved.parent]
        place = max(0, siblings.index(moved.id) + places)
        siblings.remove(moved.id)
        siblings.insert(place, moved.id)
        await rows(
            """UPDATE kb_category SET position = given.position FROM unnest({}::int[]) WITH ORDINALITY AS given (id, position)
            WHERE kb_category.id = given.id""",
            siblings,
        )


async def delete_category(category_id: int, *, at: datetime) -> None:
    """Its articles stand in its parent from now on, or in none. Raises Invalid while it has categories below it, NotFound."""
    async with transaction():
        await hold_categories()
        gone = await find_category(category_id)
        if len(with_children(gone.id, await list_categories())) > 1:
            raise Invalid(category=_("Move or delete the categories below it first."))
        await rows("SELECT FROM kb_article WHERE category = {} ORDER BY id FOR NO KEY UPDATE", gone.id)
        moved = await rows(
            """UPDATE kb_article SET category = {}, changed_at = {} WHERE category = {}
            RETURNING ARRAY(SELECT id FROM kb_translation WHERE article = kb_article.id) AS translations""",
            gone.parent, at, gone.id,
        )  # fmt: skip
        await rows("DELETE FROM kb_category WHERE id = {}", gone.id)
        await note_change([one for row in moved for one in row["translations"]], at=at)


def _checked(written: Written, before: Category | None, known: list[Category]) -> Written:
    names = _tidy(written.names)
    descriptions = _tidy(written.descriptions)
    errors: dict[str, str] = {}
    if not names or any(len(one) > LONGEST_NAME for one in names.values()):
        errors["names"] = _("Give a name of at most 80 characters, in one language at least.")
    if any(len(one) > LONGEST_DESCRIPTION for one in descriptions.values()):
        errors["descriptions"] = _("Use at most 300 characters.")
    if before is None and len(known) >= MOST:
        errors["names"] = _("There are too many categories. Delete one first.")
    tops = {one.id for one in known if one.parent is None}
    has_children = before is not None and any(one.parent == before.id for one in known)
    if written.parent is not None and (
        written.parent not in tops or has_children or (before and before.id == written.parent)
    ):
        errors["parent"] = _("Categories have two levels: choose one of the first, for one that has none below it.")
    if errors:
        raise Invalid(**errors)
    return Written(names=names, descriptions=descriptions, parent=written.parent)


def _tidy(by_language: dict[str, str]) -> dict[str, str]:
    tidy = {language: " ".join(by_language.get(language, "").split()) for language in LANGUAGES}
    return {language: text for language, text in tidy.items() if text}
