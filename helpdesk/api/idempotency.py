"""`Idempotency-Key` on POST: a call that is repeated is answered alike and done once.

The handler's work and the answer kept for the key commit in one transaction (the domain's verbs join it): after a crash
either both are there, and the repetition gets the answer, or neither, and the repetition does the work. Two calls at once
are told apart by an advisory lock on the key that lasts as long as the transaction: the later one is answered 409. A call
that was refused has changed nothing, so nothing is kept and the key may be used again. A handler that asks other servers and
changes nothing here (`opt={"only_looks": True}`) runs each time: no transaction waits for them.
"""

import hashlib
import re

import msgspec
from litestar import Request
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import (
    ASGIApp,
    HTTPRequestEvent,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Message,
    Receive,
    Scope,
    Send,
)

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_BOUNDARY = re.compile(rb"boundary=\"?([^\";,]+)")


class _Undone(Exception):
    """Rolls the transaction back; never leaves this module."""


class Idempotency(ASGIMiddleware):
    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        key = Headers.from_scope(scope).get("idempotency-key")
        if scope.get("method") != "POST" or key is None or scope["route_handler"].opt.get("only_looks"):
            await next_app(scope, receive, send)
            return
        if not _KEY.fullmatch(key):
            raise Invalid(**{"Idempotency-Key": _("Use 1 to 200 visible ASCII characters.")})
        # Before the transaction begins: a slow client must not hold a connection.
        body = await Request(scope, receive=receive).body()
        answer: list[Message] = []
        try:
            async with transaction():
                await _answer(scope, key, body, answer, next_app)
        except _Undone:
            pass
        for message in answer:
            await send(message)


async def _answer(scope: Scope, key: str, body: bytes, answer: list[Message], next_app: ASGIApp) -> None:
    agent_id, request_hash = scope["state"]["agent"].id, _hash_of(scope, body)
    if kept := await _kept(agent_id, key):
        if kept["request_hash"] != request_hash:
            raise Invalid(**{"Idempotency-Key": _("This key was used for another request.")})
        answer += _as_answer(kept["status"], kept["body"].encode())
        return

    async def receive_again() -> HTTPRequestEvent:
        return {"type": "http.request", "body": body, "more_body": False}

    async def hold(message: Message) -> None:
        answer.append(message)

    await next_app(scope, receive_again, hold)
    status = answer[0]["status"] if answer and answer[0]["type"] == "http.response.start" else 500
    if status >= 400:
        raise _Undone
    said = b"".join(message["body"] for message in answer if message["type"] == "http.response.body")
    await _keep(agent_id, key, request_hash, status, _without_secret(scope, said))


async def _kept(agent_id: int, key: str) -> dict | None:
    """What the key was answered within a day, or None for the one call that may now do the work."""
    lock = "SELECT pg_try_advisory_xact_lock(hashtextextended({}, 1)) AS is_ours"
    [turn] = await rows(lock, f"{agent_id}\x1f{key}")
    if not turn["is_ours"]:
        headers = {"retry-after": "1"}
        raise HTTPException(_("A request with this key is under way."), status_code=409, headers=headers)
    found = await rows(
        """SELECT request_hash, status, body FROM hd_idempotent_answer
        WHERE agent = {} AND key = {} AND created_at > now() - interval '1 day'""",
        agent_id, key,
    )  # fmt: skip
    return found[0] if found else None


async def _keep(agent_id: int, key: str, request_hash: str, status: int, body: bytes) -> None:
    await rows(
        """INSERT INTO hd_idempotent_answer (agent, key, request_hash, status, body, created_at) VALUES ({}, {}, {}, {}, {}, now())
        ON CONFLICT (agent, key) DO UPDATE SET request_hash = excluded.request_hash, status = excluded.status,
            body = excluded.body, created_at = excluded.created_at""",
        agent_id, key, request_hash, status, body.decode(),
    )  # fmt: skip


def _as_answer(status: int, body: bytes) -> list[Message]:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"idempotent-replayed", b"true"),
    ]
    start: HTTPResponseStartEvent = {"type": "http.response.start", "status": status, "headers": headers}
    end: HTTPResponseBodyEvent = {"type": "http.response.body", "body": body, "more_body": False}
    return [start, end]


def _hash_of(scope: Scope, body: bytes) -> str:
    """The same request has the same hash; the boundary of a form is drawn anew each time, so it does not count."""
    content_type = Headers.from_scope(scope).get("content-type", "").encode()
    boundary = _BOUNDARY.search(content_type)
    content = body.replace(boundary[1], b"") if boundary else body
    head = f"{scope['path']}?{scope['query_string'].decode('latin-1')}".encode()
    return hashlib.sha256(head + b"\n" + content).hexdigest()


def _without_secret(scope: Scope, body: bytes) -> bytes:
    """A token is said once: what is kept of the answer has null in its place."""
    secret = scope["route_handler"].opt.get("said_once")
    return msgspec.json.encode(msgspec.json.decode(body) | {secret: None}) if secret else body
