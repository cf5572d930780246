"""The history of customers: one writer, append-only, in the transaction of the change."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.people.actor import Actor

Changes = dict[str, tuple[Any, Any]]


async def record(customer_id: int, kind: str, *, by: Actor, at: datetime, changes: Changes | None = None) -> None:
    await rows(
        "INSERT INTO hd_customer_event (customer, kind, actor_kind, actor_id, at, changes) VALUES ({}, {}, {}, {}, {}, {})",
        customer_id, kind, by.kind, by.id, at, msgspec.json.encode(changes or {}).decode(),
    )  # fmt: skip
