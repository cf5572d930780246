"""Secrets at rest."""

import pytest

from helpdesk.kernel import sealing
from helpdesk.kernel.sealing import CannotOpen, open_sealed, seal


def test_what_was_sealed_opens_and_says_nothing_by_itself() -> None:
    sealed = seal("correct horse")
    assert open_sealed(sealed) == "correct horse"
    assert "horse" not in sealed and sealed != seal("correct horse")
    assert seal("") == open_sealed("") == ""


def test_a_rotated_key_still_opens_and_a_lost_one_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = b"o" * 32, b"n" * 32
    monkeypatch.setattr(sealing, "keys", lambda purpose: [old])
    sealed = seal("correct horse")
    monkeypatch.setattr(sealing, "keys", lambda purpose: [new, old])
    assert open_sealed(sealed) == "correct horse"
    monkeypatch.setattr(sealing, "keys", lambda purpose: [new])
    with pytest.raises(CannotOpen, match="HELPDESK_SECRET_KEY"):
        open_sealed(sealed)
