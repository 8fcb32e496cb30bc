"""What somebody with a login of the own organization may try in order to see another's rows."""

ALL = "SELECT to_jsonb(c)::text FROM contacts AS c"
NAME = "SELECT set_config('mycrm.organization_id', '{there}', false)"

TRICKS: list[tuple[str, list[str]]] = [
    ("names the other organization", [NAME, ALL]),
    ("names it for a transaction", ["BEGIN", "SET LOCAL mycrm.organization_id = '{there}'", ALL]),
    ("names it by SET SESSION", ["SET SESSION mycrm.organization_id = '{there}'", ALL]),
    ("takes its name away", ["RESET ALL", "DISCARD ALL", ALL]),
    ("asks by short name", ["SELECT set_config('mycrm.organization_slug', 'there', false)", "TABLE organizations"]),
    ("becomes the owner", ["SET ROLE {owner}", NAME, ALL]),
    ("becomes the other", ["SET ROLE {other}", NAME, ALL]),
    ("signs in as the owner", ["SET SESSION AUTHORIZATION {owner}", NAME, ALL]),
    ("signs in as the other", ["SET SESSION AUTHORIZATION {other}", NAME, ALL]),
    ("turns row security off", ["SET row_security = off", ALL]),
    ("keeps another setting", ["ALTER ROLE {me} SET mycrm.organization_id = '{there}'", "RESET ALL", ALL]),
    (
        "puts a table of logins first",
        [
            "CREATE TEMP TABLE mycrm_logins (login name, organization_id uuid)",
            "INSERT INTO mycrm_logins VALUES (session_user, '{there}')",
            "SET search_path = pg_temp, public",
            "SELECT mycrm_login_organization()",
            NAME,
            ALL,
        ],
    ),
    (
        "puts functions first",
        [
            "CREATE FUNCTION pg_temp.mycrm_login_organization() RETURNS uuid LANGUAGE sql AS $$ SELECT '{there}'::uuid $$",
            "CREATE FUNCTION pg_temp.pg_has_role(name, name, text) RETURNS bool LANGUAGE sql AS 'SELECT true'",
            "SET search_path = pg_temp, public, pg_catalog",
            NAME,
            ALL,
        ],
    ),
    (
        "puts an operator first",
        [
            "CREATE FUNCTION pg_temp.same(uuid, uuid) RETURNS bool LANGUAGE sql AS 'SELECT true'",
            "CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.same)",
            "SET search_path = pg_temp, pg_catalog, public",
            ALL,
            "SELECT count(*) FROM contacts WHERE organization_id OPERATOR(pg_temp.=) '{there}'",
        ],
    ),
    (
        "runs as its definer",
        [
            "CREATE FUNCTION pg_temp.spy() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$ " + ALL + " $$",
            NAME,
            "SELECT pg_temp.spy()",
        ],
    ),
    (
        "looks over a condition's shoulder",
        [
            (
                "CREATE FUNCTION pg_temp.spy(id uuid) RETURNS bool LANGUAGE plpgsql COST 0.0000001 AS"
                " $$ BEGIN RAISE NOTICE 'saw %', id; RETURN true; END $$"
            ),
            "SELECT id FROM contacts WHERE pg_temp.spy(id)",
            "SELECT id FROM contacts WHERE pg_temp.spy(id) AND organization_id = '{there}'",
            "SELECT u.id FROM users AS u JOIN contacts AS c ON pg_temp.spy(c.id)",
            "UPDATE contacts SET city = 'x' WHERE pg_temp.spy(id)",
            "DELETE FROM contacts WHERE pg_temp.spy(id) AND organization_id = '{there}'",
        ],
    ),
    (
        "makes conditions fail",
        [
            "SELECT 1 FROM contacts WHERE organization_id = '{there}' AND 1 / (length(id::text) - 36) = 1",
            "SELECT 1 FROM contacts WHERE organization_id = '{there}' AND id::text::int = 1",
        ],
    ),
    (
        "prepares first and names later",
        [
            "SELECT set_config('mycrm.organization_id', '{here}', false)",
            "PREPARE spy AS " + ALL,
            *["EXECUTE spy"] * 6,
            NAME,
            "EXECUTE spy",
            "SET plan_cache_mode = force_generic_plan",
            "EXECUTE spy",
        ],
    ),
    ("keeps a cursor", ["BEGIN", "DECLARE spy CURSOR WITH HOLD FOR " + ALL, NAME, "COMMIT", "FETCH ALL FROM spy"]),
    ("makes a view", ["CREATE TEMP VIEW spy AS " + ALL, NAME, "TABLE spy"]),
    ("makes a table of it", ["CREATE TEMP TABLE spy AS " + ALL, "TABLE spy"]),
    (
        "inherits from it",
        ["CREATE TEMP TABLE spy () INHERITS (contacts)", "SELECT id FROM spy", "SELECT id FROM contacts"],
    ),
    ("asks for a sample", ["SELECT id FROM contacts TABLESAMPLE SYSTEM (100)", "SELECT id FROM ONLY contacts"]),
    ("asks by place", ["SELECT ctid, xmin, id FROM contacts WHERE ctid = ANY(ARRAY['(0,1)', '(0,2)']::tid[])"]),
    ("asks by id", ["SELECT * FROM contacts WHERE id = '{contact}' FOR UPDATE", "TABLE contacts"]),
    ("asks in parallel", ["SET debug_parallel_query = on", "SET parallel_setup_cost = 0", NAME, ALL]),
    (
        "asks for XML",
        [
            "SELECT query_to_xml('SELECT id FROM contacts', true, false, '')",
            "SELECT table_to_xml('contacts', true, false, '')",
            "SELECT schema_to_xml('public', true, false, '')",
        ],
    ),
    ("asks for words", ["SELECT * FROM ts_stat('SELECT search_vector FROM contacts')"]),
    (
        "asks for statistics",
        [
            "SELECT * FROM pg_stats WHERE schemaname = 'public'",
            "SELECT * FROM pg_statistic",
            "SELECT * FROM pg_stats_ext",
            "SELECT query FROM pg_stat_activity WHERE query LIKE '%LEAKED%' AND usename <> session_user",
        ],
    ),
    (
        "asks who has logins",
        [
            "TABLE mycrm_logins",
            "SELECT mycrm_login_organization()",
            "SELECT * FROM mycrm_login_of('{user}')",
            "COPY mycrm_logins TO STDOUT",
        ],
    ),
    (
        "writes its own line",
        [
            "UPDATE mycrm_logins SET organization_id = '{there}'",
            "INSERT INTO mycrm_logins VALUES ('{me}', '{there}', '{user}')",
            ALL,
        ],
    ),
    (
        "reads files",
        ["SELECT pg_read_file('PG_VERSION')", "COPY contacts TO PROGRAM 'cat'", "COPY contacts TO '/tmp/x'"],
    ),
    (
        "reads pages",
        [
            "CREATE EXTENSION pageinspect",
            "SELECT get_raw_page('contacts', 0)",
            "SELECT pg_relation_filenode('contacts')",
        ],
    ),
    (
        "merges",
        [
            (
                "MERGE INTO contacts AS c USING (SELECT '{contact}'::uuid AS id) AS s ON c.id = s.id"
                " WHEN MATCHED THEN UPDATE SET city = 'LEAKED'"
            ),
            "UPDATE contacts SET city = 'mine' RETURNING id, organization_id",
        ],
    ),
    (
        "collides with an id",
        [
            (
                "INSERT INTO teams (id, organization_id, name, name_key, created_at, updated_at, version)"
                " SELECT '{user}', '{here}', 'x', 'x', now(), now(), 1 ON CONFLICT (id) DO UPDATE SET name = 'LEAKED' RETURNING *"
            ),
        ],
    ),
    (
        "points to the other's record",
        [
            "UPDATE contacts SET owner_id = '{user}'",
            "UPDATE users SET organization_id = '{there}'",
            "SELECT owner_id FROM contacts",
        ],
    ),
    (
        "loops in a block",
        [
            (
                "DO $$ DECLARE r record; BEGIN PERFORM set_config('mycrm.organization_id', '{there}', false);"
                " FOR r IN SELECT id FROM contacts LOOP RAISE NOTICE '%', r.id; END LOOP; END $$"
            ),
        ],
    ),
    ("renews statistics", ["ANALYZE VERBOSE contacts", "SELECT * FROM pg_stats WHERE tablename = 'contacts'"]),
    ("listens", ["LISTEN mycrm", "NOTIFY mycrm", "SELECT pg_notify('mycrm', 'x')"]),
    ("exports a snapshot", ["BEGIN", "SELECT length(pg_export_snapshot()) > 0", ALL]),
    ("explains", ["EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) " + ALL]),
]
"""(what is tried, statements); none of their answers may hold an id of the other organization."""

