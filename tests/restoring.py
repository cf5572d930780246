"""The whole database set back to what it was, in milliseconds: emptied for each test, or filled as for the first.

Rows are deleted and written on a connection of its own, as a replica: nothing watches, neither foreign keys, nor counters,
nor the audit log, which takes no changes otherwise. TRUNCATE makes new files for each table and index: a tenth of a second.
"""

import os

import asyncpg

ONWARDS = {"hd_installation": "mail_filters_version", "sla_settings": "edition"}
"""Tables of one row with a number that only grows: processes remember filters, hours and promises by it."""
NEVER_AGAIN = "sla_calendar_version_id_seq"
"""Processes remember versions of calendars: no two of a run have the same number."""
_TABLES = """SELECT relname AS name,
    ARRAY(SELECT quote_ident(attname) FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '')::text[] AS columns
FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'migration' ORDER BY relname"""
_NUMBERS = f"""SELECT format('PERFORM setval(%L, %s, %L);', quote_ident(sequencename), coalesce(last_value, start_value), last_value IS NOT NULL) AS reset
FROM pg_sequences WHERE schemaname = 'public' AND sequencename <> '{NEVER_AGAIN}'"""

_connection: asyncpg.Connection | None = None


async def connect() -> None:
    from helpdesk.embedded.postgres import SUPERUSER

    global _connection
    as_replica = {"session_replication_role": "replica"}
    _connection = await asyncpg.connect(os.environ["HELPDESK_DATABASE_URL"], user=SUPERUSER, server_settings=as_replica)


async def disconnect() -> None:
    await _open().close()


async def save(name: str) -> None:
    """Remember all that is there now as `name`."""
    steps = []
    for table, columns in await _open().fetch(_TABLES):
        if await _open().fetchval(f"SELECT EXISTS (SELECT FROM {table})"):
            copy = f"{name}_{table}"
            await _open().execute(f"DROP TABLE IF EXISTS pg_temp.{copy}")
            await _open().execute(f"CREATE TEMPORARY TABLE {copy} AS TABLE public.{table}")
            steps.append(_refill(table, columns, copy))
        else:
            steps.append(f"IF EXISTS (SELECT FROM {table}) THEN DELETE FROM {table}; END IF;")
    steps += [row["reset"] for row in await _open().fetch(_NUMBERS)]
    body = "\n".join(steps)
    await _open().execute(
        f"CREATE OR REPLACE FUNCTION pg_temp.restore_{name}() RETURNS void LANGUAGE plpgsql AS $$ BEGIN\n{body}\nEND $$"
    )


async def restore(name: str) -> None:
    """Leave what was there when it was saved as `name`, and nothing else; the queues are empty, nothing is remembered."""
    from helpdesk.kernel import redis
    from sla import hours, promises

    await _open().fetchval(f"SELECT pg_temp.restore_{name}()")
    hours.forget()
    promises.forget()
    redis.client().flushdb()


def _refill(table: str, columns: list[str], saved: str) -> str:
    if number := ONWARDS.get(table):
        names = ", ".join(name for name in columns if name != number)
        return f"UPDATE {table} SET ({names}) = (SELECT {names} FROM {saved}), {number} = {number} + 1;"
    names = ", ".join(columns)
    return f"DELETE FROM {table}; INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {saved};"


def _open() -> asyncpg.Connection:
    assert _connection
    return _connection
