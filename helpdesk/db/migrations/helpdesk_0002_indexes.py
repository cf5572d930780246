"""What piccolo's columns cannot say: the ticket sequence, partial indexes, keys that point up, the one installation."""

from helpdesk.db.raw import migration, run

ID = "2026-11-21T22:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes, sequence and keys"

LISTED = "spam_at IS NULL AND trashed_at IS NULL AND merged_into IS NULL"
UNSOLVED = f"status IN ('new', 'open', 'pending', 'on_hold') AND {LISTED}"

FORWARDS = f"""
CREATE SEQUENCE hd_ticket_number START 1001 OWNED BY hd_ticket.number;
ALTER TABLE hd_ticket ALTER COLUMN number SET DEFAULT nextval('hd_ticket_number');
CREATE INDEX hd_ticket_unsolved ON hd_ticket (last_message_at DESC, id DESC) WHERE {UNSOLVED};
CREATE INDEX hd_ticket_unsolved_of_agent ON hd_ticket (assignee, last_message_at DESC, id DESC) WHERE {UNSOLVED};
CREATE INDEX hd_ticket_unsolved_of_team ON hd_ticket (team, last_message_at DESC, id DESC) WHERE {UNSOLVED};
CREATE INDEX hd_ticket_by_status ON hd_ticket (status, last_message_at DESC, id DESC) WHERE {LISTED};
CREATE INDEX hd_ticket_of_customer ON hd_ticket (customer, last_message_at DESC, id DESC);
CREATE INDEX hd_ticket_updated ON hd_ticket (updated_at DESC, id DESC);
CREATE INDEX hd_ticket_tags ON hd_ticket USING gin (tags);
CREATE INDEX hd_ticket_to_close ON hd_ticket (solved_at) WHERE status = 'solved';
CREATE INDEX hd_message_of_ticket ON hd_message (ticket, created_at, id);
ALTER TABLE hd_event ALTER COLUMN commit_order SET DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX hd_event_of_ticket ON hd_event (ticket, id);
CREATE INDEX hd_event_in_commit_order ON hd_event (commit_order, id);
CREATE INDEX hd_event_to_follow ON hd_event (id) WHERE followed_at IS NULL;
CREATE INDEX hd_delivery_due ON hd_delivery (not_before) WHERE state = 'queued';
CREATE INDEX hd_delivery_under_way ON hd_delivery (sending_until) WHERE state = 'sending';
CREATE INDEX hd_delivery_to_settle ON hd_delivery (id) WHERE settled_at IS NULL AND state IN ('sent', 'failed', 'bounced');
CREATE INDEX hd_raw_message_waiting ON hd_raw_message (id) WHERE taken_in_at IS NULL;
CREATE INDEX hd_notice_of_agent ON hd_notice (agent, id DESC);
CREATE INDEX hd_notice_unread ON hd_notice (agent) WHERE read_at IS NULL;
CREATE INDEX hd_attachment_waiting ON hd_attachment (created_at) WHERE message IS NULL;
ALTER TABLE hd_delivery ADD CONSTRAINT hd_delivery_ticket FOREIGN KEY (ticket_id) REFERENCES hd_ticket (id);
ALTER TABLE hd_delivery ADD CONSTRAINT hd_delivery_message FOREIGN KEY (message_id) REFERENCES hd_message (id);
INSERT INTO hd_installation (id, name, instance_id, close_solved_after_days) VALUES (1, 'Helpdesk', gen_random_uuid(), 7)
"""

BACKWARDS = """
DELETE FROM hd_installation;
ALTER TABLE hd_delivery DROP CONSTRAINT hd_delivery_message;
ALTER TABLE hd_delivery DROP CONSTRAINT hd_delivery_ticket;
ALTER TABLE hd_event ALTER COLUMN commit_order DROP DEFAULT;
ALTER TABLE hd_ticket ALTER COLUMN number DROP DEFAULT;
DROP SEQUENCE hd_ticket_number;
DROP INDEX hd_ticket_unsolved, hd_ticket_unsolved_of_agent, hd_ticket_unsolved_of_team, hd_ticket_by_status,
    hd_ticket_of_customer, hd_ticket_updated, hd_ticket_tags, hd_ticket_to_close, hd_message_of_ticket, hd_event_of_ticket,
    hd_event_in_commit_order, hd_event_to_follow, hd_delivery_due, hd_delivery_under_way, hd_delivery_to_settle,
    hd_raw_message_waiting, hd_notice_of_agent, hd_notice_unread, hd_attachment_waiting
"""


async def _forwards() -> None:
    await run(FORWARDS.split(";"))


async def _backwards() -> None:
    await run(BACKWARDS.split(";"))


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
