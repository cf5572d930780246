"""What becomes of the newest words: looked at, shown to readers, put into the archive, brought back.

Each verb is done once: a second call finds the state that it wants and changes nothing.
"""

from datetime import datetime

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, Refused
from helpdesk.kernel.language import _
from knowledge_base.changes import note_change
from knowledge_base.tables import State
from knowledge_base.writing import locked


async def ask_for_review(article: int, language: str, *, at: datetime) -> bool:
    """Somebody who publishes is to look at it; whether anything changed. Raises Refused in the archive, NotFound."""
    async with transaction():
        there = await locked(article, language)
        if there["state"] == State.ARCHIVED:
            raise Refused(_("This article is in the archive. Bring it back to write on it."))
        if there["state"] != State.DRAFT:
            return False
        await _seal(there["id"], there["newest"])
        await _set(there["id"], State.REVIEW, at=at)
    return True


async def back_to_draft(article: int, language: str, *, at: datetime) -> bool:
    """It is not ready to be published yet; whether anything changed."""
    async with transaction():
        there = await locked(article, language)
        if there["state"] != State.REVIEW:
            return False
        await _set(there["id"], State.DRAFT, at=at)
    return True


async def publish(article: int, language: str, *, version: int | None = None, at: datetime) -> bool:
    """Show readers the newest words; whether anything changed.

    Raises Invalid at `html` when there are none, at `version` when they are not those that were looked at, and Refused in the
    archive.
    """
    async with transaction():
        there = await locked(article, language)
        if there["state"] == State.ARCHIVED:
            raise Refused(_("This article is in the archive. Bring it back to write on it."))
        if version is not None and version != there["version"]:
            raise Invalid(version=_("Somebody has saved another version meanwhile. Look at it before you publish."))
        if there["state"] == State.PUBLISHED:
            return False
        if not there["html"]:
            raise Invalid(html=_("There is nothing to read yet. Write the article first."))
        await _seal(there["id"], there["newest"])
        await rows(
            """UPDATE kb_translation SET state = 'published', published = newest, published_at = coalesce(published_at, {}),
            republished_at = {}, changed_at = {} WHERE id = {}""",
            at, at, at, there["id"],
        )  # fmt: skip
        await note_change([there["id"]], at=at)
    return True


async def archive(article: int, language: str, *, at: datetime) -> bool:
    """Readers see it no longer; its address says that it is gone. Whether anything changed."""
    async with transaction():
        there = await locked(article, language)
        if there["state"] == State.ARCHIVED:
            return False
        await _seal(there["id"], there["newest"])
        await _set(there["id"], State.ARCHIVED, at=at)
        await note_change([there["id"]], at=at)
    return True


async def bring_back(article: int, language: str, *, at: datetime) -> bool:
    """Out of the archive, as a draft: readers see it once it is published again."""
    async with transaction():
        there = await locked(article, language)
        if there["state"] != State.ARCHIVED:
            return False
        await _set(there["id"], State.DRAFT, at=at)
        await rows("UPDATE kb_translation SET published = NULL WHERE id = {}", there["id"])
    return True


async def _set(translation: int, state: State, *, at: datetime) -> None:
    await rows("UPDATE kb_translation SET state = {}, changed_at = {} WHERE id = {}", state.value, at, translation)


async def _seal(translation: int, number: int) -> None:
    """What is written from now on is another revision."""
    await rows("UPDATE kb_revision SET is_sealed = true WHERE translation = {} AND number = {}", translation, number)
