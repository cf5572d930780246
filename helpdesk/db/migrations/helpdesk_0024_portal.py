"""The customers' portal: sign-in by link, sessions, what was read, shared requests; the brand; pushed notices."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T04:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "portal, brand, pushed notices"

FORWARDS = """
ALTER TABLE hd_organisation ADD COLUMN shares_requests boolean NOT NULL DEFAULT false;
ALTER TABLE hd_customer ADD COLUMN sees_colleagues boolean;
ALTER TABLE hd_channel ADD COLUMN links_to_portal boolean NOT NULL DEFAULT true;
CREATE INDEX hd_ticket_of_organisation ON hd_ticket (organisation, last_message_at DESC, id DESC) WHERE organisation IS NOT NULL;
CREATE TABLE hd_sign_in_link (
    id bigserial PRIMARY KEY,
    token_hash varchar(64) NOT NULL UNIQUE,
    identity bigint NOT NULL REFERENCES hd_identity ON DELETE CASCADE ON UPDATE CASCADE,
    next varchar(200) NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX hd_sign_in_link_identity ON hd_sign_in_link (identity);
CREATE TABLE hd_customer_session (
    id bigserial PRIMARY KEY,
    token_hash varchar(64) NOT NULL UNIQUE,
    identity bigint NOT NULL REFERENCES hd_identity ON DELETE CASCADE ON UPDATE CASCADE,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    address varchar(64) NOT NULL DEFAULT '',
    user_agent varchar(300) NOT NULL DEFAULT ''
);
CREATE INDEX hd_customer_session_identity ON hd_customer_session (identity);
CREATE TABLE hd_request_reading (
    id bigserial PRIMARY KEY,
    identity bigint NOT NULL REFERENCES hd_identity ON DELETE CASCADE ON UPDATE CASCADE,
    ticket bigint NOT NULL REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE,
    at timestamptz NOT NULL,
    CONSTRAINT hd_request_reading_once UNIQUE (identity, ticket)
);
CREATE INDEX hd_request_reading_ticket ON hd_request_reading (ticket);
CREATE TABLE hd_brand (
    id serial PRIMARY KEY,
    accent varchar(7) NOT NULL DEFAULT '',
    logo bytea,
    logo_type varchar(20) NOT NULL DEFAULT '',
    logo_mark varchar(16) NOT NULL DEFAULT '',
    texts jsonb NOT NULL,
    form integer REFERENCES hd_web_form ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX hd_brand_form ON hd_brand (form);
CREATE TABLE hd_push_subscription (
    id bigserial PRIMARY KEY,
    session integer NOT NULL REFERENCES hd_session ON DELETE CASCADE ON UPDATE CASCADE,
    agent integer NOT NULL REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    endpoint varchar(1000) NOT NULL UNIQUE,
    p256dh varchar(100) NOT NULL,
    auth varchar(40) NOT NULL,
    application_key varchar(100) NOT NULL,
    shows_text boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);
CREATE INDEX hd_push_subscription_session ON hd_push_subscription (session);
CREATE INDEX hd_push_subscription_agent ON hd_push_subscription (agent);
CREATE TABLE hd_push (
    id bigserial PRIMARY KEY,
    subscription bigint NOT NULL REFERENCES hd_push_subscription ON DELETE CASCADE ON UPDATE CASCADE,
    title varchar(200) NOT NULL,
    body varchar(500) NOT NULL DEFAULT '',
    url varchar(500) NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0
);
CREATE INDEX hd_push_subscription_of ON hd_push (subscription);
CREATE INDEX hd_push_due ON hd_push (not_before)
"""

BACKWARDS = """
DROP TABLE hd_push;
DROP TABLE hd_push_subscription;
DROP TABLE hd_brand;
DROP TABLE hd_request_reading;
DROP TABLE hd_customer_session;
DROP TABLE hd_sign_in_link;
DROP INDEX hd_ticket_of_organisation;
ALTER TABLE hd_channel DROP COLUMN links_to_portal;
ALTER TABLE hd_customer DROP COLUMN sees_colleagues;
ALTER TABLE hd_organisation DROP COLUMN shares_requests
"""


async def _forwards() -> None:
    await run(FORWARDS.split(";"))


async def _backwards() -> None:
    await run(BACKWARDS.split(";"))


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
