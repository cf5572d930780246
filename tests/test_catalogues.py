"""English and Persian are complete at all times."""

import pytest
from babel.messages.catalog import Catalog, Message

from tools.messages import LANGUAGES, forms, in_catalogue, in_sources, key, placeholders, untranslated


@pytest.fixture(scope="module", params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return in_catalogue(request.param)


def test_a_catalogue_holds_the_messages_of_the_sources_and_no_others(catalogue: Catalog) -> None:
    sources = {key(message) for message in in_sources() if message.id}
    kept = {key(message) for message in catalogue if message.id}

    assert sources - kept == set(), "run `make messages`, then translate"
    assert kept - sources == set(), "run `make messages`"


def test_every_message_has_a_firm_translation_in_all_its_forms(catalogue: Catalog) -> None:
    assert [message.id for message in untranslated(catalogue)] == []


def test_a_translation_has_the_placeholders_of_its_message(catalogue: Catalog) -> None:
    assert [message.id for message in catalogue if message.id and not _has_its_placeholders(message)] == []


def _has_its_placeholders(message: Message) -> bool:
    allowed = [placeholders(form) for form in forms(message.id)]  # a singular may leave its number out
    return all(placeholders(form) in allowed for form in forms(message.string) if form)
