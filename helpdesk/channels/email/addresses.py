"""One mailbox of a person: a name to show and an address to write to."""

import msgspec


class Address(msgspec.Struct, frozen=True):
    """`addr` is in lower case, without angle brackets; `name` may be empty and is plain text."""

    name: str
    addr: str

    @property
    def domain(self) -> str:
        return self.addr.rpartition("@")[2]
