"""A text whose words are more than a tsvector holds (1 MB) is found by its beginning, instead of not being taken at all.

A single letter such as U+FDFA becomes eighteen when it is folded, so that a mail of 100 KB has more than a megabyte of words.
"""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T05:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "words of tickets, within what a tsvector holds"

MOST, MOST_JOINED = 200_000, 40_000
"""Letters after folding: at most four bytes each, with its place or its share of a space, stays below the limit together."""

FUNCTIONS = [
    f"""
CREATE OR REPLACE FUNCTION hd_words(text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    joined text;
    found tsvector;
BEGIN
    found := coalesce((SELECT string_agg(word || ':' || place, ' ')
        FROM unnest(string_to_array(left(hd_folded($1), {MOST}), ' ')) WITH ORDINALITY AS split (word, place)
        WHERE length(word) BETWEEN 1 AND 100), '')::tsvector;
    IF strpos($1, U&'\\200c') = 0 THEN
        RETURN found;
    END IF;
    joined := (SELECT string_agg(replace(piece, U&'\\200c', ''), ' ')
        FROM unnest(string_to_array(translate($1, E'\\n\\t', '  '), ' ')) AS piece WHERE strpos(piece, U&'\\200c') > 0);
    RETURN found || array_to_tsvector(ARRAY(
        SELECT word FROM unnest(string_to_array(left(hd_folded(joined), {MOST_JOINED}), ' ')) AS word WHERE length(word) BETWEEN 1 AND 100));
END
$$""",
    """
CREATE OR REPLACE FUNCTION hd_customer_words(wanted bigint) RETURNS tsvector LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    handles text[] := ARRAY(SELECT value FROM hd_identity WHERE customer = wanted ORDER BY id);
BEGIN
    RETURN hd_with((SELECT setweight(hd_words(name || ' ' || array_to_string(handles, ' ')), 'B') FROM hd_customer WHERE id = wanted),
        hd_address_words('=f', handles));
END
$$""",
    """
CREATE OR REPLACE FUNCTION hd_message_words(m hd_message) RETURNS tsvector LANGUAGE plpgsql STABLE AS $$
DECLARE
    said text := left(m.body_text, 50000);
    found tsvector;
BEGIN
    IF m.quoted_text <> '' AND NOT EXISTS (SELECT FROM hd_message WHERE ticket = m.ticket AND id < m.id) THEN
        said := said || ' ' || left(m.quoted_text, 50000);
    END IF;
    found := setweight(hd_words(said), CASE m.audience WHEN 'internal' THEN 'C' ELSE 'D' END::"char");
    IF m.mail IS NOT NULL THEN
        found := hd_with(found, hd_address_words('=f', ARRAY[m.mail ->> 'from']) || hd_address_words('=t', ARRAY(
            SELECT jsonb_array_elements_text(coalesce(m.mail -> 'to', '[]') || coalesce(m.mail -> 'cc', '[]')))));
    END IF;
    RETURN found;
END
$$""",
]


async def _forwards() -> None:
    await run(FUNCTIONS)


async def _backwards() -> None:
    """What they return is the same wherever the older ones returned anything: they stay until migration 0020 goes."""


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
