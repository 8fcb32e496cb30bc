"""Profiles: choosing, adding, editing; what a wrong one says."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.program import Program


def test_init_makes_everything(program: Program, empty_database: str, tmp_path: Path) -> None:
    """A database, an organization, a user, a pipeline and a profile, without a question."""
    secret = tmp_path / "password"
    secret.write_text("correct horse battery\n")
    line = "init --profile work --organization Acme --slug acme --email ana@acme.com --region DE --no-input".split()
    warned = program(*line, "--database", empty_database, "--password-file", str(secret)).stderr
    assert f"chmod 600 {secret}" in warned
    assert program("profile", "current").stdout == "work\n"
    assert program("user", "list", "-F", "email,role").rows == [["ana@acme.com", "super_admin"]]
    assert program.json("org", "view")["settings"] == {"region": "DE", "currency": "USD", "timezone": "UTC"}
    assert program.json("contact", "add", "A", "--phone", "030 901820")["phone"] == "+4930901820"
    assert "password" not in program("user", "view", "me", "--json").stdout
    assert stat.S_IMODE(os.stat(program.home / "config.toml").st_mode) == 0o600
    assert program(*line, "--database", empty_database, exit=6).stdout == ""
    again = ["init", "--profile", "other", *line[3:]]
    is_file = not empty_database.startswith("postgresql")
    refused = program(*again, "--database", empty_database, exit=4 if is_file else 6).stderr
    assert ("holds an organization already" if is_file else "acme") in refused
    assert program("profile", "list").stdout.count("\n") == 1


def test_init_asks_for_what_is_missing(program: Program) -> None:
    """Without a terminal it names the option."""
    assert "--organization" in program("init", "--no-input", exit=2).stderr
    assert "--email" in program("init", "--organization", "Acme", "--no-input", exit=2).stderr
    assert program("profile", "list").stdout == ""


@pytest.mark.parametrize(
    ("option", "value", "status"),
    [
        ("--email", "nobody", 6),
        ("--slug", "Not A Slug", 6),
        ("--region", "Atlantis", 2),
        ("--timezone", "Mars/Base", 2),
        ("--database", "postgresql://me:secret@localhost/x", 2),
        ("--database", "mysql://localhost/x", 2),
        ("--profile", "../../etc", 2),
    ],
)
def test_init_refuses_bad_values(program: Program, option: str, value: str, status: int) -> None:
    """Nothing is left behind, and a password in a URL is not repeated."""
    line = ["init", "--organization", "Acme", "--email", "ana@acme.com", "--no-input", option, value]
    refused = program(*line, exit=status)
    assert "secret" not in refused.stderr.replace("secret source", "")
    assert program("profile", "list").stdout == ""


def test_settings_of_profiles(crm: Program) -> None:
    """Edit, view, rename, use, env and delete."""
    crm("profile", "edit", "work", "--timezone", "Europe/Berlin")
    assert crm.json("profile", "view", "work")["timezone"] == "Europe/Berlin"
    crm("profile", "add", "second", "--organization", "acme", "--user", "ana@acme.com", "-P", "work")
    crm.sign_in("second")
    crm("profile", "use", "second")
    assert crm("profile", "current").stdout == "second\n"
    assert crm("contact", "count", env={"MYCRM_PROFILE": "work"}).stdout == "0\n"
    crm("profile", "rename", "second", "third")
    assert crm("profile", "env", "third").stdout == "export MYCRM_PROFILE=third\n"
    crm("profile", "delete", "third")
    crm("profile", "view", "third", exit=78)
    crm("profile", "edit", "work", "--clear", "timezone")
    crm("profile", "edit", "work", "--colour", "red", exit=2)
    crm("profile", "edit", "work", exit=2)


def test_a_write_does_not_depend_on_profile_use(crm: Program) -> None:
    """Without a terminal and with several profiles, a write names its profile."""
    crm("profile", "add", "second", "--organization", "acme", "--user", "ana@acme.com", "-P", "work")
    crm.sign_in("second")
    crm("profile", "use", "second")
    crm("contact", "list")
    assert "-P" in crm("contact", "add", "Ana", exit=78).stderr
    crm("contact", "add", "Ana", "-P", "second")


def test_protected_profiles(crm: Program) -> None:
    """Bulk writes need the profile's name; single ones do not."""
    crm("contact", "add", "Ana")
    crm("profile", "edit", "work", "--protected", "yes")
    crm("contact", "edit", "C-1", "--city", "Rome")
    assert "--confirm work" in crm("contact", "edit", "--all", "--city", "Bonn", "-y", exit=2).stderr
    crm("contact", "edit", "--all", "--city", "Bonn", "-y", "--confirm", "work")
    crm("contact", "delete", "--all", "-y", "--confirm", "other", exit=2)
    assert crm("contact", "view", "C-1", "-F", "city").stdout == "Bonn\n"


