"""The words that a ticket is found by, in one row a ticket, written by the database itself.

Whoever changes a message, a subject, a file or a customer, the words change in the same transaction. Besides words, each
with its place and a weight (A subject, B customer, C notes, D the rest), a row holds marks that no word can be: `=f` and
`=t` with an address or domain (mails from and to), `=a` (has a file), and when the last message came, as days in ones,
eights, sixty-fours and 512s (`=0`, `=1`, `=2`, `=3`), by which a search looks at the newest tickets first.

`hd_folded` is `kernel.text.words_of`; a test holds them together.
"""

from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "full-text search of tickets"

_DIGITS = "".join(chr(zero + digit) for zero in (0x660, 0x6F0) for digit in range(10))
_SAME, _AS = "يىكةأإآٱؤۀئ\u200cςİ" + _DIGITS, "ییکهااااوهی σi" + "0123456789" * 2
_GONE = "ـ\u200b\u200d\u200e\u200f\ufeff\u0670" + "".join(map(chr, range(0x64B, 0x660)))
_BREAKS = (
    r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u06dd\u06de\u06e9"
    r"\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u303f\ufd3e\ufd3f\ufe00-\ufe1f\ufffc\ufffd\U0001f000-\U0001faff]+"
)


def _literal(text: str) -> str:
    """Invisible letters can be read here, and none is taken for another."""
    return "U&'" + "".join(f"\\{ord(letter):04x}" for letter in text) + "'"


TABLE = """
CREATE TABLE hd_ticket_words (
    ticket bigint PRIMARY KEY REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE,
    words tsvector NOT NULL
)
"""
INDEX = "CREATE INDEX hd_ticket_words_found ON hd_ticket_words USING gin (words) WITH (gin_pending_list_limit = 256)"
"""A search reads what is pending from end to end, so that is kept short (kB)."""

