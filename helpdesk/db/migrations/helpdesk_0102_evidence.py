"""What led to an article goes with the ticket and with the customer whose words it has, whoever deletes them."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T16:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "evidence goes with its ticket"

_FORWARDS = [
    """ALTER TABLE kb_evidence ADD CONSTRAINT kb_evidence_of_ticket
        FOREIGN KEY (ticket) REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE""",
    """ALTER TABLE kb_evidence ADD CONSTRAINT kb_evidence_of_customer
        FOREIGN KEY (customer) REFERENCES hd_customer ON DELETE CASCADE ON UPDATE CASCADE""",
]
_BACKWARDS = [
    "ALTER TABLE kb_evidence DROP CONSTRAINT kb_evidence_of_ticket",
    "ALTER TABLE kb_evidence DROP CONSTRAINT kb_evidence_of_customer",
]


async def _forwards() -> None:
    await run(_FORWARDS)


async def _backwards() -> None:
    await run(_BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
