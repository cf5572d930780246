"""Maintained counts of the views (docs/decisions/0015), what the console's panes look like, orders of lists."""

from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "counts of views, panes, orders"

COUNTS = """
CREATE TABLE hd_ticket_count (
    id bigserial PRIMARY KEY,
    team integer,
    assignee integer,
    place varchar(10) NOT NULL,
    n integer NOT NULL
)
"""
PLACE = """
CREATE FUNCTION hd_place(ticket hd_ticket) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN ticket.merged_into IS NOT NULL THEN NULL
        WHEN ticket.trashed_at IS NOT NULL THEN 'trash'
        WHEN ticket.spam_at IS NOT NULL THEN 'spam'
        WHEN ticket.status = 'closed' THEN NULL
        WHEN ticket.status = 'solved' THEN 'solved'
        WHEN ticket.snoozed_until IS NOT NULL THEN 'snoozed'
        WHEN ticket.is_automatic THEN 'automatic'
        WHEN ticket.status = 'pending' THEN 'pending'
        ELSE 'open'
    END
$$
"""
COUNT = """
CREATE FUNCTION hd_count_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text;
    after text;
BEGIN
    IF TG_OP <> 'INSERT' THEN before := hd_place(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN after := hd_place(NEW); END IF;
    IF TG_OP = 'UPDATE' AND before IS NOT DISTINCT FROM after
        AND OLD.team IS NOT DISTINCT FROM NEW.team AND OLD.assignee IS NOT DISTINCT FROM NEW.assignee THEN
        RETURN NULL;
    END IF;
    IF before IS NOT NULL THEN
        INSERT INTO hd_ticket_count (team, assignee, place, n) VALUES (OLD.team, OLD.assignee, before, -1);
    END IF;
    IF after IS NOT NULL THEN
        INSERT INTO hd_ticket_count (team, assignee, place, n) VALUES (NEW.team, NEW.assignee, after, 1);
    END IF;
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER hd_ticket_counted AFTER INSERT OR DELETE
    OR UPDATE OF status, team, assignee, is_automatic, snoozed_until, spam_at, trashed_at, merged_into
    ON hd_ticket FOR EACH ROW EXECUTE FUNCTION hd_count_ticket()
"""
COUNTED = """
INSERT INTO hd_ticket_count (team, assignee, place, n)
SELECT team, assignee, hd_place(hd_ticket), count(*) FROM hd_ticket WHERE hd_place(hd_ticket) IS NOT NULL GROUP BY 1, 2, 3
"""
PANES = """
CREATE TABLE hd_panes (
    id serial PRIMARY KEY,
    agent integer NOT NULL UNIQUE REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    is_table boolean NOT NULL DEFAULT false,
    hides_views boolean NOT NULL DEFAULT false,
    views_width smallint NOT NULL DEFAULT 0,
    list_width smallint NOT NULL DEFAULT 0,
    person_width smallint NOT NULL DEFAULT 0
)
"""

LISTED = "spam_at IS NULL AND trashed_at IS NULL AND merged_into IS NULL"
UNSOLVED = f"status IN ('new', 'open', 'pending', 'on_hold') AND {LISTED}"
RANK = "(CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END)"
INDEXES = {
    "hd_ticket_snoozed": f"hd_ticket (last_message_at DESC, id DESC) WHERE snoozed_until IS NOT NULL AND {UNSOLVED}",
    "hd_ticket_unsolved_by_priority": f"hd_ticket ({RANK} DESC, last_message_at DESC, id DESC) WHERE {UNSOLVED}",
    "hd_ticket_unsolved_by_creation": f"hd_ticket (created_at DESC, id DESC) WHERE {UNSOLVED}",
    "hd_message_of_agent": "hd_message (agent, created_at) WHERE author_kind = 'agent' AND audience = 'public'",
}


async def _forwards() -> None:
    """The trigger comes before the count: it keeps writers out until both hold."""
    await run((COUNTS, PLACE, COUNT, TRIGGER, COUNTED, PANES))
    for name, what in INDEXES.items():
        await rows(f"CREATE INDEX {name} ON {what}")


async def _backwards() -> None:
    await rows(f"DROP INDEX {', '.join(INDEXES)}")
    await rows("DROP TABLE hd_panes")
    await rows("DROP TRIGGER hd_ticket_counted ON hd_ticket")
    await rows("DROP FUNCTION hd_count_ticket")
    await rows("DROP FUNCTION hd_place")
    await rows("DROP TABLE hd_ticket_count")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
