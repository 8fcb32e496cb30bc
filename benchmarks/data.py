"""Makes a profile with many invented contacts, always the same ones."""

import os
import random

from benchmarks.timing import environment
from mycrm_cli import catalog
from mycrm_cli.db import directory
from mycrm_cli.db.connect import connect
from mycrm_cli.services import records
from mycrm_cli.services.work import Work

SEED = 20261122
FIRST = "Ana Bao Carla David Elodie Farid Greta Hans Ines Jonas Kwame Lena Mara Nils Olga Pablo Rosa Sven".split()
LAST = "Petrova Tran Rossi Okafor Durand Haddad Lindqvist Muller Ibarra Weber Mensah Brandt Novak Berg".split()


def contacts(count: int, start: int = 0) -> list[dict[str, object]]:
    """Return invented contacts; the same number gives the same contacts."""
    made = []
    for i in range(start, start + count):
        choose = random.Random(SEED + i)
        first, last = choose.choice(FIRST), choose.choice(LAST)
        made.append(
            {
                "first_name": first,
                "last_name": last,
                "email": f"{first}.{last}.{i}@company{i % 5000}.example".lower(),
                "phone": f"+1312555{i % 10000:04d}",
                "company": f"Company {i % 5000}",
                "city": choose.choice(("Berlin", "Paris", "Rome", "Oslo")),
                "status": choose.choice(("active", "active", "inactive")),
                "score": choose.randrange(101),
                "tags": choose.choice(([], ["vip"], ["newsletter", "vip"])),
            }
        )
    return made


def prepare(home: str, count: int) -> str:
    """Make a profile ``bench`` with ``count`` contacts unless it exists, and return its database's path."""
    from mycrm_cli.config import profiles
    from mycrm_cli.main import run

    os.environ["MYCRM_HOME"] = home
    if not os.path.exists(os.path.join(home, "config.toml")):
        words = "init --profile bench --organization Bench --slug bench --email b@bench.example --no-input -q"
        assert run(words.split()) == 0
        fill(count)
    return profiles.get("bench").database.removeprefix("sqlite:///")


def fill(count: int) -> None:
    """Add the contacts in transactions of 10,000."""
    from uuid import UUID

    from mycrm_cli.config import profiles

    profile = profiles.get("bench")
    organization = UUID(str(profile.organization_id))
    for start in range(0, count, 10_000):
        connection = connect(profile.database, write=True, organization_id=organization)
        identify = lambda c: directory.identify(c, organization, str(profile.user))  # noqa: E731
        with Work(connection, identify, command=("bench",)) as work:
            records.add(work, catalog.entity("contact"), contacts(min(10_000, count - start), start))


__all__ = ["contacts", "environment", "prepare"]
