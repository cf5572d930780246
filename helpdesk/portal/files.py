"""Files that visitors send with a form or an answer: kept page by page, so that nothing is lost when something is wrong."""

from litestar.datastructures import UploadFile

from helpdesk.channels.web_form import proving
from helpdesk.channels.web_form.proving import Slip
from helpdesk.console.forms import Form
from helpdesk.customers.visiting import Visitor
from helpdesk.intake.limits import admit_upload
from helpdesk.kernel.errors import Invalid, TooMany
from helpdesk.kernel.language import _, file_size, ngettext, number
from helpdesk.kernel.time import now
from helpdesk.portal.showing import LARGEST_FILE, LARGEST_TOGETHER, MOST_FILES
from helpdesk.tickets.tables import Attachment
from helpdesk.tickets.uploading import upload


async def take_files(
    sent: Form, slip: Slip, *, address: str, by: Visitor | None
) -> tuple[list[Attachment], dict[str, str]]:
    """The files that this page has kept so far and those that come now, and what is wrong with the rest."""
    removed = set(sent.texts("remove"))
    handles = [one for one in dict.fromkeys(sent.texts("kept")) if one not in removed][: MOST_FILES * 2]
    ids = [one for one in (proving.read_upload(slip, handle) for handle in handles) if one is not None]
    kept = await Attachment.objects().where(Attachment.id.is_in(ids)).order_by(Attachment.id) if ids else []
    errors: dict[str, str] = {}
    if len(kept) < len(handles):
        errors["files"] = _("An attachment is no longer there. Attach it again.")
    for file in sent.files("files")[:MOST_FILES]:
        try:
            kept.append(await keep_file(file, address=address, by=by))
        except Invalid as error:
            errors["files"] = error.fields["file"]
        except TooMany as error:
            errors["files"] = too_many(error.retry_after)
    if len(kept) > MOST_FILES or len(sent.files("files")) > MOST_FILES:
        errors["files"] = _("At most %(n)s files, please.") % {"n": number(MOST_FILES)}
    if sum(one.size for one in kept) > LARGEST_TOGETHER:
        errors["files"] = _("Together the files are larger than %(size)s.") % {"size": file_size(LARGEST_TOGETHER)}
    return kept, errors


async def keep_file(file: UploadFile, *, address: str, by: Visitor | None) -> Attachment:
    """Raises Invalid at `file`, and TooMany."""
    content = await file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Invalid(file=_("“%(name)s” is larger than %(size)s.") % {"name": file.filename[:100], "size": file_size(LARGEST_FILE)})  # fmt: skip
    await admit_upload(address=address, customer_id=by.id if by else None, at=now())
    return await upload(file.filename, file.content_type, content, by=None, at=now())


def too_many(retry_after: int) -> str:
    """When to try again, in words."""
    minutes = max(1, round(retry_after / 60))
    return ngettext(
        "Very much was sent from your network or with this address. Try again in %(n)s minute; what you typed stays here.",
        "Very much was sent from your network or with this address. Try again in %(n)s minutes; what you typed stays here.",
        minutes,
    ) % {"n": number(minutes)}
