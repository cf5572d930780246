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
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from helpdesk.tickets.attachments import find_attachment
from helpdesk.tickets.uploading import LARGEST, upload

DOWNLOAD_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class NewUpload(msgspec.Struct):
    """One file of at most 25 MB."""

    file: UploadFile


@post("/uploads", tags=["messages"], request_max_body_size=LARGEST + 64 * 1024, responses=problems(403))
async def create_upload(data: MultipartBody[NewUpload], agent: Caller) -> File:
    """Upload a file as the form field `file`; its id goes into `attachments` of a message within a week."""
    demand(agent, "note")
    content = await data.file.read()
    made = await upload(data.file.filename, data.file.content_type, content, by=agent, at=now())
    return as_file({"id": made.id, "name": made.name, "size": made.size, "content_type": made.content_type})


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
