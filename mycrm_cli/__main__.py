"""The entry point: answers what needs no command tree at once, then runs the program."""

import sys


def main() -> int:
    """Run ``mycrm`` with the words of the command line and return its exit status."""
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]):
        from mycrm_cli import __version__

        sys.stdout.write(f"mycrm {__version__}\n")
        return 0
    if words[:1] == ["__complete"]:
        from mycrm_cli import completing

        return completing.answer(words[1:])
    return _program(words)


def _program(words: list[str]) -> int:
    import io
    import os
    import signal

    from mycrm_cli import main as program

    def end(number: int, frame: object) -> None:
        raise program.Terminated

    signal.signal(signal.SIGTERM, end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stdout is None:  # started with a closed stdout
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it lives until the end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it lives until the end
    return program.run(words)


if __name__ == "__main__":
    sys.exit(main())
