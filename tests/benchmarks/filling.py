"""Very many tickets in minutes: texts in both languages with words as frequent as in real ones, written by COPY.

Indexes are put aside meanwhile and made anew, triggers and foreign keys are not asked; what they would have written (the
words of tickets, the counts of views) is written here, and a sample of the words is compared with the database's own.

However many tickets there are, `RARE` stands in twelve of them and a rare tag at forty, `COMMON` stands in three of ten,
`MIDDLING` in one of twenty, `PHRASE` in one of fifty. The longer a desk is at work the more it has: 2,000 tickets are a
quarter, a million four years. The latest tickets are alike in every desk, so that each list fills a page in each. One message
of fifty mentions a colleague, and the agent who is measured has seen all but the latest mentions of themselves.
"""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import asyncpg

from helpdesk.kernel.text import sort_key, words_of

RARE, COMMON, MIDDLING, PHRASE = "xylophone", "invoice", "reimbursement", "never arrived here"
RARE_TICKETS, RARE_TAGS = 12, 40
LATEST = 700
DAYS = {2_000: 90, 200_000: 730, 1_000_000: 1460}
AGENTS, TEAMS, PRIVATE = 40, 12, 2
ME, MY_TEAM = 2, 5
"""Of the agent as whom a desk is measured, who may not see everything."""
CHUNK = 20_000
_SPEAKERS = {
    "en": ("bcdfghklmnprstvw", "aeiou", ["Ben", "Cleo", "Dora", "Eve", "Frank", "Grace", "Hugo", "Iris"]),
    "fa": ("بپتجچحخدرزسشفقکگلمنه", "اوی", ["علی", "زهرا", "محمد", "نسرین", "رضا", "مریم", "حسین", "سارا"]),
}


