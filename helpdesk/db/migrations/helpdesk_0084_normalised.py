"""Texts are folded in the database as `kernel.text.normalise` folds them, for conditions; a test holds them together.

The letters are written out here: what this function did when rows were found by it does not change with the code.
"""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T08:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "texts folded for conditions"

_DIGITS = "".join(chr(zero + digit) for zero in (0x660, 0x6F0) for digit in range(10))
_SAME, _AS = "يىكةأإآٱؤۀئ\u200cςİ" + _DIGITS, "ییکهااااوهی σi" + "0123456789" * 2
_GONE = "ـ\u200b\u200d\u200e\u200f\ufeff\u0670" + "".join(map(chr, range(0x64B, 0x660)))
_BLANKS = r"[\u0009-\u000d\u001c-\u0020\u0085\u1680\u2028\u2029]+"


def _literal(text: str) -> str:
    """Invisible letters can be read here, and none is taken for another."""
    return "U&'" + "".join(f"\\{ord(letter):04x}" for letter in text) + "'"


FUNCTION = f"""
CREATE FUNCTION hd_normalised(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(
        replace(lower(translate(normalize($1, NFKC), {_literal(_SAME + _GONE)}, {_literal(_AS)})), 'ß', 'ss'), '{_BLANKS}', ' ', 'g'))
$$"""


async def _forwards() -> None:
    await rows(FUNCTION)


async def _backwards() -> None:
    await rows("DROP FUNCTION hd_normalised")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