POWERS = [
    "ALTER TABLE contacts DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY contacts_login ON contacts",
    "ALTER POLICY contacts_login ON contacts USING (true)",
    "CREATE POLICY spy ON contacts USING (true)",
    "ALTER TABLE contacts OWNER TO CURRENT_USER",
    "CREATE OR REPLACE FUNCTION mycrm_login_organization() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    "ALTER FUNCTION mycrm_login_organization() SECURITY INVOKER",
    "DROP FUNCTION mycrm_login_organization() CASCADE",
    "CREATE TABLE public.spy (id int)",
    "CREATE FUNCTION public.spy() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA spy",
    "CREATE TRIGGER spy AFTER INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION mycrm_append_only()",
    "CREATE TRIGGER spy AFTER UPDATE ON pg_temp.bait FOR EACH ROW EXECUTE FUNCTION mycrm_follow_user()",
    "CREATE TRIGGER spy AFTER UPDATE ON pg_temp.bait FOR EACH ROW EXECUTE FUNCTION mycrm_guard_sign_in('id')",
    "SELECT mycrm_follow_user()",
    "ALTER TABLE users DISABLE TRIGGER users_guard",
    "DROP FUNCTION mycrm_login_of(uuid)",
    "UPDATE users SET team_id = NULL",
    "DELETE FROM change_payloads",
    "UPDATE users SET is_active = false",
    "UPDATE users SET role = 'super_admin'",
    "CREATE RULE spy AS ON INSERT TO contacts DO ALSO SELECT 1",
    "CREATE INDEX spy ON contacts (id)",
    "CREATE PUBLICATION spy FOR TABLE contacts",
    "CREATE EVENT TRIGGER spy ON ddl_command_end EXECUTE FUNCTION mycrm_append_only()",
    "ALTER TABLE contacts ADD COLUMN spy text",
    "TRUNCATE contacts",
    "TRUNCATE change_items",
    "UPDATE change_items SET position = 99",
    "DELETE FROM changes",
    "UPDATE schema_info SET min_program = '999'",
    "UPDATE alembic_version SET version_num = '0'",
    "ALTER ROLE {me} BYPASSRLS",
    "ALTER ROLE {me} SUPERUSER",
    "ALTER ROLE {me} CREATEROLE",
    "GRANT {owner} TO {me}",
    "CREATE ROLE spy",
    "CREATE DATABASE spy",
    "GRANT SELECT ON contacts TO PUBLIC WITH GRANT OPTION",
    "SET session_replication_role = replica",
    "ALTER SYSTEM SET row_security = off",
    "COMMENT ON TABLE contacts IS 'x'",
]
"""Statements that are refused."""
