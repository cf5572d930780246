"""Calendars, policies, and the promised times of tickets.

What was promised is never rewritten: a change of a calendar or a policy is a new version, and each clock says by which it
is measured. All instants are UTC; lengths are whole seconds.
"""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table


class Settings(Table, tablename="sla_settings"):
    """The one row of what holds for all; the first migration makes it."""

    id = Serial(primary_key=True)
    edition = BigInt(
        default=0,
        help_text="one more with each change of calendars, holidays or policies: who remembers them asks for it",
    )
    default_calendar = Integer(
        null=True,
        default=None,
        help_text="by which is measured what no policy says otherwise about; null: all time counts",
    )
    promises_to_customers = Boolean(
        default=False, help_text="whether customers are told until when they have an answer"
    )


class Calendar(Table, tablename="sla_calendar"):
    """When work is done. Its rules are those of its newest version."""

    id = Serial(primary_key=True)
    name = Varchar(length=120)
    version = Integer(default=1, help_text="the newest one's number")
    own = JSONB(
        default='{"zone":"UTC","week":[[],[],[],[],[],[],[]],"is_always":true}',
        help_text="sla.calendar.Rules as somebody wrote them, without the holidays of its sets",
    )
    offsets = JSONB(default="[]", help_text="[[since, until, seconds]…]: its zone's, as they were known last")
    tzdata = Varchar(length=20, default="", help_text="the version of the zones' rules that these are of")
    created_at = Timestamptz()
    deactivated_at = Timestamptz(null=True, default=None, help_text="no longer offered; what it measures goes on")


class Reason(StrEnum):
    CHANGE = "change"
    """It was right until now, and is different from now on."""
    CORRECTION = "correction"
    """It was wrong: what it has measured is measured again."""


