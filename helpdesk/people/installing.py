"""What this installation is."""

from helpdesk.kernel.database import objects
from helpdesk.people.tables import Installation


async def this_installation() -> Installation:
    """Its one row, which the first migration makes."""
    [installation] = await objects(Installation, "")
    return installation
