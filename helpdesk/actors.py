"""The job table: each body an import and an await.

A job is a nudge with an id; the row with that id says whether there is anything left to do. The bodies import upwards,
so that every module may enqueue (docs/decisions/0002).
"""

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO

from helpdesk.kernel import redis


def make_broker() -> RedisBroker:
    """The broker of this process. A dead worker's jobs come back after 15–21 s; the scheduler is faster."""
    made = RedisBroker(client=redis.client(), heartbeat_timeout=15_000, maintenance_chance=100_000)
    made.add_middleware(AsyncIO())
    return made


LONG = 30 * 60_000
"""Milliseconds. What may wait its turn or for a slow server renews its claim meanwhile (`kernel/leases.py`)."""

broker = make_broker()
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name="intake", max_retries=0, time_limit=LONG)
async def take_in(raw_message_id: int) -> None:
    from helpdesk.intake.taking_in import take_in

    await take_in(raw_message_id)


@dramatiq.actor(queue_name="intake", max_retries=0, time_limit=LONG, priority=100)
async def clean_again(message_id: int) -> None:
    from helpdesk.intake.cleaning_again import clean_again

    await clean_again(message_id)


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=60_000)
async def name_article(delivery_id: int) -> None:
    from helpdesk.intake.naming_articles import name_article
    from helpdesk.kernel.time import now

    await name_article(delivery_id, at=now())


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=60_000)
async def follow_up(event_id: int) -> None:
    from helpdesk.following_up import follow

    await follow(event_id)


@dramatiq.actor(queue_name="promises", max_retries=0, time_limit=60_000)
async def follow_clock(*line_ids: int) -> None:
    from helpdesk.following_up import follow_clocks

    await follow_clocks(line_ids)


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=60_000)
async def tell(notice_id: int) -> None:
    from helpdesk.kernel.time import now
    from helpdesk.tickets.telling import tell

    await tell(notice_id, at=now())


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=LONG)
async def distribute(team_id: int) -> None:
    from helpdesk.routing.distributing import distribute

    await distribute(team_id)


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=LONG, priority=100)
async def retag(change_id: int) -> None:
    from helpdesk.tickets.retagging import work_off

    await work_off(change_id)


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=LONG, priority=100)
async def work_off_bulk(bulk_id: int) -> None:
    from helpdesk.tickets.bulk import work_off

    await work_off(bulk_id)


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=LONG, priority=100)
async def merge_many(asked_id: int) -> None:
    from helpdesk.profiles.merging_many import work_off

    await work_off(asked_id)


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=LONG, priority=100)
async def write_stale_words() -> None:
    from helpdesk.tickets.searching.writing_again import write_stale_words

    await write_stale_words()


@dramatiq.actor(queue_name="events", max_retries=0, time_limit=LONG, priority=100)
async def look_for_gaps() -> None:
    from helpdesk.articles.gap_looking import look_for_gaps

    await look_for_gaps()


@dramatiq.actor(queue_name="deliveries", max_retries=0, time_limit=LONG)
async def deliver(delivery_id: int) -> None:
    from helpdesk.deliveries.delivering import deliver
    from helpdesk.tickets.recalling import call_off_stale

    await call_off_stale(delivery_id)
    await deliver(delivery_id)


@dramatiq.actor(queue_name="deliveries", max_retries=0, time_limit=60_000)
async def settle(delivery_id: int) -> None:
    from helpdesk.following_up import settle

    await settle(delivery_id)


@dramatiq.actor(queue_name="pushes", max_retries=0, time_limit=60_000)
async def send_push(push_id: int) -> None:
    from helpdesk.deliveries.pushing import send_push

    await send_push(push_id)
