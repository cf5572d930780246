"""How agents want to be told of what concerns them."""

from piccolo.columns import Array, Boolean, ForeignKey, OnDelete, Serial, SmallInt, Varchar
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Agent


class NoticeChoice(Table, tablename="hd_notice_choice"):
    """By which ways an agent hears of a topic, where that is not as `notice_kinds.TOPICS` has it."""

    id = Serial(primary_key=True)
    agent = ForeignKey(Agent, null=False, on_delete=OnDelete.cascade)
    topic = Varchar(length=40)
    in_centre = Boolean()
    in_browser = Boolean()
    by_mail = Boolean()

    hd_notice_choice_once = Unique([agent, topic])


class QuietHours(Table, tablename="hd_quiet_hours"):
    """When an agent is neither mailed nor shown anything, in their own time zone; see `tickets.quiet_hours`."""

    id = Serial(primary_key=True)
    agent = ForeignKey(Agent, null=False, unique=True, on_delete=OnDelete.cascade)
    begins = SmallInt(help_text="minutes after midnight")
    ends = SmallInt(help_text="on the next day when it is not later than the beginning")
    days = Array(base_column=SmallInt(), help_text="on which they begin: 0 is Monday, 6 Sunday")
    whole_days = Array(base_column=SmallInt(), help_text="quiet from midnight to midnight")
