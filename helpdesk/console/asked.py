"""What handlers are given: who is signed in, and the parts of the address."""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from helpdesk.console.forms import Form
from helpdesk.people.actor import SignedIn

Me = NamedDependency[SignedIn]
Typed = NamedDependency[Form]
Id = FromPath[int]
Name = FromPath[str]
Text = FromQuery[str]
Cursor = FromQuery[str | None]
Flag = FromQuery[bool]
Next = Annotated[str, QueryParameter(name="next")]
