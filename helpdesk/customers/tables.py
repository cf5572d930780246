"""Who asks."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Agent


class IdentityKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class Organisation(Table, tablename="hd_organisation"):
    id = BigSerial(primary_key=True)
    name = Varchar(length=200)
    sort_key = Varchar(length=300, index=True)
    words = Text(default="", help_text="the normalised name, for searching")
    language = Varchar(length=8, null=True, default=None, help_text="its people's, when nothing else tells")
    notes = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())
    merged_into = ForeignKey("self", null=True, default=None, on_delete=OnDelete.cascade)
    shares_requests = Boolean(default=False, help_text="its people see each other's requests in the portal")
    calendar = Integer(
        null=True, default=None, help_text="agreed with it, of `sla.tables.Calendar`; null: none of its own"
    )


class OrganisationDomain(Table, tablename="hd_organisation_domain"):
    """A mail domain whose people belong to the organisation."""

    id = BigSerial(primary_key=True)
    organisation = ForeignKey(Organisation, null=False, index=True, on_delete=OnDelete.cascade)
    domain = Varchar(length=253, unique=True, help_text="lower case")


class Customer(Table, tablename="hd_customer"):
    id = BigSerial(primary_key=True)
    name = Varchar(length=200)
    sort_key = Varchar(length=300, index=True)
    organisation = ForeignKey(Organisation, null=True, index=True, on_delete=OnDelete.set_null)
    language = Varchar(length=8, null=True, default=None)
    time_zone = Varchar(length=64, null=True, default=None)
    notes = Text(default="", help_text="what is true of them for long; what happens stands in dated notes")
    created_at = Timestamptz(default=TimestamptzNow())
    words = Text(default="", help_text="normalised name and handles, for searching")
    merged_into = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.cascade, help_text="who goes on instead"
    )
    sees_colleagues = Boolean(
        null=True,
        default=None,
        help_text="requests of the organisation in the portal; null: as the organisation shares",
    )


class Identity(Table, tablename="hd_identity"):
    """One way to reach and to recognise a customer."""

    id = BigSerial(primary_key=True)
    customer = ForeignKey(Customer, null=False, index=True, on_delete=OnDelete.cascade)
    kind = Varchar(length=20, choices=IdentityKind, default=IdentityKind.EMAIL)
    value = Varchar(length=320, help_text="normalised: a lower-case address, a number in E.164")
    verified_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    is_primary = Boolean(
        default=False, help_text="of its kind, where mail and calls go first; none: the first known one"
    )

    hd_identity_once = Unique([kind, value])


class CustomerNote(Table, tablename="hd_customer_note"):
    """What agents tell each other about a customer."""

    id = BigSerial(primary_key=True)
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.cascade)
    agent = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null)
    body = Text()
    at = Timestamptz()


class CustomerEvent(Table, tablename="hd_customer_event"):
    """Something that happened to a customer's profile; append-only."""

    id = BigSerial(primary_key=True)
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.cascade)
    kind = Varchar(length=40)
    actor_kind = Varchar(length=10)
    actor_id = BigInt(null=True, default=None)
    at = Timestamptz()
    changes = JSONB(default="{}", help_text='{"field": [old, new]}')


class MergedKind(StrEnum):
    CUSTOMER = "customer"
    ORGANISATION = "organisation"


class Merge(Table, tablename="hd_merge"):
    """Two that turned out to be one: what the merge changed and moved, so that it can be undone exactly."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=12, choices=MergedKind)
    survivor = BigInt(help_text="the customer or organisation that goes on")
    loser = BigInt()
    merged_at = Timestamptz()
    merged_by = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null)
    changes = JSONB(help_text='of the survivor\'s fields: {"name": [before, after]}')
    moved = JSONB(help_text='ids of the rows that referred to the loser: {"hd_ticket.customer": [7, 9]}')
    undone_at = Timestamptz(null=True, default=None)
    undone_by = ForeignKey(Agent, null=True, on_delete=OnDelete.set_null)


class MergeAsked(Table, tablename="hd_merge_asked"):
    """A merge, or the undoing of one, that a worker does: see `profiles.merging_many`. It goes when that is done; with `done_at`
    nothing came of it, and `trouble` says why."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=12, choices=MergedKind)
    survivor = BigInt()
    loser = BigInt()
    undoes = ForeignKey(
        Merge, null=True, default=None, index=True, on_delete=OnDelete.cascade, help_text="null: merges"
    )
    chosen = JSONB(help_text='whose value of a field stays: {"name": "theirs"}')
    tickets = Integer(help_text="so many move")
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)
    asked_at = Timestamptz()
    done_at = Timestamptz(null=True, default=None)
    trouble = Text()


class NotTheSame(Table, tablename="hd_not_the_same"):
    """Two customers who look alike, and of whom somebody knows that they are two."""

    id = BigSerial(primary_key=True)
    one = ForeignKey(Customer, null=False, on_delete=OnDelete.cascade, help_text="the one with the lower id")
    other = ForeignKey(Customer, null=False, index=True, on_delete=OnDelete.cascade)
    agent = ForeignKey(Agent, null=True, index=True, on_delete=OnDelete.set_null)
    at = Timestamptz()

    hd_not_the_same_once = Unique([one, other])


class SuppressedFor(StrEnum):
    BOUNCES = "bounces"
    COMPLAINT = "complaint"


class Suppression(Table, tablename="hd_suppression"):
    """An address that is not written to: for bounces by nobody, after a complaint by no machine."""

    id = Serial(primary_key=True)
    address = Varchar(length=320, help_text="lower case")
    reason = Varchar(length=12, choices=SuppressedFor)
    detail = Text(default="", help_text="what the last report said")
    ticket_id = BigInt(
        null=True, default=None, help_text="foreign key made by the migration: tickets are a layer above"
    )
    at = Timestamptz()

    hd_suppression_once = Unique([address, reason])


class SignInLink(Table, tablename="hd_sign_in_link"):
    """A link that signs a customer in to the portal, once: it proves that the mailbox is theirs."""

    id = BigSerial(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    identity = ForeignKey(Identity, null=False, index=True, on_delete=OnDelete.cascade)
    next = Varchar(length=200, default="", help_text="the page of the portal to go on with")
    created_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class CustomerSession(Table, tablename="hd_customer_session"):
    """A customer signed in to the portal by one of their addresses."""

    id = BigSerial(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    identity = ForeignKey(Identity, null=False, index=True, on_delete=OnDelete.cascade)
    created_at = Timestamptz()
    seen_at = Timestamptz()
    address = Varchar(length=64, default="")
    user_agent = Varchar(length=300, default="")
