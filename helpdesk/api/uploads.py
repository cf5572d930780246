"""/uploads and /attachments: files on their way into a message, and files of messages."""

from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody

from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, PathId
from helpdesk.api.shapes import File, as_file
from helpdesk.kernel import blobs
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from helpdesk.tickets.attachments import find_attachment
from helpdesk.tickets.uploading import LARGEST, SHOWN_IN_PLACE, upload

DOWNLOAD_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class NewUpload(msgspec.Struct):
    """One file of at most 25 MB; with `inline` an image that stands in the text."""

    file: UploadFile
    inline: bool = False


class Upload(File, frozen=True, kw_only=True):
    """`content_id` is that of an inline image: `<img src="cid:…">` in `body_html` shows it there."""

    content_id: str | None


@post("/uploads", tags=["messages"], request_max_body_size=LARGEST + 64 * 1024, responses=problems(403))
async def create_upload(data: MultipartBody[NewUpload], agent: Caller) -> Upload:
    """Upload a file as the form field `file`; its id goes into `attachments` of a message within a week.

    With the field `inline` an image gets a `content_id`: whatever `body_html` shows by it belongs to the message.
    """
    demand(agent, "note")
    if data.inline and data.file.content_type.lower() not in SHOWN_IN_PLACE:
        raise Invalid(inline=_("PNG, JPEG, GIF and WebP images can stand in a text. Attach other files."))
    content = await data.file.read()
    made = await upload(data.file.filename, data.file.content_type, content, by=agent, at=now(), is_inline=data.inline)
    file = as_file({"id": made.id, "name": made.name, "size": made.size, "content_type": made.content_type})
    return Upload(**msgspec.structs.asdict(file), content_id=made.content_id)


@get(
    "/attachments/{attachment_id:int}",
    tags=["messages"],
    media_type="application/octet-stream",
    responses=problems(404),
)
async def download_attachment(attachment_id: PathId, agent: Caller) -> Response[bytes]:
    """The content of a file that you may see; its type stands in the message."""
    found = await find_attachment(attachment_id, seen_by=agent)
    try:
        content = await blobs.read(found.blob)
    except FileNotFoundError as error:
        raise NotFound(_("The content of this file is missing. An administrator can look into the backup.")) from error
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "content-security-policy": DOWNLOAD_POLICY,
    }
    return Response(content, media_type="application/octet-stream", headers=headers)
