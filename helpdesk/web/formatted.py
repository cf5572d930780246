"""Messages that people of ours formatted, in the page itself: what the editor writes is little enough to need no frame."""

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from helpdesk.channels.email.sanitising import present
from helpdesk.channels.email.written import is_simple


def formatted(message: dict[str, Any], file_url: Callable[[int], str | None]) -> Markup | None:
    """The message's HTML with its images, each at the address of its file; None when it has none, or needs a frame.

    What came from outside always needs one, however simple it looks.
    """
    html = message["body_html"]
    if not html or message["author_kind"] != "agent" or not is_simple(html):
        return None
    files = {file["content_id"]: file["id"] for file in message["attachments"] if file["is_inline"]}

    def image_url(cid: str) -> str | None:
        return file_url(files[cid]) if cid in files else None

    return Markup(present(html, image_url=image_url, allow_remote=False))  # noqa: S704 - sanitised, and of the fewest tags
