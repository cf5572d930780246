"""Sign-in by a provider (OpenID Connect Core 1.0, authorisation code with PKCE), read top to bottom:

`choosing` which provider, `metadata` what it says of itself, `asking` it, `visiting` it and back, `id_tokens` what it says
of somebody, `arriving` who that is here, `trying` whether all of it works.
"""

from helpdesk.people.oidc.choosing import way_in

__all__ = ["way_in"]
