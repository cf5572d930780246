"""What holds for every test."""

import asyncio
import os
import socket

import pytest
from pytest_socket import SocketConnectBlockedError

from helpdesk.kernel.settings import settings


@pytest.mark.filterwarnings("ignore:A test tried to use")
async def test_the_network_ends_at_this_machine() -> None:
    with pytest.raises(SocketConnectBlockedError):
        await asyncio.open_connection("192.0.2.1", 25)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_no_setting_of_the_developer_reaches_a_test() -> None:
    assert settings().mail_domain == "helpdesk.test"
    assert settings().database_url == os.environ["HELPDESK_DATABASE_URL"]
    assert settings().data_dir.name.startswith("helpdesk-test-")
