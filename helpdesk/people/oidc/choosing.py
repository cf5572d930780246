"""Sign-in by a provider (OpenID Connect): which one, and whether it is on."""

from helpdesk.kernel.database import rows


async def way_in() -> dict[str, object] | None:
    """The provider that agents may sign in by: `name` and `is_only_way`; None when there is none."""
    found = await rows("SELECT name, is_only_way FROM hd_oidc_provider WHERE is_on")
    return found[0] if found else None