class Writer:
    """Makes rows, always the same ones for the same number of tickets."""

    def __init__(self, tickets: int) -> None:
        self.tickets, self.chance = tickets, random.Random(tickets)
        self.customers, self.organisations = max(tickets // 4, 50), max(tickets // 400, 5)
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.days = DAYS.get(tickets, 365)
        self.words = {language: self._vocabulary(language) for language in _SPEAKERS}
        self.rare = set(self.chance.sample(range(1, tickets + 1), RARE_TICKETS))
        self.tagged = set(self.chance.sample(range(1, tickets + 1), RARE_TAGS))
        self.messages = 0
        self.people = [self._person(number) for number in range(1, self.customers + 1)]

    def _vocabulary(self, language: str) -> tuple[list[str], list[float]]:
        """Words, and how often each is said, added up: the n-th is as frequent as 1/n (Zipf)."""
        consonants, vowels, _names = _SPEAKERS[language]
        draw = random.Random(language)
        words = list(dict.fromkeys(
            "".join(draw.choice(consonants) + draw.choice(vowels) for _ in range(draw.randint(2, 4))) for _ in range(30_000)
        ))[:20_000]  # fmt: skip
        total, sums = 0.0, []
        for rank in range(1, len(words) + 1):
            total += 1 / rank
            sums.append(total)
        return words, sums

    def _person(self, number: int) -> tuple[str, str, str, int]:
        """Name, address, language and organisation (0: none)."""
        language = "fa" if number % 2 else "en"
        _consonants, _vowels, names = _SPEAKERS[language]
        family = self.words[language][0][number % 5000]
        organisation = number % self.organisations + 1 if number % 3 else 0
        domain = f"company{organisation}.test" if organisation else "mail.test"
        return f"{names[number % 8]} {family}", f"c{number}@{domain}", language, organisation

    def text(self, language: str, count: int) -> str:
        words, sums = self.words[language]
        return " ".join(self.chance.choices(words, cum_weights=sums, k=count))

    def ticket(self, number: int) -> tuple[str, list[str], str]:
        """The rows of a ticket, of its messages, and of its words, as COPY reads them."""
        chance, customer = self.chance, self.chance.randint(1, self.customers)
        name, address, language, organisation = self.people[customer - 1]
        at = self.now - timedelta(days=self.days * (1 - number / self.tickets), seconds=chance.randint(0, 3600))
        is_fresh = (self.now - at).days < 30
        status = (
            chance.choice(("new", "open", "open", "pending", "on_hold"))
            if is_fresh and chance.random() < 0.4
            else "closed"
        )
        if status == "closed" and is_fresh:
            status = "solved"
        assignee = chance.randint(2, AGENTS + 1) if chance.random() < 0.7 else None
        team = chance.randint(1, TEAMS) if chance.random() < 0.9 else None
        priority = chance.choice(("low", "normal", "normal", "normal", "high", "urgent"))
        tags = {f"tag{int(chance.paretovariate(0.8)) % 50}" for _ in range(chance.choice((0, 1, 1, 2)))}
        fate, is_automatic = chance.random(), chance.random() < 0.03
        if number > self.tickets - LATEST:  # a fifth is the agent's, a fifth the team's, …
            kind = number % 20
            assignee = ME if kind % 5 == 0 else assignee
            team = MY_TEAM if kind % 5 == 1 else team
            is_automatic = is_automatic or kind % 5 == 2
            fate = {3: 0.0, 8: 0.02}.get(kind, fate)
            if kind == 13:
                priority, tags = "urgent", tags | {"tag7"}
        if number in self.tagged:
            priority, tags = "low", tags | {"tag53"}
        spam, trash = (at if fate < 0.02 else None), (at if 0.02 <= fate < 0.03 else None)
        subject = self.text(language, 5)
        bodies = [self.text(language, chance.randint(12, 45)) for _ in range(chance.choice((1, 2, 2, 3, 4)))]
        if number in self.rare:
            bodies[0] += f" {RARE}"
        if chance.random() < 0.3:
            bodies[-1] += f" {COMMON}"
        if chance.random() < 0.05:
            bodies[0] += f" {MIDDLING}"
        if chance.random() < 0.02:
            bodies[0] = f"{PHRASE} {bodies[0]}"
        last = min(at + timedelta(hours=5 * (len(bodies) - 1)), self.now)
        messages = []
        for place, body in enumerate(bodies):
            self.messages += 1
            is_ours = place % 2 == 1 and assignee is not None
            messages.append(_row(
                self.messages, number, "public", "agent" if is_ours else "customer", assignee if is_ours else None, None if is_ours else customer,
                body, "", 0, language, min(at + timedelta(hours=5 * place), self.now), False,
            ))  # fmt: skip
        row = _row(
            number, number + 1000, len(bodies), subject, status, priority, 1, team,
            assignee, customer, organisation or None, "{" + ",".join(sorted(tags)) + "}", language, at, last,
            at if len(bodies) > 1 else None, last if status in ("solved", "closed") else None, spam, trash, is_automatic, last, bodies[-1][:160],
        )  # fmt: skip
        return row, messages, _row(number, self._index(subject, name, address, bodies, last))

    def _index(self, subject: str, name: str, address: str, bodies: list[str], last: datetime) -> str:
        """The words of the ticket as a tsvector, as the database's triggers would write them."""
        places: dict[str, list[str]] = {}
        place = 0
        for text, weight in ((subject, "A"), (f"{name} {address}", "B"), *((body, "") for body in bodies)):
            for word in words_of(text):
                place += 1
                places.setdefault(word, []).append(f"{place}{weight}")
        day = (last - datetime(1970, 1, 1, tzinfo=UTC)).days
        marks = [f"'={level}{day >> 3 * level}'" for level in range(4)]
        marks += [f"'=f{address}'", f"'=f{address.partition('@')[2]}'"]
        return " ".join([*marks, *(f"'{word}':{','.join(where)}" for word, where in places.items())])


TICKET = (
    "id, number, version, subject, status, priority, channel, team, assignee, customer, organisation, tags, language, created_at, updated_at, "
    "first_replied_at, solved_at, spam_at, trashed_at, is_automatic, last_message_at, preview"
)  # fmt: skip
MESSAGE = "id, ticket, audience, author_kind, agent, customer, body_text, quoted_text, sanitiser_version, language, created_at, is_unverified"


async def fill_with(url: str, tickets: int, say: Callable[[str], None]) -> None:
    """Fill an empty, migrated database; `url` is of the product's own user on an embedded server."""
    connection = await asyncpg.connect(url, user="postgres")
    try:
        await connection.execute(
            "SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'"
        )
        aside = await _put_indexes_aside(connection)
        writer = Writer(tickets)
        await _people(connection, writer)
        for first in range(1, tickets + 1, CHUNK):
            made = [writer.ticket(number) for number in range(first, min(first + CHUNK, tickets + 1))]
            await _copy(connection, "hd_ticket", TICKET, (row for row, _messages, _words in made))
            await _copy(connection, "hd_message", MESSAGE, (one for _row, messages, _words in made for one in messages))
            await _copy(connection, "hd_ticket_words", "ticket, words", (words for _row, _messages, words in made))
        say(f"{tickets:,} tickets with {writer.messages:,} messages")
        await connection.execute(
            """INSERT INTO hd_event (ticket, kind, actor_kind, at, version, changes, followed_at)
            SELECT id, 'opened', 'customer', created_at, 1, '{}', created_at FROM hd_ticket ORDER BY id"""
        )
        await connection.execute(
            """INSERT INTO hd_mention (message, agent, said, at, seen_at)
            SELECT id, 2 + (id / 50) % $1::int, 'agent', created_at, CASE WHEN created_at < now() - interval '1 day' THEN created_at END
            FROM hd_message WHERE id % 50 = 0""",
            AGENTS,
        )
        for statement in aside:
            await connection.execute(statement)
        say("indexes")
        for table, column in (
            ("hd_ticket", "id"),
            ("hd_message", "id"),
            ("hd_customer", "id"),
            ("hd_identity", "id"),
            ("hd_organisation", "id"),
        ):
            await connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"
            )
        await connection.execute("SELECT setval('hd_ticket_number', max(number)) FROM hd_ticket")
        await connection.execute(
            """INSERT INTO hd_ticket_count (team, assignee, place, n)
            SELECT team, assignee, hd_place(hd_ticket), count(*) FROM hd_ticket WHERE hd_place(hd_ticket) IS NOT NULL GROUP BY 1, 2, 3"""
        )
        await connection.execute("VACUUM ANALYZE")
        await _prove_words(connection)
    finally:
        await connection.close()


