"""What becomes of articles, added up by day; what was searched for; what forms offered before something was sent."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "counters of articles, the log of searches, offers of forms"

UP = [
    """
CREATE TABLE kb_use (
    id bigserial PRIMARY KEY,
    article integer NOT NULL,
    language varchar(8) NOT NULL,
    use varchar(12) NOT NULL,
    day date NOT NULL,
    times integer NOT NULL,
    CONSTRAINT kb_use_once UNIQUE (article, language, use, day)
)""",
    """
CREATE TABLE kb_search (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL,
    place varchar(10) NOT NULL,
    language varchar(8) NOT NULL,
    words varchar(200) NOT NULL,
    found integer NOT NULL,
    opened integer[] NOT NULL DEFAULT ARRAY[]::integer[]
)""",
    """
CREATE TABLE kb_offer (
    id bigserial PRIMARY KEY,
    page varchar(24) NOT NULL,
    channel integer NOT NULL,
    language varchar(8) NOT NULL,
    at timestamptz NOT NULL,
    offered integer[] NOT NULL,
    opened integer[] NOT NULL DEFAULT ARRAY[]::integer[],
    answered integer,
    answered_at timestamptz,
    ticket bigint,
    is_settled boolean NOT NULL DEFAULT false,
    CONSTRAINT kb_offer_once UNIQUE (page)
)""",
    "CREATE INDEX kb_use_day ON kb_use (day)",
    "CREATE INDEX kb_search_at ON kb_search (at)",
    "CREATE INDEX kb_offer_at ON kb_offer (at)",
    "CREATE INDEX kb_offer_unsettled ON kb_offer (at) WHERE NOT is_settled",
]


async def _forwards() -> None:
    await run(UP)


async def _backwards() -> None:
    await run([f"DROP TABLE kb_{name}" for name in ("offer", "search", "use")])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
