"""Requests, their conversations and their histories."""

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
    Serial,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer, Identity, Organisation
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Agent, Team


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


UNSOLVED = [Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD]


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Audience(StrEnum):
    PUBLIC = "public"
    INTERNAL = "internal"


class Ticket(Table, tablename="hd_ticket"):
    id = BigSerial(primary_key=True)
    number = BigInt(unique=True, help_text="what people call it; from a sequence of its own")
    version = Integer(default=1, help_text="one more with each change")
    subject = Text()
    status = Varchar(length=12, choices=Status, default=Status.NEW)
    priority = Varchar(length=12, choices=Priority, default=Priority.NORMAL)
    channel = ForeignKey(Channel, null=True, index=True, on_delete=OnDelete.restrict)
    team = ForeignKey(Team, null=True, index=True, on_delete=OnDelete.set_null)
    assignee = ForeignKey(Agent, null=True, index=True, on_delete=OnDelete.set_null)
    customer = ForeignKey(Customer, null=False, index=True, on_delete=OnDelete.restrict)
    organisation = ForeignKey(Organisation, null=True, index=True, on_delete=OnDelete.set_null)
    tags = Array(base_column=Varchar(length=50), default=list)
    language = Varchar(length=8, default="en", help_text="the customer's, for what we send")
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
    first_replied_at = Timestamptz(null=True, default=None)
    solved_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    snoozed_until = Timestamptz(
        null=True, default=None, help_text="tickets.snoozing.UNTIL_REPLY: until the customer writes"
    )
    spam_at = Timestamptz(null=True, default=None)
    trashed_at = Timestamptz(null=True, default=None)
    is_automatic = Boolean(
        default=False, help_text="opened by a machine's mail: its own view, no acknowledgement, no clocks"
    )
    merged_into = ForeignKey("self", null=True, index=True, on_delete=OnDelete.restrict)
    follow_up_of = ForeignKey("self", null=True, index=True, on_delete=OnDelete.set_null)
    split_from = ForeignKey("self", null=True, default=None, on_delete=OnDelete.set_null)
    may_belong_to = ForeignKey(
        "self", null=True, index=True, on_delete=OnDelete.set_null, help_text="a mail that claimed to be its reply"
    )
    muted_at = Timestamptz(null=True, default=None, help_text="mails came too fast: none of ours leave by themselves")
    last_message_at = Timestamptz(default=TimestamptzNow())
    preview = Varchar(length=200, default="", help_text="the beginning of the last message that is not a note")
    similar_dismissed_at = Timestamptz(
        null=True, default=None, help_text="when somebody wanted to see no similar tickets"
    )


class Message(Table, tablename="hd_message"):
    id = BigSerial(primary_key=True)
    ticket = ForeignKey(Ticket, null=False, index=True, on_delete=OnDelete.restrict)
    audience = Varchar(length=10, choices=Audience, default=Audience.PUBLIC)
    author_kind = Varchar(length=10, help_text="customer, agent, system or rule")
    agent = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null)
    customer = ForeignKey(Customer, null=True, on_delete=OnDelete.set_null)
    body_text = Text(help_text="the new text only, without quotes and signature")
    body_html = Text(null=True, default=None, help_text="safe; null when the plain text says it all")
    quoted_text = Text(default="", help_text="the rest: quotes and signature")
    sanitiser_version = SmallInt(default=0)
    language = Varchar(length=8, default="en")
    created_at = Timestamptz(
        default=TimestamptzNow(), help_text="when it was accepted, so order is the order of acceptance"
    )
    mail_id = Varchar(length=998, null=True, default=None, index=True, help_text="Message-ID without angle brackets")
    mail = JSONB(null=True, default=None, help_text="MailFacts as JSON; null when it is no mail")
    is_unverified = Boolean(default=False)
    thread = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.set_null,
        help_text="the message that began the conversation with an outsider, itself included; null: with the customer",
    )  # fmt: skip
    undone_at = Timestamptz(null=True, default=None, help_text="taken back before it left")
    redacted_at = Timestamptz(null=True, default=None, help_text="when a part of it was last removed for good")
    once = Varchar(
        length=80, null=True, default=None, unique=True, help_text="the form that it came with, which is taken once"
    )


class DraftKind(StrEnum):
    REPLY = "reply"
    NOTE = "note"
    FORWARD = "forward"
    NEW = "new"