class CalendarVersion(Table, tablename="sla_calendar_version"):
    """Immutable. `rules` holds the holidays of its sets, too, as they were when it was made."""

    id = Serial(primary_key=True)
    calendar = ForeignKey(Calendar, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    rules = JSONB(help_text="sla.calendar.Rules")
    reason = Varchar(length=12, choices=Reason, default=Reason.CHANGE)
    tzdata = Varchar(length=20, default="", help_text="the version of the zones' rules that it was made under")
    made_by = Integer(null=True, default=None, help_text="an agent; null: the helpdesk itself")
    effective_from = Timestamptz()

    sla_calendar_version_once = Unique([calendar, number])


class HolidaySource(StrEnum):
    MANUAL = "manual"
    COUNTRY = "country"
    ICALENDAR = "icalendar"


class HolidaySet(Table, tablename="sla_holiday_set"):
    id = Serial(primary_key=True)
    name = Varchar(length=120)
    source = Varchar(length=12, choices=HolidaySource, default=HolidaySource.MANUAL)
    detail = Varchar(length=1000, default="", help_text="the country and its part (DE-BY), or the address of the file")
    language = Varchar(length=8, default="", help_text="that a country's days are named in")
    fetched_at = Timestamptz(null=True, default=None)
    tried_at = Timestamptz(null=True, default=None, help_text="fetched, or failed to be")
    etag = Varchar(length=300, default="", help_text="by which the address says that nothing has changed")
    problem = Text(default="", help_text="why it could not be fetched last, as `sla.said` stores it; empty: it could")
    created_at = Timestamptz()


class Holiday(Table, tablename="sla_holiday"):
    id = BigSerial(primary_key=True)
    holiday_set = ForeignKey(HolidaySet, null=False, on_delete=OnDelete.cascade)
    day = Date()
    name = Varchar(length=200)
    windows = JSONB(
        default="[]", help_text="[[start, end]…] in minutes when it is open for a part of the day; empty: closed"
    )
    is_estimated = Boolean(default=False, help_text="by the moon: it may turn out a day earlier or later")
    is_approved = Boolean(default=True, help_text="what is not does not count")
    is_refused = Boolean(
        default=False, help_text="somebody said that it shall not count: it no longer waits for approval"
    )
    is_own = Boolean(default=False, help_text="somebody added it by hand: an import leaves it")

    sla_holiday_once = Unique([holiday_set, day, name])


class CalendarHolidays(Table, tablename="sla_calendar_holidays"):
    """Which sets a calendar keeps."""

    id = Serial(primary_key=True)
    calendar = ForeignKey(Calendar, null=False, on_delete=OnDelete.cascade)
    holiday_set = ForeignKey(HolidaySet, null=False, index=True, on_delete=OnDelete.cascade)

    sla_calendar_holidays_once = Unique([calendar, holiday_set])


class Policy(Table, tablename="sla_policy"):
    """What is promised to whom. Of the customers' policies the first that matches holds; of the internal ones all do."""

    id = Serial(primary_key=True)
    name = Varchar(length=120)
    position = Integer(help_text="their order, from 1")
    is_internal = Boolean(default=False, help_text="between teams, beside what customers are promised")
    version = Integer(default=1, help_text="the newest one's number")
    is_active = Boolean(default=True)
    created_at = Timestamptz()
    deleted_at = Timestamptz(null=True, default=None, help_text="reports still name it")


class PolicyVersion(Table, tablename="sla_policy_version"):
    """Immutable. Clocks that run keep theirs, unless a change was made for open tickets, too; then it is for all of them."""

    id = Serial(primary_key=True)
    policy = ForeignKey(Policy, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    conditions = JSONB(help_text="kernel.conditions")
    targets = JSONB(help_text="a list of sla.targets.Target")
    made_by = Integer(null=True, default=None)
    made_at = Timestamptz()
    since = Timestamptz(
        null=True,
        default=None,
        help_text="tickets that were opened from then on have it; null: those that were open then, too",
    )
    applied_to = BigInt(
        null=True,
        default=None,
        help_text="open tickets up to this id were brought to it, or away from it; null: all were, or none shall be",
    )

    sla_policy_version_once = Unique([policy, number])


class ClockRow(Table, tablename="sla_clock"):
    """One promised time of one ticket, as `sla.clock.Clock` has it; the row is the queue of what fires."""

    id = BigSerial(primary_key=True)
    ticket = BigInt(help_text="its key is the helpdesk's migration")
    metric = Varchar(length=20)
    scope = Integer(default=0, help_text="the team of `group_ownership`; else 0")
    cycle = Integer(default=1)
    policy_version = Integer(null=True, default=None, help_text="null: it is measured, and nothing is promised")
    priority = Varchar(length=12, help_text="the ticket's that its target was chosen by")
    target = Integer(null=True, default=None, help_text="seconds")
    calendar_version = Integer(null=True, default=None, help_text="null: all time counts")
    state = Varchar(length=10)
    started_at = Timestamptz()
    running_since = Timestamptz(null=True, default=None)
    consumed = Integer(default=0)
    rests_since = Timestamptz(null=True, default=None)
    rested = Integer(default=0, help_text="seconds of all time that it stood, until `rests_since`")
    due_at = Timestamptz(null=True, default=None)
    original_due_at = Timestamptz(null=True, default=None, help_text="as it was first")
    breached_at = Timestamptz(null=True, default=None)
    breach_cause = Varchar(length=16, default="")
    warned = Integer(default=0, help_text="bits: the warnings that were recorded")
    escalated = SmallInt(default=0, help_text="steps of the ladder that were taken")
    stopped_at = Timestamptz(null=True, default=None)
    stop_cause = Varchar(length=16, default="")
    elapsed_business = Integer(null=True, default=None)
    elapsed_calendar = Integer(null=True, default=None)
    stopped_by = Integer(null=True, default=None, help_text="the agent; no key, as reports outlive agents")
    is_pinned = Boolean(default=False, help_text="its due time was set by hand")
    epoch = Integer(default=0, help_text="one more with each breach that was voided")
    gen = Integer(default=0, help_text="lines in its ledger")
    next_fire_at = Timestamptz(null=True, default=None)
    next_fire_kind = Varchar(length=12, default="")

    sla_clock_once = Unique([ticket, metric, scope, cycle])


class ClockEvent(Table, tablename="sla_clock_event"):
    """A line of a clock's ledger: append-only. What somebody must hear of is a queue, by `follows` and `followed_at`."""

    id = BigSerial(primary_key=True)
    clock = ForeignKey(ClockRow, null=False, on_delete=OnDelete.cascade)
    gen = Integer()
    epoch = Integer()
    kind = Varchar(length=20)
    threshold = SmallInt(default=0, help_text="which warning, or which step of the ladder")
    at = Timestamptz(help_text="when it held; reports use it")
    recorded_at = Timestamptz(help_text="when it was written, by the database's clock")
    cause = Varchar(length=16, default="")
    event = BigInt(null=True, default=None, help_text="the ticket's event that made it")
    state = Varchar(length=10, help_text="the clock's, afterwards")
    consumed = Integer(help_text="seconds, until then")
    due_at = Timestamptz(null=True, default=None)
    target = Integer(null=True, default=None)
    priority = Varchar(length=12)
    policy_version = Integer(null=True, default=None)
    calendar_version = Integer(null=True, default=None)
    follows = Boolean(default=False, help_text="somebody is to be told, or something to be done")
    followed_at = Timestamptz(null=True, default=None)

    sla_clock_event_once = Unique([clock, gen])


class Sweep(Table, tablename="sla_sweep"):
    """Open tickets whose clocks are brought to where they belong by and by, as something was changed around the tickets."""

    id = BigSerial(primary_key=True)
    tickets = Array(base_column=BigInt(), null=True, default=None, help_text="these; null: those that are told below")
    team = Integer(null=True, default=None)
    organisation = Integer(null=True, default=None)
    calendar_before = Integer(
        null=True,
        default=None,
        help_text="without `tickets`: by which they were measured; null: all time. Until they are reached it fires nothing",
    )
    reached = BigInt(default=0, help_text="tickets up to this id are done")
    asked_at = Timestamptz()
