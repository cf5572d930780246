"""Configured ways in and out."""

from piccolo.columns import Boolean, ForeignKey, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow

from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Team


class Channel(Table, tablename="hd_channel"):
    """One mailbox (or form, chat widget, bot)."""

    id = Serial(primary_key=True)
    kind = Varchar(length=20, default="email")
    name = Varchar(length=100)
    address = Varchar(length=320, unique=True, help_text="the mailbox, lower case")
    team = ForeignKey(Team, null=True, index=True, on_delete=OnDelete.set_null, help_text="where its new tickets go")
    language = Varchar(length=8, default="en", help_text="for automatic texts when the mail does not tell")
    signature = Text(default="", help_text="below every reply")
    is_plus_addressed = Boolean(default=True, help_text="the mailbox takes name+anything@ (rulings 19)")
    acknowledges = Boolean(default=True)
    created_at = Timestamptz(default=TimestamptzNow())
    deactivated_at = Timestamptz(null=True, default=None)
