"""How far each agent has read each ticket."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what agents have read"

READING = """
CREATE TABLE hd_reading (
    id bigserial PRIMARY KEY,
    agent integer NOT NULL REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    ticket bigint NOT NULL REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE,
    message bigint NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT hd_reading_once UNIQUE (agent, ticket)
)
"""


async def _forwards() -> None:
    await rows(READING)
    await rows("CREATE INDEX hd_reading_ticket ON hd_reading (ticket)")
    await rows("CREATE INDEX hd_message_of_customer ON hd_message (ticket, id) WHERE author_kind = 'customer'")


async def _backwards() -> None:
    await rows("DROP INDEX hd_message_of_customer")
    await rows("DROP TABLE hd_reading")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
