"""What the clients of the product know: kept apart from it, and written to disk before anything is built on it."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec


class SentMail(msgspec.Struct, kw_only=True):
    """A mail that was to be delivered. `accepted` has the ID of each 250: one, or several when it was sent on purpose twice."""

    number: int
    message_id: str
    sender: str
    token: str
    answers: int | None = None
    """The ticket that it answers, by the signed address of a mail that reached the customer."""
    attachment_hash: str | None = None
    tries: int = 0
    accepted: list[int] = []
    seconds_to_250: float | None = None


class PostedReply(msgspec.Struct, kw_only=True):
    """A reply that an agent wrote through the API; `message` is known once the API said so."""

    number: int
    token: str
    ticket: int
    customer: str
    tries: int = 0
    message: int | None = None


class Ledger:
    """Append-only and synced: a line is on disk before the client goes on."""

    def __init__(self, path: Path) -> None:
        self.mails: dict[int, SentMail] = {}
        self.replies: dict[int, PostedReply] = {}
        self._file = path.open("a", encoding="utf-8")

    def note(self, what: str, **details: Any) -> None:
        self._file.write(json.dumps({"what": what, **details}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def accepted(self, mail: SentMail, raw_id: int, seconds: float) -> None:
        mail.accepted.append(raw_id)
        mail.seconds_to_250 = seconds
        self.note("accepted", mail=mail.number, id=raw_id)

    def answered(self, reply: PostedReply, message: int) -> None:
        reply.message = message
        self.note("answered", reply=reply.number, message=message)

    def close(self) -> None:
        self._file.close()

    @property
    def undelivered(self) -> int:
        return sum(not mail.accepted for mail in self.mails.values())

    @property
    def unposted(self) -> int:
        return sum(reply.message is None for reply in self.replies.values())
