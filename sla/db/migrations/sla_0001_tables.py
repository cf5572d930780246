"""Calendars, policies, clocks and their ledger."""

from sla.db.raw import migration, run

ID = "2026-11-22T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tables of promised times"

TABLES = [
    """
CREATE TABLE sla_calendar (
    id serial PRIMARY KEY,
    name varchar(120) NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    deactivated_at timestamptz
)""",
    """
CREATE TABLE sla_settings (
    id serial PRIMARY KEY,
    edition bigint NOT NULL DEFAULT 0,
    default_calendar integer REFERENCES sla_calendar ON DELETE SET NULL ON UPDATE CASCADE,
    promises_to_customers boolean NOT NULL DEFAULT false,
    CONSTRAINT sla_settings_once CHECK (id = 1)
)""",
    """
CREATE TABLE sla_calendar_version (
    id serial PRIMARY KEY,
    calendar integer NOT NULL REFERENCES sla_calendar ON DELETE RESTRICT ON UPDATE CASCADE,
    number integer NOT NULL,
    rules jsonb NOT NULL,
    reason varchar(12) NOT NULL DEFAULT 'change',
    tzdata varchar(20) NOT NULL DEFAULT '',
    made_by integer,
    effective_from timestamptz NOT NULL,
    CONSTRAINT sla_calendar_version_once UNIQUE (calendar, number)
)""",
    """
CREATE TABLE sla_holiday_set (
    id serial PRIMARY KEY,
    name varchar(120) NOT NULL,
    source varchar(12) NOT NULL DEFAULT 'manual',
    detail varchar(1000) NOT NULL DEFAULT '',
    fetched_at timestamptz,
    problem text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL
)""",
    """
CREATE TABLE sla_holiday (
    id bigserial PRIMARY KEY,
    holiday_set integer NOT NULL REFERENCES sla_holiday_set ON DELETE CASCADE ON UPDATE CASCADE,
    day date NOT NULL,
    name varchar(200) NOT NULL,
    windows jsonb NOT NULL DEFAULT '[]',
    is_estimated boolean NOT NULL DEFAULT false,
    is_approved boolean NOT NULL DEFAULT true,
    CONSTRAINT sla_holiday_once UNIQUE (holiday_set, day, name)
)""",
    """
CREATE TABLE sla_calendar_holidays (
    id serial PRIMARY KEY,
    calendar integer NOT NULL REFERENCES sla_calendar ON DELETE CASCADE ON UPDATE CASCADE,
    holiday_set integer NOT NULL REFERENCES sla_holiday_set ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT sla_calendar_holidays_once UNIQUE (calendar, holiday_set)
)""",
    "CREATE INDEX sla_calendar_holidays_set ON sla_calendar_holidays (holiday_set)",
    """
CREATE TABLE sla_policy (
    id serial PRIMARY KEY,
    name varchar(120) NOT NULL,
    position integer NOT NULL,
    is_internal boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
)""",
    """
CREATE TABLE sla_policy_version (
    id serial PRIMARY KEY,
    policy integer NOT NULL REFERENCES sla_policy ON DELETE RESTRICT ON UPDATE CASCADE,
    number integer NOT NULL,
    conditions jsonb NOT NULL,
    targets jsonb NOT NULL,
    made_by integer,
    made_at timestamptz NOT NULL,
    applied_to bigint,
    CONSTRAINT sla_policy_version_once UNIQUE (policy, number)
)""",
    # Half of a page is left free, so that a clock that is paused or planned anew stays on it (fewer index entries).
    """
CREATE TABLE sla_clock (
    id bigserial PRIMARY KEY,
    ticket bigint NOT NULL,
    metric varchar(20) NOT NULL,
    scope integer NOT NULL DEFAULT 0,
    cycle integer NOT NULL DEFAULT 1,
    policy_version integer REFERENCES sla_policy_version ON DELETE RESTRICT ON UPDATE CASCADE,
    priority varchar(12) NOT NULL,
    target integer,
    calendar_version integer REFERENCES sla_calendar_version ON DELETE RESTRICT ON UPDATE CASCADE,
    state varchar(10) NOT NULL,
    started_at timestamptz NOT NULL,
    running_since timestamptz,
    consumed integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    nominal_due_at timestamptz,
    original_due_at timestamptz,
    breached_at timestamptz,
    breach_cause varchar(16) NOT NULL DEFAULT '',
    warned integer NOT NULL DEFAULT 0,
    escalated smallint NOT NULL DEFAULT 0,
    stopped_at timestamptz,
    stop_cause varchar(16) NOT NULL DEFAULT '',
    elapsed_business integer,
    elapsed_calendar integer,
    stopped_by integer,
    is_pinned boolean NOT NULL DEFAULT false,
    epoch integer NOT NULL DEFAULT 0,
    gen integer NOT NULL DEFAULT 0,
    next_fire_at timestamptz,
    next_fire_kind varchar(12) NOT NULL DEFAULT '',
    CONSTRAINT sla_clock_once UNIQUE (ticket, metric, scope, cycle),
    CONSTRAINT sla_clock_stopped CHECK (state <> 'stopped'
        OR (stopped_at IS NOT NULL AND elapsed_business IS NOT NULL AND elapsed_calendar IS NOT NULL)),
    CONSTRAINT sla_clock_fires CHECK (next_fire_at IS NULL OR state = 'running')
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)""",
    "CREATE INDEX sla_clock_fires ON sla_clock (next_fire_at) WHERE next_fire_at IS NOT NULL",
    "CREATE INDEX sla_clock_open_version ON sla_clock (calendar_version, id) WHERE state IN ('running', 'paused')",
    "CREATE INDEX sla_clock_open_policy ON sla_clock (policy_version, ticket) WHERE state IN ('running', 'paused')",
    "CREATE INDEX sla_clock_due ON sla_clock (due_at) WHERE target IS NOT NULL AND state <> 'cancelled'",
    "CREATE INDEX sla_clock_stopped ON sla_clock (stopped_at, metric) WHERE state = 'stopped'",
    """
CREATE TABLE sla_clock_event (
    id bigserial PRIMARY KEY,
    clock bigint NOT NULL REFERENCES sla_clock ON DELETE CASCADE ON UPDATE CASCADE,
    gen integer NOT NULL,
    epoch integer NOT NULL,
    kind varchar(20) NOT NULL,
    threshold smallint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    cause varchar(16) NOT NULL DEFAULT '',
    event bigint,
    state varchar(10) NOT NULL,
    consumed integer NOT NULL,
    due_at timestamptz,
    target integer,
    priority varchar(12) NOT NULL,
    policy_version integer,
    calendar_version integer,
    follows boolean NOT NULL DEFAULT false,
    followed_at timestamptz,
    CONSTRAINT sla_clock_event_once UNIQUE (clock, gen)
)""",
    """CREATE UNIQUE INDEX sla_clock_event_fired ON sla_clock_event (clock, kind, threshold, epoch)
        WHERE kind IN ('warned', 'breached', 'escalated')""",
    "CREATE INDEX sla_clock_event_follows ON sla_clock_event (id) WHERE follows AND followed_at IS NULL",
    "INSERT INTO sla_settings (edition) VALUES (0)",
]
GONE = [
    "DROP TABLE sla_clock_event", "DROP TABLE sla_clock", "DROP TABLE sla_policy_version", "DROP TABLE sla_policy",
    "DROP TABLE sla_calendar_holidays", "DROP TABLE sla_holiday", "DROP TABLE sla_holiday_set",
    "DROP TABLE sla_calendar_version", "DROP TABLE sla_settings", "DROP TABLE sla_calendar",
]  # fmt: skip


async def _forwards() -> None:
    await run(TABLES)


async def _backwards() -> None:
    await run(GONE)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
