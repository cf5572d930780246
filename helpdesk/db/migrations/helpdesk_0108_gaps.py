"""What the knowledge base lacks: groups of requests without an article, and words that somebody set aside."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T16:28:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "gaps of the knowledge base"

STATEMENTS = [
    """
CREATE TABLE hd_article_gap (
    id serial PRIMARY KEY,
    language varchar(8) NOT NULL,
    words varchar(60)[] NOT NULL,
    tickets bigint[] NOT NULL,
    answered_by integer REFERENCES kb_article ON DELETE SET NULL,
    found_at timestamptz NOT NULL,
    settled_at timestamptz,
    settled_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE
)""",
    "CREATE TABLE hd_gap_look (id serial PRIMARY KEY, at timestamptz NOT NULL, requests integer NOT NULL)",
    """
CREATE TABLE hd_words_set_aside (
    id serial PRIMARY KEY,
    language varchar(8) NOT NULL,
    words varchar(200) NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT hd_words_set_aside_once UNIQUE (language, words)
)""",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await run([f"DROP TABLE {name}" for name in ("hd_words_set_aside", "hd_gap_look", "hd_article_gap")])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
