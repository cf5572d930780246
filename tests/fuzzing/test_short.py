"""The short form of `make fuzz`: torn mails and bombs through the real child, none of which it dies of."""

from tests.fuzzing.mails import fuzz, seeds_of


async def test_any_mail_is_read_and_none_blocks_the_next() -> None:
    outcome = await fuzz(seeds_of(None), 300, seed=1)

    assert outcome.deaths == []
    assert outcome.read == 300
