"""Images and files of articles, for whom the article is. Nothing of them can run in the browser."""

from litestar import Request, Response, get

from helpdesk.articles.changing import WRITE
from helpdesk.articles.seeing import visible_to
from helpdesk.console.asked import Id
from helpdesk.console.files import disposition, served_type
from helpdesk.kernel import blobs
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import may
from helpdesk.portal.help import person_of
from helpdesk.portal.visitors import Guest
from knowledge_base.filing import SHOWN_IN_PLACE, find_file


@get("/help/files/{file_id:int}")
async def show_file(request: Request, visitor: Guest, file_id: Id) -> Response[bytes]:
    """Images of the usual kinds in place, all else to be saved. The content never changes, so its hash is the mark by which a
    browser asks whether it has it already."""
    person = person_of(request, visitor)
    sees_drafts = isinstance(person, SignedIn) and may(person, WRITE)
    found = await find_file(file_id, audiences=None if sees_drafts else visible_to(person))
    mark = f'"{found.blob}"'
    headers = {
        "etag": mark,
        "cache-control": "private, no-cache",
        "content-disposition": disposition(found.name, is_inline=found.content_type in SHOWN_IN_PLACE),
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    }
    if mark in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    try:
        content = await blobs.read(found.blob)
    except FileNotFoundError as error:
        raise NotFound(_("The content of this file is missing. An administrator can look into the backup.")) from error
    return Response(content, media_type=served_type(found.content_type), headers=headers)