FUNCTIONS = [
    f"""
CREATE FUNCTION hd_folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(
        replace(lower(translate(normalize($1, NFKC), {_literal(_SAME + _GONE)}, {_literal(_AS)})), 'ß', 'ss'), '{_BREAKS}', ' ', 'g')
$$""",
    # What is joined by a half-space is found as two words and as one.
    """
CREATE FUNCTION hd_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce((SELECT string_agg(word || ':' || place, ' ')
            FROM unnest(string_to_array(hd_folded($1), ' ')) WITH ORDINALITY AS split (word, place)
            WHERE length(word) BETWEEN 1 AND 100), '')::tsvector
        || CASE WHEN strpos($1, U&'\\200c') = 0 THEN ''::tsvector ELSE array_to_tsvector(ARRAY(
            SELECT word FROM regexp_matches($1, U&'\\\\S*\\200c\\\\S*', 'g') AS joined,
                unnest(string_to_array(hd_folded(replace(joined[1], U&'\\200c', '')), ' ')) AS word
            WHERE length(word) BETWEEN 1 AND 100)) END
$$""",
    """
CREATE FUNCTION hd_time_words(at timestamptz) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY(SELECT '=' || level || (floor(extract(epoch FROM at) / 86400)::int >> 3 * level)
        FROM generate_series(0, 3) AS level))
$$""",
    """
CREATE FUNCTION hd_address_words(mark text, addresses text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY(SELECT mark || part FROM unnest(addresses) AS address,
        unnest(ARRAY[lower(address), split_part(lower(address), '@', 2)]) AS part
        WHERE length(part) BETWEEN 1 AND 320))
$$""",
    # A tsvector has at most 1 MB: a ticket that is longer keeps what it has.
    """
CREATE FUNCTION hd_with(words tsvector, more tsvector) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN words || more;
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN words;
END
$$""",
    """
CREATE FUNCTION hd_customer_words(wanted bigint) RETURNS tsvector LANGUAGE sql STABLE STRICT AS $$
    SELECT setweight(hd_words(name || ' ' || array_to_string(handles, ' ')), 'B') || hd_address_words('=f', handles)
    FROM hd_customer, LATERAL (SELECT ARRAY(SELECT value FROM hd_identity WHERE customer = wanted ORDER BY id) AS handles) AS known
    WHERE id = wanted
$$""",
    # Of the first message the quoted part, too: what is quoted later has been said before.
    """
CREATE FUNCTION hd_message_words(m hd_message) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT setweight(hd_words(left(m.body_text, 50000) || CASE WHEN m.quoted_text = '' OR EXISTS (
            SELECT FROM hd_message WHERE ticket = m.ticket AND id < m.id) THEN '' ELSE ' ' || left(m.quoted_text, 50000) END),
            CASE m.audience WHEN 'internal' THEN 'C' ELSE 'D' END::"char")
        || coalesce(hd_address_words('=f', ARRAY[m.mail ->> 'from']) || hd_address_words('=t', ARRAY(
            SELECT jsonb_array_elements_text(coalesce(m.mail -> 'to', '[]') || coalesce(m.mail -> 'cc', '[]')))), '')
$$""",
    """
CREATE FUNCTION hd_file_words(name text, audience text, is_inline boolean) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT setweight(hd_words(name), CASE audience WHEN 'internal' THEN 'C' ELSE 'D' END::"char")
        || CASE WHEN is_inline THEN '' ELSE '=a'::tsvector END
$$""",
    """
CREATE FUNCTION hd_ticket_words_of(wanted bigint) RETURNS tsvector LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    found tsvector;
    message hd_message;
    file record;
BEGIN
    SELECT hd_time_words(last_message_at) || setweight(hd_words(subject), 'A') || hd_customer_words(customer)
        INTO found FROM hd_ticket WHERE id = wanted;
    FOR message IN SELECT * FROM hd_message WHERE ticket = wanted AND undone_at IS NULL ORDER BY id LOOP
        found := hd_with(found, hd_message_words(message));
    END LOOP;
    FOR file IN SELECT f.name, m.audience, f.is_inline FROM hd_message m JOIN hd_attachment f ON f.message = m.id
            WHERE m.ticket = wanted AND m.undone_at IS NULL ORDER BY f.id LOOP
        found := hd_with(found, hd_file_words(file.name, file.audience, file.is_inline));
    END LOOP;
    RETURN found;
END
$$""",
    # The row is locked first and read in a statement of its own, so that what another transaction just added is not lost.
    """
CREATE FUNCTION hd_write_ticket_words(wanted bigint) RETURNS void LANGUAGE plpgsql STRICT AS $$
BEGIN
    PERFORM FROM hd_ticket_words WHERE ticket = wanted FOR UPDATE;
    UPDATE hd_ticket_words SET words = hd_ticket_words_of(wanted) WHERE ticket = wanted;
END
$$""",
    """
CREATE FUNCTION hd_ticket_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hd_ticket_words (ticket, words) VALUES (NEW.id,
        hd_time_words(NEW.last_message_at) || setweight(hd_words(NEW.subject), 'A') || hd_customer_words(NEW.customer));
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION hd_ticket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.subject, OLD.customer) IS DISTINCT FROM (NEW.subject, NEW.customer) THEN
        PERFORM hd_write_ticket_words(NEW.id);
    ELSIF hd_time_words(OLD.last_message_at) <> hd_time_words(NEW.last_message_at) THEN
        UPDATE hd_ticket_words SET words = hd_with(
            ts_delete(words, tsvector_to_array(hd_time_words(OLD.last_message_at))), hd_time_words(NEW.last_message_at))
        WHERE ticket = NEW.id;
    END IF;
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION hd_message_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hd_ticket_words SET words = hd_with(words, hd_message_words(NEW)) WHERE ticket = NEW.ticket;
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION hd_messages_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hd_write_ticket_words(ticket) FROM (
        SELECT DISTINCT moved.ticket FROM before JOIN after USING (id), unnest(ARRAY[before.ticket, after.ticket]) AS moved (ticket)
        WHERE (before.ticket, before.body_text, before.quoted_text, before.audience, before.undone_at)
            IS DISTINCT FROM (after.ticket, after.body_text, after.quoted_text, after.audience, after.undone_at)
        ORDER BY moved.ticket) AS changed;
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION hd_file_attached() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hd_ticket_words w SET words = hd_with(w.words, hd_file_words(NEW.name, m.audience, NEW.is_inline))
    FROM hd_message m WHERE m.id = NEW.message AND w.ticket = m.ticket;
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION hd_files_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hd_write_ticket_words(ticket) FROM (
        SELECT DISTINCT m.ticket FROM touched f JOIN hd_message m ON m.id = f.message ORDER BY m.ticket) AS changed;
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION hd_customer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hd_write_ticket_words(id) FROM (SELECT id FROM hd_ticket WHERE customer = NEW.id ORDER BY id) AS theirs;
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION hd_identities_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hd_write_ticket_words(id) FROM (
        SELECT id FROM hd_ticket WHERE customer IN (SELECT customer FROM touched) ORDER BY id) AS theirs;
    RETURN NULL;
END
$$""",
]
TRIGGERS = [
    "CREATE TRIGGER hd_ticket_opened AFTER INSERT ON hd_ticket FOR EACH ROW EXECUTE FUNCTION hd_ticket_opened()",
    """CREATE TRIGGER hd_ticket_changed AFTER UPDATE OF subject, customer, last_message_at ON hd_ticket
        FOR EACH ROW EXECUTE FUNCTION hd_ticket_changed()""",
    "CREATE TRIGGER hd_message_written AFTER INSERT ON hd_message FOR EACH ROW EXECUTE FUNCTION hd_message_written()",
    """CREATE TRIGGER hd_messages_changed AFTER UPDATE ON hd_message REFERENCING OLD TABLE AS before NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION hd_messages_changed()""",
    """CREATE TRIGGER hd_file_attached AFTER INSERT ON hd_attachment
        FOR EACH ROW WHEN (NEW.message IS NOT NULL) EXECUTE FUNCTION hd_file_attached()""",
    """CREATE TRIGGER hd_files_changed AFTER UPDATE ON hd_attachment REFERENCING NEW TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION hd_files_changed()""",
    """CREATE TRIGGER hd_files_removed AFTER DELETE ON hd_attachment REFERENCING OLD TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION hd_files_changed()""",
    """CREATE TRIGGER hd_customer_changed AFTER UPDATE OF name ON hd_customer
        FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION hd_customer_changed()""",
    """CREATE TRIGGER hd_identity_added AFTER INSERT ON hd_identity REFERENCING NEW TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION hd_identities_changed()""",
    """CREATE TRIGGER hd_identity_removed AFTER DELETE ON hd_identity REFERENCING OLD TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION hd_identities_changed()""",
]
TABLES = {
    "hd_ticket": ("hd_ticket_opened", "hd_ticket_changed"),
    "hd_message": ("hd_message_written", "hd_messages_changed"),
    "hd_attachment": ("hd_file_attached", "hd_files_changed", "hd_files_removed"),
    "hd_customer": ("hd_customer_changed",),
    "hd_identity": ("hd_identity_added", "hd_identity_removed"),
}
"""The triggers of each."""


async def _forwards() -> None:
    await run((TABLE, *FUNCTIONS))
    await rows("INSERT INTO hd_ticket_words (ticket, words) SELECT id, hd_ticket_words_of(id) FROM hd_ticket")
    await run((INDEX, *TRIGGERS))


async def _backwards() -> None:
    for table, triggers in TABLES.items():
        for trigger in triggers:
            await rows(f"DROP TRIGGER {trigger} ON {table}")
    for statement in reversed(FUNCTIONS):
        await rows(f"DROP FUNCTION {statement.split('FUNCTION ')[1].split('(')[0]}")
    await rows("DROP TABLE hd_ticket_words")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
