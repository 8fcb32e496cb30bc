"""Hostile statements for ``mycrm sql``: other organizations' rows, secrets, writes, and what never ends.

Each is (what is tried, statement). None holds the word that marks what must not come out.
"""

import random
from collections.abc import Iterator
from itertools import chain

Statement = tuple[str, str]
REFUSED = frozenset(("base", "write", "server"))
"""What must not even run."""
TARGETS = (
    *(("users", "password"), ("users", "mfa_secret"), ("users", "email"), ("api_tokens", "token_hash")),
    *(("auth_sessions", "token_hash"), ("contacts", "email"), ("opportunities", "name"), ("organizations", "name")),
    *(("companies", "name"), ("notes", "body"), ("erasures", "id"), ("change_payloads", "id")),
)
BASE = (
    "SELECT {c} FROM {s}.{t}",
    'SELECT {c} FROM "{s}"."{t}"',
    "SELECT x.* FROM {s}.{t} AS x",
    "SELECT count(*) FROM {s}.{t}",
    "SELECT 1 FROM {s} . {t} LIMIT 1",
    "SELECT {c} FROM {s}/* */./* */{t}",
    "SELECT {c} FROM {s}. -- x\n {t}",
    "WITH {t} AS (SELECT {c} FROM {s}.{t}) SELECT * FROM {t}",
    "WITH x AS (SELECT {c} FROM {s}.{t}) SELECT count(*) FROM x",
    "WITH {t}({c}) AS (SELECT {c} FROM {s}.{t}) SELECT {c} FROM {t}",
    "WITH contacts AS (SELECT * FROM {s}.{t}) SELECT * FROM contacts",
    "SELECT (SELECT {c} FROM {s}.{t} LIMIT 1)",
    "SELECT * FROM (SELECT {c} FROM {s}.{t}) AS x",
    "SELECT * FROM (SELECT {c} FROM {s}.{t}) AS contacts",
    "SELECT last_name FROM contacts UNION ALL SELECT {c} FROM {s}.{t}",
    "SELECT {c} FROM {s}.{t} INTERSECT SELECT {c} FROM {s}.{t}",
    "SELECT * FROM contacts JOIN {s}.{t} AS y ON 1 = 1",
    "SELECT * FROM contacts LEFT JOIN {s}.{t} AS y ON 1 = 0",
    "SELECT * FROM contacts WHERE EXISTS (SELECT 1 FROM {s}.{t})",
    "SELECT 1 WHERE 'a' IN (SELECT {c} FROM {s}.{t})",
    "SELECT first_value({c}) OVER (ORDER BY {c}) FROM {s}.{t}",
    "VALUES ((SELECT {c} FROM {s}.{t} LIMIT 1))",
    "WITH RECURSIVE r(x) AS (SELECT {c} FROM {s}.{t} UNION SELECT x FROM r) SELECT x FROM r",
    "SELECT max({c}), min({c}) FROM {s}.{t} HAVING count(*) > 0",
    "SELECT CASE WHEN (SELECT count(*) FROM {s}.{t}) > 0 THEN 1 ELSE 0 END",
    "(SELECT {c} FROM {s}.{t})",
    "SELECT id FROM contacts ORDER BY (SELECT {c} FROM {s}.{t} LIMIT 1)",
    "SELECT id FROM contacts LIMIT (SELECT count(*) FROM {s}.{t})",
)
PLAIN = (
    "SELECT * FROM {t}",
    "SELECT * FROM {t} WHERE 1 = 1 OR organization_id IS NOT NULL",
    "SELECT * FROM {t} WHERE organization_id <> (SELECT id FROM organizations)",
    "SELECT {c} FROM {t}",
    "SELECT {c}, count(*) OVER () FROM {t} UNION SELECT {c}, 1 FROM {t}",
    "SELECT b.* FROM users AS a CROSS JOIN {t} AS b",
    "SELECT b.* FROM users AS a LEFT JOIN {t} AS b ON 1 = 1",
    "WITH {t} AS (SELECT * FROM {t}) SELECT * FROM {t}",
    "WITH x AS (SELECT * FROM {t}) SELECT * FROM x AS {t}",
    "SELECT * FROM {t} AS {t} WHERE {t}.id IN (SELECT id FROM {t})",
    "SELECT max({c}) FROM {t} GROUP BY organization_id",
    "SELECT count(*), min({c}) FROM {t}",
)
WRITES = (
    "DELETE FROM {t}",
    "UPDATE {t} SET organization_id = organization_id",
    "INSERT INTO {t} SELECT * FROM {t}",
    "INSERT INTO {t} DEFAULT VALUES RETURNING *",
    "WITH x AS (SELECT 1) DELETE FROM {t}",
    "WITH x AS (DELETE FROM {t} RETURNING *) SELECT * FROM x",
    "WITH x AS (UPDATE {t} SET id = id RETURNING *) SELECT count(*) FROM x",
    "WITH x AS (SELECT 1) UPDATE {t} SET id = id",
    "WITH x AS (SELECT 1) INSERT INTO {t} SELECT * FROM {t}",
    "SELECT 1; DELETE FROM {t}",
    "SELECT 1;;UPDATE {t} SET id = id",
    "SELECT 1 /* ; */; DROP TABLE {t}",
    "SELECT 1 -- \n; DROP TABLE {t}",
    "DROP TABLE {t}",
    "ALTER TABLE {t} RENAME TO x",
    "CREATE TABLE x AS SELECT * FROM {t}",
    "CREATE TEMP VIEW x AS SELECT * FROM {t}",
    "SELECT * INTO x FROM {t}",
    "TRUNCATE {t}",
    "REPLACE INTO {t} DEFAULT VALUES",
    "CREATE TEMP TRIGGER x AFTER INSERT ON {t} BEGIN SELECT 1; END",
    "CREATE INDEX x ON {t} (id)",
    "MERGE INTO {t} USING {t} AS s ON true WHEN MATCHED THEN DELETE",
    "EXPLAIN ANALYZE DELETE FROM {t}",
    "LOCK TABLE {t}",
    "COPY {t} TO STDOUT",
)
WRITTEN = ("contacts", "users", "opportunities", "changes", "counters")
COMMANDS = """
BEGIN | COMMIT | ROLLBACK | SAVEPOINT x | RELEASE x | VACUUM | VACUUM INTO '/tmp/x.db' | ANALYZE | REINDEX
ATTACH ':memory:' AS x | ATTACH '/tmp/x.db' AS y | DETACH main | PRAGMA query_only = OFF | PRAGMA writable_schema = ON
PRAGMA table_list | PRAGMA database_list | EXPLAIN SELECT 1 | EXPLAIN QUERY PLAN SELECT * FROM users
SET ROLE postgres | RESET ALL | SET search_path = public | SET SESSION AUTHORIZATION DEFAULT | SHOW ALL | DISCARD ALL
DO $$ BEGIN PERFORM 1; END $$ | LISTEN x | NOTIFY x | PREPARE p AS SELECT 1 | EXECUTE p | DECLARE c CURSOR FOR SELECT 1
FETCH ALL FROM asked | CLOSE asked | COPY (SELECT 1) TO PROGRAM 'id' | COPY users FROM '/etc/passwd' | CALL x()
GRANT ALL ON users TO PUBLIC | REVOKE ALL ON users FROM PUBLIC | CREATE EXTENSION dblink | LOAD 'x' | CHECKPOINT
CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1' | ALTER ROLE postgres SUPERUSER | TABLE users | SECURITY LABEL
SELECT 1; SET ROLE postgres | SELECT 1; COMMIT; DELETE FROM contacts | .tables | .read /etc/passwd | \\d users | ;;; SELECT 1
"""
FUNCTIONS = {
    "sqlite": """
load_extension('x') | readfile('/etc/passwd') | writefile('/tmp/x', 'y') | randomblob(1000000000) | zeroblob(1000000000)
fts5(1) | fts3_tokenizer('x') | sqlite_version() | sqlite_source_id() | sqlite_compileoption_get(1) | sqlite_log(1, 'x')
last_insert_rowid() | changes() | total_changes() | edit('x') | eval('DELETE FROM contacts') | likely(1) | hex(1) | random()
snippet(contacts, 1, '', '', '', 1) | matchinfo(contacts) | rtreecheck('x') | sqlite_offset(1) | soundex('x')
unistr('x') | bm25(contacts) | highlight(contacts, 0, '', '') | sqlite_rename_table(1,2,3,4,5,6,7) | sha3('x') | glob('a','b')
""",
    "postgresql": """
set_config('role', 'postgres', false) | set_config('search_path', 'public', false) | pg_sleep(1000) | pg_read_file('/etc/passwd')
set_config('mycrm.organization_id', '00000000-0000-0000-0000-000000000000', false) | current_setting('data_directory')
query_to_xml('SELECT * FROM users', true, true, '') | table_to_xml('users', true, true, '') | schema_to_xml('public', true, true, '')
database_to_xml(true, true, '') | cursor_to_xml('asked', 10, true, true, '') | lo_import('/etc/passwd') | lo_create(0)
lo_export(1, '/tmp/x') | lo_from_bytea(0, 'x') | dblink('x', 'y') | pg_advisory_lock(1) | pg_terminate_backend(1)
pg_cancel_backend(1) | pg_reload_conf() | pg_notify('x', 'y') | nextval('x') | setval('x', 1) | txid_current() | version()
inet_server_addr() | mycrm_login_organization() | mycrm_login_of('00000000-0000-0000-0000-000000000000') | ts_stat('SELECT 1')
"set_config"('role', 'postgres', false) | "query_to_xml" ('SELECT 1', true, true, '') | has_table_privilege('users', 'SELECT')
query_to_xml/**/('SELECT 1', true, true, '') | query_to_xml -- x{line}('SELECT 1', true, true, '') | QUERY_TO_XML('SELECT 1', true, true, '') | repeat('x', 1000000000) | rpad('x', 1000000000)
convert_from(pg_read_binary_file('/etc/passwd'), 'UTF8') | pg_ls_dir('.') | pg_stat_file('x') | brin_summarize_new_values(1)
xpath('/x', 'y') | xmlparse('x') | to_regclass('users') | format_type(1, 1) | col_description(1, 1) | obj_description(1)
""",
}
SERVER = {
    "sqlite": """
sqlite_master | sqlite_schema | sqlite_temp_master | sqlite_temp_schema | main.sqlite_master | temp.sqlite_master
pragma_table_list | pragma_table_info('users') | pragma_database_list | pragma_function_list | pragma_module_list
pragma_compile_options | dbstat | sqlite_stmt | bytecode('SELECT 1') | tables_used('SELECT 1') | sqlite_dbpage | fts5vocab
contacts_search | contacts_search_data | contacts_search_content | leads_search('x') | main.contacts_search | alembic_version
schema_info | generate_series(1, 10) | pragma_query_only | csv('/etc/passwd') | fsdir('/') | sqlite_sequence | 'api_tokens_x'
""",
    "postgresql": """
pg_roles | pg_authid | pg_shadow | pg_user | pg_stat_activity | pg_settings | pg_class | pg_proc | pg_largeobject | pg_stats
information_schema.tables | pg_catalog.pg_roles | "pg_catalog"."pg_authid" | pg_temp.users | mycrm_logins | public.mycrm_logins
alembic_version | public.schema_info | schema_info | pg_prepared_statements | pg_cursors | pg_file_settings | pg_hba_file_rules
pg_ls_logdir() | pg_logical_slot_peek_changes('x', 1, 1) | "pg_class" | pg_toast.pg_toast_1 | U&"\\0070g_class" | U&"pg_class"
public . users | "public".users | PUBLIC.users | pg_options_to_table('{a=b}') | pg_get_keywords() | ts_stat('SELECT 1')
ROWS FROM (pg_ls_dir('.')) | pg_stat_statements | dblink('x', 'y') AS t(a int) | crosstab('SELECT 1') AS t(a int)
""",
}
ENDLESS = {
    "sqlite": (
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r",
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r",
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r ORDER BY -x",
        "WITH RECURSIVE r(x) AS (SELECT 'x' UNION ALL SELECT x || x FROM r) SELECT length(x) FROM r",
        "WITH RECURSIVE r(x) AS (SELECT printf('%.*c', 9000000, 'x') UNION ALL SELECT x || '' FROM r) SELECT x FROM r",
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT group_concat(x) FROM r",
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT json_group_array(x) FROM r",
        "SELECT instr(printf('%.*c', 9000000, 'x'), printf('%.*c', 4000000, 'x') || 'y')",
        "SELECT replace(printf('%.*c', 9000000, 'x'), printf('%.*c', 4000000, 'x') || 'y', '')",
        "SELECT printf('%.*c', 9000000, 'x') LIKE '%x%x%x%x%x%x%x%x%y'",
        "SELECT trim(printf('%.*c', 9000000, 'x'), printf('%.*c', 9000000, 'y') || 'x')",
        "SELECT printf('%.*c', 2000000000, 'x')",
        "SELECT printf('%1000000000d', 1)",
        "SELECT count(*) FROM change_items a, change_items b, change_items c, change_items d, change_items e, changes f",
        "SELECT json_tree.value FROM json_tree(printf('[%.*c', 4000000, '['))",
        "SELECT sum(x) OVER (ORDER BY x) FROM (WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r)",
    ),
    "postgresql": (
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT x FROM r",
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r",
        "SELECT * FROM generate_series(1, 1000000000000)",
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        "SELECT string_agg('xxxxxxxxxx', '') FROM generate_series(1, 20000000)",
        "WITH RECURSIVE r(x) AS (SELECT 'x' UNION ALL SELECT x || x FROM r) SELECT length(x) FROM r",
        "SELECT regexp_replace(string_agg('a', ''), '(a*)*b', '') FROM generate_series(1, 30000)",
        "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
        "SELECT a FROM generate_series(1, 100000) a, generate_series(1, 100000) b ORDER BY a",
        "SELECT power(10::numeric, 100000)",
        "SELECT count(*) FROM change_items a, change_items b, change_items c, change_items d, change_items e, changes f",
        "SELECT string_agg('xxxxxxxxxx', '') FROM generate_series(1, 90000000)",
    ),
}  # fmt: skip
OWN_SCHEMA = {"sqlite": ("main", "temp"), "postgresql": ("public",)}
MARKS = (
    *(
        "SELECT 'x",
        'SELECT "x',
        "SELECT /* x",
        "SELECT E'\\'' || '",
        "SELECT $$x$$",
        "SELECT $1",
        "SELECT ?",
        "SELECT :x",
    ),
    *(
        "SELECT @x",
        "SELECT [id] FROM users",
        "SELECT `id` FROM users",
        "SELECT U&'\\0061'",
        "SELECT 1\0; DELETE FROM users",
    ),
    *(
        "SELECT /* /* */ */ 1",
        "SELECT 1;",
        "SELECT 1;;",
        "SELECT 'a' 'b'",
        "SELECT x''",
        "SELECT '\ud800'",
        "SELECT 1e999",
    ),
    *("SELECT " + "(" * 5000 + "1" + ")" * 5000, "SELECT " + "1+" * 20000 + "1", "SELECT " + ",".join("1" * 5000)),
    *("VALUES " + ",".join(["(1)"] * 20000), "SELECT '" + "x" * 99_000 + "'", "SELECT " + "x" * 200 + " FROM users"),
)


