"""From what a visitor typed into a form to plain data, or to what is wrong at which field."""

import re
import unicodedata
from collections.abc import Mapping

import msgspec

from helpdesk.channels.web_form.defining import ExtraField, FormDefinition
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import latin_digits, preview
from helpdesk.people.agents import is_address

LONGEST_MESSAGE, LONGEST_ANSWER = 20_000, 500
_PHONE = re.compile(r"\+?[0-9 ()./-]{5,30}")


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor sent, in the form's `language`; `answers` are labels and values of everything else."""

    language: str
    email: str
    name: str = ""
    subject: str
    message: str
    answers: list[tuple[str, str]] = []

    @property
    def body(self) -> str:
        """The message with the answers below it, one a line."""
        lines = "\n".join(f"{label}: {value}" for label, value in self.answers)
        return f"{self.message}\n\n{lines}" if lines else self.message


def names_of(form: FormDefinition) -> list[str]:
    """The fields that the form's page has, in their order."""
    asked = [name for name in ("name", "subject", "phone") if getattr(form, f"asks_{name}") != "no"]
    return [*asked, "email", "message", "consent", *(f"field-{place}" for place in range(len(form.fields)))]


def read_post(form: FormDefinition, language: str, typed: Mapping[str, str]) -> Post:
    """What was typed, by the names of `names_of`; raises Invalid with everything that is wrong.

    To be called with the visitor as the reader: labels and errors are in their language.
    """
    errors: dict[str, str] = {}
    name = _line(typed, "name", form.asks_name, 200, errors)
    email = _line(typed, "email", "required", 320, errors).lower()
    if email and not is_address(email):
        errors["email"] = _("This is not an e-mail address. It looks like name@example.com.")
    phone = latin_digits(_line(typed, "phone", form.asks_phone, 30, errors))
    if phone and not _PHONE.fullmatch(phone):
        errors["phone"] = _("This is not a phone number.")
    subject = _line(typed, "subject", form.asks_subject, 200, errors)
    message = typed.get("message", "").strip()
    if _is_blank(message):
        errors["message"] = _("Write what it is about.")
    elif len(message) > LONGEST_MESSAGE:
        errors["message"] = _("This is too long. Attach it as a file instead.")
    answers = [(_("Phone"), phone)] if phone else []
    for place, field in enumerate(form.fields):
        if value := _answer(field, language, typed, f"field-{place}", errors):
            answers.append((field.labels[language], value))
    if consent := form.words(language).consent:
        if not typed.get("consent"):
            errors["consent"] = _("We need your consent before we may read it.")
        answers.append((_("Agreed"), consent))
    if errors:
        raise Invalid(**errors)
    return Post(
        language=language, email=email, name=name, subject=subject or preview(message, 80), message=message, answers=answers
    )  # fmt: skip


def _line(typed: Mapping[str, str], name: str, asking: str, longest: int, errors: dict[str, str]) -> str:
    """What was typed on one line, "" when it is not asked for."""
    if asking == "no":
        return ""
    value = " ".join(typed.get(name, "").split())
    value = "" if _is_blank(value) else value
    if not value and asking == "required":
        errors[name] = _("Fill this in.")
    if len(value) > longest:
        errors[name] = _("This is too long.")
    return value


def _is_blank(text: str) -> bool:
    """Whether nothing is to be seen: blanks, marks of direction, joiners."""
    return all(unicodedata.category(letter) in ("Zs", "Zl", "Zp", "Cc", "Cf") for letter in text)


def _answer(field: ExtraField, language: str, typed: Mapping[str, str], name: str, errors: dict[str, str]) -> str:
    if field.kind == "checkbox":
        if field.is_required and not typed.get(name):
            errors[name] = _("Tick this to go on.")
        return _("yes") if typed.get(name) else ""
    value = _line(typed, name, "required" if field.is_required else "optional", LONGEST_ANSWER, errors)
    if field.kind == "select" and value and value not in field.options.get(language, []):
        errors[name] = _("Choose one of the list.")
    return value
