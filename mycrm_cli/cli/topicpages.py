"""The pages of ``mycrm help`` on what takes more than one command: imports and scripts."""

IMPORT = """mycrm contact import people.csv --dry-run      look first: nothing is written
mycrm contact import people.csv                write: all rows, or none

Every noun has it. The file is CSV, TSV, JSON, JSONL, XLSX, vCard (vcf), a
calendar (ics) or mail (mbox, eml), packed or not; its kind, encoding, columns
and the program it comes from are found out. - is stdin.

  see        --inspect shows what would be made of the file, without a database
             --plan FILE writes what would happen, --apply FILE does just that
  columns    --map 'E-Mail=email'  --map-value 'Stage:Signed=Won'
             --save-map M.toml keeps it, --map-file M.toml uses it again
  values     --set source=event for every row, --default owner=me for new ones
  the same   --match email,phone finds records that exist; --mode upsert,
             insert or update; --on-conflict '*=fill' keeps what is there
  parents    columns such as company.domain, owner.email, stage.name;
             --create-missing company,product
  errors     --on-error abort (usual) tells all and writes nothing, exit 6
             --on-error skip writes the good rows, --rejects FILE keeps the
             others to be imported again, exit 7
  cut off    --resume last

The same file twice changes nothing. mycrm undo takes an import back, updates
included. mycrm import MANIFEST imports several files in one change."""

SCRIPTING = """Programs call the same commands as people; nothing in the output is cut.

  data        stdout has only data, stderr everything else
              -o json, jsonl, csv, tsv or ids; without -o it is TAB-separated
  status      the exit code says what happened: mycrm help exit-codes
              with --json an error is one line of JSON on stderr
  questions   none without a terminal; --yes says yes, --no-input never asks
  profile     -P NAME, or MYCRM_PROFILE; profile use is for people
  secrets     never on the line: MYCRM_TOKEN, or --token file:PATH in a profile
  trying      --dry-run does everything and takes it back
  taking back --label NIGHTLY on writes, then mycrm undo --label NIGHTLY
  again       75 means locked or unreachable: wait, and try again

Records go from command to command as ids, or as lines of JSON:

  mycrm deal list -w 'owner=none' -o ids | mycrm deal edit - --owner me --yes
  mycrm contact list -o jsonl | jq -c '{ref: .id, city: "Oslo"}' |
    mycrm contact edit - --yes
  mycrm deal count +STALE

Many commands, one start: mycrm shell < lines.txt stops at the first line that
fails. What runs by itself: mycrm cron add. What is told of events: hooks in
config.toml."""
