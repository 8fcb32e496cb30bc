"""Secrets: nothing prints them, and each source gives them or says why not."""

import copy
import json
import logging
import marshal
import os
import pickle
import pprint
import sys
import traceback
from pathlib import Path

import pytest

from mycrm_cli.config import keys, profiles, secrets
from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import ConfigError, UsageError
from tests.config.conftest import DictKeyring, Home

CANARY = "hunter2-canary"


def test_no_way_of_printing_shows_it() -> None:
    secret = Secret(CANARY)
    ways = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        f"{secret:>20}",
        "%s %r" % (secret, secret),  # noqa: UP031 - every way counts
        "{}".format(secret),  # noqa: UP032
        repr([secret]),
        pprint.pformat({"a": secret}),
        ascii(secret),
        json.dumps({"a": secret}, default=str),
        str(dir(secret)),
    ]
    assert not [way for way in ways if CANARY in way]
    assert secret.reveal() == CANARY


@pytest.mark.parametrize("dump", [pickle.dumps, marshal.dumps, json.dumps, vars, bytes, iter, len])
def test_no_way_of_storing_takes_it(dump: object) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        dump(Secret(CANARY))  # type: ignore[operator]
    assert CANARY not in str(caught.value)


def test_copies_compare_and_hide(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    assert copy.copy(secret) == secret == copy.deepcopy([secret])[0]
    assert secret != Secret("other")
    assert secret != CANARY
    assert not Secret("")
    with pytest.raises(TypeError):
        hash(secret)
    logging.getLogger("test").warning("it is %s", secret)
    assert CANARY not in caplog.text


def private(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o600)
    return f"file:{path}"


@pytest.mark.parametrize("content", [f"{CANARY}\n", f"{CANARY}\r\nsecond line\n", CANARY])
def test_from_a_file(tmp_path: Path, content: str) -> None:
    source = private(tmp_path / "secret", content)
    assert secrets.fetch(source, "", "it") == Secret(CANARY)
    (tmp_path / "secret").chmod(0o400)
    assert secrets.fetch(source, "", "it") == Secret(CANARY)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o700, 0o666])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    source = private(tmp_path / "secret", CANARY)
    (tmp_path / "secret").chmod(mode)
    with pytest.raises(ConfigError, match="open to others") as caught:
        secrets.fetch(source, "", "it")
    assert caught.value.hint == f"chmod 600 {tmp_path / 'secret'}"


def test_files_that_are_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "empty").touch(0o600)
    private(tmp_path / "binary", "")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("fifo", "empty", "binary", "missing", "."):
        with pytest.raises(ConfigError) as caught:
            secrets.fetch(f"file:{tmp_path / name}", "", "it")
        assert caught.value.exit == 78


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    source = private(tmp_path / "secret", CANARY)
    os.chown(tmp_path / "secret", 12345, -1)
    with pytest.raises(ConfigError, match="belongs to somebody else"):
        secrets.fetch(source, "", "it")


def python(code: str) -> str:
    return f'command:{sys.executable} -c "{code}"'


def test_from_a_command() -> None:
    assert secrets.fetch(python(f"print('{CANARY}'); print('more')"), "", "it") == Secret(CANARY)


