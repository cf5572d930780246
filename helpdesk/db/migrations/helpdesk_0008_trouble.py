"""What mail does when it goes wrong: addresses that it comes back from, and tickets that it floods."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T01:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "bounces, suppressions and muted tickets"

SUPPRESSIONS = """
CREATE TABLE hd_suppression (
    id serial PRIMARY KEY,
    address varchar(320) NOT NULL,
    reason varchar(12) NOT NULL,
    detail text NOT NULL DEFAULT '',
    ticket_id bigint REFERENCES hd_ticket ON DELETE SET NULL ON UPDATE CASCADE,
    at timestamptz NOT NULL,
    CONSTRAINT hd_suppression_once UNIQUE (address, reason)
)
"""
BOUNCES = """
CREATE TABLE hd_bounce (
    id bigserial PRIMARY KEY,
    delivery bigint NOT NULL REFERENCES hd_delivery ON DELETE CASCADE ON UPDATE CASCADE,
    address varchar(320) NOT NULL,
    status varchar(12) NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    CONSTRAINT hd_bounce_once UNIQUE (delivery, address)
)
"""


async def _forwards() -> None:
    await rows("ALTER TABLE hd_ticket ADD COLUMN muted_at timestamptz")
    await rows(SUPPRESSIONS)
    await rows(BOUNCES)
    await rows("CREATE INDEX hd_bounce_of_address ON hd_bounce (address, at)")


async def _backwards() -> None:
    await rows("DROP TABLE hd_bounce")
    await rows("DROP TABLE hd_suppression")
    await rows("ALTER TABLE hd_ticket DROP COLUMN muted_at")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
