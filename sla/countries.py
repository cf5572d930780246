"""Official holidays of countries and their parts, by the `holidays` package (vacanza/holidays, MIT).

Days that go by the moon are estimates until they are announced: the package says so in their names.
"""

import asyncio
import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from types import ModuleType
from typing import Any

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from sla.holidays import Day


class Country(msgspec.Struct, frozen=True):
    code: str
    """ISO 3166-1 alpha-2."""
    parts: dict[str, str]
    """Codes of its states or provinces with their names, where the package knows them."""
    languages: tuple[str, ...]


async def countries() -> dict[str, Country]:
    """All that are known, by code."""
    return await asyncio.to_thread(_countries)


async def country_days(place: str, years: Iterable[int], language: str) -> list[Day]:
    """Of a country (`IR`) or a part of it (`DE-BY`), named in the language if the package has it; estimates are not approved.

    Raises Invalid at `place`.
    """
    return await asyncio.to_thread(_days, place, list(years), language)


async def ramadans(years: Iterable[int]) -> list[tuple[date, date, bool]]:
    """First and last days of Ramadan as Iran has it, and whether they are estimates."""
    return await asyncio.to_thread(_ramadans, list(years))


@cache
def _package() -> ModuleType:
    """Half a second, which only who needs it spends."""
    import holidays

    return holidays


@cache
def _countries() -> dict[str, Country]:
    package = _package()
    localized = package.list_localized_countries(include_aliases=False)
    found: dict[str, Country] = {}
    for code, parts in package.list_supported_countries(include_aliases=False).items():
        if len(code) == 2:
            kind = getattr(package, code)
            names = {part: name for name, part in getattr(kind, "subdivisions_aliases", {}).items()}
            found[code] = Country(code, {part: names.get(part, part) for part in parts}, tuple(localized.get(code, ())))
    return found


def _days(place: str, years: list[int], language: str) -> list[Day]:
    known = _known(place, years, language)
    estimated = _estimated(known)
    found: list[Day] = []
    for day in sorted(known):
        for name in known.get_list(day):
            match = estimated.fullmatch(name) if estimated else None
            found.append(
                Day(day, match[1] if match else name, is_estimated=match is not None, is_approved=match is None)
            )
    return found


def _known(place: str, years: list[int], language: str) -> Any:
    code, _dash, part = place.partition("-")
    country = _countries().get(code)
    if country is None or (part and part not in country.parts):
        raise Invalid(place=_("The holidays of this place are not known."))
    spoken = next((one for one in country.languages if one.partition("_")[0] == language), None)
    return _package().country_holidays(code, subdiv=part or None, years=years, language=spoken)


def _estimated(known: Any) -> re.Pattern[str] | None:
    """How the package marks an estimate in the language it speaks."""
    label = getattr(known, "estimated_label", None)
    before, _mark, after = known.tr(label).partition("%s") if label else ("", "", "")
    return re.compile(f"{re.escape(before)}(.*){re.escape(after)}") if before or after else None


def _ramadans(years: list[int]) -> list[tuple[date, date, bool]]:
    """From Iran's own days: the 21st of the month is a holiday, as is the day after the last."""
    days = _days("IR", [*years, years[-1] + 1], "en")
    firsts = [(one.day - timedelta(days=20), one.is_estimated) for one in days if one.name == "Martyrdom of Imam Ali"]
    ends = [one.day for one in days if one.name == "Eid al-Fitr"]
    return [
        (first, end - timedelta(days=1), is_estimated)
        for first, is_estimated in firsts
        for end in ends
        if 28 <= (end - first).days <= 31 and first.year in years
    ]
