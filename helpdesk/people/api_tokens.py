"""API tokens: shown once, kept as hashes, named and revocable."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people.tables import ApiToken


async def create_token(agent_id: int, name: str, *, at: datetime) -> str:
    """A new token of the agent, which can do what the agent can."""
    name = name.strip()
    if not name or len(name) > 100:
        raise Invalid(name=_("Give a name of at most 100 characters."))
    token = f"hd_{new_token()}"
    await ApiToken(token_hash=digest(token), name=name, agent=agent_id, created_at=at).save()
    return token


async def list_tokens(agent_id: int) -> list[dict[str, Any]]:
    return await rows(
        "SELECT id, name, created_at, used_at FROM hd_api_token WHERE agent = {} AND revoked_at IS NULL ORDER BY id DESC",
        agent_id,
    )


async def revoke(token_id: int, *, agent_id: int, at: datetime) -> None:
    """Revoke one of the agent's own tokens."""
    await rows(
        "UPDATE hd_api_token SET revoked_at = {} WHERE id = {} AND agent = {} AND revoked_at IS NULL",
        at,
        token_id,
        agent_id,
    )
