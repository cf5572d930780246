"""Customers that are searched, merged and written notes about; organisations likewise."""

from helpdesk.customers.searching import words_of
from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise

ID = "2026-11-22T04:14:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "customers: search, merging, notes, history"

BATCH = 2000
UNSOLVED = (
    "status IN ('new', 'open', 'pending', 'on_hold') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into IS NULL"
)

FORWARDS = f"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER TABLE hd_customer ADD COLUMN words text NOT NULL DEFAULT '',
    ADD COLUMN merged_into bigint REFERENCES hd_customer ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE hd_organisation ADD COLUMN words text NOT NULL DEFAULT '', ADD COLUMN language varchar(8),
    ADD COLUMN merged_into bigint REFERENCES hd_organisation ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE hd_identity ADD COLUMN is_primary boolean NOT NULL DEFAULT false;
CREATE TABLE hd_customer_note (
    id bigserial PRIMARY KEY,
    customer bigint NOT NULL REFERENCES hd_customer ON DELETE CASCADE ON UPDATE CASCADE,
    agent integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
    body text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX hd_customer_note_of_customer ON hd_customer_note (customer, id DESC);
CREATE INDEX hd_customer_note_agent ON hd_customer_note (agent);
CREATE TABLE hd_customer_event (
    id bigserial PRIMARY KEY,
    customer bigint NOT NULL REFERENCES hd_customer ON DELETE CASCADE ON UPDATE CASCADE,
    kind varchar(40) NOT NULL,
    actor_kind varchar(10) NOT NULL,
    actor_id bigint,
    at timestamptz NOT NULL,
    changes jsonb NOT NULL DEFAULT jsonb_build_object()
);
CREATE INDEX hd_customer_event_of_customer ON hd_customer_event (customer, at DESC, id DESC);
CREATE TABLE hd_merge (
    id bigserial PRIMARY KEY,
    kind varchar(12) NOT NULL,
    survivor bigint NOT NULL,
    loser bigint NOT NULL,
    merged_at timestamptz NOT NULL,
    merged_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
    changes jsonb NOT NULL,
    moved jsonb NOT NULL,
    undone_at timestamptz,
    undone_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX hd_merge_of_survivor ON hd_merge (kind, survivor, id DESC);
CREATE UNIQUE INDEX hd_merge_of_loser ON hd_merge (kind, loser) WHERE undone_at IS NULL;
CREATE INDEX hd_customer_words ON hd_customer USING gin (words gin_trgm_ops) WHERE merged_into IS NULL;
CREATE INDEX hd_customer_in_order ON hd_customer (sort_key, id) WHERE merged_into IS NULL;
CREATE INDEX hd_customer_of_organisation ON hd_customer (organisation, sort_key, id) WHERE merged_into IS NULL;
CREATE INDEX hd_customer_merged_into ON hd_customer (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX hd_organisation_words ON hd_organisation USING gin (words gin_trgm_ops) WHERE merged_into IS NULL;
CREATE INDEX hd_organisation_in_order ON hd_organisation (sort_key, id) WHERE merged_into IS NULL;
CREATE INDEX hd_organisation_merged_into ON hd_organisation (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX hd_identity_domain ON hd_identity (split_part(value, '@', 2)) WHERE kind = 'email';
CREATE INDEX hd_identity_local_part ON hd_identity (split_part(value, '@', 1)) WHERE kind = 'email';
CREATE INDEX hd_ticket_unsolved_of_customer ON hd_ticket (customer) INCLUDE (team, assignee) WHERE {UNSOLVED};
CREATE INDEX hd_message_customer ON hd_message (customer) WHERE customer IS NOT NULL
"""

BACKWARDS = """
DROP INDEX hd_message_customer, hd_ticket_unsolved_of_customer, hd_identity_local_part, hd_identity_domain;
DROP TABLE hd_merge;
DROP TABLE hd_customer_event;
DROP TABLE hd_customer_note;
ALTER TABLE hd_identity DROP COLUMN is_primary;
ALTER TABLE hd_organisation DROP COLUMN words, DROP COLUMN language, DROP COLUMN merged_into;
ALTER TABLE hd_customer DROP COLUMN words, DROP COLUMN merged_into
"""


async def _forwards() -> None:
    await run(FORWARDS.split(";"))
    await _write_words_of_customers()
    await _write_words_of_organisations()


async def _backwards() -> None:
    await run(BACKWARDS.split(";"))


async def _write_words_of_customers() -> None:
    after = 0
    while found := await rows(
        """SELECT id, name, ARRAY(SELECT value FROM hd_identity WHERE customer = c.id) AS handles FROM hd_customer c
        WHERE id > {} ORDER BY id LIMIT {}""",
        after, BATCH,
    ):  # fmt: skip
        after = found[-1]["id"]
        await _set("hd_customer", {row["id"]: words_of(row["name"], row["handles"]) for row in found})


async def _write_words_of_organisations() -> None:
    found = await rows("SELECT id, name FROM hd_organisation")
    await _set("hd_organisation", {row["id"]: normalise(row["name"]) for row in found})


async def _set(table: str, words: dict[int, str]) -> None:
    await rows(
        f"UPDATE {table} t SET words = given.words FROM unnest({{}}::bigint[], {{}}::text[]) AS given (id, words) WHERE t.id = given.id",
        list(words), list(words.values()),
    )  # fmt: skip


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
