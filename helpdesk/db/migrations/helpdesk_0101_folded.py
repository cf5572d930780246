"""What is kept folded for searching and sorting is folded anew: some letters are folded another way since migration 0084.

They are Greek letters with two marks or an iota below, Cherokee ones, and few Latin ones; what has none is left alone.
"""

from collections.abc import Callable
from typing import Any

from helpdesk.customers.searching import words_of as words_of_customer
from helpdesk.db.raw import migration
from helpdesk.intake.searching import words_of as words_of_mail
from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise, sort_key, words_of

ID = "2026-11-22T14:06:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "folded texts as they are folded now"

BATCH = 500
LETTERS = r"[\u01f0\u0345\u037a\u0390\u03b0\u13a0-\u13fd\u1c80-\u1c88\u1e96-\u1e99\u1f50-\u1ffc\uab70-\uabbf]"

_HANDLES = "ARRAY(SELECT value FROM hd_identity WHERE customer = hd_customer.id ORDER BY id)"
_VERSIONS = "ARRAY(SELECT value->>'text' FROM jsonb_each(versions))"

Folded = Callable[[dict[str, Any]], dict[str, str]]


async def _forwards() -> None:
    await _fold("hd_customer", "name", f"name, {_HANDLES} AS handles", _customer)
    await _fold("hd_organisation", "name", "name", _organisation)
    await _fold("hd_raw_message", "subject", "subject", lambda row: {"words": words_of_mail(row["subject"])})
    await _fold("hd_canned_text", "name || versions::text", f"name, shortcut, {_VERSIONS} AS texts", _canned_text)


async def _backwards() -> None:
    return None


async def _fold(table: str, where: str, columns: str, folded: Folded) -> None:
    """Write the `folded` columns of each row that has one of the letters in `where`, some rows at a time."""
    after = 0
    while found := await rows(
        f"SELECT id, {columns} FROM {table} WHERE id > {{}} AND ({where}) ~ '{LETTERS}' ORDER BY id LIMIT {BATCH}",
        after,
    ):
        after = found[-1]["id"]
        made = [folded(row) for row in found]
        for column in made[0]:
            await rows(
                f"""UPDATE {table} SET {column} = anew.value FROM unnest({{}}::bigint[], {{}}::text[]) AS anew (id, value)
                WHERE {table}.id = anew.id""",
                [row["id"] for row in found], [values[column] for values in made],
            )  # fmt: skip


def _customer(row: dict[str, Any]) -> dict[str, str]:
    return {"words": words_of_customer(row["name"], row["handles"]), "sort_key": sort_key(row["name"])}


def _organisation(row: dict[str, Any]) -> dict[str, str]:
    return {"words": normalise(row["name"]), "sort_key": sort_key(row["name"])}


def _canned_text(row: dict[str, Any]) -> dict[str, str]:
    words = words_of(" ".join([row["shortcut"], row["name"], *row["texts"]]))
    return {"words": " " + " ".join(words), "sort_key": sort_key(row["name"])}


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
