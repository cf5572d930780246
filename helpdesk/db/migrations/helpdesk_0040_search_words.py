"""The words of tickets are written in half the time: by functions whose plans the database keeps."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T04:42:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "words of tickets, faster"

FUNCTIONS = [
    """
CREATE OR REPLACE FUNCTION hd_words(text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    joined text;
    found tsvector;
BEGIN
    found := coalesce((SELECT string_agg(word || ':' || place, ' ')
        FROM unnest(string_to_array(hd_folded($1), ' ')) WITH ORDINALITY AS split (word, place)
        WHERE length(word) BETWEEN 1 AND 100), '')::tsvector;
    IF strpos($1, U&'\\200c') = 0 THEN
        RETURN found;
    END IF;
    joined := (SELECT string_agg(replace(piece, U&'\\200c', ''), ' ')
        FROM unnest(string_to_array(translate($1, E'\\n\\t', '  '), ' ')) AS piece WHERE strpos(piece, U&'\\200c') > 0);
    RETURN found || array_to_tsvector(ARRAY(
        SELECT word FROM unnest(string_to_array(hd_folded(joined), ' ')) AS word WHERE length(word) BETWEEN 1 AND 100));
END
$$""",
    """
CREATE OR REPLACE FUNCTION hd_address_words(mark text, addresses text[]) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN array_to_tsvector(ARRAY(SELECT mark || part FROM unnest(addresses) AS address,
        unnest(ARRAY[lower(address), split_part(lower(address), '@', 2)]) AS part
        WHERE length(part) BETWEEN 1 AND 320));
END
$$""",
    """
CREATE OR REPLACE FUNCTION hd_customer_words(wanted bigint) RETURNS tsvector LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    handles text[] := ARRAY(SELECT value FROM hd_identity WHERE customer = wanted ORDER BY id);
BEGIN
    RETURN (SELECT setweight(hd_words(name || ' ' || array_to_string(handles, ' ')), 'B') FROM hd_customer WHERE id = wanted)
        || hd_address_words('=f', handles);
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
        found := found || hd_address_words('=f', ARRAY[m.mail ->> 'from']) || hd_address_words('=t', ARRAY(
            SELECT jsonb_array_elements_text(coalesce(m.mail -> 'to', '[]') || coalesce(m.mail -> 'cc', '[]'))));
    END IF;
    RETURN found;
END
$$""",
]


async def _forwards() -> None:
    await run(FUNCTIONS)


async def _backwards() -> None:
    """What they return is the same: the functions stay until migration 0020 takes them away."""


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
