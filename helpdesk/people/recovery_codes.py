"""Recovery codes: ten, for when the app is lost; each works once.

80 random bits each. Kept as HMACs with a key that the database does not hold, so that a copy of it gives none away.
"""

import base64
import hmac
import secrets
from datetime import datetime

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import latin_digits
from helpdesk.kernel.tokens import keys

HOW_MANY = 10
LENGTH = 16


async def new_recovery_codes(agent_id: int) -> list[str]:
    """Ten new ones, as people read them (`ABCD-EFGH-IJKL-MNOP`); those before stop working."""
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(HOW_MANY)]
    await rows("DELETE FROM hd_recovery_code WHERE agent = {}", agent_id)
    for code in codes:
        await rows("INSERT INTO hd_recovery_code (agent, code_hash) VALUES ({}, {})", agent_id, _hashes(code)[0])
    return ["-".join(code[i : i + 4] for i in range(0, LENGTH, 4)) for code in codes]


async def use_recovery_code(agent_id: int, typed: str, *, at: datetime) -> bool:
    """Whether it is one of the agent's that was not used before; from now on it is."""
    used = await rows(
        "UPDATE hd_recovery_code SET used_at = {} WHERE agent = {} AND code_hash = ANY({}) AND used_at IS NULL RETURNING id",
        at, agent_id, _hashes(as_written(typed)),
    )  # fmt: skip
    return bool(used)


async def codes_left(agent_id: int) -> int:
    [row] = await rows("SELECT count(*) AS n FROM hd_recovery_code WHERE agent = {} AND used_at IS NULL", agent_id)
    return row["n"]


def as_written(typed: str) -> str:
    """Without what people put between letters, in upper case; ۲ is 2."""
    return "".join(letter for letter in latin_digits(typed).upper() if letter.isalnum())


def _hashes(code: str) -> list[str]:
    """With each key of the installation, the present one first."""
    return [hmac.digest(key, code.encode(), "sha256").hex() for key in keys("recovery-codes")]
