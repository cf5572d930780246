"""Words of very many tickets are written later; what was there before reading was noted counts as read; pairs of
customers who are not the same.

Until now a customer's new name wrote the words of all their tickets at once: a millisecond each.
"""

from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows

ID = "2026-11-22T07:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "words written later, what is old is read, who is not the same"

AT_ONCE = 200

TABLES = [
    """
CREATE TABLE hd_stale_words (
    ticket bigint PRIMARY KEY REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE
)""",
    """
CREATE TABLE hd_not_the_same (
    id bigserial PRIMARY KEY,
    one bigint NOT NULL REFERENCES hd_customer ON DELETE CASCADE ON UPDATE CASCADE,
    other bigint NOT NULL REFERENCES hd_customer ON DELETE CASCADE ON UPDATE CASCADE,
    agent integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
    at timestamptz NOT NULL,
    CONSTRAINT hd_not_the_same_once UNIQUE (one, other),
    CONSTRAINT hd_not_the_same_order CHECK (one < other)
)""",
    "CREATE INDEX hd_not_the_same_other ON hd_not_the_same (other)",
    "CREATE INDEX hd_not_the_same_agent ON hd_not_the_same (agent)",
    "ALTER TABLE hd_installation ADD COLUMN read_before bigint NOT NULL DEFAULT 0",
]
READ = """
UPDATE hd_installation SET read_before = coalesce((SELECT max(id) FROM hd_message), 0) WHERE NOT EXISTS (SELECT FROM hd_reading)
"""

FUNCTIONS = [
    # `tickets.handing_over` asks for later, as it gives away all tickets of a customer in one statement.
    """
CREATE OR REPLACE FUNCTION hd_ticket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.customer <> NEW.customer AND current_setting('helpdesk.words_later', true) = 'on' THEN
        INSERT INTO hd_stale_words VALUES (NEW.id) ON CONFLICT DO NOTHING;
    ELSIF (OLD.subject, OLD.customer) IS DISTINCT FROM (NEW.subject, NEW.customer) THEN
        PERFORM hd_write_ticket_words(NEW.id);
    ELSIF hd_time_words(OLD.last_message_at) <> hd_time_words(NEW.last_message_at) THEN
        UPDATE hd_ticket_words SET words = hd_with(
            ts_delete(words, tsvector_to_array(hd_time_words(OLD.last_message_at))), hd_time_words(NEW.last_message_at))
        WHERE ticket = NEW.id;
    END IF;
    RETURN NULL;
END
$$""",
    f"""
CREATE FUNCTION hd_write_words_of_customers(wanted bigint[]) RETURNS void LANGUAGE plpgsql STRICT AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM hd_ticket WHERE customer = ANY(wanted) LIMIT {AT_ONCE + 1}) AS first) > {AT_ONCE} THEN
        INSERT INTO hd_stale_words SELECT id FROM hd_ticket WHERE customer = ANY(wanted) ORDER BY id ON CONFLICT DO NOTHING;
    ELSE
        PERFORM hd_write_ticket_words(id) FROM (SELECT id FROM hd_ticket WHERE customer = ANY(wanted) ORDER BY id) AS theirs;
    END IF;
END
$$""",
    """
CREATE OR REPLACE FUNCTION hd_customer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hd_write_words_of_customers(ARRAY[NEW.id]);
    RETURN NULL;
END
$$""",
    """
CREATE OR REPLACE FUNCTION hd_identities_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hd_write_words_of_customers(ARRAY(SELECT DISTINCT customer FROM touched));
    RETURN NULL;
END
$$""",
]
BEFORE = [
    """
CREATE OR REPLACE FUNCTION hd_ticket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.subject, OLD.customer) IS DISTINCT FROM (NEW.subject, NEW.customer) THEN
        PERFORM hd_write_ticket_words(NEW.id);
    ELSIF hd_time_words(OLD.last_message_at) <> hd_time_words(NEW.last_message_at) THEN
        UPDATE hd_ticket_words SET words = hd_with(
            ts_delete(words, tsvector_to_array(hd_time_words(OLD.last_message_at))), hd_time_words(NEW.last_message_at))
        WHERE ticket = NEW.id;
    END IF;
    RETURN NULL;
END
$$""",
    """
CREATE OR REPLACE FUNCTION hd_customer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hd_write_ticket_words(id) FROM (SELECT id FROM hd_ticket WHERE customer = NEW.id ORDER BY id) AS theirs;
    RETURN NULL;
END
$$""",
    """
CREATE OR REPLACE FUNCTION hd_identities_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hd_write_ticket_words(id) FROM (
        SELECT id FROM hd_ticket WHERE customer IN (SELECT customer FROM touched) ORDER BY id) AS theirs;
    RETURN NULL;
END
$$""",
]


async def _forwards() -> None:
    await run((*TABLES, READ, *FUNCTIONS))


async def _backwards() -> None:
    await rows("SELECT hd_write_ticket_words(ticket) FROM hd_stale_words ORDER BY ticket")
    await run(BEFORE)
    await rows("DROP FUNCTION hd_write_words_of_customers")
    await rows("DROP TABLE hd_stale_words")
    await rows("DROP TABLE hd_not_the_same")
    await rows("ALTER TABLE hd_installation DROP COLUMN read_before")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
