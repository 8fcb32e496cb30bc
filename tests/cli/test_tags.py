"""Tags on many records at once."""

from tests.program import Program


def test_tagging(crm: Program) -> None:
    for name in ("Ana", "Bob", "Cy", "Di"):
        crm("contact", "add", name)
    crm("contact", "tag", "vip", "C-1")
    added = crm.json("contact", "tag", "VIP , eu", "C-1", "C-2")
    assert [record["tags"] for record in added] in ([["vip", "eu"], ["vip", "eu"]], [["eu", "vip"], ["vip", "eu"]])
    told = crm("contact", "tag", "eu", "C-1", "C-2", "C-3", terminal=True, env={"NO_COLOR": "1"})
    assert "tagged C-3 Cy" in told.stderr
    assert crm("contact", "list", "+eu", "-F", "name", "-s", "name").lines == ["Ana", "Bob", "Cy"]
    crm("contact", "untag", "-w", "+eu", "--yes", exit=2)
    crm("contact", "untag", "eu", "-w", "+eu", exit=2)
    change = crm.json("contact", "untag", "eu,nothing", "-w", "+eu", "--yes")[0]["change"]
    assert crm("contact", "count", "+eu").stdout == "0\n"
    crm("undo", change, "--yes")
    assert crm("contact", "count", "+eu").stdout == "3\n"

    ids = crm("contact", "list", "-o", "ids").stdout
    crm("contact", "tag", "all", "-", stdin=ids, exit=2)
    crm("contact", "tag", "all", "-", "--yes", stdin=ids)
    crm("contact", "tag", "two", "-", stdin='{"id": "C-1"}\n{"ref": "Bob", "status": "archived"}\n')
    assert crm("contact", "list", "+all +two status=active", "-F", "name", "-s", "name").lines == ["Ana", "Bob"]
    assert "nothing to change" in crm("contact", "tag", "all", "--all", "--yes", terminal=True).stderr

    assert "they come first" in crm("contact", "tag", "C-1", "vip", exit=2).stderr
    crm("contact", "tag", exit=2)
    crm("contact", "tag", " , ", "C-1", exit=2)
    crm("contact", "tag", "vip", exit=2)
    crm("contact", "tag", "vip", "C-1", "C-99", exit=3)
    crm("contact", "tag", "x" * 300, "C-1", exit=6)
    crm("task", "tag", "vip", "T-1", exit=2)
    crm("deal", "add", "Big")
    crm("deal", "tag", "vip", "D-1")
    crm("deal", "untag", "vip", "D-1")
    assert crm.json("deal", "view", "D-1")["tags"] == []
