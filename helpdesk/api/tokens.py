"""/tokens: one's own."""

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody

from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, Cursor, Limit, Moment, PathSmallId, ShortLine, id_from_cursor, page
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.api_tokens import create_token, list_tokens, revoke
from helpdesk.people.permissions import demand


class Token(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    created_at: Moment
    used_at: Moment | None


class TokenPage(msgspec.Struct, frozen=True):
    items: list[Token]
    next: str | None


class NewToken(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: ShortLine


class MadeToken(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is said this once; a repetition with the same Idempotency-Key has null."""

    name: str
    token: str | None


@get("/tokens", tags=["people"])
async def get_tokens(agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> TokenPage:
    """Your tokens in use; their secrets are not kept."""
    after_id = id_from_cursor(cursor)
    found = sorted(msgspec.convert(await list_tokens(agent.id or 0), list[Token]), key=lambda one: one.id)
    return TokenPage(*page([one for one in found if one.id > after_id], limit, lambda one: one.id))


@post("/tokens", tags=["people"], responses=problems(403), opt={"said_once": "token"})
async def make_token(data: JSONBody[NewToken], agent: Caller) -> MadeToken:
    """A new token of yours, which can do what you can."""
    demand(agent, "create_token")
    return MadeToken(name=data.name, token=await create_token(agent.id or 0, data.name, by=agent, at=now()))


@delete("/tokens/{token_id:int}", tags=["people"], responses=problems(404))
async def revoke_token(token_id: PathSmallId, agent: Caller) -> None:
    """Revoke one of your tokens, at once and for ever."""
    if token_id not in {row["id"] for row in await list_tokens(agent.id or 0)}:
        raise NotFound(_("You have no such token."))
    await revoke(token_id, agent_id=agent.id or 0, by=agent, at=now())
