"""The whole schema, from the frozen SQL beside this file."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, index, policy and trigger."""
    bind = op.get_bind()
    script = Path(__file__).with_name(f"0001.{bind.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in script.strip().split("\n\n"):
        bind.exec_driver_sql(statement)
