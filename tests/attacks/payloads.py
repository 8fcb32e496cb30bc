"""Texts that would do something where they were run, shown or parsed carelessly, and how to tell that they did."""

import re

PAYLOADS = {
    # A terminal acts on these.
    "csi": "Zcs\x1b[2J\x1b[1;1Hgone",
    "colour": "Zco\x1b[95;5mblink\x1b[0m",
    "title": "Zti\x1b]0;owned\x07",
    "link": "Zli\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "Zcl\x1b]52;c;cm0gLXJmIH4=\x07",
    "device": "Zde\x1bP+q544e\x1b\\\x1b[6n\x1b[c",
    "c1": "Zc1\x9b2J\x9d0;owned\x9c\x85\x90",
    "bell": "Zbe\x07\x08\x08\x08\x7f",
    "return": "Zre real\rfake",
    "lines": "Zln one\ntwo\r\nthree\vfour\ffive",
    "shift": "Zsh\x0e\x0f\x05\x11\x13",
    "tab": "Zta a\tb\\tc",
    "bidi": "Zbi \u202egnp.exe\u202c \u2066x\u2069 \u200fy\u061c",
    "invisible": "Zin\u200b\u200d\u2060\ufeff\u00ad\u2028\u2029\ufff9x",
    "zalgo": "Zza" + "e\u0301\u0302\u0323" * 12,
    "nul": "Znu\x00l",
    "surrogate": "Zsu\ud800\udc9bx",
    "plane": "Zpl\U000e0041\U0010ffff\U0001f468\u200d\U0001f469",
    # Rich, templates, formats, loggers.
    "markup": "Zmk[bold red]Q[/] [link=http://evil.example]Q[/link]",
    "unmatched": "Zum[/] [/bold] [ \\[",
    "emoji": "Zem :boom: :skull:",
    "jinja": "Zji{{7*7}}{% if 1 %}x{% endif %}{# y #}",
    "dollar": "Zdo${7*7}#{7*7}<%= 7*7 %>",
    "format": "Zfo{0.__class__}{self}%s%(name)s%n%x{",
    "backslash": "Zba\\x1b[31m\\n\\u202e\\",
    # A spreadsheet runs these.
    "equals": '=HYPERLINK("http://evil.example","Zeq")',
    "dde": "=cmd|' /C calc'!A0",
    "plus": "+Zpl+cmd|'x'!A1",
    "minus": "-Zmi+1+1",
    "at": "@SUM(1+1)Zat",
    "quoted": "'=1+1Zqu",
    "quotes": '"=1+1","Zqq"',
    # Databases.
    "sql": "Zsq'; DROP TABLE contacts; --",
    "union": "Zun') UNION SELECT password FROM users /*",
    "placeholders": "Zph ? :x $1 %(x)s @p \\'",
    "fts": 'Zft NEAR("a" "b", 2) OR x* NOT -y ^z',
    "column": 'Zcm search_text : x AND "',
    "tsquery": "Zts a & !b | (c <-> d:* ) <3> \\",
    "like": "Zlk 100%_\\%[a-z]*?",
    "filter": "Zfi\" or name!=none (+TAG -x @saved [' \\",
    # Headers, paths, shells, files.
    "header": "Zhe x\r\nBcc: victim@evil.example\r\n\r\nbody",
    "calendar": "Zca x\r\nEND:VEVENT\nBEGIN:VALARM;x=,y",
    "path": "../../Zpa/../etc/x",
    "absolute": "/etc/passwd",
    "url": "file:///etc/passwd",
    "windows": "..\\..\\Zwi CON NUL.txt C:\\x",
    "shell": "Zso$(touch pwned)`touch pwned`;touch pwned|touch pwned&touch pwned",
    "wild": "Zwd * ~ ! && > pwned < x",
    "option": "--help",
    "dash": "-",
    "json": 'Zjs"},{"id":"x"\\u0000',
    "number": "1e999",
    "javascript": "javascript:alert(1)",
    "word": "Zw" + "W" * 300,
}
"""Every one by a name; Z and two letters tell afterwards which one is seen."""

SHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
"""What must never reach a terminal, whatever the format; tabs and line ends are the format's own."""
STYLES = re.compile(r"\x1b\[(?!95;5)[0-9;]*m")
"""Colours of the program's own; the payloads' is another."""
RAN = {
    "markup interpreted": re.compile(r"ZmkQ"),
    "emoji interpreted": re.compile("Zem (💥|\u2620)"),
    "template evaluated": re.compile(r"Zji49|Zdo49"),
    "format evaluated": re.compile(r"Zfo<class|Zfo\{?self\b(?!\})"),
    "file read": re.compile(r"root:x?:0:0"),
    "a bug": re.compile(r"this is a bug in mycrm|Traceback \(most recent"),
    "syntax error of a database": re.compile(r"fts5: |syntax error at or near|SQL logic|tsquery:", re.IGNORECASE),
}
"""What is seen where a payload was run."""
EXITS = frozenset((0, 2, 3, 4, 5, 6, 7, 8, 10, 78))
"""The ways in which a command may end whatever it is given; 8 is a check that found something."""
FORMULA = re.compile(r"[=+\-@\t\r]")
HARMLESS_NUMBER = re.compile(r"[+-]?[0-9][0-9 ().,:-]*")


def faults(text: str, *, files: bool = False) -> list[str]:
    """Return what is wrong with what a command printed; in CSV and TSV (``files``) texts stand as they are."""
    found = [name for name, seen in RAN.items() if seen.search(text)]
    raw = None if files else SHOWN.search(STYLES.sub("", text))
    if raw:
        found.append(f"raw {raw[0]!r} in {text[max(0, raw.start() - 60) : raw.end() + 20]!r}")
    return found


def unguarded(cell: str) -> bool:
    """Return whether a spreadsheet would run a cell."""
    return bool(FORMULA.match(cell)) and not HARMLESS_NUMBER.fullmatch(cell)