class KeptDraft(Table, tablename="hd_draft"):
    """What an agent is writing and has not sent: one by author, ticket and kind, see `tickets.drafting`."""

    id = BigSerial(primary_key=True)
    agent = ForeignKey(Agent, null=False, on_delete=OnDelete.cascade)
    ticket = ForeignKey(Ticket, null=True, on_delete=OnDelete.cascade, help_text="null: a new ticket")
    kind = Varchar(length=8, choices=DraftKind)
    text = Text(default="")
    html = Text(null=True, default=None, help_text="as the editor had it; made safe when it is sent")
    fields = JSONB(default="{}", help_text="{name: text} of what else the form held, as typed: to, cc, bcc, subject, …")
    uploads = Array(base_column=BigInt(), default=list, help_text="ids of attachments not sent yet")
    version = Integer(default=1, help_text="one more with each save")
    once = Varchar(length=80, null=True, default=None, help_text="the form that saved or discarded it last")
    updated_at = Timestamptz()
    discarded_at = Timestamptz(null=True, default=None)

    hd_draft_once = Unique([agent, ticket, kind])


class DraftVersion(Table, tablename="hd_draft_version"):
    """What a draft said before it was written over."""

    id = BigSerial(primary_key=True)
    draft = ForeignKey(KeptDraft, null=False, on_delete=OnDelete.cascade)
    text = Text()
    html = Text(null=True, default=None)
    at = Timestamptz(help_text="when it had been saved")


class Attachment(Table, tablename="hd_attachment"):
    id = BigSerial(primary_key=True)
    message = ForeignKey(
        Message, null=True, index=True, on_delete=OnDelete.cascade, help_text="null: uploaded, not yet sent"
    )
    uploaded_by = ForeignKey(Agent, null=True, index=True, on_delete=OnDelete.set_null)
    name = Varchar(length=255)
    content_type = Varchar(length=255)
    size = BigInt()
    blob = Varchar(length=64, index=True, help_text="SHA-256 of the content, its name in the blob store")
    content_id = Varchar(length=998, null=True, default=None)
    is_inline = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())


class Event(Table, tablename="hd_event"):
    """Something that happened to a ticket: timeline, audit trail, and the queue of what follows."""

    id = BigSerial(primary_key=True)
    ticket = ForeignKey(Ticket, null=False, index=True, on_delete=OnDelete.restrict)
    kind = Varchar(length=40)
    actor_kind = Varchar(length=10)
    actor_id = BigInt(null=True, default=None)
    at = Timestamptz()
    version = Integer(help_text="the ticket's version that it made")
    changes = JSONB(default="{}", help_text='{"field": [old, new]}')
    message = ForeignKey(Message, null=True, on_delete=OnDelete.set_null)
    followed_at = Timestamptz(null=True, default=None)
    commit_order = BigInt(help_text="the writing transaction's id, set by the database (docs/decisions/0005)")


class Follower(Table, tablename="hd_follower"):
    id = BigSerial(primary_key=True)
    ticket = ForeignKey(Ticket, null=False, index=True, on_delete=OnDelete.cascade)
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)

    hd_follower_once = Unique([ticket, agent])


class Merge(Table, tablename="hd_ticket_merge"):
    """What went over when a ticket was merged into another, so that it can go back."""

    id = BigSerial(primary_key=True)
    ticket = ForeignKey(Ticket, null=False, index=True, on_delete=OnDelete.cascade)
    survivor = ForeignKey(Ticket, null=False, index=True, on_delete=OnDelete.cascade)
    at = Timestamptz()
    undone_at = Timestamptz(null=True, default=None)
    messages = Array(base_column=BigInt(), help_text="their ids")
    notices = Array(base_column=BigInt())
    drafts = Array(base_column=BigInt())
    followers = Array(base_column=Integer(), help_text="agents who followed only the merged ticket")
    status_before = Varchar(length=12, help_text="the survivor's")
    status_after = Varchar(length=12)


class Reading(Table, tablename="hd_reading"):
    """How far an agent has read a ticket."""

    id = BigSerial(primary_key=True)
    agent = ForeignKey(Agent, null=False, on_delete=OnDelete.cascade)
    ticket = ForeignKey(Ticket, null=False, index=True, on_delete=OnDelete.cascade)
    message = BigInt(help_text="the newest message that was read; no key, as messages may be moved")
    at = Timestamptz()

    hd_reading_once = Unique([agent, ticket])


