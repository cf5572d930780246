"""An agent's leave to load images from elsewhere, a sender at a time: who loads one tells the sender when and where it was read."""

from helpdesk.kernel.database import rows

MOST = 1000
"""Senders remembered an agent; the oldest leave is forgotten first."""


async def show_images_from(address: str, *, agent_id: int) -> None:
    await rows(
        f"""UPDATE hd_agent SET images_from = (array_remove(images_from, {{}}) || {{}}::varchar)[greatest(1, cardinality(images_from) - {MOST - 2}):]
        WHERE id = {{}}""",
        address, address, agent_id,
    )  # fmt: skip


async def hide_images_from(address: str, *, agent_id: int) -> None:
    await rows("UPDATE hd_agent SET images_from = array_remove(images_from, {}) WHERE id = {}", address, agent_id)
