"""``mycrm user mfa``: the second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli.asking import PasswordFile, Secrets
from mycrm_cli.cli.state import State
from mycrm_cli.config import keyfile
from mycrm_cli.errors import Denied, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.services.rows import Row

app = typer.Typer()
Keyring = Annotated[bool, typer.Option("--keyring", help="Keep the keys in the system's keyring, not in a file.")]


@app.command("enable")
def enable(ctx: typer.Context, password_file: PasswordFile = None, keyring: Keyring = False) -> None:
    """Switch your second factor on: scan the picture with an authenticator app and type its code.

    mycrm user mfa enable
    """
    state: State = ctx.obj
    if not state.out.terminal:
        raise UsageError("the second factor's secret is shown on a terminal only", hint="run it in a terminal")
    asked = Secrets(state, password_file)
    user = own_account(state)
    if user["password"] is None:
        raise Denied("a second factor needs a password beside it", hint="mycrm user passwd")
    if user["mfa_enabled"]:
        raise UsageError("your second factor is on already", hint="mycrm user mfa disable, or mfa codes")
    services.signin.confirm(state.signing, user["email"], asked.ask("current password"))
    secret = services.mfa.new_secret()
    show(state, secret, user["email"])
    code = asked.ask("code of the app")
    with keyfile.lock(), state.work() as work:
        codes = services.mfa.enable(work, user["id"], secret, code, keyring=keyring)
        session = services.sessions.opened(work, user["id"])
        services.sessions.end(work, [user["id"]], but=session)
    state.keep_session(session)
    tell_codes(state, codes, "the second factor is on; your other sessions and your tokens have ended")


def show(state: State, secret: Secret, email: str) -> None:
    """Draw the QR code and write the secret for those who type it."""
    import segno

    address = services.mfa.address(secret, email, state.scope.organization)
    state.close()
    segno.make(address.reveal(), error="m").terminal(compact=True)
    text = secret.reveal()
    groups = " ".join(text[start : start + 4] for start in range(0, len(text), 4))
    state.out.line(f"or type the secret: {groups}")


def tell_codes(state: State, codes: Sequence[Secret], sentence: str) -> None:
    """Write new recovery codes, which are shown once."""
    if state.out.format in ("json", "jsonl"):
        state.out.object({"recovery_codes": [code.reveal() for code in codes]})
    else:
        for code in codes:
            state.out.line(code.reveal())
    state.out.say(sentence)
    state.out.say("each of these recovery codes replaces the second factor once; keep them, they are not shown again")


def own_account(state: State) -> Row:
    """Return the account of the one who is signed in; raises Denied for a token."""
    scope = state.scope
    with state.work() as work:
        return services.tokens.secure(work, scope.user_id)


@app.command("disable")
def disable(
    ctx: typer.Context,
    user: Annotated[str | None, typer.Argument(help="Another user, for administrators.", metavar="[REF]")] = None,
    password_file: PasswordFile = None,
) -> None:
    """Switch a second factor off: yours with a code or a recovery code, another user's as an administrator.

    mycrm user mfa disable
    mycrm user mfa disable ben@acme.com
    """
    state: State = ctx.obj
    id = state.reader.find(catalog.entity("user"), user).id if user else state.scope.user_id
    own = id == state.scope.user_id
    if own:
        prove(state, Secrets(state, password_file))
    with state.work() as work:
        email = services.tokens.secure(work, id)["email"]
        services.mfa.disable(work, id)
        session = services.sessions.opened(work, id) if own else None
        services.sessions.end(work, [id], but=session)
    if session is not None:
        state.keep_session(session)
    state.out.say(f"the second factor of {email} is off; sessions and tokens have ended")


def prove(state: State, asked: Secrets) -> None:
    """Make sure with a code, counted like a sign-in, that it is the own account; raises Denied."""
    user = own_account(state)
    if not user["mfa_enabled"]:
        raise UsageError("your second factor is off", hint="mycrm user mfa enable")
    services.signin.confirm_code(state.signing, user["email"], asked.ask("code of the second factor"))


@app.command("codes")
def codes(ctx: typer.Context, password_file: PasswordFile = None) -> None:
    """Make new recovery codes; the ones before are good no more.

    mycrm user mfa codes
    """
    state: State = ctx.obj
    prove(state, Secrets(state, password_file))
    with state.work() as work:
        new = services.mfa.renew_codes(work, work.scope.user_id)
    tell_codes(state, new, "the recovery codes before are good no more")


@app.command("rekey")
def rekey(ctx: typer.Context, keyring: Keyring = False) -> None:
    """Encrypt all second factors of the organization with a new key, and forget the old one.

    mycrm user mfa rekey
    """
    state: State = ctx.obj
    with keyfile.lock():
        with state.work() as work:
            services.roles.check(work.scope, catalog.entity("user"), "edit")
            services.roles.refuse_token(work.scope)
            count, key = services.mfa.rekey(work, keyring=keyring)
        with state.work() as work:
            services.mfa.forget_keys(work, key)
            file = keyfile.path(work.scope.organization_id)
    if state.out.format in ("json", "jsonl"):
        state.out.object({"encrypted": count, "key": key, "file": file})
    state.out.say(f"{count} second factors are encrypted with the new key {key}")
    state.out.say(f"other machines where people sign in need {file}")
