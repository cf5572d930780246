"""Configured ways in and out."""

from enum import StrEnum

from piccolo.columns import JSONB, BigInt, Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Agent, Session, Team


class Channel(Table, tablename="hd_channel"):
    """One mailbox (or form, chat widget, bot)."""

    id = Serial(primary_key=True)
    kind = Varchar(length=20, default="email")
    name = Varchar(length=100)
    address = Varchar(length=320, null=True, default=None, unique=True, help_text="of a mailbox, lower case")
    team = ForeignKey(Team, null=True, index=True, on_delete=OnDelete.set_null, help_text="where its new tickets go")
    language = Varchar(length=8, default="en", help_text="for automatic texts when the mail does not tell")
    signature = Text(default="", help_text="below every reply")
    is_plus_addressed = Boolean(default=True, help_text="the mailbox takes name+anything@ (rulings 19)")
    plus_proven_at = Timestamptz(null=True, default=None, help_text="when a probe to such an address last arrived")
    probe_id = BigInt(null=True, default=None, help_text="the last probe's delivery; foreign key made by the migration")
    acknowledges = Boolean(default=True)
    names_articles = Boolean(default=True, help_text="acknowledgements name an article that very probably answers")
    answers_by = ForeignKey(
        "self",
        null=True,
        index=True,
        on_delete=OnDelete.set_null,
        help_text="the mailbox, when it is none itself; null: the default",
    )
    opening_hours = JSONB(null=True, default=None, help_text="opening_hours.OpeningHours as JSON; null: always open")
    calendar = Integer(
        null=True, default=None, help_text="when it is answered, of `sla.tables.Calendar`, instead of `opening_hours`"
    )
    marks_spam = Boolean(default=True, help_text="new tickets follow the spam headers of the trusted mail server")
    quotes = Varchar(length=4, default="last", help_text="below replies: last, all or none of what was written before")
    links_to_portal = Boolean(default=True, help_text="replies carry a link to the request in the portal")
    created_at = Timestamptz(default=TimestamptzNow())
    deactivated_at = Timestamptz(null=True, default=None)


class AutomaticText(Table, tablename="hd_automatic_text"):
    """What an administrator wrote instead of the default text (`automatic_texts`)."""

    id = Serial(primary_key=True)
    channel = ForeignKey(Channel, null=False, on_delete=OnDelete.cascade)
    kind = Varchar(length=20)
    language = Varchar(length=8)
    subject = Varchar(length=200)
    body = Text()
    changed_at = Timestamptz()
    changed_by = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null)

    hd_automatic_text_once = Unique([channel, kind, language])


class OAuthGrant(Table, tablename="hd_oauth_grant"):
    """Leave that a mailbox's owner gave us at a provider to sign in for them (RFC 6749); secrets are sealed."""

    id = Serial(primary_key=True)
    provider = Varchar(length=20, help_text="microsoft, google or custom")
    tenant = Varchar(length=100, default="", help_text="Microsoft 365: the directory; empty: common")
    authorize_url = Varchar(length=500, default="", help_text="custom provider only, like token_url and scope")
    token_url = Varchar(length=500, default="")
    scope = Varchar(length=500, default="")
    client_id = Varchar(length=300)
    client_secret = Text(default="", help_text="sealed")
    access_token = Text(default="", help_text="sealed")
    refresh_token = Text(default="", help_text="sealed; empty: nobody has consented yet")
    expires_at = Timestamptz(null=True, default=None, help_text="of the access token")
    granted_at = Timestamptz(null=True, default=None)
    granted_by = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null)
    last_error = Text(default="", help_text="why the last refresh failed")


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class MailAccount(Table, tablename="hd_mail_account"):
    """Where a mailbox is fetched from (IMAP), or the server that its mails leave by (SMTP). Without a row: mail is
    pushed to us, and leaves by the default transport (rulings 21)."""

    id = Serial(primary_key=True)
    channel = ForeignKey(Channel, null=False, index=True, on_delete=OnDelete.cascade)
    direction = Varchar(length=3, choices=Direction)
    host = Varchar(length=255)
    port = Integer()
    tls = Varchar(length=10, default="implicit", help_text="implicit, starttls or none")
    username = Varchar(length=320, default="")
    password = Text(default="", help_text="sealed")
    oauth_grant = ForeignKey(
        OAuthGrant, null=True, index=True, on_delete=OnDelete.set_null, help_text="instead of a password"
    )
    folder = Varchar(length=255, default="INBOX", help_text="IMAP only")
    afterwards = Varchar(length=10, default="seen", help_text="IMAP, once stored: keep, seen, move or delete")
    move_to = Varchar(length=255, default="")
    worked_at = Timestamptz(null=True, default=None, help_text="when it last did what it is for")
    last_error = Text(default="")

    hd_mail_account_once = Unique([channel, direction])


class OAuthConsent(Table, tablename="hd_oauth_consent"):
    """Somebody who went to a provider to give leave and is expected back, once, in the same session."""

    id = Serial(primary_key=True)
    state_hash = Varchar(length=64, unique=True)
    grant = ForeignKey(OAuthGrant, null=False, on_delete=OnDelete.cascade)
    channel = ForeignKey(Channel, null=False, on_delete=OnDelete.cascade)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.cascade)
    verifier = Text(help_text="PKCE (RFC 7636), sealed")
    expires_at = Timestamptz()