async def _people(connection: asyncpg.Connection, writer: Writer) -> None:
    at = writer.now
    await _copy(connection, "hd_organisation", "id, name, sort_key, words, notes, created_at", (
        _row(number, f"Company {number}", f"company {number}", f"company {number}", "", at) for number in range(1, writer.organisations + 1)
    ))  # fmt: skip
    await _copy(connection, "hd_organisation_domain", "organisation, domain", (
        _row(number, f"company{number}.test") for number in range(1, writer.organisations + 1)
    ))  # fmt: skip
    await _copy(connection, "hd_customer", "id, name, sort_key, words, organisation, language, notes, created_at", (
        _row(number, name, sort_key(name), f"{name} {address}", organisation or None, language, "", at)
        for number, (name, address, language, organisation) in enumerate(writer.people, 1)
    ))  # fmt: skip
    await _copy(connection, "hd_identity", "customer, kind, value, is_primary, created_at", (
        _row(number, "email", address, True, at) for number, (_name, address, _language, _organisation) in enumerate(writer.people, 1)
    ))  # fmt: skip
    await _copy(connection, "hd_team", "id, name, is_private, created_at", (
        _row(number, f"Team {number}", number <= PRIVATE, at) for number in range(1, TEAMS + 1)
    ))  # fmt: skip
    await connection.execute(
        """INSERT INTO hd_agent (name, email, role, language, time_zone, theme, signature, images_from, created_at)
        SELECT 'Agent ' || n, 'agent' || n || '@bench.test', 'agent', 'en', 'UTC', 'system', '', '{}', now() FROM generate_series(2, $1::int) n""",
        AGENTS + 1,
    )
    await connection.execute(
        "INSERT INTO hd_membership (agent, team, is_lead) SELECT n, 3 + n % 10, false FROM generate_series(2, $1::int) n",
        AGENTS + 1,
    )


async def _put_indexes_aside(connection: asyncpg.Connection) -> list[str]:
    """Drop the indexes that no constraint needs; the statements that make them again."""
    found = await connection.fetch(
        """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN ('hd_ticket', 'hd_message', 'hd_ticket_words', 'hd_event', 'hd_customer', 'hd_identity')
            AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u'))"""
    )
    for row in found:
        await connection.execute(f"DROP INDEX {row['indexname']}")
    return [row["indexdef"] for row in found]


async def _prove_words(connection: asyncpg.Connection) -> None:
    wrong = await connection.fetchval(
        """SELECT count(*) FROM (SELECT ticket, words FROM hd_ticket_words ORDER BY ticket % 997, ticket LIMIT 50) AS sample
        WHERE tsvector_to_array(words) <> tsvector_to_array(hd_ticket_words_of(ticket))"""
    )
    if wrong:
        raise AssertionError(f"{wrong} of 50 tickets have other words than the database would have written")


async def _copy(connection: asyncpg.Connection, table: str, columns: str, rows: Iterator[str]) -> None:
    async def source() -> AsyncIterator[bytes]:
        for row in rows:
            yield row.encode()

    await connection.copy_to_table(table, columns=columns.split(", "), source=source(), format="text")


def _row(*values: object) -> str:
    """One line of COPY's text format; our texts hold nothing that it would take for its own."""
    return (
        "\t".join(
            "\\N" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
            for value in values
        )
        + "\n"
    )