def test_a_folder_may_choose_the_profile(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``.mycrm.toml`` chooses, and may do nothing else."""
    crm("profile", "add", "second", "--organization", "acme", "--user", "ana@acme.com", "-P", "work")
    crm.sign_in("second")
    project = tmp_path / "project"
    project.mkdir()
    (project / ".mycrm.toml").write_text('profile = "second"\n')
    monkeypatch.chdir(project)
    assert crm("profile", "current").stdout == "second\n"
    (project / ".mycrm.toml").write_text('profile = "second"\ndatabase = "evil.db"\n')
    assert "database" in crm("profile", "current", exit=78).stderr


def test_profiles_that_are_not_there(crm: Program, tmp_path: Path) -> None:
    """Exit 78 with the way out."""
    assert "mycrm init" in Program(tmp_path / "nothing")("contact", "list", exit=78).stderr
    assert "work" in crm("contact", "list", "-P", "wrok", exit=78).stderr
    error = json.loads(crm("contact", "list", "-P", "wrok", "--json", exit=78).stderr)["error"]
    assert (error["code"], error["exit"]) == ("config", 78)


def test_a_user_or_organization_that_is_gone(crm: Program) -> None:
    """A profile whose user may not sign in is denied; one without an organization is misconfigured."""
    crm("user", "add", "zoe@acme.com", "--role", "sales_rep")
    crm("profile", "add", "zoe", "--organization", "acme", "--user", "zoe@acme.com")
    crm.sign_in("zoe")
    crm("user", "edit", "zoe@acme.com", "--is-active", "no", "-P", "work")
    crm("contact", "list", "-P", "zoe", exit=4)
    crm("profile", "edit", "zoe", "--user", "nobody@acme.com", exit=4)
    crm("contact", "list", "-P", "zoe", exit=4)
    crm("profile", "edit", "zoe", "--organization", "nowhere", exit=3)


def test_roles(crm: Program) -> None:
    """Who may only read, only reads; who is no administrator makes none."""
    crm("profile", "edit", "work", "--timezone", "UTC")
    for role in ("readonly", "sales_rep"):
        crm("user", "add", f"{role}@acme.com", "--role", role, "-P", "work")
        name = role.replace("_", "-")
        crm("profile", "add", name, "--organization", "acme", "--user", f"{role}@acme.com", "-P", "work")
        crm.sign_in(name)
    crm("contact", "list", "-P", "readonly")
    crm("contact", "add", "Ana", "-P", "readonly", exit=4)
    crm("contact", "add", "Ana", "-P", "sales-rep")
    crm("user", "edit", "sales_rep@acme.com", "--role", "super_admin", "-P", "sales-rep", exit=4)
    crm("team", "add", "North", "-P", "sales-rep", exit=4)
    crm("org", "add", "--name", "X", "--admin-email", "x@x.com", "-P", "sales-rep", exit=4)
    crm("org", "edit", "--name", "X", "-P", "sales-rep", exit=4)


def test_where_settings_come_from(crm: Program) -> None:
    """``config list`` names the origin of each."""
    values = {v["name"]: v for v in crm("config", "list", "--json", env={"MYCRM_TZ": "Asia/Tokyo"}).json}
    assert values["timezone"]["origin"] == "environment"
    assert values["profile"]["value"] == "work"
