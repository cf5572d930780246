"""A claim lasts as long as its holder, and no longer."""

import asyncio

import pytest

from helpdesk.kernel import leases


async def test_a_lease_is_renewed_until_the_work_ends_whatever_fails_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leases, "RENEWED_EVERY", 0.01)
    renewals = 0

    async def renew() -> None:
        nonlocal renewals
        renewals += 1
        if renewals == 1:
            raise ConnectionError("the database is away")

    async def release() -> None: ...

    async def work() -> None:
        async with leases.renewed(renew, release=release):
            await asyncio.sleep(0.1)
            raise ValueError("the work failed")

    with pytest.raises(ValueError, match="the work failed"):
        await work()
    assert (during := renewals) >= 2
    await asyncio.sleep(0.05)
    assert renewals == during


async def test_failed_work_lets_go_of_its_claim_as_soon_as_the_database_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leases, "RELEASED_EVERY", 0.01)
    tries = 0

    async def renew() -> None: ...

    async def release() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ConnectionError("the database is away")

    with pytest.raises(ValueError, match="the work failed"):
        async with leases.renewed(renew, release=release):
            raise ValueError("the work failed")
    assert tries == 3


def test_a_lease_outlasts_two_lost_renewals() -> None:
    assert leases.LEASE.total_seconds() >= 3 * leases.RENEWED_EVERY
