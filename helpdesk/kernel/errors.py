"""What can go wrong in ways that a person can do something about."""


class HelpdeskError(Exception):
    """The root of our own errors; `str()` is a sentence for the person at fault."""


class ConfigurationError(HelpdeskError):
    """A setting is missing or wrong; the message names it and says what to do."""


class Refused(HelpdeskError):
    """The person may not do this."""


class NotFound(HelpdeskError):
    """No such thing, or none that this person may see: the two are the same on purpose."""


class Invalid(HelpdeskError):
    """Input that cannot be taken; `fields` maps a field's name to the message shown at it."""

    def __init__(self, **fields: str) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in fields.items()))
        self.fields = fields


class Conflict(HelpdeskError):
    """Somebody else changed the same fields first; `fields` maps each to (theirs, yours)."""

    def __init__(self, **fields: tuple[object, object]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class TooMany(HelpdeskError):
    """Too many tries; `retry_after` is in seconds, `is_first` tells the first one too many."""

    def __init__(self, retry_after: int, *, is_first: bool = False) -> None:
        super().__init__(f"too many tries, again in {retry_after} s")
        self.retry_after, self.is_first = retry_after, is_first


class Away(HelpdeskError):
    """Something that comes back by itself is not there just now."""


class ProofNeeded(HelpdeskError):
    """The person must show again that it is they; how they can: a password, a code, or at the provider of this name."""

    def __init__(self, *, by_password: bool, by_code: bool, provider: str) -> None:
        super().__init__("it must be shown again who sits here")
        self.by_password, self.by_code, self.provider = by_password, by_code, provider
