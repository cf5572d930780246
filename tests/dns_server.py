"""A DNS server of one's own: UDP on this machine, answering from a table."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Table = dict[tuple[str, str], list[str]]
"""Records by name and kind: {("x.test", "MX"): ["10 mail.x.test."]}."""


class _Names(asyncio.DatagramProtocol):
    def __init__(self, table: Table, failure: str) -> None:
        self.table, self.failure = table, failure

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        if self.failure != "silence":
            self.transport.sendto(self._answer(dns.message.from_wire(data)).to_wire(), addr)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer, asked = dns.message.make_response(query), query.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        if self.failure:
            answer.set_rcode(dns.rcode.from_text(self.failure))
        elif records := self.table.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *records))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.table):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


@asynccontextmanager
async def dns_server(table: Table, *, failure: str = "") -> AsyncIterator[dns.asyncresolver.Resolver]:
    """A resolver that asks only this server; `failure` is an answer to everything, such as SERVFAIL, or `silence`."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Names(table, failure), local_addr=("127.0.0.1", 0)
    )
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
    try:
        yield resolver
    finally:
        transport.close()
