"""The guides say what is true: every command in them runs as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mycrm_cli.cli.demo import INIT, SAMPLES
from tests.mail.server import server
from tests.program import Program

FILES = Path(__file__).parents[1] / "mycrm_cli" / "samples"
GUIDES = Path(__file__).parents[1] / "docs" / "guides"
COMMAND = re.compile(r"^    mycrm ([^#\n]*[^#\s])", re.MULTILINE)


def commands(name: str) -> list[list[str]]:
    """Return the words of the commands that stand in the indented blocks of a guide."""
    text = (GUIDES / name).read_text(encoding="utf-8")
    return [shlex.split(line) for line in COMMAND.findall(text)]


@pytest.fixture
def demo(empty_database: str, tmp_path: Path) -> Program:
    """The program with the demo's data, on which the guides are written, in either database."""
    program = Program(tmp_path / "demo", empty_database)
    program(*INIT, "--database", empty_database)
    for noun, name in SAMPLES:
        program(noun, "import", str(FILES / name))
    return program


def test_the_demo_is_what_the_guides_are_written_on(tmp_path: Path) -> None:
    """``mycrm demo`` makes the same as the fixture."""
    home = tmp_path / "demo"
    shown = Program(tmp_path / "none")("demo", "--dir", str(home)).stdout
    assert shown.count("$ mycrm") >= 8
    program = Program(home)
    for noun, name in SAMPLES:
        rows = (FILES / name).read_text(encoding="utf-8").count("\n") - 1
        assert int(program(noun, "count").stdout) == rows + (noun == "user"), noun


def test_a_day(demo: Program) -> None:
    """Twenty commands or more, each as a rep would type it, at a terminal that can be asked."""
    lines = [line for line in commands("a-day.md") if line[0] != "demo"]
    assert len(lines) >= 20
    for line in lines:
        demo(*line, "--yes", terminal=True)
    deal = demo.json("deal", "view", "Alder Systems - 40 seats")
    assert (deal["value"], deal["next_step"], deal["tags"]) == ("1862.00", "Call the COO", ["vip", "q4"])
    assert demo.json("deal", "view", "D-3")["status"] == "won"
    assert demo.json("deal", "view", "D-5")["status"] == "lost"
    assert demo.json("lead", "view", "L-3")["status"] == "converted"


def test_sales_operations(demo: Program, tmp_path: Path) -> None:
    """Every line of the guide in a real shell, pipes and all; what it names is there before."""
    for line in (
        "user add ana@acme.com --role sales_rep",
        "user add ben@acme.com --role sales_rep",
        "contact add Vip --tag vip",
        "lead add 'Late Lead' --email late@lead.example",
    ):
        demo(*shlex.split(line))
    (tmp_path / "people.csv").write_text("first_name,email\nOda,oda@people.example\n")
    text = (GUIDES / "sales-operations.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in re.findall(r"^    (?:mycrm|printf) .*$", text, re.MULTILINE)]
    assert len(lines) >= 20
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line in lines:
        # The numbers of changes are the reader's own.
        newest = demo.json("change", "list", "-L", "1")[0]["number"]
        typed = re.sub(r"X-\d+", f"X-{newest}", line)
        if "--label" in typed:
            demo("contact", "edit", "C-1", "--city", "Oslo", "--label", "spring-cleaning")
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", typed],
            env=demo.environment() | {"PATH": path},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, (typed, ran.stdout, ran.stderr)


def test_scoring(demo: Program, tmp_path: Path) -> None:
    """Every line of the guide in a real shell, in its order."""
    text = (GUIDES / "scoring.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in re.findall(r"^    (?:mycrm|sed) .*$", text, re.MULTILINE)]
    # The demo has no outcomes to learn from; tests/scoring/test_learned_story.py learns.
    lines = [line for line in lines if not line.startswith(("mycrm score train", "mycrm score model use"))]
    assert len(lines) >= 15
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = demo.environment() | {"PATH": path}
    for line in lines:
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, (line, ran.stdout, ran.stderr)


def test_mail(demo: Program, tmp_path: Path) -> None:
    """Every line of the guide in a real shell, with a mail server on this machine."""
    (tmp_path / "quote.pdf").write_bytes(b"%PDF-1")
    for name in ("answer.txt", "visit.txt"):
        (tmp_path / name).write_text("Dear customer,\nsee you soon.\n")
    demo("contact", "edit", "C-1", "C-2", "--city", "Oslo")
    text = (GUIDES / "mail.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in re.findall(r"^    mycrm .*$", text, re.MULTILINE)]
    assert len(lines) >= 14
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with server() as (box, port):
        for line in lines:
            typed = re.sub(r"--smtp smtps://\S+", f"--smtp smtp://127.0.0.1:{port} --smtp-security none", line)
            ran = subprocess.run(
                ["bash", "-o", "pipefail", "-c", typed],
                env=demo.environment() | {"PATH": path},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, (typed, ran.stdout, ran.stderr)
    messages = box.messages
    assert [one["Subject"] for one in messages[:2]] == ["Your quote", "Re: Your quote"]
    assert sum(one["Subject"] == "We are in Oslo" for one in messages) == 2 and messages[-1]["Subject"] == "Tomorrow"


def test_sequences(demo: Program) -> None:
    """Every line of the guide; sending alone is left to tests/mail."""
    lines = commands("sequences.md")
    assert len(lines) >= 20
    for line in lines:
        demo(*line)


def test_reports(demo: Program, tmp_path: Path) -> None:
    """Every line of the guide but those that mail; the page is made."""
    lines = commands("reports.md")
    assert len(lines) >= 20
    for line in lines:
        if "--send" not in line:
            demo(*[str(tmp_path / word) if word.endswith(".html") else word for word in line])
    assert (tmp_path / "dashboard.html").stat().st_mode & 0o777 == 0o600


def test_targets(demo: Program) -> None:
    """Every command of the guide about targets, one after the other."""
    lines = commands("targets.md")
    assert len(lines) >= 8
    for line in lines:
        demo(*line)
    assert demo("target", "count").stdout == "18\n"


def test_the_shell(demo: Program, tmp_path: Path) -> None:
    """The lines that are typed at the prompt, from a pipe, then those of a real shell."""
    text = (GUIDES / "shell.md").read_text(encoding="utf-8")
    typed = [line.partition("> ")[2] for line in re.findall(r"^    work.*$", text, re.MULTILINE)]
    assert len(typed) >= 9
    (demo.home / "lines").write_text("\n".join(typed).replace("D-12", "D-1"))
    demo("shell", stdin=(demo.home / "lines").read_text())
    deal = demo.json("deal", "view", "D-1")
    assert deal["value"] == "5000.00"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line in re.findall(r"^    (printf .*)$", text, re.MULTILINE):
        environment = demo.environment() | {"PATH": path}
        ran = subprocess.run(["bash", "-o", "pipefail", "-c", line], env=environment, capture_output=True, check=False)
        assert ran.returncode == 0, (line, ran.stdout, ran.stderr)
