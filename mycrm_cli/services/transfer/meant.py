"""The stored records that rows of a file were about, in a bit for each: no two rows may be about the same one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.services.rows import Row


class Meant:
    """Records by their numbers, and by their ids where they have none."""

    def __init__(self) -> None:
        self.numbers = bytearray()
        self.ids: set[UUID] = set()

    def again(self, image: Row) -> bool:
        """Take note of a record; return whether it was there before."""
        number = image.get("number")
        if number is None:
            before = len(self.ids)
            self.ids.add(image["id"])
            return len(self.ids) == before
        place, bit = number >> 3, 1 << (number & 7)
        if place >= len(self.numbers):
            self.numbers.extend(bytes(place + 1 - len(self.numbers)))
        is_there = bool(self.numbers[place] & bit)
        self.numbers[place] |= bit
        return is_there
