"""Many agents in several teams and many tickets that wait for them, by SQL."""

from helpdesk.kernel.database import rows


async def make_agents(count: int, *, named: str = "agent") -> list[int]:
    """Agents who have just been seen; their ids."""
    made = await rows(
        """INSERT INTO hd_agent (name, email, role, created_at)
        SELECT 'Agent ' || n, {} || n || '@helpdesk.test', 'agent', now() FROM generate_series(1, {}::int) n RETURNING id""",
        named, count,
    )  # fmt: skip
    ids = sorted(row["id"] for row in made)
    await rows(
        """INSERT INTO hd_session (token_hash, agent, created_at, seen_at)
        SELECT 'session-' || id, id, now(), now() + interval '1 day' FROM hd_agent WHERE id = ANY({})""",
        ids,
    )
    return ids


async def make_giving_team(name: str, assignment: str, members: list[int]) -> int:
    [team] = await rows(
        "INSERT INTO hd_team (name, assignment, created_at) VALUES ({}, {}, now()) RETURNING id", name, assignment
    )
    await rows("INSERT INTO hd_membership (agent, team) SELECT unnest({}::int[]), {}", members, team["id"])
    return team["id"]


async def make_waiting(team: int, count: int) -> None:
    """New tickets of one customer in the team, with the event that nobody has followed."""
    await rows(
        """WITH customer AS (INSERT INTO hd_customer (name, sort_key, notes, created_at) VALUES ('Dora', 'dora', '', now()) RETURNING id),
        made AS (INSERT INTO hd_ticket (number, version, subject, status, priority, team, customer, tags, language, created_at,
                updated_at, is_automatic, last_message_at, preview)
            SELECT nextval('hd_ticket_number'), 1, 'Invoice ' || n, 'new', (ARRAY['low','normal','high','urgent'])[1 + n % 4],
                {}, customer.id, ARRAY[]::varchar[], 'en', now(), now(), false, now(), 'Please look.'
            FROM customer, generate_series(1, {}::int) n RETURNING id, created_at)
        INSERT INTO hd_event (ticket, kind, actor_kind, at, version, changes) SELECT id, 'opened', 'customer', created_at, 1, jsonb_build_object() FROM made""",
        team, count,
    )  # fmt: skip
