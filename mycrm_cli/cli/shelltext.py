"""What the shell says of itself."""

WELCOME = "help explains, TAB completes, exit or Ctrl-D ends"
HELP = """A line is a command without the program's name: contact list +vip

  deal D-12          makes a record the one that the next lines are about
  view               a verb alone means that record; so do edit --value 5000,
                     move Proposal, log call "Talked about the price",
                     note add "Wants a discount", history, tag vip
  ..                 leaves the record, and so does exit
  help, ?            this page; help filters a topic; deal move --help a command
  exit, Ctrl-D       ends the shell

TAB completes commands, options, records and values; the arrows go through the
lines you typed. Ctrl-C clears the line, or ends the running command; what it
had not finished is taken back. Quotes are as in other shells. Nothing is
piped and nothing is expanded, so score>=70 and 'a | b' need no care but quotes
around spaces. A line that begins with a space, or has a secret in it, is not
remembered."""
