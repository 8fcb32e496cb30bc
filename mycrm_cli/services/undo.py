"""Taking changes back: which ones, whether the user may, and what is done where later changes stand in the way."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Denied, NotFound
from mycrm_cli.query import deeds, journal, touches
from mycrm_cli.query.journal import Change
from mycrm_cli.roles import ALL, EDIT, allowed
from mycrm_cli.services import holding, rows
from mycrm_cli.services.savepoint import Savepoint
from mycrm_cli.services.undoing import pointers
from mycrm_cli.services.undoing.attempt import Attempt
from mycrm_cli.services.undoing.findings import Problem, Problems, label
from mycrm_cli.services.undoing.later import PARTLY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.services.undoing.attempt import Blocked
    from mycrm_cli.services.work import Work


class Outcome:
    """What became of it: the changes taken back, what was left as it is, and what else people should know."""

    def __init__(
        self, changes: Sequence[Change], skipped: Problems, remarks: dict[str, int], *, partial: bool = False
    ) -> None:
        self.changes = list(changes)
        self.skipped = skipped
        self.partial = partial or bool(skipped.count)
        self.remarks = [f"{text} ({count:,})" if count > 1 else text for text, count in remarks.items()]


def newest(work: Work, *, redo: bool = False) -> list[Change]:
    """Return the user's newest change of this profile that can be taken back: no undo, or only undos for a redo.

    A command that was written in parts comes with all of them that are in force, newest first. Raises
    NotFound where there is none left.
    """
    reader = work.reader
    for change in journal.own(reader, work.profile or "", "undo" if redo else None):
        if change.kind != "erase" and change.id not in journal.undone_by(reader, [change.id]):
            if not redo and deeds.only(reader, change):
                continue
            if not redo and founded(work, [change]):
                break
            whole = journal.with_parts(reader, [change.part_of_id or change.id])
            undone = journal.undone_by(reader, [part.id for part in whole])
            return [part for part in whole if part.id not in undone]
    what = "undo of yours to take back" if redo else "change of yours left to take back"
    raise NotFound(f"there is no {what} in profile {work.profile}", hint="mycrm change list")


def labelled(work: Work, label: str) -> list[Change]:
    """Return the changes of a group that are in force, newest first; raises NotFound or Conflict for none."""
    group = journal.labelled(work.reader, label)
    if not group:
        raise NotFound(f"no change has the label {label!r}", hint="mycrm change list")
    undone = journal.undone_by(work.reader, [change.id for change in group])
    if standing := [change for change in group if change.id not in undone]:
        return standing
    raise Conflict(f"all {len(group)} changes with the label {label!r} were taken back already")


def named(work: Work, ids: Iterable[UUID], *, redo: bool = False) -> list[Change]:
    """Return changes with the parts of their commands, newest first; for a redo, the undos of those changes."""
    found = journal.with_parts(work.reader, ids)
    if not redo:
        return found
    undone = journal.undone_by(work.reader, [change.id for change in found if change.kind != "undo"])
    for change in found:
        if change.kind != "undo" and change.id not in undone:
            raise Conflict(f"{change.reference} is no undo, and nobody took it back")
    return journal.with_parts(work.reader, {undone.get(change.id, change.id) for change in found})


def take_back(work: Work, targets: Sequence[Change], *, keep_later: bool = False, redo: bool = False) -> Outcome:
    """Take changes back in one new change, newest first.

    Raises Conflict where a change was taken back already or later ones stand in the way (unless
    ``keep_later`` leaves out what they touched), Denied for what the user may not do. What was done for good is left
    out of several changes, and refused alone.
    """
    targets, remarks = _without_deeds(work, targets)
    _hold(work, targets)
    _check(work, targets)
    work.journal.kind = "redo" if redo or all(change.kind == "undo" for change in targets) else "undo"
    blocked: Blocked = {}
    whole: set[tuple[str, UUID]] = set()
    late = Problems()
    while True:
        point = Savepoint(work)
        attempt = Attempt(work, targets, blocked)
        attempt.run()
        alone = attempt.kept - whole if keep_later else set()
        if not attempt.late.count and not alone and (keep_later or not attempt.problems.count):
            break
        point.back()
        whole |= alone
        pointers.keep_parts(work, alone, blocked)
        _name(work, attempt.late)
        if not keep_later:
            attempt.problems.extend(attempt.late)
            raise _refused(work, targets, attempt.problems)
        whole |= _block(work, blocked, attempt.late)
        late.extend(attempt.late)
    attempt.aside.make_again()
    attempt.rights.check_written()
    point.keep()
    late.extend(attempt.problems)
    if late.count:
        work.command = [*work.command, PARTLY]
    if work.journal.position or not late.count:
        work.journal.cancel([change.id for change in targets])
    return Outcome(targets, late, remarks | attempt.found.remarks, partial=bool(remarks))


def _without_deeds(work: Work, targets: Sequence[Change]) -> tuple[list[Change], dict[str, int]]:
    """Leave out the changes that can only be followed by others, and say so; raises Conflict where none is left."""
    done = {change.id: names for change in targets if (names := deeds.only(work.reader, change))}
    reasons = {
        f"{change.reference} cannot be taken back: {', '.join(map(deeds.words, done[change.id]))}": 1
        for change in targets
        if change.id in done
    }
    if done and len(done) == len(targets):
        hints = [deeds.INSTEAD[name] for names in done.values() for name in names if name in deeds.INSTEAD]
        raise Conflict(next(iter(reasons)), hint=next(iter(hints), None))
    return [change for change in targets if change.id not in done], reasons


def _hold(work: Work, targets: Sequence[Change]) -> None:
    """Wait for those who change pipelines or move deals, where the changes did so as well."""
    if work.connection.dialect == "sqlite":
        return
    touched = touches.entities(work.reader, [change.id for change in targets])
    if touched & {"pipeline", "stage"}:
        holding.alone(work)
    elif "deal" in touched:
        holding.share(work)


def _check(work: Work, targets: Sequence[Change]) -> None:
    """Refuse what cannot be taken back, or not by this user; keep others from doing it at the same time."""
    ids = [change.id for change in targets]
    list(rows.fetch(work.connection, work.scope, catalog.entity("changes"), "id", sorted(ids), ["id"], lock=True))
    undone = journal.undone_by(work.reader, ids)
    undos = journal.by_ids(work.reader, undone.values())
    for change in targets:
        if change.id in undone:
            undo = undos[undone[change.id]].reference
            raise Conflict(
                f"{change.reference} was taken back already, by {undo}", hint=f"mycrm redo {undo} brings it back"
            )
        if change.kind == "erase":
            raise Conflict(f"{change.reference} erased a person; that cannot be taken back")
        if change.actor_id != work.scope.user_id and allowed(work.scope.role, "changes", EDIT) != ALL:
            raise Denied(f"{change.reference} was made by somebody else", hint="ask them, or an administrator")
    if founded(work, targets):
        raise Conflict("the change that founded the organization stays")


def founded(work: Work, targets: Sequence[Change]) -> bool:
    """Return whether one of the changes created the organization itself."""
    ids, organization = {change.id for change in targets}, work.scope.organization_id
    found = touches.touches(work.reader, "org", [organization])
    return any(action == "create" and change in ids for _, change, _, action, _ in found)


def _refused(work: Work, targets: Sequence[Change], problems: Problems) -> Conflict:
    """Return the error that names what stands in the way."""
    what = " ".join(change.reference for change in targets[:5])
    later = [f"X-{number}" for number in sorted(problems.numbers)]
    shown = ", ".join(later[:10]) + (", …" if len(later) > 10 else "")
    reason = f"later changes stand in the way: {shown}" if later else problems.first[0].message
    if erased := [change.reference for change in journal.erasures(work.reader, problems.numbers)]:
        reason += f" ({', '.join(erased[:3])} erased a person, which is never taken back)"
    return Conflict(
        f"{what} cannot be taken back: {reason}",
        hint="--keep-later leaves alone what they touched and takes back the rest",
        details=[problem.detail() for problem in problems.first],
    )


def _block(work: Work, blocked: Blocked, late: Problems) -> set[tuple[str, UUID]]:
    """Leave records with their parts, or fields of them, out of the next attempt; return the whole ones."""
    for problem in late.first:
        blocked.setdefault((problem.entity.name, problem.id), set()).update(problem.fields or ("*",))
    whole = {(problem.entity.name, problem.id) for problem in late.first if not problem.fields}
    pointers.keep_parts(work, whole, blocked)
    return whole


def _name(work: Work, problems: Problems) -> None:
    """Give names to the records that the attempt had removed, now that they are back."""
    by_entity: dict[str, list[Problem]] = {}
    for problem in problems.first:
        by_entity.setdefault(problem.entity.name, []).append(problem)
    for several in by_entity.values():
        entity = several[0].entity
        images = rows.images(work.connection, work.scope, entity, {problem.id for problem in several})
        for problem in several:
            problem.label = label(entity, problem.id, images.get(problem.id))
