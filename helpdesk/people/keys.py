"""The keys that an agent has chosen for what the console does."""

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn


async def choose_keys(agent: SignedIn, keys: dict[str, str], *, uses_keys: bool) -> None:
    """Remember by the names of actions what is pressed for them, where it differs from what everybody presses; "" is nothing.

    Without `uses_keys` no single letter does anything: whoever dictates text would set off one action after another.
    """
    await rows(
        "UPDATE hd_agent SET keys = {}::jsonb, uses_keys = {} WHERE id = {}",
        msgspec.json.encode(keys).decode(), uses_keys, agent.id,
    )  # fmt: skip
