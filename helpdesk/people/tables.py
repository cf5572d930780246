"""Who works here."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
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
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    AGENT = "agent"
    LIGHT_AGENT = "light_agent"


class Availability(StrEnum):
    AVAILABLE = "available"
    AWAY = "away"
    OUT = "out"


class Assignment(StrEnum):
    """How a team's tickets find their agents."""

    MANUAL = "manual"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"


class Installation(Table, tablename="hd_installation"):
    """The one row that says what this installation is; its first migration makes it."""

    id = Serial(primary_key=True)
    name = Varchar(length=200, default="Helpdesk")
    instance_id = UUID(default=UUID4(), help_text="Sent with automatic mail, so that two installations never loop")
    close_solved_after_days = SmallInt(default=7)
    mail_filters_version = Integer(default=0, help_text="one more with each change of a mail filter")
    trash_kept_days = Integer(default=30, help_text="then spam and trash are erased; 0: never")
    raw_kept_days = Integer(default=365, help_text="mails as they came; 0: for ever")
    away_after_minutes = SmallInt(default=30, help_text="without a visit an agent counts as away; 0: never")
    factor_roles = Array(base_column=Varchar(length=20), default=list, help_text="who must have a second factor")
    session_idle_minutes = Integer(default=480, help_text="without a visit for so long, a session ends")
    guide_closed_at = Timestamptz(
        null=True, default=None, help_text="when an administrator had enough of the first steps"
    )
    session_days = SmallInt(default=7, help_text="a session ends, used or not")
    shortest_password = SmallInt(default=10, help_text="letters")
    read_before = BigInt(
        default=0, help_text="messages up to this id count as read: they came before reading was noted"
    )


class Agent(Table, tablename="hd_agent"):
    id = Serial(primary_key=True)
    name = Varchar(length=200)
    email = Varchar(length=320, unique=True, help_text="lower case")
    role = Varchar(length=20, choices=Role, default=Role.AGENT)
    password_hash = Varchar(
        length=200, null=True, default=None, help_text="Argon2id; null until the invitation is taken up"
    )
    language = Varchar(length=8, default="en")
    time_zone = Varchar(length=64, default="UTC")
    theme = Varchar(length=8, default="system", help_text="light, dark or system")
    signature = Text(default="")
    sends = Varchar(length=8, default="send", help_text="what their Send button does: send, solve or wait")
    goes = Varchar(length=8, default="stay", help_text="where an answered ticket leads: stay, next or list")
    images_from = Array(
        base_column=Varchar(length=320), default=list, help_text="senders whose images from elsewhere are loaded"
    )
    keys = JSONB(default="{}", help_text='what they press instead of the usual: {"solve": "KeyD"}')
    uses_keys = Boolean(default=True, help_text="single letters do something")
    created_at = Timestamptz(default=TimestamptzNow())
    deactivated_at = Timestamptz(null=True, default=None)
    availability = Varchar(
        length=10,
        choices=Availability,
        default=Availability.AVAILABLE,
        help_text="as they say; see `availability.STATE`",
    )
    out_until = Timestamptz(null=True, default=None, help_text="null: until they say that they are back")
    replacement = ForeignKey("self", null=True, index=True, on_delete=OnDelete.set_null, help_text="while they are out")
    capacity = SmallInt(
        null=True, default=None, help_text="tickets at hand that they are given at most; null: any number"
    )


class Team(Table, tablename="hd_team"):
    id = Serial(primary_key=True)
    name = Varchar(length=100, unique=True)
    is_private = Boolean(default=False, help_text="Only members, assignees and followers see its tickets")
    assignment = Varchar(length=12, choices=Assignment, default=Assignment.MANUAL)
    calendar = Integer(
        null=True, default=None, help_text="its working time, of `sla.tables.Calendar`; null: the default"
    )
    created_at = Timestamptz(default=TimestamptzNow())


class Membership(Table, tablename="hd_membership"):
    id = Serial(primary_key=True)
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)
    team = ForeignKey(Team, null=False, index=True, on_delete=OnDelete.cascade)
    is_lead = Boolean(default=False)
    capacity = SmallInt(null=True, default=None, help_text="of this team's tickets; null: only the agent's own counts")
    turn = BigInt(default=0, help_text="in the team's rota: who has the lowest is next")

    hd_membership_once = Unique([agent, team])


class PanesOfAgent(Table, tablename="hd_panes"):
    """How an agent has arranged the console, see `people.panes`."""

    id = Serial(primary_key=True)
    agent = ForeignKey(Agent, null=False, unique=True, on_delete=OnDelete.cascade)
    is_table = Boolean(default=False)
    hides_views = Boolean(default=False)
    hides_person = Boolean(default=False)
    is_compact = Boolean(default=False, help_text="rows of lists are two lines high")
    views_width = SmallInt(default=0, help_text="in CSS pixels; 0: as the page chooses")
    list_width = SmallInt(default=0)
    person_width = SmallInt(default=0)


class Session(Table, tablename="hd_session"):
    id = Serial(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=TimestamptzNow())
    seen_at = Timestamptz(default=TimestamptzNow())
    proved_at = Timestamptz(default=TimestamptzNow(), help_text="when the agent last showed that it is they")
    address = Varchar(length=64, default="")
    user_agent = Varchar(length=300, default="")


class OneTimeLink(Table, tablename="hd_one_time_link"):
    """A link that works once: the first admin, an invitation, a new password."""

    id = Serial(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    purpose = Varchar(length=20)
    email = Varchar(length=320, default="", help_text="the new address that the link proves")
    agent = ForeignKey(Agent, null=True, index=True, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class ApiToken(Table, tablename="hd_api_token"):
    id = Serial(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    name = Varchar(length=100)
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=TimestamptzNow())
    used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class Throttle(Table, tablename="hd_throttle"):
    """How often something was tried in the current window; counted before it is checked."""

    id = Serial(primary_key=True)
    key = Varchar(length=200, unique=True)
    tries = Integer(default=0)
    window_ends_at = Timestamptz()