def split(text: str) -> Iterator[str]:
    """Yield the items of a list of them."""
    for line in text.strip().split("|"):
        yield from (part.strip() for part in line.split("\n") if part.strip())


def statements(dialect: str) -> list[Statement]:
    """Return all statements for a database."""
    base = (
        ("base", form.format(s=schema, t=table, c=column))
        for schema in OWN_SCHEMA[dialect][:1]
        for form in BASE
        for table, column in TARGETS
    )
    plain = (("plain", form.format(t=table, c=column)) for form in PLAIN for table, column in TARGETS)
    writes = (("write", form.format(t=table)) for form in WRITES for table in WRITTEN)
    commands = (("write", line) for line in split(COMMANDS))
    functions = (
        ("server", form.format(call.replace("{line}", "\n")))
        for call in split(FUNCTIONS[dialect])
        for form in ("SELECT {}", "SELECT id FROM contacts WHERE {} IS NOT NULL")
    )
    server = (("server", f"SELECT * FROM {name}") for name in split(SERVER[dialect]))
    counted = (
        ("server", f"WITH x AS (SELECT count(*) AS n FROM {name}) SELECT n FROM x") for name in split(SERVER[dialect])
    )
    endless = (("endless", line) for line in ENDLESS[dialect])
    marks = (("marks", line) for line in MARKS)
    return list(dict.fromkeys(chain(base, plain, writes, commands, functions, server, counted, endless, marks)))


def chosen(dialect: str, count: int, seed: int) -> list[Statement]:
    """Return so many of them: all that never end and all on the server, and a sample of the others."""
    known = statements(dialect)
    return random.Random(seed).sample(known, min(count, len(known)))
