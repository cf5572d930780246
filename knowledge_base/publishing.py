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

LONGEST_REMARK = 1000


async def ask_for_review(article: int, language: str, *, remark: str = "", by: int | None, at: datetime) -> bool:
    """Somebody who publishes is to look at it; whether anything changed. Raises Refused in the archive, Invalid at `remark`, NotFound."""
    checked = _checked_remark(remark)
    async with transaction():
        there = await locked(article, language)
        if there["state"] == State.ARCHIVED:
            raise Refused(_("This article is in the archive. Bring it back to write on it."))
        if there["state"] != State.DRAFT:
            return False
        await _seal(there["id"], there["newest"])
        await _set(there["id"], State.REVIEW, remark=checked, by=by, at=at)
    return True


async def back_to_draft(article: int, language: str, *, remark: str = "", by: int | None, at: datetime) -> bool:
    """It is not ready to be published yet; whether anything changed. Raises Invalid at `remark`, NotFound."""
    checked = _checked_remark(remark)
    async with transaction():
        there = await locked(article, language)
        if there["state"] != State.REVIEW:
            return False
        await _set(there["id"], State.DRAFT, remark=checked, by=by, at=at)
    return True


async def publish(
    article: int, language: str, *, version: int | None = None, article_version: int | None = None, by: int | None = None, at: datetime
) -> bool:  # fmt: skip
    """Show readers the newest words; whether anything changed.

    `version` and `article_version` are those of the words, and of what is said of the article, that were looked at. Raises Invalid
    at `html` when there are no words, at one of these when it is another by now, and Refused in the archive.
    """
    async with transaction():
        there = await locked(article, language)
        if there["state"] == State.ARCHIVED:
            raise Refused(_("This article is in the archive. Bring it back to write on it."))
        if version is not None and version != there["version"]:
            raise Invalid(version=_("Somebody has saved another version meanwhile. Look at it before you publish."))
        if article_version is not None and article_version != there["article_version"]:
            raise Invalid(article_version=_("Somebody has changed meanwhile who may read it, or where it stands. Look at it before you publish."))  # fmt: skip
        if there["state"] == State.PUBLISHED:
            return False
        if not there["html"]:
            raise Invalid(html=_("There is nothing to read yet. Write the article first."))
        await _seal(there["id"], there["newest"])
        await rows(
            """UPDATE kb_translation SET state = 'published', published = newest, published_title = title, published_key = sort_key,
            published_at = coalesce(published_at, {}), republished_at = {}, published_by = {}, changed_at = {}, remark = '' WHERE id = {}""",
            at, at, by, at, there["id"],
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


def _checked_remark(typed: str) -> str:
    """As it is kept; raises Invalid at `remark`."""
    remark = typed.strip()
    if len(remark) > LONGEST_REMARK:
        raise Invalid(remark=_("Use at most 1000 characters."))
    return remark


async def _set(translation: int, state: State, *, remark: str = "", by: int | None = None, at: datetime) -> None:
    await rows(
        "UPDATE kb_translation SET state = {}, changed_at = {}, remark = {}, remark_by = {}, remarked_at = {} WHERE id = {}",
        state.value, at, remark, by, at, translation,
    )  # fmt: skip


async def _seal(translation: int, number: int) -> None:
    """What is written from now on is another revision."""
    await rows("UPDATE kb_revision SET is_sealed = true WHERE translation = {} AND number = {}", translation, number)
