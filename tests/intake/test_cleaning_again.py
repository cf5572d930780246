"""An upgrade of the sanitiser mends the HTML that is stored."""

import pytest

from helpdesk.channels.email.sanitising import SANITISER_VERSION
from helpdesk.intake.cleaning_again import clean_again, clean_outdated
from helpdesk.intake.tables import RawMessage
from helpdesk.tickets.tables import Message
from tests.intake.test_taking_in import a_mail, receive

pytestmark = pytest.mark.usefixtures("database")

HTML = b"<style>p {color: #c00}</style><p>Hello</p><script>x()</script>"


async def _old_message() -> int:
    received = await receive(a_mail().replace(b"text/plain", b"text/html").replace(b"It does not work.", HTML))
    assert received.message
    stored = {Message.body_html: "<p onclick=x()>Hello</p>", Message.sanitiser_version: SANITISER_VERSION - 1}
    await Message.update(stored).where(Message.id == received.message)
    return received.message


async def _stored(message_id: int) -> Message:
    message = await Message.objects().get(Message.id == message_id)
    assert message is not None
    return message


async def test_html_of_an_older_sanitiser_is_cleaned_again_from_the_mail_as_it_came() -> None:
    message_id = await _old_message()
    assert await clean_outdated() == 1

    await clean_again(message_id)
    message = await _stored(message_id)
    assert (message.body_html or "").strip() == '<p style="color:#c00">Hello</p>'
    assert message.sanitiser_version == SANITISER_VERSION
    assert await clean_outdated() == 0


async def test_without_the_mail_what_is_stored_is_cleaned() -> None:
    message_id = await _old_message()
    await RawMessage.update({RawMessage.message: None}).where(RawMessage.message == message_id)
    await clean_again(message_id)
    assert (await _stored(message_id)).body_html == "<p>Hello</p>"
