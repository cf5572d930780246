"""How agents are told of what concerns them: by which ways, when not, and how far each notice has come."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T07:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "ways of notices, quiet hours"

FORWARDS = """
ALTER TABLE hd_notice
    ADD COLUMN in_centre boolean NOT NULL DEFAULT true,
    ADD COLUMN in_browser boolean NOT NULL DEFAULT false,
    ADD COLUMN by_mail boolean NOT NULL DEFAULT false,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN pushed_at timestamptz,
    ADD COLUMN mailed_at timestamptz,
    ADD COLUMN delivery bigint REFERENCES hd_delivery ON DELETE SET NULL ON UPDATE CASCADE,
    ADD COLUMN commit_order bigint NOT NULL DEFAULT 0;
ALTER TABLE hd_notice ALTER COLUMN commit_order SET DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX hd_notice_in_commit_order ON hd_notice (commit_order);
CREATE INDEX hd_notice_due ON hd_notice (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX hd_notice_of_ticket ON hd_notice (agent, ticket, id);
CREATE INDEX hd_notice_delivery ON hd_notice (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX hd_notice_old ON hd_notice (read_at) WHERE read_at IS NOT NULL;
CREATE TABLE hd_notice_choice (
    id serial PRIMARY KEY,
    agent integer NOT NULL REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    topic varchar(40) NOT NULL,
    in_centre boolean NOT NULL,
    in_browser boolean NOT NULL,
    by_mail boolean NOT NULL,
    CONSTRAINT hd_notice_choice_once UNIQUE (agent, topic)
);
CREATE TABLE hd_quiet_hours (
    id serial PRIMARY KEY,
    agent integer NOT NULL UNIQUE REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    begins smallint NOT NULL,
    ends smallint NOT NULL,
    days smallint[] NOT NULL,
    whole_days smallint[] NOT NULL
);
ALTER TABLE hd_push ADD COLUMN tag varchar(80) NOT NULL DEFAULT ''
"""

BACKWARDS = """
ALTER TABLE hd_push DROP COLUMN tag;
DROP TABLE hd_quiet_hours;
DROP TABLE hd_notice_choice;
DROP INDEX hd_notice_in_commit_order, hd_notice_due, hd_notice_of_ticket, hd_notice_delivery, hd_notice_old;
ALTER TABLE hd_notice DROP COLUMN in_centre, DROP COLUMN in_browser, DROP COLUMN by_mail, DROP COLUMN due_at, DROP COLUMN pushed_at,
    DROP COLUMN mailed_at, DROP COLUMN delivery, DROP COLUMN commit_order
"""


async def _forwards() -> None:
    await run(FORWARDS.split(";"))


async def _backwards() -> None:
    await run(BACKWARDS.split(";"))


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
