"""Categories, articles, translations and their revisions; what readers say; what the index has to read anew."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T14:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tables of the knowledge base"

TABLES = [
    """
CREATE TABLE kb_category (
    id serial PRIMARY KEY,
    parent integer REFERENCES kb_category ON DELETE RESTRICT ON UPDATE CASCADE,
    position integer NOT NULL DEFAULT 0,
    names jsonb NOT NULL,
    descriptions jsonb NOT NULL,
    created_at timestamptz NOT NULL
)""",
    """
CREATE TABLE kb_article (
    id serial PRIMARY KEY,
    category integer REFERENCES kb_category ON DELETE SET NULL ON UPDATE CASCADE,
    audience varchar(12) NOT NULL DEFAULT 'public',
    tags varchar(50)[] NOT NULL,
    position integer NOT NULL DEFAULT 0,
    review_on date,
    version integer NOT NULL DEFAULT 1,
    created_by integer,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
)""",
    """
CREATE TABLE kb_translation (
    id serial PRIMARY KEY,
    article integer NOT NULL REFERENCES kb_article ON DELETE CASCADE ON UPDATE CASCADE,
    language varchar(8) NOT NULL,
    slug varchar(120) NOT NULL,
    state varchar(10) NOT NULL DEFAULT 'draft',
    title varchar(200) NOT NULL,
    sort_key varchar(300) NOT NULL,
    newest integer NOT NULL DEFAULT 1,
    published integer,
    published_at timestamptz,
    republished_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL,
    changed_by integer,
    CONSTRAINT kb_translation_once UNIQUE (article, language),
    CONSTRAINT kb_translation_slug UNIQUE (language, slug)
)""",
    """
CREATE TABLE kb_revision (
    id bigserial PRIMARY KEY,
    translation integer NOT NULL REFERENCES kb_translation ON DELETE CASCADE ON UPDATE CASCADE,
    number integer NOT NULL,
    title varchar(200) NOT NULL,
    html text NOT NULL,
    text text NOT NULL,
    author integer,
    note varchar(200) NOT NULL DEFAULT '',
    based_on integer,
    begun_at timestamptz NOT NULL,
    saved_at timestamptz NOT NULL,
    is_sealed boolean NOT NULL DEFAULT false,
    CONSTRAINT kb_revision_once UNIQUE (translation, number)
)""",
    """
CREATE TABLE kb_old_slug (
    id serial PRIMARY KEY,
    language varchar(8) NOT NULL,
    slug varchar(120) NOT NULL,
    translation integer NOT NULL REFERENCES kb_translation ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT kb_old_slug_once UNIQUE (language, slug)
)""",
    """
CREATE TABLE kb_related (
    id serial PRIMARY KEY,
    article integer NOT NULL REFERENCES kb_article ON DELETE CASCADE ON UPDATE CASCADE,
    related integer NOT NULL REFERENCES kb_article ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT kb_related_once UNIQUE (article, related)
)""",
    """
CREATE TABLE kb_file (
    id serial PRIMARY KEY,
    article integer NOT NULL REFERENCES kb_article ON DELETE CASCADE ON UPDATE CASCADE,
    name varchar(255) NOT NULL,
    content_type varchar(255) NOT NULL,
    size bigint NOT NULL,
    blob varchar(64) NOT NULL,
    is_inline boolean NOT NULL DEFAULT false,
    added_by integer,
    added_at timestamptz NOT NULL
)""",
    """
CREATE TABLE kb_vote (
    id bigserial PRIMARY KEY,
    translation integer NOT NULL REFERENCES kb_translation ON DELETE CASCADE ON UPDATE CASCADE,
    voter varchar(64) NOT NULL,
    revision integer NOT NULL,
    is_helpful boolean NOT NULL,
    comment text NOT NULL DEFAULT '',
    customer bigint,
    at timestamptz NOT NULL,
    CONSTRAINT kb_vote_once UNIQUE (translation, voter)
)""",
    """
CREATE TABLE kb_change (
    id bigserial PRIMARY KEY,
    translation integer NOT NULL,
    at timestamptz NOT NULL
)""",
]
INDEXES = [
    "CREATE INDEX kb_category_parent ON kb_category (parent)",
    "CREATE INDEX kb_article_category ON kb_article (category)",
    "CREATE INDEX kb_article_review ON kb_article (review_on) WHERE review_on IS NOT NULL",
    "CREATE INDEX kb_article_tags ON kb_article USING gin (tags)",
    "CREATE INDEX kb_translation_changed ON kb_translation (changed_at DESC, id DESC)",
    "CREATE INDEX kb_translation_read ON kb_translation (language, republished_at DESC, id DESC) WHERE published IS NOT NULL AND state <> 'archived'",
    "CREATE INDEX kb_old_slug_translation ON kb_old_slug (translation)",
    "CREATE INDEX kb_related_related ON kb_related (related)",
    "CREATE INDEX kb_file_article ON kb_file (article)",
    "CREATE INDEX kb_file_blob ON kb_file (blob)",
    "CREATE INDEX kb_vote_commented ON kb_vote (translation, at DESC) WHERE comment <> ''",
]
_NAMES = ("change", "vote", "file", "related", "old_slug", "revision", "translation", "article", "category")


async def _forwards() -> None:
    await run([*TABLES, *INDEXES])


async def _backwards() -> None:
    await run([f"DROP TABLE kb_{name}" for name in _NAMES])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
