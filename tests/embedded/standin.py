"""Stands in for `helpdesk COMMAND` where only the supervision of it is looked at; notes down that it ran."""

import asyncio
import os
import signal
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import asyncpg

command = sys.argv[1]
data_dir = Path(os.environ["HELPDESK_DATA_DIR"])
host = os.environ["HELPDESK_HOST"]


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Greeting(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"220 ready\r\n")


async def migrate() -> None:
    connection = await asyncpg.connect(os.environ["HELPDESK_DATABASE_URL"])
    await connection.execute("create table if not exists mail (id int)")
    await connection.execute("insert into mail values (1)")
    await connection.close()


(data_dir / f"{command}.smtp-url").write_text(os.environ.get("HELPDESK_SMTP_URL", ""))
with (data_dir / "ran").open("a") as ran:
    ran.write(f"{command}\n")
draft = data_dir / f".{command}.{os.getpid()}"
draft.write_text(str(os.getpid()))
draft.replace(data_dir / f"{command}.pid")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
socketserver.TCPServer.allow_reuse_address = True
match command:
    case "migrate":
        if os.environ.get("FAIL") == "migrate":
            sys.exit("there is no way from here to there")
        asyncio.run(migrate())
    case "web":
        print("a line of the web server's own")
        HTTPServer((host, int(os.environ["HELPDESK_PORT"])), Ready).serve_forever()
    case "mail-server":
        socketserver.TCPServer((host, int(os.environ["HELPDESK_SMTP_PORT"])), Greeting).serve_forever()
    case "mail-sink":
        socketserver.TCPServer((host, int(sys.argv[2].removeprefix("--port="))), Greeting).serve_forever()
    case "first-admin-link":
        print("http://localhost/first-admin/secret")
    case "demo":
        print("alma@example.com / demo")
    case _:
        time.sleep(3600)
