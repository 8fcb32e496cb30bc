"""``config list --origin``: the file and its line, the variable, the option."""

from pathlib import Path

from mycrm_cli.config import origins
from tests.program import Program


def test_each_value_says_where_it_stands(sqlite_crm: Program) -> None:
    """In full with ``--origin``, in short without."""
    file = sqlite_crm.home / "config.toml"
    file.write_text(
        f'# mine\n{file.read_text()}\n[settings]\n"editor" = "nano"\n\n[hooks]\non_deal_won = ["/bin/true"]\n'
    )
    lines = file.read_text().splitlines()

    def line(start: str) -> int:
        return next(number for number, text in enumerate(lines, 1) if text.startswith(start))

    env = {"MYCRM_TZ": "Asia/Tokyo", "PAGER": "more"}
    told = {row[0]: row[2] for row in sqlite_crm("config", "list", "--origin", "--no-input", env=env).rows}
    assert told["timezone"] == "variable MYCRM_TZ"
    assert told["pager"] == "variable PAGER"
    assert told["no_input"] == "option --no-input"
    assert told["debug"] == "default"
    assert told["profile"] == f"the default, {file} line {line('default')}"
    assert told["organization"] == f"profile work, {file} line {line('organization =')}"
    assert told["hooks.on_deal_won"] == f"[hooks], {file} line {line('on_deal_won')}"
    short = {row[0]: row[2] for row in sqlite_crm("config", "list", env=env).rows}
    assert short["organization"] == "profile work"
    objects = {each["name"]: each for each in sqlite_crm.json("config", "list", "--origin")}
    assert (objects["editor"]["file"], objects["editor"]["line"]) == (str(file), line('"editor"'))
    assert objects["debug"]["line"] is None
    chosen = {row[0]: row[2] for row in sqlite_crm("config", "list", "--origin", "-P", "work").rows}
    assert chosen["profile"] == "option -P"
    sqlite_crm("profile", "use", "work")
    used = {row[0]: row[2] for row in sqlite_crm("config", "list", "--origin").rows}
    assert used["profile"] == f"profile use, {sqlite_crm.home / 'state' / 'current'}"


def test_lines_that_files_do_not_show(tmp_path: Path) -> None:
    """Tables written in other ways have a file and no line."""
    file = tmp_path / "config.toml"
    file.write_text('profiles.work.user = "a@b.c"\nsettings = { editor = "ed" }\n[ profiles . "x" ]\nuser="b"\n')
    assert origins.line_of(str(file), "profiles.work", "user") == 1
    assert origins.line_of(str(file), "settings", "editor") is None
    assert origins.line_of(str(file), "profiles.x", "user") == 4
    assert origins.line_of(str(tmp_path / "none"), "", "default") is None
