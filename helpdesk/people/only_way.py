"""When the provider is the only way in: whose password works all the same."""

from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Refused
from helpdesk.kernel.language import _

NOT_BY_PROVIDER_ALONE = """NOT EXISTS (SELECT FROM hd_oidc_provider p
    WHERE p.is_on AND p.is_only_way AND p.break_glass IS DISTINCT FROM a.id)"""
"""In a statement with hd_agent a: not when a provider is the only way in and this is not the one who keeps the spare key."""


async def has_passwords(agent_id: int) -> bool:
    """Whether the agent may sign in with one."""
    return not await _instead(agent_id)


async def demand_passwords(agent_id: int) -> None:
    """Raise Refused when the agent cannot have a password, with the name of the provider to sign in with instead."""
    if found := await _instead(agent_id):
        raise Refused(_("There are no passwords here: sign in with %(provider)s.") % {"provider": found[0]["name"]})


async def _instead(agent_id: int) -> list[dict[str, Any]]:
    return await rows(
        f"""SELECT p.name FROM hd_oidc_provider p WHERE EXISTS (
        SELECT FROM hd_agent a WHERE a.id = {{}} AND NOT ({NOT_BY_PROVIDER_ALONE}))""",
        agent_id,
    )
