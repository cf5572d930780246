"""One message on its way out by one channel. The row is the queue."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

from helpdesk.channels.tables import Channel
from helpdesk.kernel.tables import Table


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


class DeliveryKind(StrEnum):
    REPLY = "reply"
    FORWARD = "forward"
    ACKNOWLEDGEMENT = "acknowledgement"
    SYSTEM = "system"
    PROBE = "probe"
    NOTICE = "notice"


class Delivery(Table, tablename="hd_delivery"):
    """What is sent is fixed here when it is queued, so that every attempt sends the same mail."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=20, choices=DeliveryKind)
    channel = ForeignKey(Channel, null=True, index=True, on_delete=OnDelete.restrict)
    ticket_id = BigInt(null=True, index=True, help_text="foreign key made by the migration: tickets are a layer above")
    message_id = BigInt(null=True, index=True, help_text="the message that it carries; foreign key likewise")
    state = Varchar(length=12, choices=DeliveryState, default=DeliveryState.QUEUED)
    not_before = Timestamptz(default=TimestamptzNow(), help_text="undo, send-later and the next try are this column")
    sending_until = Timestamptz(null=True, default=None, help_text="the lease of the attempt under way")
    attempts = SmallInt(default=0)
    is_ambiguous = Boolean(
        default=False, help_text="the link died after the last byte of an attempt: it may have arrived"
    )
    last_error = Text(default="")
    envelope_from = Varchar(length=320, default="", help_text="empty: the null sender")
    to = Array(base_column=Varchar(length=320), db_column_name="to_addresses")
    cc = Array(base_column=Varchar(length=320), default=list, db_column_name="cc_addresses")
    bcc = Array(
        base_column=Varchar(length=320),
        default=list,
        db_column_name="bcc_addresses",
        help_text="in no header of the mail",
    )
    left_to = Array(base_column=Varchar(length=320), help_text="the recipients that no attempt has reached yet")
    refused = JSONB(default="{}", help_text="{address: reason} of those that a server refused for good")
    mail_id = Varchar(length=200, unique=True, help_text="its Message-ID without angle brackets")
    mail = JSONB(help_text="queueing.Letter as JSON")
    is_automatic = Boolean(default=False)
    is_scheduled = Boolean(default=False, help_text="sent later: the ticket moves on when it has left")
    unless_answered = Boolean(default=False, help_text="cancelled by a message of the customer that comes first")
    article = Integer(null=True, default=None, help_text="kb_article that an acknowledgement names")
    then_status = Varchar(length=12, null=True, default=None, help_text="the ticket's, once a scheduled one has left")
    queued_at = Timestamptz(default=TimestamptzNow())
    sent_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None, help_text="when its end was told to the ticket")


class Bounce(Table, tablename="hd_bounce"):
    """A recipient that a mail of ours did not reach, as a report that is believed says; each counts once."""

    id = BigSerial(primary_key=True)
    delivery = ForeignKey(Delivery, null=False, on_delete=OnDelete.cascade)
    address = Varchar(length=320, help_text="lower case")
    status = Varchar(length=12, default="", help_text="like 5.1.1 (RFC 3463); empty when the report does not tell")
    at = Timestamptz()

    hd_bounce_once = Unique([delivery, address])