def test_a_command_runs_without_a_shell(tmp_path: Path) -> None:
    found = secrets.fetch(f"command:echo $HOME; touch {tmp_path}/x `id`", "", "it")
    assert found == Secret(f"$HOME; touch {tmp_path}/x `id`")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "code",
    [
        f"import sys; print('{CANARY}'); sys.exit(3)",
        f"import sys; sys.exit('{CANARY}')",
        "pass",
        "import sys; sys.stdout.buffer.write(bytes([255]))",
    ],
)
def test_a_command_that_fails_shows_nothing_it_printed(capfd: pytest.CaptureFixture[str], code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        secrets.fetch(python(code), "", "it")
    assert CANARY not in f"{caught.value}{caught.value.hint}{''.join(capfd.readouterr())}"


def test_a_command_that_is_missing_or_slow() -> None:
    with pytest.raises(ConfigError, match="No such file"):
        secrets.fetch("command:/nowhere/pass show x", "", "it")
    with pytest.raises(ConfigError, match=r"within 0\.2 seconds"):
        secrets.from_command("sleep 20", seconds=0.2)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_PASSWORD", CANARY)
    assert secrets.fetch("env:MY_PASSWORD", "", "it") == Secret(CANARY)
    monkeypatch.delenv("MY_PASSWORD")
    with pytest.raises(ConfigError, match="MY_PASSWORD is not set"):
        secrets.fetch("env:MY_PASSWORD", "", "it")


@pytest.mark.parametrize("source", [None, "pgpass"])
def test_libpq_finds_its_own(source: str | None) -> None:
    assert secrets.fetch(source, "", "it") is None


def test_tracebacks_with_locals_do_not_show_it(ring: DictKeyring, tmp_path: Path) -> None:
    def fails() -> None:
        kept = secrets.fetch(private(tmp_path / "secret", CANARY), "", "it")
        keys.store("account", kept or Secret(""))
        raise RuntimeError("boom", kept)

    try:
        fails()
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "boom" in shown
    assert CANARY not in shown


URL = "postgresql://ana@db/crm?sslmode=require"


def test_the_keyring_keeps_a_database_password(home: Home, ring: DictKeyring) -> None:
    profiles.add("work", {"database": URL})
    assert profiles.get("work").database_password() is None
    profiles.store_password("work", Secret(CANARY))
    assert profiles.get("work").database_password() == Secret(CANARY)
    profiles.rename("work", "acme")
    assert profiles.get("acme").database_password() == Secret(CANARY)
    assert CANARY not in home.config.read_text()


def test_the_keyrings_password_does_not_follow_to_another_server(home: Home, ring: DictKeyring) -> None:
    profiles.add("work", {"database": URL})
    profiles.store_password("work", Secret(CANARY))
    moved = profiles.edit("work", {"database": "postgresql://ana@evil/crm"})
    with pytest.raises(ConfigError, match="empty or missing"):
        moved.database_password()


def test_the_admin_database_has_a_password_of_its_own(home: Home, ring: DictKeyring) -> None:
    profiles.add("work", {"database": URL, "admin_database": "postgresql://root@db/crm"})
    profiles.store_password("work", Secret(CANARY), "admin")
    assert profiles.get("work").database_password() is None
    assert profiles.get("work").admin_password() == Secret(CANARY)


def test_a_mail_server_has_a_password_of_its_own(home: Home, ring: DictKeyring) -> None:
    profiles.add("work", {"database": URL, "smtp": "smtps://mail.acme.com"})
    with pytest.raises(ConfigError, match="no mail server"):
        profiles.store_password("work", Secret(CANARY), "smtp")
    profiles.edit("work", {"smtp": "smtps://ana@mail.acme.com:465"})
    assert profiles.get("work").smtp_password() is None
    profiles.store_password("work", Secret(CANARY), "smtp")
    assert profiles.get("work").smtp_password() == Secret(CANARY)
    assert profiles.get("work").database_password() is None
    assert CANARY not in home.config.read_text()
    moved = profiles.edit("work", {"smtp": "smtps://ana@evil:465"})
    with pytest.raises(ConfigError, match="empty or missing"):
        moved.smtp_password()
    with pytest.raises(UsageError, match="pgpass"):
        profiles.edit("work", {"smtp_password": "pgpass"})


@pytest.mark.parametrize(("kind", "words"), [("null", "does not keep"), ("broken", "cannot be used: RuntimeError")])
def test_a_keyring_that_loses_or_breaks(ring: DictKeyring, kind: str, words: str) -> None:
    ring.mode = kind
    with pytest.raises(ConfigError, match=words) as caught:
        keys.store("account", Secret(CANARY))
    assert CANARY not in f"{caught.value}{caught.value.hint}{caught.value.__cause__}"


def test_a_keyring_that_hangs_is_given_up(ring: DictKeyring) -> None:
    ring.mode = "hang"
    with pytest.raises(ConfigError, match="did not answer within 3 seconds"):
        keys.fetch("account")


def test_forgetting(ring: DictKeyring) -> None:
    keys.store("account", Secret(CANARY))
    keys.forget("account")
    keys.forget("account")
    assert keys.fetch("account") is None


@pytest.mark.parametrize("setting", ["database_password", "admin_password", "token"])
@pytest.mark.parametrize("typed", [CANARY, f"plain:{CANARY}", "", "file:", "command:", "command:'x", f"env:{CANARY}"])
def test_plain_secrets_are_refused_everywhere(home: Home, setting: str, typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        profiles.add("work", {setting: typed})
    assert caught.value.exit == 2
    assert CANARY not in f"{caught.value}{caught.value.hint}"
    home.write(f'[profiles.work]\n{setting} = """{typed}"""\n')
    with pytest.raises((UsageError, ConfigError)) as caught_file:
        profiles.choose()
    assert CANARY not in f"{caught_file.value}{caught_file.value.hint}"


@pytest.mark.parametrize("line", [f'password = "{CANARY}"', f'database = "postgresql://a:{CANARY}@db/x"'])
def test_a_password_in_the_file_is_a_usage_error(home: Home, line: str) -> None:
    home.write(f"[profiles.work]\n{line}\n")
    with pytest.raises(UsageError) as caught:
        profiles.choose()
    assert caught.value.exit == 2
    assert CANARY not in f"{caught.value}{caught.value.hint}"


def test_tokens(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home.profiles("work")
    assert profiles.choose().token() is None
    monkeypatch.setenv("MYCRM_TOKEN", CANARY)
    assert profiles.choose().token() == Secret(CANARY)
    source = private(tmp_path / "token", "another")
    profiles.edit("work", {"token": source})
    with pytest.raises(ConfigError, match="MYCRM_TOKEN contradicts profile work") as caught:
        profiles.choose().token()
    assert caught.value.exit == 78
    private(tmp_path / "token", CANARY)
    assert profiles.choose().token() == Secret(CANARY)
    monkeypatch.delenv("MYCRM_TOKEN")
    assert profiles.choose().token() == Secret(CANARY)
    profiles.edit("work", {"token": "env"})
    with pytest.raises(ConfigError, match="MYCRM_TOKEN is not set"):
        profiles.choose().token()
