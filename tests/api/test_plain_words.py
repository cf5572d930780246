"""What is wrong with a field is told in plain sentences, in the language of whoever calls."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
import pytest
from httpx import AsyncClient
from msgspec import Meta

from helpdesk.kernel.database import rows
from helpdesk.web.plain_words import in_plain_words


class Colour(StrEnum):
    RED = "red"


class Wanted(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    text: Annotated[str, Meta(min_length=1, max_length=3, pattern=r"^[^\x00]*$")] = "x"
    address: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$")] = "a@b"
    count: Annotated[int, Meta(ge=1, le=5)] = 1
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    some: Annotated[list[int], Meta(min_length=1, max_length=1)] | None = None
    colour: Colour = Colour.RED
    at: Annotated[datetime, Meta(tz=True)] | None = None
    day: date | None = None
    one: int | str = 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"colour": "blue"}, "'blue' is none of the values that this may have."), ({"size": 3}, "There is no such field."),
        ({"text": ""}, "Use at least 1 character."), ({"text": "long"}, "Use at most 3 characters."),
        ({"text": "\0"}, "A text cannot hold the character U+0000."), ({"address": "dora"}, "This is not an e-mail address."),
        ({"count": 0}, "Use a number that is at least 1."), ({"count": 6}, "Use a number that is at most 5."),
        ({"share": 0}, "Use a number that is more than 0.0."), ({"share": 1}, "Use a number that is less than 1.0."),
        ({"count": "1"}, "Expected here: a whole number."), ({"count": 1.5}, "Expected here: a whole number."),
        ({"some": []}, "Give at least 1."), ({"some": [1, 2]}, "Give at most 1."), ({"some": 3}, "Expected here: a list or null."),
        ({"at": "2026-11-22T08:00:00"}, "Say the time zone, too: 2026-11-22T08:00:00Z."), ({"at": "soon"}, "Write the time as 2026-11-22T08:00:00Z."),
        ({"day": "soon"}, "Write the day as 2026-11-22."), ({"one": []}, "Expected here: a whole number or a text."),
    ],
)  # fmt: skip
def test_what_the_framework_says_becomes_a_sentence(body: dict[str, object], said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as wrong:
        msgspec.json.decode(msgspec.json.encode(body), type=Wanted)
    assert in_plain_words(str(wrong.value).partition(" - at ")[0]) == said


def test_what_it_never_said_before_becomes_one_too() -> None:
    assert in_plain_words("Object missing required field `subject`") == "This is missing."
    assert in_plain_words("Something `new`") == "This is not what belongs here."


async def test_callers_read_it_in_their_language(api: AsyncClient) -> None:
    wrong = {"subject": 3, "customer": {"email": "dora@customer.test"}}
    assert (await api.post("/tickets", json=wrong)).json()["fields"] == {"subject": "Expected here: a text."}
    assert (await api.get("/tickets?limit=0")).json()["fields"] == {"limit": "Use a number that is at least 1."}
    assert (await api.post("/tickets", content=b"")).json()["fields"] == {
        "body": "The body is empty. Send a JSON object."
    }
    await rows("UPDATE hd_agent SET language = 'fa'")
    assert (await api.get("/tickets?limit=0")).json()["fields"] == {"limit": "عددی به کار ببرید که دست‌کم ۱ باشد."}
