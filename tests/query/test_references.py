"""References: exact at each step, near names when nothing matches, candidates when several do."""

import pytest

from mycrm_cli import catalog
from mycrm_cli.errors import Ambiguous, NotFound
from mycrm_cli.query import Reader
from mycrm_cli.query.references import Found
from tests.query.world import World

CONTACT, COMPANY, USER = catalog.entity("contact"), catalog.entity("company"), catalog.entity("user")


def live(world: World, **wanted: object) -> list[dict[str, object]]:
    """Return the contacts outside the trash with these values."""
    return [c for c in world.of("contacts") if not c["is_deleted"] and all(c[k] == v for k, v in wanted.items())]


def test_every_way_to_name_a_contact(world: World, reader: Reader) -> None:
    contact = next(c for c in live(world) if len(c["emails"]) == 2)  # type: ignore[arg-type]
    for reference in (
        str(contact["id"]),
        str(contact["id"]).replace("-", "").upper(),
        f"C-{contact['number']}",
        f"c-{contact['number']}",
        str(contact["number"]),
        f" {contact['email']} ",
        str(contact["email"]).upper(),
        contact["emails"][1],  # type: ignore[index]
    ):
        found = reader.find(CONTACT, str(reference))
        assert (found.id, found.number, found.title, found.version) == (
            contact["id"],
            contact["number"],
            contact["title"],
            1,
        )


def test_ways_to_name_others(world: World, reader: Reader) -> None:
    acme = next(c for c in world.of("companies") if c["name"] == "Acme")
    for reference in ("acme.com", "https://www.acme.com/about", "ACME", "acmé", f"CO-{acme['number']}"):
        assert reader.find(COMPANY, reference).id == acme["id"], reference
    assert reader.find(USER, "me").id == world.me["id"]
    assert reader.find(USER, "me@acme.com").title == "Me Myself"
    assert reader.find(USER, "bea  böß").email == "boss@acme.com"


def test_external_ids(migrated_database: str, world: World) -> None:
    from mycrm_cli.db.connect import connect

    contact = live(world)[0]
    world.writer = connect(world.url, write=True)
    world.enter(world.acme)
    world.add(
        "external_ids",
        organization_id=world.acme,
        entity="contact",
        record_id=contact["id"],
        source="hubspot",
        external_id="1:2",
    )
    world.writer.commit()
    world.writer.close()
    reader = world.reader()
    assert reader.find(CONTACT, "ext:hubspot:1:2").id == contact["id"]
    with pytest.raises(NotFound):
        reader.find(CONTACT, "ext:salesforce:1:2")
    with pytest.raises(NotFound):
        reader.find(COMPANY, "ext:hubspot:1:2")
    reader.connection.close()


def test_several_candidates(world: World, reader: Reader) -> None:
    same = live(world, phone="+493012345")
    with pytest.raises(Ambiguous) as caught:
        reader.find(CONTACT, "(030) 12345")
    assert caught.value.exit == 5
    assert f"{len(same)} contacts match" in caught.value.message
    assert len(caught.value.candidates) == 5
    first = min(same, key=lambda c: c["number"])  # type: ignore[arg-type,return-value]
    assert caught.value.candidates[0] == f"C-{first['number']} {first['email'] or first['title']}"


def test_nothing_matches(world: World, reader: Reader) -> None:
    contact = next(c for c in live(world) if c["email"])
    typo = str(contact["email"]).replace("@", "x@")
    with pytest.raises(NotFound) as caught:
        reader.find(CONTACT, typo)
    assert caught.value.message == f'no contact matches "{typo}" in acme'
    assert 1 <= len(caught.value.candidates) <= 5
    assert any(str(contact["email"]) in candidate for candidate in caught.value.candidates)
    assert (caught.value.hint or "").startswith("mycrm contact list -w 'email~")
    with pytest.raises(NotFound) as caught:
        reader.find(COMPANY, "Globx")
    assert caught.value.candidates[0].endswith("Globex")


def test_a_number_of_another_noun(reader: Reader) -> None:
    with pytest.raises(NotFound) as caught:
        reader.find(CONTACT, "co-1")
    assert caught.value.hint == "CO-1 is a company: mycrm company view CO-1"


ODD = [
    "",
    " ",
    "\0",
    "\ud800",
    "C-99999999999",
    "C-0",
    "%",
    "' OR 1=1 --",
    "x" * 10_000,
    "-",
    "٣",
    "ext::",
    "tel:+",
    "@",
]


def test_odd_references(reader: Reader) -> None:
    for reference in ODD:
        with pytest.raises(NotFound) as caught:
            reader.find(CONTACT, reference)
        assert len(caught.value.message) < 200
        caught.value.message.encode()


def test_the_trash(world: World, reader: Reader) -> None:
    gone = next(c for c in world.of("contacts") if c["is_deleted"])
    with pytest.raises(NotFound):
        reader.find(CONTACT, f"C-{gone['number']}")
    assert reader.find(CONTACT, f"C-{gone['number']}", deleted=True).id == gone["id"]


def test_another_organization_is_not_found(world: World, reader: Reader) -> None:
    stranger = next(c for c in world.of("contacts", world.other) if len(c["emails"]) == 2 and not c["is_deleted"])
    for reference in (str(stranger["id"]), stranger["emails"][1]):
        with pytest.raises(NotFound) as caught:
            reader.find(CONTACT, reference)
        assert str(stranger["number"]) not in str(caught.value.candidates)
        assert all("other.example" not in candidate for candidate in caught.value.candidates)


def test_many_at_once(world: World, reader: Reader) -> None:
    numbers = [f"C-{c['number']}" for c in world.of("contacts")]
    people = {str(c["email"]): c["id"] for c in live(world) if c["email"]}
    answers = reader.find_many(CONTACT, [*numbers, *people, "nobody"])
    assert all(isinstance(answers[e], Found) and answers[e].id == i for e, i in people.items())  # type: ignore[union-attr]
    assert isinstance(answers["nobody"], NotFound)
    assert sum(isinstance(answers[n], Found) for n in numbers) == len(live(world))
