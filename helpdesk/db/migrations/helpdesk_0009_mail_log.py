"""The mail log is searched; senders are blocked, mails filtered, tickets marked as spam, thrown away and erased."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T01:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "mail log, sender rules, mail filters, spam and trash"

FORWARDS = """
CREATE TABLE hd_sender_rule (
    id serial PRIMARY KEY,
    pattern varchar(320) NOT NULL UNIQUE,
    is_allowed boolean NOT NULL DEFAULT false,
    note varchar(200) NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE TABLE hd_mail_filter (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL,
    position integer NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    rule jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE hd_turned_away (
    id bigserial PRIMARY KEY,
    fate varchar(12) NOT NULL,
    hour timestamptz NOT NULL,
    source varchar(10) NOT NULL,
    peer varchar(64) NOT NULL DEFAULT '',
    envelope_from varchar(320) NOT NULL DEFAULT '',
    envelope_to varchar(320) NOT NULL DEFAULT '',
    reason varchar(300) NOT NULL,
    size bigint,
    times integer NOT NULL DEFAULT 1,
    last_at timestamptz NOT NULL,
    CONSTRAINT hd_turned_away_once UNIQUE (hour, source, peer, envelope_from, envelope_to, reason)
);
CREATE INDEX hd_turned_away_newest ON hd_turned_away (last_at DESC, id DESC);
CREATE TABLE hd_erased_ticket (
    id bigserial PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    reason varchar(10) NOT NULL,
    opened_at timestamptz NOT NULL,
    erased_at timestamptz NOT NULL,
    erased_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX hd_erased_ticket_newest ON hd_erased_ticket (erased_at DESC, id DESC);
ALTER TABLE hd_installation ADD COLUMN mail_filters_version integer NOT NULL DEFAULT 0,
    ADD COLUMN trash_kept_days integer NOT NULL DEFAULT 30, ADD COLUMN raw_kept_days integer NOT NULL DEFAULT 365;
ALTER TABLE hd_channel ADD COLUMN marks_spam boolean NOT NULL DEFAULT true;
ALTER TABLE hd_raw_message ADD COLUMN subject text NOT NULL DEFAULT '', ADD COLUMN sender varchar(320) NOT NULL DEFAULT '',
    ADD COLUMN words text NOT NULL DEFAULT '',
    ADD COLUMN let_in_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
    ADD COLUMN sender_rule integer REFERENCES hd_sender_rule ON DELETE SET NULL ON UPDATE CASCADE,
    ADD COLUMN forgotten_at timestamptz, ADD COLUMN erased_ticket bigint;
CREATE FUNCTION hd_mail_words(envelope_from text, envelope_to varchar[], sender text, mail_id text, words text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    WITH addresses AS (SELECT lower(envelope_from || ' ' || array_to_string(envelope_to, ' ') || ' ' || sender) AS text)
    SELECT array_to_tsvector(array_remove(regexp_split_to_array(
        text || ' ' || replace(text, '@', ' ') || ' ' || lower(coalesce(mail_id, '')) || ' ' || words, '\\s+'), ''))
    FROM addresses $$;
CREATE INDEX hd_raw_message_words ON hd_raw_message USING gin (hd_mail_words(envelope_from, envelope_to, sender, mail_id, words));
CREATE INDEX hd_raw_message_newest ON hd_raw_message (received_at DESC, id DESC);
CREATE INDEX hd_raw_message_by_fate ON hd_raw_message (fate, received_at DESC, id DESC);
CREATE INDEX hd_raw_message_by_channel ON hd_raw_message (channel, received_at DESC, id DESC);
CREATE INDEX hd_raw_message_kept ON hd_raw_message (received_at) WHERE forgotten_at IS NULL;
CREATE INDEX hd_raw_message_sender_rule ON hd_raw_message (sender_rule) WHERE sender_rule IS NOT NULL;
CREATE INDEX hd_event_message ON hd_event (message) WHERE message IS NOT NULL;
CREATE INDEX hd_notice_event ON hd_notice (event);
CREATE INDEX hd_ticket_spam ON hd_ticket (last_message_at DESC, id DESC)
    WHERE spam_at IS NOT NULL AND trashed_at IS NULL AND merged_into IS NULL;
CREATE INDEX hd_ticket_trash ON hd_ticket (last_message_at DESC, id DESC) WHERE trashed_at IS NOT NULL AND merged_into IS NULL
"""

BACKWARDS = """
DROP INDEX hd_ticket_spam, hd_ticket_trash, hd_event_message, hd_notice_event, hd_raw_message_sender_rule, hd_raw_message_words, hd_raw_message_newest, hd_raw_message_by_fate,
    hd_raw_message_by_channel, hd_raw_message_kept;
DROP FUNCTION hd_mail_words;
ALTER TABLE hd_raw_message DROP COLUMN subject, DROP COLUMN sender, DROP COLUMN words, DROP COLUMN let_in_by,
    DROP COLUMN sender_rule, DROP COLUMN forgotten_at, DROP COLUMN erased_ticket;
ALTER TABLE hd_channel DROP COLUMN marks_spam;
ALTER TABLE hd_installation DROP COLUMN mail_filters_version, DROP COLUMN trash_kept_days, DROP COLUMN raw_kept_days;
DROP TABLE hd_erased_ticket;
DROP TABLE hd_turned_away;
DROP TABLE hd_mail_filter;
DROP TABLE hd_sender_rule
"""


async def _forwards() -> None:
    await run(FORWARDS.split(";\n"))


async def _backwards() -> None:
    await run(BACKWARDS.split(";\n"))


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
