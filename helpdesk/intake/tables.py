"""What was accepted, raw, before anybody looked at it."""

from enum import StrEnum

from piccolo.columns import Array, BigSerial, Bytea, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow

from helpdesk.channels.tables import Channel
from helpdesk.kernel.tables import Table
from helpdesk.tickets.tables import Message, Ticket


class Fate(StrEnum):
    RECEIVED = "received"
    TICKET = "ticket"
    REPLY = "reply"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


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
