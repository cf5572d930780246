"""/calendars: as the pages do it, and sums of open time for other programs."""

import pytest
from httpx import AsyncClient

from helpdesk.kernel.database import rows
from tests.api.conftest import ClientOf
from tests.cast import hire


@pytest.fixture
async def api(client_of: ClientOf) -> AsyncClient:
    return await client_of(await hire("mani"))


DAY, NIGHT = [{"start": "09:00", "end": "17:00"}], [{"start": "22:00", "end": "06:00"}]
BERLIN = {
    "name": "Office", "time_zone": "Europe/Berlin", "week": [DAY, DAY, DAY, DAY, DAY, [], NIGHT],
    "special_days": [{"day": "2026-12-24", "name": "Eve", "windows": [{"start": "09:00", "end": "13:00"}]}, {"day": "2026-12-25", "name": "Christmas"}],
}  # fmt: skip


async def test_a_calendar_is_made_changed_and_taken_out_of_use(api: AsyncClient):
    ramadan = {
        "name": "",
        "first": "2027-02-08",
        "last": "2027-03-09",
        "rank": 1,
        "ramadan": "estimated",
        "week": [DAY] * 7,
    }
    made = (await api.post("/calendars", json=BERLIN | {"is_default": True, "seasons": [ramadan]})).json()
    assert made["week"] == BERLIN["week"] and made["is_default"] and made["version"] == 1
    assert made["special_days"] == [BERLIN["special_days"][0], {"day": "2026-12-25", "name": "Christmas", "windows": []}]  # fmt: skip
    changed = await api.patch(f"/calendars/{made['id']}", json={"week": [NIGHT] * 7, "reason": "correction"})
    assert changed.json()["version"] == 2 and changed.json()["special_days"] == made["special_days"]
    assert changed.json()["seasons"] == made["seasons"] == [ramadan]
    [row] = await rows("SELECT reason FROM sla_calendar_version WHERE number = 2")
    assert row["reason"] == "correction"
    refused = await api.patch(f"/calendars/{made['id']}", json={"is_active": False})
    assert refused.status_code == 422
    gone = await api.patch(f"/calendars/{made['id']}", json={"is_active": False, "is_default": False})
    assert not gone.json()["is_active"] and not gone.json()["is_default"]
    listed = (await api.get("/calendars")).json()
    assert [one["id"] for one in listed["items"]] == [made["id"]]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"week": [DAY] * 6}, "week"),
        ({"week": [[{"start": "25:00", "end": "26:00"}]] * 7}, "week[0][0].start"),
        ({"holiday_sets": [77]}, "holiday_sets"),
        ({"special_days": [{"day": "2026-12-24"}] * 2}, "special_days"),
    ],
)
async def test_what_is_no_calendar_is_refused_at_its_field(api: AsyncClient, wrong: dict[str, object], field: str):
    answer = await api.post("/calendars", json=BERLIN | wrong)
    assert answer.status_code in (400, 422)
    assert field in answer.text or answer.json()["fields"].keys() == {field}


async def test_open_time_is_added_and_measured(api: AsyncClient):
    made = (await api.post("/calendars", json=BERLIN)).json()
    url = f"/calendars/{made['id']}"
    added = await api.get(f"{url}/add", params={"start": "2026-12-24T12:00:00+01:00", "seconds": 7200})
    assert added.json()["end"] == "2026-12-27T22:00:00Z" and added.json()["reason"] is None
    span = {"start": "2026-12-24T00:00:00+01:00", "end": "2026-12-26T00:00:00+01:00"}
    elapsed = (await api.get(f"{url}/elapsed", params=span)).json()
    assert (elapsed["seconds"], elapsed["calendar_seconds"]) == (4 * 3600, 2 * 86_400)
    back = {"start": span["end"], "end": span["start"]}
    assert (await api.get(f"{url}/elapsed", params=back)).json()["seconds"] == 0


async def test_no_open_second_ahead_is_an_answer(api: AsyncClient):
    made = (await api.post("/calendars", json={"name": "Never", "time_zone": "UTC"})).json()
    answer = await api.get(f"/calendars/{made['id']}/add", params={"start": "2026-12-24T12:00:00Z", "seconds": 1})
    assert answer.status_code == 200 and answer.json()["end"] is None and "No open time" in answer.json()["reason"]
    for start in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "now"):
        refused = await api.get(f"/calendars/{made['id']}/add", params={"start": start, "seconds": 1})
        assert refused.status_code == 422, start
    assert (await api.get("/calendars/77/add", params={"seconds": 1})).status_code == 404
