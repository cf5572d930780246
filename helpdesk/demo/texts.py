"""The words of the demo, read from the `.toml` files beside this module."""

import tomllib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec

_HERE = Path(__file__).parent
_PERSIAN_DIGITS = str.maketrans("0123456789,", "۰۱۲۳۴۵۶۷۸۹٬")


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that a customer may write about; stories.en.toml says what the fields are."""

    team: str
    tags: list[str]
    subject: str
    body: str
    answer: str
    then: str = ""
    again: str = ""
    note: str = ""
    wait: str = ""
    priority: str = "normal"
    file: str = ""
    sends: str = ""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A question back, for stories with one of the tags; without any, for every story."""

    text: str
    reply: str
    tags: list[str] = []


class Odd(msgspec.Struct, frozen=True, kw_only=True):
    """The words of `oddities`."""

    order_subject: str
    order_greeting: str
    order_text: str
    order_columns: list[str]
    order_remark: str
    order_parting: str
    away_subject: str
    away_text: str
    again_text: str
    claim_text: str
    offer_subject: str
    offer_text: str


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All the stories of a language, and what people say around them."""

    greetings: list[str]
    partings: list[str]
    addresses: list[str]
    closings: list[str]
    nudges: list[str]
    additions: list[str]
    thanks: list[str]
    waits: list[str]
    notes: list[str]
    calls: str
    products: list[str]
    cities: list[str]
    attribution: str
    odd: Odd
    ask: list[Ask]
    story: list[Story]


class TeamSheet(msgspec.Struct, frozen=True):
    key: str
    name: str
    private: bool = False
    assignment: str = "manual"


class AgentSheet(msgspec.Struct, frozen=True):
    name: str
    email: str
    role: str
    language: str
    zone: str
    theme: str
    teams: list[str]
    answers: list[str]
    signature: str


class OrganisationSheet(msgspec.Struct, frozen=True):
    name: str
    domain: str
    notes: str


class CustomerSheet(msgspec.Struct, frozen=True):
    """`call` is how an answer addresses the person; without it, the first name. Those with one speak Persian."""

    name: str
    emails: list[str]
    call: str = ""
    phone: str = ""
    notes: str = ""

    @property
    def language(self) -> str:
        return "fa" if self.call else "en"

    @property
    def domain(self) -> str:
        return self.emails[0].rpartition("@")[2]


class People(msgspec.Struct, frozen=True):
    password: str
    company: str
    signature: str
    team: list[TeamSheet]
    agent: list[AgentSheet]
    organisation: list[OrganisationSheet]
    customer: list[CustomerSheet]


@cache
def people() -> People:
    return msgspec.convert(_read("people.toml"), People)


@cache
def words(language: str) -> Words:
    return msgspec.convert(_read(f"stories.{language}.toml"), Words)


def particulars(customer: CustomerSheet, rng: Random) -> dict[str, str]:
    """What the blanks of a story are filled with, numbers in the digits of the language."""
    spoken = words(customer.language)
    shop = next((one.name for one in people().organisation if one.domain == customer.domain), "")
    order, invoice = f"PF-{rng.randint(20_000, 79_999)}", f"{rng.randint(4_000, 8_999)}"
    first_name = customer.name.split()[0]
    common = {
        "product": rng.choice(spoken.products), "city": rng.choice(spoken.cities), "full_name": customer.name, "name": first_name,
        "order": order,
    }  # fmt: skip
    if customer.language == "fa":
        amount = f"{rng.randint(9, 480) * 10:,} هزار تومان".translate(_PERSIAN_DIGITS)
        order = order[3:].translate(_PERSIAN_DIGITS) if rng.random() < 0.7 else order
        return common | {
            "amount": amount, "order": order, "invoice": invoice.translate(_PERSIAN_DIGITS), "shop": shop or "مغازهٔ ما",
        }  # fmt: skip
    return common | {
        "amount": f"{rng.randint(900, 48_000) / 100:.2f} €", "invoice": f"RE-{invoice}", "shop": shop or "our small shop"
    }  # fmt: skip


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))
