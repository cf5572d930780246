"""T-F of docs/security.md: an account that does not exist is as much work as one that does."""

import pytest
from argon2 import PasswordHasher

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.time import now
from helpdesk.people import passwords
from helpdesk.people.signing_in import change_password, sign_in
from tests.cast import hire

PASSWORD = "unrelated words work"


async def test_t_f_known_and_unknown_people_are_compared_with_a_hash_of_the_same_cost(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: `python -m tests.benchmarks.signing_in` measures."""
    for name in ("alma", "ben", "cleo", "lia"):
        agent = await hire(name)
        if name != "cleo":  # invited, without a password yet
            await change_password(agent.id or 0, PASSWORD)
    await rows("UPDATE hd_agent SET deactivated_at = now() WHERE email = 'lia@helpdesk.test'")
    passwords._decoy()  # made once a process, before anybody is compared
    compared: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hash: str, password: str) -> bool:
        compared.append(hash.rsplit("$", 2)[0])  # the algorithm and its costs
        return verify(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    said = set()
    for email in ("ben@helpdesk.test", "nobody@helpdesk.test", "cleo@helpdesk.test", "lia@helpdesk.test", "not an address"):  # fmt: skip
        before = len(compared)
        with pytest.raises(HelpdeskError) as refused:
            await sign_in(email, "wrong", address="192.0.2.7", user_agent="", at=now())
        assert len(compared) == before + 1, email
        said.add(str(refused.value))
    assert len(set(compared)) == 1
    assert len(said) == 1
