"""Homes: a profile ``bench`` with a database of its own each, which are copied rather than filled again."""

import shutil
import subprocess
from pathlib import Path

from benchmarks.postgres import PASSWORD, Server
from benchmarks.timing import MYCRM, Run, environment, run

INIT = (
    *"init --profile bench --organization Bench --slug bench --email bench@bench.example".split(),
    *"--currency USD --timezone Europe/Berlin --region DE --no-input -q".split(),
)


class Home:
    """A folder with a configuration, and the database it leads to."""

    def __init__(self, folder: Path, url: str, database: str, server: Server | None = None) -> None:
        self.folder = folder
        self.url = url
        self.database = database
        self.server = server
        self.env = environment(folder) | ({"PGPASSWORD": PASSWORD} if server else {})

    @classmethod
    def make(cls, folder: Path, server: Server | None = None) -> "Home":
        """Make a home with an organization and nobody but its first user."""
        if server is None:
            database = str(folder / "bench.db")
            home = cls(folder, f"sqlite:///{database}", database)
        else:
            database = server.create()
            home = cls(folder, server.url(database), database, server)
        home.run(*INIT, "--database", home.url)
        if server is not None:
            home.sign_in()
        return home

    def sign_in(self) -> None:
        """Let the profile work with a token: a session would end while other homes are measured."""
        words = (MYCRM, *"user token create --name bench --expires 30d".split())
        made = subprocess.run(words, env=self.env, capture_output=True, check=True)
        file = self.folder / "token"
        file.touch(mode=0o600)
        file.write_bytes(made.stdout)
        self.run("profile", "edit", "bench", "--token", f"file:{file}")

    def copy(self, folder: Path) -> "Home":
        """Return a home with the same records."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("cache", "*.lock"))
        if self.server is None:
            database = str(folder / "bench.db")
            copied = Home(folder, f"sqlite:///{database}", database)
        else:
            database = self.server.create(self.database)
            copied = Home(folder, self.server.url(database), database, self.server)
        config = folder / "config.toml"
        text = config.read_text(encoding="utf-8")
        text = text.replace(self.url, copied.url).replace(f"file:{self.folder}/token", f"file:{folder}/token")
        config.write_text(text, encoding="utf-8")
        return copied

    def drop(self) -> None:
        """Remove the home and its database."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.server is not None:
            self.server.drop(self.database)

    def settle(self) -> None:
        """Let the server do after a large import what it does by itself a little later."""
        if self.server is not None:
            self.server.settle(self.database)

    def undo(self) -> Run:
        """Take back the newest change; only people may leave out which one it is."""
        listed = subprocess.run(
            (MYCRM, *"change list -L 1".split()), env=self.env, capture_output=True, text=True, check=True
        )
        return self.run("undo", f"X-{listed.stdout.split()[0]}", "--yes")

    def run(self, *words: str, output: str = "/dev/null", memory: bool = False, **settings: str) -> Run:
        """Run ``mycrm`` with these words; raises Failed when it fails."""
        return run((MYCRM, *words), self.env | settings, output=output, memory=memory)
