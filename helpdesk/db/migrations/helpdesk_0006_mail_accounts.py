"""Servers that mailboxes are fetched from and sent by, and leave to sign in there."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "mail accounts and OAuth grants"

GRANTS = """
CREATE TABLE hd_oauth_grant (
    id serial PRIMARY KEY,
    provider varchar(20) NOT NULL,
    tenant varchar(100) NOT NULL DEFAULT '',
    authorize_url varchar(500) NOT NULL DEFAULT '',
    token_url varchar(500) NOT NULL DEFAULT '',
    scope varchar(500) NOT NULL DEFAULT '',
    client_id varchar(300) NOT NULL,
    client_secret text NOT NULL DEFAULT '',
    access_token text NOT NULL DEFAULT '',
    refresh_token text NOT NULL DEFAULT '',
    expires_at timestamptz,
    granted_at timestamptz,
    granted_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
    last_error text NOT NULL DEFAULT ''
)
"""
ACCOUNTS = """
CREATE TABLE hd_mail_account (
    id serial PRIMARY KEY,
    channel integer NOT NULL REFERENCES hd_channel ON DELETE CASCADE ON UPDATE CASCADE,
    direction varchar(3) NOT NULL,
    host varchar(255) NOT NULL,
    port integer NOT NULL,
    tls varchar(10) NOT NULL DEFAULT 'implicit',
    username varchar(320) NOT NULL DEFAULT '',
    password text NOT NULL DEFAULT '',
    oauth_grant integer REFERENCES hd_oauth_grant ON DELETE SET NULL ON UPDATE CASCADE,
    folder varchar(255) NOT NULL DEFAULT 'INBOX',
    afterwards varchar(10) NOT NULL DEFAULT 'seen',
    move_to varchar(255) NOT NULL DEFAULT '',
    worked_at timestamptz,
    last_error text NOT NULL DEFAULT '',
    CONSTRAINT hd_mail_account_once UNIQUE (channel, direction)
)
"""


async def _forwards() -> None:
    await rows(GRANTS)
    await rows(ACCOUNTS)
    await rows("CREATE INDEX hd_mail_account_oauth_grant ON hd_mail_account (oauth_grant)")


async def _backwards() -> None:
    await rows("DROP TABLE hd_mail_account")
    await rows("DROP TABLE hd_oauth_grant")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
