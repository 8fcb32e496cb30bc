"""The entry point: answers what needs no command tree at once, then runs the program."""

import sys


def main() -> int:
    """Run ``mycrm`` with the words of the command line and return its exit status."""
    words = sys.argv[1:]
    if None in (sys.stdin, sys.stdout, sys.stderr):
        replace_closed_streams()
    if words in (["--version"], ["-V"]):
        from mycrm_cli import __version__

        sys.stdout.write(f"mycrm {__version__}\n")
        return 0
    if words[:1] == ["__complete"]:
        from mycrm_cli import completing

        return completing.answer(words[1:])
    return _program(words)


def replace_closed_streams() -> None:
    """Write nowhere what would go to a stream that was closed before the start; a closed stdin is empty."""
    import os

    # In the order of their numbers, so that each gets its own and no file of ours does.
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115 - it lives until the end
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it lives until the end
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it lives until the end


def _program(words: list[str]) -> int:
    import io
    import signal

    from mycrm_cli import main as program
    from mycrm_cli.errors import Terminated

    def end(number: int, frame: object) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return program.run(words)


if __name__ == "__main__":
    sys.exit(main())
