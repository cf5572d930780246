"""Second factors, proof of who sits there, sign-in by a provider, and the audit log."""

from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "second factors, proofs, OIDC, audit log"

AGENT = "integer NOT NULL REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE"
TABLES = (
    f"""CREATE TABLE hd_second_factor (
        id serial PRIMARY KEY,
        agent {AGENT} UNIQUE,
        secret text NOT NULL,
        last_step bigint NOT NULL,
        since timestamptz NOT NULL
    )""",
    f"""CREATE TABLE hd_recovery_code (
        id serial PRIMARY KEY,
        agent {AGENT},
        code_hash varchar(64) NOT NULL,
        used_at timestamptz,
        CONSTRAINT hd_recovery_code_once UNIQUE (agent, code_hash)
    )""",
    f"""CREATE TABLE hd_sign_in_step (
        id serial PRIMARY KEY,
        token_hash varchar(64) NOT NULL UNIQUE,
        agent {AGENT},
        method varchar(12) NOT NULL,
        expires_at timestamptz NOT NULL
    )""",
    """CREATE TABLE hd_oidc_provider (
        id serial PRIMARY KEY,
        name varchar(100) NOT NULL,
        issuer varchar(500) NOT NULL,
        client_id varchar(300) NOT NULL,
        client_secret text NOT NULL,
        domains varchar(255)[] NOT NULL DEFAULT ARRAY[]::varchar[],
        new_role varchar(20) NOT NULL DEFAULT '',
        brings_factor boolean NOT NULL DEFAULT false,
        is_on boolean NOT NULL DEFAULT false,
        is_only_way boolean NOT NULL DEFAULT false,
        break_glass integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
        tested_at timestamptz
    )""",
    "CREATE UNIQUE INDEX hd_oidc_provider_one ON hd_oidc_provider ((true))",
    f"""CREATE TABLE hd_oidc_identity (
        id serial PRIMARY KEY,
        agent {AGENT},
        issuer varchar(500) NOT NULL,
        subject varchar(255) NOT NULL,
        since timestamptz NOT NULL,
        CONSTRAINT hd_oidc_identity_once UNIQUE (issuer, subject)
    )""",
    """CREATE TABLE hd_oidc_visit (
        id serial PRIMARY KEY,
        state_hash varchar(64) NOT NULL UNIQUE,
        browser_hash varchar(64) NOT NULL,
        provider integer NOT NULL REFERENCES hd_oidc_provider ON DELETE CASCADE ON UPDATE CASCADE,
        session integer REFERENCES hd_session ON DELETE CASCADE ON UPDATE CASCADE,
        purpose varchar(12) NOT NULL,
        secrets text NOT NULL,
        next_path varchar(2000) NOT NULL,
        expires_at timestamptz NOT NULL
    )""",
    """CREATE TABLE hd_audit (
        id bigserial PRIMARY KEY,
        at timestamptz NOT NULL,
        kind varchar(40) NOT NULL,
        actor_kind varchar(12) NOT NULL,
        actor integer,
        actor_name varchar(200) NOT NULL,
        address varchar(64) NOT NULL,
        about_kind varchar(20) NOT NULL,
        about_id bigint,
        about_name varchar(320) NOT NULL,
        changes jsonb NOT NULL
    )""",
    """CREATE FUNCTION hd_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit log takes no changes'; END $$""",
    """CREATE TRIGGER hd_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hd_audit
        FOR EACH STATEMENT EXECUTE FUNCTION hd_audit_refuse()""",
)
INDEXES = (
    "CREATE INDEX hd_oidc_identity_agent ON hd_oidc_identity (agent)",
    "CREATE INDEX hd_sign_in_step_agent ON hd_sign_in_step (agent)",
    "CREATE INDEX hd_oidc_visit_provider ON hd_oidc_visit (provider)",
    "CREATE INDEX hd_oidc_visit_session ON hd_oidc_visit (session)",
    "CREATE INDEX hd_oidc_provider_break_glass ON hd_oidc_provider (break_glass)",
    "CREATE INDEX hd_audit_at ON hd_audit (at, id)",
    "CREATE INDEX hd_audit_actor ON hd_audit (actor, id)",
    "CREATE INDEX hd_audit_about ON hd_audit (about_kind, about_id, id)",
    "CREATE INDEX hd_audit_kind ON hd_audit (kind, id)",
)
COLUMNS = (
    "ALTER TABLE hd_session ADD COLUMN proved_at timestamptz",
    "UPDATE hd_session SET proved_at = created_at",
    "ALTER TABLE hd_session ALTER COLUMN proved_at SET NOT NULL, ALTER COLUMN proved_at SET DEFAULT now()",
    "ALTER TABLE hd_one_time_link ADD COLUMN email varchar(320) NOT NULL DEFAULT ''",
    """ALTER TABLE hd_installation
        ADD COLUMN factor_roles varchar(20)[] NOT NULL DEFAULT ARRAY[]::varchar[],
        ADD COLUMN session_idle_minutes integer NOT NULL DEFAULT 480,
        ADD COLUMN session_days smallint NOT NULL DEFAULT 7,
        ADD COLUMN shortest_password smallint NOT NULL DEFAULT 10""",
)


async def _forwards() -> None:
    await run((*TABLES, *INDEXES, *COLUMNS))


async def _backwards() -> None:
    await rows(
        """ALTER TABLE hd_installation DROP COLUMN factor_roles, DROP COLUMN session_idle_minutes,
            DROP COLUMN session_days, DROP COLUMN shortest_password"""
    )
    await rows("ALTER TABLE hd_one_time_link DROP COLUMN email")
    await rows("ALTER TABLE hd_session DROP COLUMN proved_at")
    for table in ("audit", "oidc_visit", "oidc_identity", "oidc_provider", "sign_in_step", "recovery_code", "second_factor"):  # fmt: skip
        await rows(f"DROP TABLE hd_{table}")
    await rows("DROP FUNCTION hd_audit_refuse")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
