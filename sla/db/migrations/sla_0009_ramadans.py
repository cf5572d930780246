"""Seasons of the ready-made Iranian calendar are told apart by what they are, and no longer by their name alone.

One whose days are not those that are known has been set right by somebody: it stays theirs.
"""

from datetime import date
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from sla.countries import ramadans
from sla.db.raw import migration

ID = "2026-11-22T14:07:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "seasons of Ramadan"

RAMADANS = {"Ramadan": "announced", "ماه رمضان": "announced", "Ramadan (estimated)": "estimated", "ماه رمضان (تخمینی)": "estimated"}  # fmt: skip
"""As it called them in English and in Persian."""


async def _forwards() -> None:
    for row in await rows("SELECT id, own FROM sla_calendar FOR UPDATE"):
        own: dict[str, Any] = msgspec.json.decode(row["own"])
        for season in own.get("seasons", []):
            if (state := RAMADANS.get(season["name"])) and await _has_known_days(season):
                season |= {"name": "", "ramadan": state}
        await rows("UPDATE sla_calendar SET own = {} WHERE id = {}", msgspec.json.encode(own).decode(), row["id"])


async def _has_known_days(season: dict[str, Any]) -> bool:
    known = await ramadans([date.fromisoformat(season["first"]).year])
    return (season["first"], season["last"]) in [(first.isoformat(), last.isoformat()) for first, last, _ in known]


async def _backwards() -> None:
    for row in await rows("SELECT id, own FROM sla_calendar FOR UPDATE"):
        own: dict[str, Any] = msgspec.json.decode(row["own"])
        for season in own.get("seasons", []):
            if season.pop("ramadan", ""):
                season["name"] = season["name"] or "Ramadan"
        await rows("UPDATE sla_calendar SET own = {} WHERE id = {}", msgspec.json.encode(own).decode(), row["id"])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
