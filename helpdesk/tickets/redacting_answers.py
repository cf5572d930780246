"""What is removed for good goes from the answers that are kept for a day to repeat them to API calls, too."""

from collections.abc import Callable
from typing import Any

import msgspec

from helpdesk.kernel.database import rows

_ABOUT = """
SELECT id, body FROM hd_idempotent_answer WHERE body LIKE {} AND (body::jsonb ->> 'number' = ANY({}::text[])
    OR body::jsonb ? 'audience' AND body::jsonb ->> 'id' = ANY({}::text[])
    OR body::jsonb ? 'content_type' AND body::jsonb ->> 'id' = ANY({}::text[])) FOR UPDATE
"""


async def clean_answers(
    numbers: list[int], messages: dict[int, dict[str, Any]], files: list[int], without: Callable[[str], str]
) -> None:
    """Answers that told of tickets by these numbers, of messages that have new columns, and of files that are gone."""
    for row in await rows(_ABOUT, "{%", *([str(id_) for id_ in ids] for ids in (numbers, messages, files))):
        body: dict[str, Any] = msgspec.json.decode(row["body"])
        if "audience" in body:
            body |= messages[body["id"]]
            body["attachments"] = [one for one in body["attachments"] if one["id"] not in files]
        elif "content_type" in body:
            body["name"] = ""
        else:
            body["subject"] = without(body["subject"])
        await rows(
            "UPDATE hd_idempotent_answer SET body = {} WHERE id = {}", msgspec.json.encode(body).decode(), row["id"]
        )
