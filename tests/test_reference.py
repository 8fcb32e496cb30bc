"""The generated reference: fresh, complete, with an example for every command."""

from mycrm_cli import catalog
from mycrm_cli.cli import tree
from mycrm_cli.cli.groups import split_help
from tools import reference


def test_the_reference_is_fresh() -> None:
    """``python -m tools.reference`` would change nothing, and every command has an example."""
    assert reference.stale() == []
    found = list(reference.commands(tree.root()))
    bare = [" ".join(names) for names, command in found if not split_help(command.help or "")[1]]
    assert not bare
    assert len(found) >= 200, f"only {len(found)} commands"


def test_the_reference_is_complete() -> None:
    """Each noun has a page with its fields, each table a section; no line but of a table is long."""
    pages = reference.pages()
    for noun, entity in catalog.nouns().items():
        for name, field in entity.fields.items():
            assert f"| `{name}` |" in pages[f"{noun}.md"] or field.internal or field.secret
    missing = [each.table for each in catalog.entities().values() if f"## {each.table}\n" not in pages["schema.md"]]
    assert not missing
    lines = [(name, line) for name, text in pages.items() for line in text.splitlines()]
    assert not [(name, line) for name, line in lines if len(line) > 120 and not line.startswith("|")]
