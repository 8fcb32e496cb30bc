"""Bash's line is read as bash reads it, and what is inserted makes bash read the candidate."""

import shutil
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from mycrm_cli.completing import bash
from tests.completion.asking import PAYLOADS

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(" $`'\"\\!#~*?;&|<>(){}[]=:@^%"), max_size=30
)


def evaluated(words: list[str]) -> list[str]:
    """Return what a real bash makes of a line's words."""
    line = "printf '%s\\0' " + " ".join(words)
    shell = str(shutil.which("bash"))
    done = subprocess.run([shell, "--norc", "-c", line], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    return done.stdout.decode().split("\0")[:-1]


def test_a_real_bash_reads_the_candidate_whatever_the_quotes() -> None:
    names = [" ".join(name.split()) for name in PAYLOADS]
    for quote in ("", "'", '"'):
        # A second candidate keeps the first from being the only one, which may be closed already.
        words = [f"x{quote}{bash.quoted([name, 'other'], bash.Quoting(0, quote))[0]}{quote}" for name in names]
        assert evaluated(words) == [f"x{name}" for name in names]


@given(TEXT, TEXT, st.sampled_from(["", "'", '"', "$"]))
def test_reading_is_the_inverse_of_quoting(first: str, second: str, quote: str) -> None:
    opening = "$'" if quote == "$" else quote
    text = opening + bash.quoted([second, "other"], bash.Quoting(0, quote))[0]
    whole = f"mycrm w{bash.quoted([first], bash.Quoting(0, ''))[0]} y{text}"
    words, open_quote = bash.split(whole)
    assert words == ["mycrm", f"w{first}", f"y{second}"]
    assert open_quote == quote


@given(st.lists(TEXT, min_size=2, max_size=4))
def test_what_several_have_in_common_is_never_torn(names: list[str]) -> None:
    texts = bash.quoted(names, bash.Quoting(0, ""))
    assert not bash._torn(texts)
    for name, text in zip(names, texts, strict=True):
        assert bash.split(f"m {text}x")[0] == ["m", f"{name}x"]


def test_only_what_readline_replaces_is_inserted() -> None:
    for line, region, kept, quote in (
        ("mycrm contact add --owner=an", "an", len("--owner="), ""),
        ("mycrm contact view ana@ac", "ac", len("ana@"), ""),
        ("mycrm contact view 'ana b", "ana b", 0, "'"),
        ('mycrm contact list -w "status:ac', "status:ac", 0, '"'),
        ("mycrm contact view ", "", 0, ""),
        ("mycrm contact view ana\\ b", "ana\\ b", 0, ""),
    ):
        words, current, quoting = bash.read(line, region)
        assert words[:1] == ["contact"]
        assert (quoting.kept, quoting.quote) == (kept, quote), line
        assert current == line.rsplit("view ", 1)[-1].lstrip("'").replace("\\", "") or "view" not in line


def test_the_only_candidate_is_closed_where_readline_would_not() -> None:
    assert bash.quoted(["it's"], bash.Quoting(0, "'")) == [r"it'\''s"]
    assert bash.quoted(["its'"], bash.Quoting(0, "'")) == [r"its'\''" + "'"]
    assert bash.quoted(['a"'], bash.Quoting(0, '"')) == [r"a\"" + '"']
    assert bash.quoted(['a"', "b"], bash.Quoting(0, '"')) == [r"a\"", "b"]
