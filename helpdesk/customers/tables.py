"""Who asks."""

from enum import StrEnum

from piccolo.columns import BigInt, BigSerial, ForeignKey, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table


class IdentityKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class Organisation(Table, tablename="hd_organisation"):
    id = BigSerial(primary_key=True)
    name = Varchar(length=200)
    sort_key = Varchar(length=300, index=True)
    notes = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())


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
    notes = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())


class Identity(Table, tablename="hd_identity"):
    """One way to reach and to recognise a customer."""

    id = BigSerial(primary_key=True)
    customer = ForeignKey(Customer, null=False, index=True, on_delete=OnDelete.cascade)
    kind = Varchar(length=20, choices=IdentityKind, default=IdentityKind.EMAIL)
    value = Varchar(length=320, help_text="normalised: a lower-case address, a number in E.164")
    verified_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    hd_identity_once = Unique([kind, value])


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
