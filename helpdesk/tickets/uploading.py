"""Files that agents, or visitors of a web form, upload before they send the message they belong to."""

import secrets
from datetime import datetime, timedelta

from helpdesk.channels.email.filenames import clean_name
from helpdesk.kernel import blobs
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.tables import Attachment

LARGEST = 25 * 1024 * 1024
SHOWN_IN_PLACE = {"image/png", "image/jpeg", "image/gif", "image/webp"}
"""Images that browsers and mail programs show, and that can't run anything."""
FORGOTTEN, FORGOTTEN_OF_VISITORS = timedelta(days=7), timedelta(days=1)


async def upload(
    name: str, content_type: str, content: bytes, *, by: SignedIn | None, at: datetime, is_inline: bool = False
) -> Attachment:
    """Keep a file for the message that its owner, None for a visitor, is writing.

    With `is_inline` an image gets a Content-ID, which begins with the attachment's id: by it the text shows it in its place.
    """
    if len(content) > LARGEST:
        raise Invalid(file=_("This file is larger than 25 MB. Share a link instead."))
    if not content:
        raise Invalid(file=_("This file is empty."))
    attachment = Attachment(
        message=None, uploaded_by=by.id if by else None, name=clean_name(name, content_type), content_type=content_type[:255],
        size=len(content), blob=await blobs.keep(content), created_at=at,
    )  # fmt: skip
    await Attachment.insert(attachment)
    if is_inline and content_type.lower() in SHOWN_IN_PLACE:
        attachment.is_inline = True
        attachment.content_id = f"{attachment.id}.{secrets.token_hex(8)}@{settings().mail_domain}"
        await attachment.save([Attachment.is_inline, Attachment.content_id])
    return attachment


async def forget_abandoned(*, at: datetime) -> None:
    """Forget uploads that were never sent and that no draft holds; their content is removed by `blobs` clean-up of what nothing refers to."""
    await rows(
        """DELETE FROM hd_attachment WHERE message IS NULL
            AND created_at < CASE WHEN uploaded_by IS NULL THEN {}::timestamptz ELSE {} END
            AND id NOT IN (SELECT unnest(uploads) FROM hd_draft)""",
        at - FORGOTTEN_OF_VISITORS, at - FORGOTTEN,
    )  # fmt: skip