class RequestReading(Table, tablename="hd_request_reading"):
    """When a customer last looked at a request in the portal, by the address that they were signed in with."""

    id = BigSerial(primary_key=True)
    identity = ForeignKey(Identity, null=False, on_delete=OnDelete.cascade)
    ticket = ForeignKey(Ticket, null=False, index=True, on_delete=OnDelete.cascade)
    at = Timestamptz()

    hd_request_reading_once = Unique([identity, ticket])


class TicketCount(Table, tablename="hd_ticket_count"):
    """A line of the counts of views, or the sum of many: written by a trigger, see `tickets.counting`."""

    id = BigSerial(primary_key=True)
    team = Integer(null=True, help_text="no key: lines outlive their team until they are added up")
    assignee = Integer(null=True)
    place = Varchar(length=10, help_text="open, pending, automatic, snoozed, solved, spam, trash")
    n = Integer(help_text="how many more are there; fewer when negative")


class Notice(Table, tablename="hd_notice"):
    """Something that an agent should know. The row is the queue of what is told outside the centre: see `tickets.telling`."""

    id = BigSerial(primary_key=True)
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)
    ticket = ForeignKey(Ticket, null=False, index=True, on_delete=OnDelete.cascade)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    kind = Varchar(length=40, help_text="of `notice_kinds.KINDS`")
    at = Timestamptz()
    read_at = Timestamptz(null=True, default=None)
    in_centre = Boolean(default=True)
    in_browser = Boolean(default=False)
    by_mail = Boolean(default=False)
    due_at = Timestamptz(null=True, default=None, help_text="when what is left to tell is due; null: nothing is left")
    pushed_at = Timestamptz(null=True, default=None)
    mailed_at = Timestamptz(null=True, default=None)
    delivery = ForeignKey(
        Delivery, null=True, default=None, on_delete=OnDelete.set_null, help_text="the mail that tells of it"
    )
    commit_order = BigInt(default=0, help_text="the transaction that made or read it, set by the database")

    hd_notice_once = Unique([agent, event])


class CannedText(Table, tablename="hd_canned_text"):
    """What is written often, to be put into an answer: of all, of a team, or an agent's own. See `tickets.canned_texts`."""

    id = Serial(primary_key=True)
    name = Varchar(length=120)
    shortcut = Varchar(length=40, default="", help_text="what is typed after the slash, folded; once among an owner's")
    team = ForeignKey(Team, null=True, index=True, on_delete=OnDelete.cascade, help_text="for its members alone")
    agent = ForeignKey(Agent, null=True, index=True, on_delete=OnDelete.cascade, help_text="for this agent alone")
    versions = JSONB(help_text="{language: canned_texts.Version}")
    words = Text(help_text="all that it is found by, folded, a blank before each word")
    sort_key = Varchar(length=300)
    uses = Integer(default=0, help_text="how often it was put in")
    used_at = Timestamptz(null=True, default=None)
    changed_at = Timestamptz()
    deactivated_at = Timestamptz(null=True, default=None, help_text="when it was deleted; it can be brought back")


class Mention(Table, tablename="hd_mention"):
    """Somebody was named in a note: one row for each agent whom it concerns. See `tickets.mentioning`."""

    id = BigSerial(primary_key=True)
    message = ForeignKey(Message, null=False, on_delete=OnDelete.cascade)
    agent = ForeignKey(Agent, null=True, on_delete=OnDelete.cascade, help_text="null: nobody of the team was told")
    team = ForeignKey(Team, null=True, index=True, on_delete=OnDelete.set_null, help_text="named instead of the agent")
    said = Varchar(length=320, help_text="the name as it stands in the note, behind the @")
    at = Timestamptz()
    seen_at = Timestamptz(null=True, default=None, help_text="when the agent had the note before them")

    hd_mention_once = Unique([message, said, agent])


class IdempotentAnswer(Table, tablename="hd_idempotent_answer"):
    """What an API call with an Idempotency-Key was answered, for a day."""

    id = BigSerial(primary_key=True)
    agent = ForeignKey(Agent, null=False, on_delete=OnDelete.cascade)
    key = Varchar(length=200)
    request_hash = Varchar(length=64)
    status = SmallInt(null=True, default=None)
    body = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())

    hd_idempotent_answer_once = Unique([agent, key])
