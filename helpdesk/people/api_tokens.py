"""API tokens: shown once, kept as hashes, named and revocable."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.proving import demand_proof
from helpdesk.people.tables import ApiToken


async def create_token(agent_id: int, name: str, *, at: datetime, by: SignedIn | None = None) -> str:
    """A new token of the agent, which can do what the agent can; None as `by` is the command line. Raises ProofNeeded."""
    await demand_proof(by, at=at)
    name = name.strip()
    if not name or len(name) > 100:
        raise Invalid(name=_("Give a name of at most 100 characters."))
    token = f"hd_{new_token()}"
    made = ApiToken(token_hash=digest(token), name=name, agent=agent_id, created_at=at)
    async with transaction():
        await made.save()
        await record(
            "token_made", by=by, at=at, about=About("token", made.id, name), changes={"agent": (None, agent_id)}
        )
    return token


async def list_tokens(agent_id: int) -> list[dict[str, Any]]:
    return await rows(
        "SELECT id, name, created_at, used_at FROM hd_api_token WHERE agent = {} AND revoked_at IS NULL ORDER BY id DESC",
        agent_id,
    )


async def revoke(token_id: int, *, agent_id: int, by: SignedIn | None = None, at: datetime) -> None:
    """Revoke one of the agent's own tokens."""
    async with transaction():
        revoked = await rows(
            "UPDATE hd_api_token SET revoked_at = {} WHERE id = {} AND agent = {} AND revoked_at IS NULL RETURNING name",
            at, token_id, agent_id,
        )  # fmt: skip
        if revoked:
            await record("token_revoked", by=by, at=at, about=About("token", token_id, revoked[0]["name"]))
