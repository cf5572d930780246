"""The worker: takes the jobs of `actors.py` off their queues and runs them on one event loop.

A job is a nudge: the row that it names is claimed, done and committed or left for the next one. So nothing is lost when
the worker is killed, when Redis forgets, or when a stop comes before a job's end.
"""

import asyncio
import logging
import signal
import threading
import time

import dramatiq
import structlog
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread
from dramatiq.middleware import Middleware
from redis.exceptions import RedisError

from helpdesk import actors
from helpdesk.channels.email.sending import close_connections
from helpdesk.intake.parser import parser
from helpdesk.kernel import logs
from helpdesk.kernel.database import engine, open_pool
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.heartbeats import heard

JOBS_PER_QUEUE = 12
"""Jobs in flight of each queue. A queue has threads of its own, so that hanging mail servers never stop the intake."""
CONNECTIONS = 16
IDLE_POLL = 100  # milliseconds between looks into Redis
IDLE_THREAD = 1.0  # seconds; a job wakes its thread at once, this is how long an idle one may take to notice a stop
STOP_WITHIN = 7.0  # seconds for the jobs under way

log = structlog.get_logger(__name__)


def run() -> None:
    """Work until SIGTERM or SIGINT; then finish what is under way, within ten seconds, and return.

    Raises ConfigurationError when the database cannot be reached at the start. Later it, and Redis, may go and come.
    """
    logs.configure("worker")
    logging.getLogger("dramatiq.middleware.retries.Retries").setLevel(logging.ERROR)  # nothing is retried by the queue
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    worker = start(actors.broker)
    log.info("worker_started", queues=sorted(worker.broker.get_declared_queues()), jobs_per_queue=JOBS_PER_QUEUE)
    with heard("worker"):
        stopping.wait()
    try:
        stop(worker)
    except RedisError as error:  # the jobs that wait in memory cannot be handed back: the scheduler finds their rows
        log.warning("stopped_without_redis", error=repr(error))
    log.info("worker_stopped")


def start(broker: dramatiq.Broker) -> dramatiq.Worker:
    """A worker on all queues of the broker, its loop connected to the database."""
    desk = Desk()
    broker.add_middleware(desk)
    worker = dramatiq.Worker(
        broker, worker_threads=JOBS_PER_QUEUE * len(broker.get_declared_queues()), worker_timeout=IDLE_POLL
    )
    worker.queue_prefetch = JOBS_PER_QUEUE  # counts the jobs in progress: no queue can take another's threads
    worker.start()
    for thread in worker.workers:
        # Dozens of threads that look as often as Redis is asked would keep a core from rest.
        thread.timeout = IDLE_THREAD
    if desk.failure:
        stop(worker)
        raise ConfigurationError(f"the database cannot be used: {desk.failure}") from desk.failure
    return worker


def stop(worker: dramatiq.Worker) -> None:
    """Begin no job any more, give those under way their time, hand the others back to Redis.

    The threads are waited for here: dramatiq's `join_all` subtracts the time that has passed anew for every thread, so of
    seven seconds for a hundred threads one would be left.
    """
    for thread in worker.workers:
        thread.stop()
    deadline = time.monotonic() + STOP_WITHIN
    for thread in worker.workers:
        thread.join(max(0.0, deadline - time.monotonic()))
    worker.stop(timeout=int(STOP_WITHIN * 1000))


class Desk(Middleware):
    """What a job finds: the database on its loop, and its name and id on every line of the log."""

    def __init__(self) -> None:
        self.failure: Exception | None = None

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        try:
            _loop().run_coroutine(open_pool(CONNECTIONS))
        except Exception as error:  # dramatiq would log it and go on
            self.failure = error

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        _loop().run_coroutine(_disconnect())

    def before_process_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        structlog.contextvars.bind_contextvars(
            process="worker", job=message.message_id, actor=message.actor_name, args=message.args
        )

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        structlog.contextvars.clear_contextvars()


async def _disconnect() -> None:
    await close_connections()
    if parser.cache_info().currsize:
        await parser().close()
    if pool := engine().pool:
        try:
            await asyncio.wait_for(pool.close(), 1)
        except TimeoutError:
            pool.terminate()  # a job that did not end in time: its row is left to the next worker
        engine().pool = None


def _loop() -> EventLoopThread:
    loop = get_event_loop_thread()
    assert loop is not None, "the AsyncIO middleware comes first"
    return loop
