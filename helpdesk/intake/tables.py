"""What was accepted, raw, before anybody looked at it."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

from helpdesk.channels.tables import Channel, MailAccount
from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Agent
from helpdesk.tickets.tables import Message, Ticket


class Fate(StrEnum):
    RECEIVED = "received"
    TICKET = "ticket"
    REPLY = "reply"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    BLOCKED = "blocked"
    DROPPED = "dropped"


class SenderRule(Table, tablename="hd_sender_rule"):
    """Whose mail is blocked, or allowed whatever else says. `pattern` is an address, a domain or `*.` and a domain."""

    id = Serial(primary_key=True)
    pattern = Varchar(length=320, unique=True, help_text="lower case")
    is_allowed = Boolean(default=False)
    note = Varchar(length=200, default="")
    created_at = Timestamptz(default=TimestamptzNow())
    created_by = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null)


class MailFilter(Table, tablename="hd_mail_filter"):
    """What happens to certain mails before they open a ticket; in the order of `position`."""

    id = Serial(primary_key=True)
    name = Varchar(length=100)
    position = Integer()
    is_active = Boolean(default=True)
    rule = JSONB(help_text="filtering.Rule as JSON")
    created_at = Timestamptz(default=TimestamptzNow())


class RawMessage(Table, tablename="hd_raw_message"):
    id = BigSerial(primary_key=True)
    channel = ForeignKey(Channel, null=False, index=True, on_delete=OnDelete.restrict)
    received_at = Timestamptz(default=TimestamptzNow())
    source = Varchar(length=10, help_text="smtp, lmtp, pipe, imap")
    envelope_from = Varchar(length=320, default="")
    envelope_to = Array(base_column=Varchar(length=320), default=list)
    content = Bytea()
    content_hash = Varchar(length=64, index=True, help_text="SHA-256 of content")
    size = Integer()
    attempts = SmallInt(default=0, help_text="how often a worker claimed it; fences off a worker that was thought dead")
    deaths = SmallInt(default=0, help_text="how often it killed the parser")
    claimed_until = Timestamptz(null=True, default=None)
    taken_in_at = Timestamptz(null=True, default=None)
    fate = Varchar(length=12, choices=Fate, default=Fate.RECEIVED)
    reason = Text(default="")
    mail_id = Varchar(length=998, null=True, default=None, index=True, help_text="Message-ID without angle brackets")
    fingerprint = Varchar(
        length=64, null=True, default=None, help_text="SHA-256 of what its writer wrote, whatever way it came"
    )
    ticket = ForeignKey(Ticket, null=True, index=True, on_delete=OnDelete.set_null)
    message = ForeignKey(Message, null=True, index=True, on_delete=OnDelete.set_null)
    subject = Text(default="")
    sender = Varchar(length=320, default="", help_text="the From address")
    words = Text(default="", help_text="the subject's, normalised, for searching")
    let_in_by = ForeignKey(
        Agent, null=True, on_delete=OnDelete.set_null, help_text="taken in whatever block lists and filters say"
    )
    sender_rule = ForeignKey(SenderRule, null=True, on_delete=OnDelete.set_null, help_text="that blocked it")
    forgotten_at = Timestamptz(null=True, default=None, help_text="when content was removed; this row stays")
    erased_ticket = BigInt(null=True, default=None, help_text="the number of the ticket that it went with")
    run_again_at = Timestamptz(null=True, default=None, help_text="when somebody last took it out of quarantine")
    run_again_by = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null, help_text="null: by the command")


class TurnedAway(Table, tablename="hd_turned_away"):
    """Mail that was seen and never stored, counted: one row an hour for what is alike, `times` how often."""

    id = BigSerial(primary_key=True)
    fate = Varchar(length=12, help_text="refused or skipped")
    hour = Timestamptz()
    source = Varchar(length=10, help_text="smtp, lmtp, imap")
    peer = Varchar(length=64, default="")
    envelope_from = Varchar(length=320, default="")
    envelope_to = Varchar(length=320, default="")
    reason = Varchar(length=300)
    size = BigInt(null=True, default=None, help_text="bytes, of the last one")
    times = Integer(default=1)
    last_at = Timestamptz()

    hd_turned_away_once = Unique([hour, source, peer, envelope_from, envelope_to, reason])


class ErasedTicket(Table, tablename="hd_erased_ticket"):
    """What is left of a ticket that was erased."""

    id = BigSerial(primary_key=True)
    number = BigInt(unique=True)
    reason = Varchar(length=10, help_text="spam, trash or customer")
    opened_at = Timestamptz()
    erased_at = Timestamptz()
    erased_by = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null, help_text="null: its time was over")


class MailFolder(Table, tablename="hd_mail_folder"):
    """How far a folder has been fetched. UIDs mean something together with `uid_validity` alone (docs/decisions/0011)."""

    id = Serial(primary_key=True)
    account = ForeignKey(MailAccount, null=False, index=True, on_delete=OnDelete.cascade)
    name = Varchar(length=255)
    uid_validity = BigInt(null=True, default=None, help_text="null: not opened yet")
    last_uid = BigInt(default=0, help_text="the cursor: all up to it were looked at")
    begins_after = BigInt(default=0, help_text="mails up to this UID were there before us, and were not asked for")
    began_at = Timestamptz(null=True, default=None)
    wants_earlier = Boolean(default=False, help_text="take what was there before us, too; done with the next look")
    renumbered_to = BigInt(
        default=0, help_text="up to this UID mails are known by content: the server numbered them anew"
    )
    holder = Varchar(length=32, default="", help_text="the scheduler that fetches it")
    held_until = Timestamptz(null=True, default=None)
    asked_at = Timestamptz(null=True, default=None, help_text="somebody wants it fetched now")
    doing = Varchar(length=10, default="", help_text="fetching, listening or polling")
    found = Integer(default=0, help_text="mails that the current or last look found, of which `done` are done")
    done = Integer(default=0)
    looked_at = Timestamptz(null=True, default=None, help_text="the end of the last complete look")
    failing_since = Timestamptz(null=True, default=None)
    compared_at = Timestamptz(null=True, default=None, help_text="when all UIDs were last compared with the server's")
    gap = Integer(default=0, help_text="mails that the last comparison with one found to be missing")
    gap_at = Timestamptz(null=True, default=None)

    hd_mail_folder_once = Unique([account, name])


class FetchedMail(Table, tablename="hd_fetched_mail"):
    """One UID that was looked at: the mail it became, or why it became none."""

    id = BigSerial(primary_key=True)
    folder = ForeignKey(MailFolder, null=False, on_delete=OnDelete.cascade)
    uid_validity = BigInt()
    uid = BigInt()
    raw_message = ForeignKey(RawMessage, null=True, index=True, on_delete=OnDelete.set_null)
    reason = Text(default="", help_text="why it was not taken in")
    is_settled = Boolean(default=False, help_text="marked, moved or deleted on the server, where that was asked for")

    hd_fetched_mail_once = Unique([folder, uid_validity, uid])
