"""What was kept folded the old way is found after the upgrade."""

from helpdesk.customers.finding import find_or_create
from helpdesk.customers.listing import list_customers
from helpdesk.customers.profile import correct
from helpdesk.db.migrations.helpdesk_0101_folded import _forwards
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from tests.cast import DORA, hire


async def test_names_that_were_folded_another_way_are_found_and_come_no_second_time(database: None) -> None:
    ben, dora = await hire("ben"), await find_or_create(*DORA, language=None, at=now())
    typed = {"name": "Δώρα Μαΐου", "organisation": "Καΐρης ΑΕ", "language": "", "time_zone": "", "notes": ""}
    await correct(dora.id, typed, seen=None, by=ben, at=now())
    kept = "SELECT c.words, c.sort_key, o.words AS of, o.sort_key AS by FROM hd_customer c JOIN hd_organisation o ON o.id = c.organisation"
    before = await rows(kept)
    for table in ("hd_customer", "hd_organisation"):  # as casefold() left them
        await rows(f"UPDATE {table} SET words = normalize(words, NFD), sort_key = normalize(sort_key, NFD)")
    assert await list_customers(q="ΜΑΐΟΥ", limit=2) == [] and await rows(kept) != before
    await _forwards()
    assert await rows(kept) == before and len(await list_customers(q="ΜΑΐΟΥ", limit=2)) == 1
