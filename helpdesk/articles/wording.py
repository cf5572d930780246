"""Words that mean the same, as who may changes them; the audit log has each change."""

from datetime import datetime

from helpdesk.kernel.database import transaction
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand
from knowledge_base import synonyms
from knowledge_base.synonyms import Lists

MANAGE = "manage_synonyms"


async def change_synonyms(language: str, typed: Lists, *, by: SignedIn, at: datetime) -> None:
    """As `synonyms.change_lists`: in use from the commit on."""
    demand(by, MANAGE)
    async with transaction():
        before = await synonyms.find_lists(language)
        after = await synonyms.change_lists(language, typed, at=at)
        changes = differences(_told(before), _told(after))
        if changes:
            await record("synonyms_changed", by=by, at=at, about=About("synonyms", None, language), changes=changes)


def _told(lists: Lists) -> dict[str, object]:
    return {"groups": lists.groups.splitlines(), "off": lists.off}
