"""Who erases a person and who writes the person down at the same time wait for each other."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

from mycrm_cli import catalog
from mycrm_cli.services import records
from mycrm_cli.services.people import erasing
from tests.program import Program
from tests.services.test_concurrency import organization_of, work

JAN = "jan@mail.example"


def test_nobody_slips_in(crm: Program) -> None:
    """What is written before the erasure goes with it, what comes during it is refused, whatever the order."""
    organization, lead = organization_of(crm), catalog.entity("lead")
    crm("contact", "add", "Jan", "--email", JAN)
    with ThreadPoolExecutor() as pool:
        with work(crm, organization) as writing:
            records.add(writing, lead, [{"name": "Jan", "email": JAN}])
            erased = pool.submit(crm.process, "person", "erase", JAN, "--confirm", JAN, "--json")
            sleep(1)
            assert not erased.done()
        assert erased.result().json["erased"].keys() == {"contacts", "leads"}
        crm("person", "forgive", JAN, "--confirm", JAN)
        crm("contact", "add", "Jan", "--email", JAN)
        with work(crm, organization) as erase:
            erasing.erase(erase, JAN)
            added = pool.submit(crm.process, "lead", "add", "Jan", "--email", JAN, exit=6)
            sleep(1)
            assert not added.done()
        assert "erased" in added.result().stderr
    assert [crm(noun, "count").stdout.strip() for noun in ("contact", "lead")] == ["0", "0"]
