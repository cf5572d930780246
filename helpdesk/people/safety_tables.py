"""What makes sure of who works here: second factors, sign-in by a provider, the audit log."""

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Agent, Session


class SecondFactor(Table, tablename="hd_second_factor"):
    """An app that makes codes (RFC 6238), one an agent."""

    id = Serial(primary_key=True)
    agent = ForeignKey(Agent, null=False, unique=True, on_delete=OnDelete.cascade)
    secret = Text(secret=True, help_text="sealed")
    last_step = BigInt(help_text="of the last code that was taken: none works twice")
    since = Timestamptz()


class RecoveryCode(Table, tablename="hd_recovery_code"):
    id = Serial(primary_key=True)
    agent = ForeignKey(Agent, null=False, on_delete=OnDelete.cascade)
    code_hash = Varchar(length=64, secret=True, help_text="keyed with a key that the database does not hold")
    used_at = Timestamptz(null=True, default=None)

    hd_recovery_code_once = Unique([agent, code_hash])


class SignInStep(Table, tablename="hd_sign_in_step"):
    """Somebody knew the password, or came from the provider, and owes the second factor: no session yet."""

    id = Serial(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)
    method = Varchar(length=12, help_text="password, link or oidc")
    expires_at = Timestamptz()


class OidcProvider(Table, tablename="hd_oidc_provider"):
    """Where agents sign in instead of here; at most one row."""

    id = Serial(primary_key=True)
    name = Varchar(length=100)
    issuer = Varchar(length=500)
    client_id = Varchar(length=300)
    client_secret = Text(secret=True, help_text="sealed")
    domains = Array(base_column=Varchar(length=255), default=list, help_text="whose addresses become agents")
    new_role = Varchar(length=20, help_text="of those who are not invited; empty: only who is invited gets in")
    brings_factor = Boolean(default=False, help_text="it asks for a second factor itself, so we do not")
    is_on = Boolean(default=False)
    is_only_way = Boolean(default=False, help_text="no passwords but that of `break_glass`")
    break_glass = ForeignKey(Agent, null=True, default=None, index=True, on_delete=OnDelete.set_null)
    tested_at = Timestamptz(
        null=True, default=None, help_text="when somebody last came back from it whom it would let in"
    )
    metadata = Text(default="", help_text="what it says of itself, as JSON")
    keys = Text(default="", help_text="that its tokens are signed with, as a JWK set")
    asked_at = Timestamptz(null=True, default=None, help_text="for `metadata`")
    keys_at = Timestamptz(null=True, default=None)


class OidcIdentity(Table, tablename="hd_oidc_identity"):
    """Who an agent is at a provider: the subject, which stays when the address changes."""

    id = Serial(primary_key=True)
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)
    issuer = Varchar(length=500)
    subject = Varchar(length=255)
    since = Timestamptz()

    hd_oidc_identity_once = Unique([issuer, subject])


class OidcVisit(Table, tablename="hd_oidc_visit"):
    """Somebody is at the provider, and may come back within minutes, once, with the same browser."""

    id = Serial(primary_key=True)
    state_hash = Varchar(length=64, unique=True)
    browser_hash = Varchar(length=64)
    provider = ForeignKey(OidcProvider, null=False, index=True, on_delete=OnDelete.cascade)
    session = ForeignKey(Session, null=True, default=None, index=True, on_delete=OnDelete.cascade)
    purpose = Varchar(length=12, help_text="sign_in, proof or test")
    secrets = Text(secret=True, help_text="nonce, code verifier and where they go on, sealed")
    begun_at = Timestamptz()
    expires_at = Timestamptz()


class Audit(Table, tablename="hd_audit"):
    """Who did what, for ever: a trigger refuses changes. No foreign keys, so that nothing has to change."""

    id = BigSerial(primary_key=True)
    at = Timestamptz()
    kind = Varchar(length=40)
    actor_kind = Varchar(length=12, help_text="agent, system, stranger or command")
    actor = Integer(null=True, default=None)
    actor_name = Varchar(length=200)
    address = Varchar(length=64, help_text="of the network, where the actor came from it")
    about_kind = Varchar(length=20)
    about_id = BigInt(null=True, default=None)
    about_name = Varchar(length=320)
    changes = JSONB(help_text="field to [old, new], without secrets")
