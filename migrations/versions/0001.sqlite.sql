CREATE TABLE auth_sessions (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    user_id BLOB NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    client VARCHAR(255),
    expires_at VARCHAR(27) NOT NULL,
    last_used_at VARCHAR(27),
    revoked_at VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT uq_auth_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT uq_auth_sessions_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_auth_sessions_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_auth_sessions_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_auth_sessions_token_hash CHECK (length("token_hash") <= 64),
    CONSTRAINT ck_auth_sessions_client CHECK (length("client") <= 255)
)

CREATE TABLE api_tokens (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    user_id BLOB NOT NULL,
    name VARCHAR(100) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    hint VARCHAR(12),
    permissions TEXT NOT NULL,
    expires_at VARCHAR(27),
    last_used_at VARCHAR(27),
    revoked_at VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT uq_api_tokens_user_id_name UNIQUE (user_id, name),
    CONSTRAINT uq_api_tokens_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_api_tokens_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_api_tokens_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_api_tokens_name CHECK (length("name") <= 100),
    CONSTRAINT ck_api_tokens_token_hash CHECK (length("token_hash") <= 64),
    CONSTRAINT ck_api_tokens_hint CHECK (length("hint") <= 12),
    CONSTRAINT ck_api_tokens_permissions CHECK (json_valid("permissions"))
)

CREATE TABLE recovery_codes (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    user_id BLOB NOT NULL,
    code_hash VARCHAR(128) NOT NULL,
    used_at VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT uq_recovery_codes_user_id_code_hash UNIQUE (user_id, code_hash),
    CONSTRAINT uq_recovery_codes_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_recovery_codes_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_recovery_codes_code_hash CHECK (length("code_hash") <= 128)
)

CREATE TABLE invitations (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    user_id BLOB NOT NULL,
    code_hash VARCHAR(64) NOT NULL,
    expires_at VARCHAR(27) NOT NULL,
    used_at VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT uq_invitations_code_hash UNIQUE (code_hash),
    CONSTRAINT uq_invitations_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_invitations_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_invitations_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_invitations_code_hash CHECK (length("code_hash") <= 64)
)

CREATE TABLE sign_in_failures (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    digest VARCHAR(64) NOT NULL,
    failures INTEGER NOT NULL,
    last_at VARCHAR(27) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_sign_in_failures_organization_id_digest UNIQUE (organization_id, digest),
    CONSTRAINT uq_sign_in_failures_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_sign_in_failures_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_sign_in_failures_digest CHECK (length("digest") <= 64),
    CONSTRAINT ck_sign_in_failures_failures CHECK ("failures" >= 0)
)

CREATE TABLE activities (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    activity_type TEXT NOT NULL,
    direction TEXT NOT NULL,
    subject VARCHAR(500),
    body TEXT,
    occurred_at VARCHAR(27) NOT NULL,
    duration_minutes INTEGER,
    outcome VARCHAR(255),
    user_id BLOB,
    contact_id BLOB,
    company_id BLOB,
    lead_id BLOB,
    opportunity_id BLOB,
    task_id BLOB,
    PRIMARY KEY (id),
    CONSTRAINT uq_activities_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_activities_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT fk_activities_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_activities_activity_type CHECK ("activity_type" IN ('call', 'email', 'meeting', 'note', 'task', 'stage_change', 'status_change', 'web_visit', 'form', 'other')),
    CONSTRAINT ck_activities_direction CHECK ("direction" IN ('inbound', 'outbound', 'none')),
    CONSTRAINT ck_activities_subject CHECK (length("subject") <= 500),
    CONSTRAINT ck_activities_duration_minutes CHECK ("duration_minutes" >= 0),
    CONSTRAINT ck_activities_outcome CHECK (length("outcome") <= 255),
    CONSTRAINT fk_activities_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_activities_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_activities_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_activities_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_activities_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_activities_task_id FOREIGN KEY(organization_id, task_id) REFERENCES tasks (organization_id, id) DEFERRABLE INITIALLY DEFERRED
)

CREATE TABLE campaigns (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(255) NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    start_date VARCHAR(10),
    end_date VARCHAR(10),
    budget INTEGER,
    actual_cost INTEGER,
    expected_revenue INTEGER,
    description TEXT,
    PRIMARY KEY (id),
    CONSTRAINT uq_campaigns_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_campaigns_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_campaigns_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT fk_campaigns_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_campaigns_name CHECK (length("name") <= 255),
    CONSTRAINT ck_campaigns_type CHECK ("type" IN ('email', 'event', 'ads', 'content', 'referral', 'other')),
    CONSTRAINT ck_campaigns_status CHECK ("status" IN ('planned', 'active', 'paused', 'completed')),
    CONSTRAINT ck_campaigns_budget CHECK ("budget" >= 0 AND "budget" <= 999999999999999),
    CONSTRAINT ck_campaigns_actual_cost CHECK ("actual_cost" >= 0 AND "actual_cost" <= 999999999999999),
    CONSTRAINT ck_campaigns_expected_revenue CHECK ("expected_revenue" >= 0 AND "expected_revenue" <= 999999999999999)
)

CREATE TABLE companies (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    search_text TEXT NOT NULL,
    search_rowid INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    domain VARCHAR(255),
    industry VARCHAR(100),
    company_size TEXT,
    annual_revenue INTEGER,
    founded_year INTEGER,
    description TEXT,
    logo_url VARCHAR(500),
    website VARCHAR(500),
    linkedin_url VARCHAR(500),
    address_line1 VARCHAR(255),
    city VARCHAR(100),
    state VARCHAR(100),
    postal_code VARCHAR(20),
    country VARCHAR(2),
    phone VARCHAR(20),
    employee_count INTEGER,
    type TEXT NOT NULL,
    tier TEXT,
    health_score INTEGER,
    owner_id BLOB,
    parent_id BLOB,
    tags TEXT NOT NULL,
    custom_fields TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_companies_organization_id_domain UNIQUE (organization_id, domain),
    CONSTRAINT uq_companies_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_companies_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT uq_companies_search_rowid UNIQUE (search_rowid),
    CONSTRAINT fk_companies_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_companies_search_rowid CHECK ("search_rowid" >= 0 AND "search_rowid" <= 9223372036854775807),
    CONSTRAINT ck_companies_name CHECK (length("name") <= 255),
    CONSTRAINT ck_companies_domain CHECK (length("domain") <= 255),
    CONSTRAINT ck_companies_industry CHECK (length("industry") <= 100),
    CONSTRAINT ck_companies_company_size CHECK ("company_size" IN ('1-10', '11-50', '51-200', '201-500', '501-1000', '1001-5000', '5001+')),
    CONSTRAINT ck_companies_annual_revenue CHECK ("annual_revenue" >= 0 AND "annual_revenue" <= 999999999999999),
    CONSTRAINT ck_companies_founded_year CHECK ("founded_year" >= 1000 AND "founded_year" <= 2999),
    CONSTRAINT ck_companies_logo_url CHECK (length("logo_url") <= 500),
    CONSTRAINT ck_companies_website CHECK (length("website") <= 500),
    CONSTRAINT ck_companies_linkedin_url CHECK (length("linkedin_url") <= 500),
    CONSTRAINT ck_companies_address_line1 CHECK (length("address_line1") <= 255),
    CONSTRAINT ck_companies_city CHECK (length("city") <= 100),
    CONSTRAINT ck_companies_state CHECK (length("state") <= 100),
    CONSTRAINT ck_companies_postal_code CHECK (length("postal_code") <= 20),
    CONSTRAINT ck_companies_country CHECK (length("country") <= 2),
    CONSTRAINT ck_companies_phone CHECK (length("phone") <= 20),
    CONSTRAINT ck_companies_employee_count CHECK ("employee_count" >= 0),
    CONSTRAINT ck_companies_type CHECK ("type" IN ('prospect', 'customer', 'partner', 'vendor', 'competitor', 'other')),
    CONSTRAINT ck_companies_tier CHECK ("tier" IN ('enterprise', 'mid_market', 'smb', 'startup')),
    CONSTRAINT ck_companies_health_score CHECK ("health_score" >= 0 AND "health_score" <= 100),
    CONSTRAINT fk_companies_owner_id FOREIGN KEY(organization_id, owner_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_companies_parent_id FOREIGN KEY(organization_id, parent_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_companies_tags CHECK (json_valid("tags")),
    CONSTRAINT ck_companies_custom_fields CHECK (json_valid("custom_fields"))
)

CREATE TABLE contacts (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    is_deleted INTEGER NOT NULL,
    deleted_at VARCHAR(27),
    search_text TEXT NOT NULL,
    search_rowid INTEGER NOT NULL,
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    email VARCHAR(254),
    phone VARCHAR(20),
    mobile VARCHAR(20),
    company VARCHAR(255),
    job_title VARCHAR(100),
    department VARCHAR(100),
    website VARCHAR(500),
    linkedin_url VARCHAR(500),
    twitter_handle VARCHAR(50),
    address_line1 VARCHAR(255),
    address_line2 VARCHAR(255),
    city VARCHAR(100),
    state VARCHAR(100),
    postal_code VARCHAR(20),
    country VARCHAR(2),
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    lifecycle_stage TEXT NOT NULL,
    tags TEXT NOT NULL,
    custom_fields TEXT NOT NULL,
    score INTEGER,
    owner_id BLOB,
    assigned_to_id BLOB,
    company_id BLOB,
    last_activity_at VARCHAR(27),
    do_not_call INTEGER NOT NULL,
    do_not_email INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_contacts_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_contacts_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT uq_contacts_search_rowid UNIQUE (search_rowid),
    CONSTRAINT fk_contacts_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_contacts_is_deleted CHECK ("is_deleted" IN (0, 1)),
    CONSTRAINT ck_contacts_search_rowid CHECK ("search_rowid" >= 0 AND "search_rowid" <= 9223372036854775807),
    CONSTRAINT ck_contacts_first_name CHECK (length("first_name") <= 100),
    CONSTRAINT ck_contacts_last_name CHECK (length("last_name") <= 100),
    CONSTRAINT ck_contacts_email CHECK (length("email") <= 254),
    CONSTRAINT ck_contacts_phone CHECK (length("phone") <= 20),
    CONSTRAINT ck_contacts_mobile CHECK (length("mobile") <= 20),
    CONSTRAINT ck_contacts_company CHECK (length("company") <= 255),
    CONSTRAINT ck_contacts_job_title CHECK (length("job_title") <= 100),
    CONSTRAINT ck_contacts_department CHECK (length("department") <= 100),
    CONSTRAINT ck_contacts_website CHECK (length("website") <= 500),
    CONSTRAINT ck_contacts_linkedin_url CHECK (length("linkedin_url") <= 500),
    CONSTRAINT ck_contacts_twitter_handle CHECK (length("twitter_handle") <= 50),
    CONSTRAINT ck_contacts_address_line1 CHECK (length("address_line1") <= 255),
    CONSTRAINT ck_contacts_address_line2 CHECK (length("address_line2") <= 255),
    CONSTRAINT ck_contacts_city CHECK (length("city") <= 100),
    CONSTRAINT ck_contacts_state CHECK (length("state") <= 100),
    CONSTRAINT ck_contacts_postal_code CHECK (length("postal_code") <= 20),
    CONSTRAINT ck_contacts_country CHECK (length("country") <= 2),
    CONSTRAINT ck_contacts_status CHECK ("status" IN ('active', 'inactive', 'archived')),
    CONSTRAINT ck_contacts_source CHECK ("source" IN ('website', 'referral', 'cold_call', 'cold_email', 'event', 'social', 'paid_ads', 'organic', 'partner', 'other')),
    CONSTRAINT ck_contacts_lifecycle_stage CHECK ("lifecycle_stage" IN ('subscriber', 'lead', 'marketing_qualified', 'sales_qualified', 'opportunity', 'customer', 'evangelist', 'other')),
    CONSTRAINT ck_contacts_tags CHECK (json_valid("tags")),
    CONSTRAINT ck_contacts_custom_fields CHECK (json_valid("custom_fields")),
    CONSTRAINT ck_contacts_score CHECK ("score" >= 0 AND "score" <= 100),
    CONSTRAINT fk_contacts_owner_id FOREIGN KEY(organization_id, owner_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_contacts_assigned_to_id FOREIGN KEY(organization_id, assigned_to_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_contacts_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_contacts_do_not_call CHECK ("do_not_call" IN (0, 1)),
    CONSTRAINT ck_contacts_do_not_email CHECK ("do_not_email" IN (0, 1))
)

CREATE TABLE custom_fields (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    entity VARCHAR(50) NOT NULL,
    "key" VARCHAR(50) NOT NULL,
    label VARCHAR(100),
    type TEXT NOT NULL,
    choices TEXT NOT NULL,
    required INTEGER NOT NULL,
    description TEXT,
    PRIMARY KEY (id),
    CONSTRAINT uq_custom_fields_organization_id_entity_key UNIQUE (organization_id, entity, "key"),
    CONSTRAINT uq_custom_fields_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_custom_fields_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_custom_fields_entity CHECK (length("entity") <= 50),
    CONSTRAINT ck_custom_fields_key CHECK (length("key") <= 50),
    CONSTRAINT ck_custom_fields_label CHECK (length("label") <= 100),
    CONSTRAINT ck_custom_fields_type CHECK ("type" IN ('text', 'integer', 'number', 'money', 'percent', 'boolean', 'date', 'timestamp', 'choice', 'tags', 'email', 'phone', 'url', 'country', 'currency')),
    CONSTRAINT ck_custom_fields_choices CHECK (json_valid("choices")),
    CONSTRAINT ck_custom_fields_required CHECK ("required" IN (0, 1))
)

CREATE TABLE saved_filters (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(100) NOT NULL,
    entity VARCHAR(50) NOT NULL,
    expression TEXT NOT NULL,
    sort VARCHAR(255),
    columns TEXT NOT NULL,
    user_id BLOB,
    PRIMARY KEY (id),
    CONSTRAINT uq_saved_filters_organization_id_entity_name UNIQUE (organization_id, entity, name),
    CONSTRAINT uq_saved_filters_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_saved_filters_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_saved_filters_name CHECK (length("name") <= 100),
    CONSTRAINT ck_saved_filters_entity CHECK (length("entity") <= 50),
    CONSTRAINT ck_saved_filters_sort CHECK (length("sort") <= 255),
    CONSTRAINT ck_saved_filters_columns CHECK (json_valid("columns")),
    CONSTRAINT fk_saved_filters_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED
)

CREATE TABLE assignment_rules (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(100) NOT NULL,
    position INTEGER NOT NULL,
    expression TEXT NOT NULL,
    user_id BLOB,
    team_id BLOB,
    is_active INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_assignment_rules_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_assignment_rules_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_assignment_rules_name CHECK (length("name") <= 100),
    CONSTRAINT ck_assignment_rules_position CHECK ("position" >= 1),
    CONSTRAINT fk_assignment_rules_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_assignment_rules_team_id FOREIGN KEY(organization_id, team_id) REFERENCES teams (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_assignment_rules_is_active CHECK ("is_active" IN (0, 1))
)

CREATE TABLE assignment_turns (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    team_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    turn INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_assignment_turns_team_id_user_id UNIQUE (team_id, user_id),
    CONSTRAINT uq_assignment_turns_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_assignment_turns_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_assignment_turns_team_id FOREIGN KEY(organization_id, team_id) REFERENCES teams (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_assignment_turns_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_assignment_turns_turn CHECK ("turn" >= 0)
)

CREATE TABLE opportunities (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    is_deleted INTEGER NOT NULL,
    deleted_at VARCHAR(27),
    search_text TEXT NOT NULL,
    search_rowid INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    value INTEGER,
    value_from_items INTEGER NOT NULL,
    currency VARCHAR(3) NOT NULL,
    probability INTEGER NOT NULL,
    weighted_value INTEGER GENERATED ALWAYS AS ((value * probability + 50) / 100) STORED,
    expected_close_date VARCHAR(10),
    actual_close_date VARCHAR(10),
    stage_id BLOB NOT NULL,
    pipeline_id BLOB NOT NULL,
    contact_id BLOB,
    company_id BLOB,
    lead_id BLOB,
    owner_id BLOB,
    status TEXT NOT NULL,
    loss_reason VARCHAR(255),
    competitor VARCHAR(255),
    next_step TEXT,
    tags TEXT NOT NULL,
    custom_fields TEXT NOT NULL,
    last_activity_at VARCHAR(27),
    stage_changed_at VARCHAR(27) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fk_opportunities_stage_id FOREIGN KEY(organization_id, pipeline_id, stage_id) REFERENCES stages (organization_id, pipeline_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT uq_opportunities_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_opportunities_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT uq_opportunities_search_rowid UNIQUE (search_rowid),
    CONSTRAINT fk_opportunities_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_opportunities_is_deleted CHECK ("is_deleted" IN (0, 1)),
    CONSTRAINT ck_opportunities_search_rowid CHECK ("search_rowid" >= 0 AND "search_rowid" <= 9223372036854775807),
    CONSTRAINT ck_opportunities_name CHECK (length("name") <= 255),
    CONSTRAINT ck_opportunities_value CHECK ("value" >= 0 AND "value" <= 999999999999999),
    CONSTRAINT ck_opportunities_value_from_items CHECK ("value_from_items" IN (0, 1)),
    CONSTRAINT ck_opportunities_currency CHECK (length("currency") <= 3),
    CONSTRAINT ck_opportunities_probability CHECK ("probability" >= 0 AND "probability" <= 100),
    CONSTRAINT ck_opportunities_weighted_value CHECK ("weighted_value" >= 0 AND "weighted_value" <= 999999999999999),
    CONSTRAINT fk_opportunities_pipeline_id FOREIGN KEY(organization_id, pipeline_id) REFERENCES pipelines (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_opportunities_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_opportunities_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_opportunities_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_opportunities_owner_id FOREIGN KEY(organization_id, owner_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_opportunities_status CHECK ("status" IN ('open', 'won', 'lost')),
    CONSTRAINT ck_opportunities_loss_reason CHECK (length("loss_reason") <= 255),
    CONSTRAINT ck_opportunities_competitor CHECK (length("competitor") <= 255),
    CONSTRAINT ck_opportunities_tags CHECK (json_valid("tags")),
    CONSTRAINT ck_opportunities_custom_fields CHECK (json_valid("custom_fields"))
)

CREATE TABLE emails (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    subject VARCHAR(500),
    body_preview TEXT,
    from_email VARCHAR(254),
    to_email VARCHAR(254),
    message_id VARCHAR(255),
    thread_id VARCHAR(255),
    sent_at VARCHAR(27),
    opened_at VARCHAR(27),
    open_count INTEGER NOT NULL,
    clicked_at VARCHAR(27),
    click_count INTEGER NOT NULL,
    replied_at VARCHAR(27),
    bounced_at VARCHAR(27),
    bounce_type TEXT,
    status TEXT NOT NULL,
    contact_id BLOB,
    lead_id BLOB,
    opportunity_id BLOB,
    user_id BLOB,
    sequence_id BLOB,
    sequence_step INTEGER,
    PRIMARY KEY (id),
    CONSTRAINT uq_emails_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_emails_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT fk_emails_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_emails_subject CHECK (length("subject") <= 500),
    CONSTRAINT ck_emails_from_email CHECK (length("from_email") <= 254),
    CONSTRAINT ck_emails_to_email CHECK (length("to_email") <= 254),
    CONSTRAINT ck_emails_message_id CHECK (length("message_id") <= 255),
    CONSTRAINT ck_emails_thread_id CHECK (length("thread_id") <= 255),
    CONSTRAINT ck_emails_open_count CHECK ("open_count" >= 0),
    CONSTRAINT ck_emails_click_count CHECK ("click_count" >= 0),
    CONSTRAINT ck_emails_bounce_type CHECK ("bounce_type" IN ('hard', 'soft')),
    CONSTRAINT ck_emails_status CHECK ("status" IN ('queued', 'sent', 'delivered', 'opened', 'clicked', 'replied', 'bounced', 'failed')),
    CONSTRAINT fk_emails_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_emails_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_emails_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_emails_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_emails_sequence_id FOREIGN KEY(organization_id, sequence_id) REFERENCES email_sequences (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_emails_sequence_step CHECK ("sequence_step" >= 0)
)

CREATE TABLE line_items (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    opportunity_id BLOB NOT NULL,
    product_id BLOB,
    name VARCHAR(255) NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    discount_percent INTEGER NOT NULL,
    position INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_line_items_opportunity_id_position UNIQUE (opportunity_id, position),
    CONSTRAINT uq_line_items_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_line_items_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_line_items_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_line_items_product_id FOREIGN KEY(organization_id, product_id) REFERENCES products (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_line_items_name CHECK (length("name") <= 255),
    CONSTRAINT ck_line_items_quantity CHECK ("quantity" >= 0 AND "quantity" <= 999999999999),
    CONSTRAINT ck_line_items_unit_price CHECK ("unit_price" >= 0 AND "unit_price" <= 999999999999999),
    CONSTRAINT ck_line_items_discount_percent CHECK ("discount_percent" >= 0 AND "discount_percent" <= 10000),
    CONSTRAINT ck_line_items_position CHECK ("position" >= 1),
    CONSTRAINT ck_line_items_total CHECK ("total" >= 0 AND "total" <= 999999999999999)
)

CREATE TABLE import_jobs (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    entity VARCHAR(50) NOT NULL,
    state TEXT NOT NULL,
    file_name TEXT,
    file_hash VARCHAR(64),
    mapping_hash VARCHAR(64),
    mapping TEXT NOT NULL,
    options TEXT NOT NULL,
    user_id BLOB,
    change_id BLOB,
    rows_done INTEGER NOT NULL,
    created_count INTEGER NOT NULL,
    updated_count INTEGER NOT NULL,
    unchanged_count INTEGER NOT NULL,
    skipped_count INTEGER NOT NULL,
    rejected_count INTEGER NOT NULL,
    warning_count INTEGER NOT NULL,
    staging_path TEXT,
    rejects_path TEXT,
    process VARCHAR(100),
    started_at VARCHAR(27) NOT NULL,
    heartbeat_at VARCHAR(27),
    finished_at VARCHAR(27),
    error TEXT,
    PRIMARY KEY (id),
    CONSTRAINT uq_import_jobs_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_import_jobs_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT fk_import_jobs_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_import_jobs_entity CHECK (length("entity") <= 50),
    CONSTRAINT ck_import_jobs_state CHECK ("state" IN ('staging', 'staged', 'running', 'finished', 'failed', 'interrupted')),
    CONSTRAINT ck_import_jobs_file_hash CHECK (length("file_hash") <= 64),
    CONSTRAINT ck_import_jobs_mapping_hash CHECK (length("mapping_hash") <= 64),
    CONSTRAINT ck_import_jobs_mapping CHECK (json_valid("mapping")),
    CONSTRAINT ck_import_jobs_options CHECK (json_valid("options")),
    CONSTRAINT fk_import_jobs_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_import_jobs_change_id FOREIGN KEY(organization_id, change_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_import_jobs_rows_done CHECK ("rows_done" >= 0),
    CONSTRAINT ck_import_jobs_created_count CHECK ("created_count" >= 0),
    CONSTRAINT ck_import_jobs_updated_count CHECK ("updated_count" >= 0),
    CONSTRAINT ck_import_jobs_unchanged_count CHECK ("unchanged_count" >= 0),
    CONSTRAINT ck_import_jobs_skipped_count CHECK ("skipped_count" >= 0),
    CONSTRAINT ck_import_jobs_rejected_count CHECK ("rejected_count" >= 0),
    CONSTRAINT ck_import_jobs_warning_count CHECK ("warning_count" >= 0),
    CONSTRAINT ck_import_jobs_process CHECK (length("process") <= 100)
)

CREATE TABLE cron_jobs (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(100) NOT NULL,
    command TEXT NOT NULL,
    schedule VARCHAR(255) NOT NULL,
    timezone VARCHAR(50),
    is_enabled INTEGER NOT NULL,
    catch_up INTEGER NOT NULL,
    time_limit_seconds INTEGER,
    on_failure TEXT NOT NULL,
    user_id BLOB,
    profile VARCHAR(100),
    next_run_at VARCHAR(27),
    last_started_at VARCHAR(27),
    heartbeat_at VARCHAR(27),
    last_finished_at VARCHAR(27),
    last_success_at VARCHAR(27),
    last_exit INTEGER,
    last_error TEXT,
    failure_count INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_cron_jobs_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_cron_jobs_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_cron_jobs_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_cron_jobs_name CHECK (length("name") <= 100),
    CONSTRAINT ck_cron_jobs_command CHECK (json_valid("command")),
    CONSTRAINT ck_cron_jobs_schedule CHECK (length("schedule") <= 255),
    CONSTRAINT ck_cron_jobs_timezone CHECK (length("timezone") <= 50),
    CONSTRAINT ck_cron_jobs_is_enabled CHECK ("is_enabled" IN (0, 1)),
    CONSTRAINT ck_cron_jobs_catch_up CHECK ("catch_up" IN (0, 1)),
    CONSTRAINT ck_cron_jobs_time_limit_seconds CHECK ("time_limit_seconds" >= 1),
    CONSTRAINT ck_cron_jobs_on_failure CHECK (json_valid("on_failure")),
    CONSTRAINT fk_cron_jobs_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_cron_jobs_profile CHECK (length("profile") <= 100),
    CONSTRAINT ck_cron_jobs_failure_count CHECK ("failure_count" >= 0)
)

CREATE TABLE reminder_deliveries (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    task_id BLOB NOT NULL,
    reminder_at VARCHAR(27) NOT NULL,
    channel VARCHAR(50) NOT NULL,
    user_id BLOB,
    state TEXT NOT NULL,
    claimed_by VARCHAR(100),
    claimed_at VARCHAR(27) NOT NULL,
    sent_at VARCHAR(27),
    error TEXT,
    PRIMARY KEY (id),
    CONSTRAINT uq_reminder_deliveries_task_id_reminder_at_channel UNIQUE (organization_id, task_id, reminder_at, channel),
    CONSTRAINT uq_reminder_deliveries_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_reminder_deliveries_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_reminder_deliveries_task_id FOREIGN KEY(organization_id, task_id) REFERENCES tasks (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_reminder_deliveries_channel CHECK (length("channel") <= 50),
    CONSTRAINT fk_reminder_deliveries_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_reminder_deliveries_state CHECK ("state" IN ('claimed', 'sent', 'failed', 'uncertain')),
    CONSTRAINT ck_reminder_deliveries_claimed_by CHECK (length("claimed_by") <= 100)
)

CREATE TABLE notice_deliveries (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    kind TEXT NOT NULL,
    "key" VARCHAR(50) NOT NULL,
    user_id BLOB NOT NULL,
    channel VARCHAR(50) NOT NULL,
    since VARCHAR(27),
    state TEXT NOT NULL,
    claimed_by VARCHAR(100),
    claimed_at VARCHAR(27) NOT NULL,
    sent_at VARCHAR(27),
    error TEXT,
    PRIMARY KEY (id),
    CONSTRAINT uq_notice_deliveries_organization_id_kind_key_user_id_channel UNIQUE (organization_id, kind, "key", user_id, channel),
    CONSTRAINT uq_notice_deliveries_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_notice_deliveries_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_notice_deliveries_kind CHECK ("kind" IN ('unanswered', 'stalled', 'overdue', 'digest', 'dashboard')),
    CONSTRAINT ck_notice_deliveries_key CHECK (length("key") <= 50),
    CONSTRAINT fk_notice_deliveries_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_notice_deliveries_channel CHECK (length("channel") <= 50),
    CONSTRAINT ck_notice_deliveries_state CHECK ("state" IN ('claimed', 'sent', 'failed', 'uncertain', 'empty')),
    CONSTRAINT ck_notice_deliveries_claimed_by CHECK (length("claimed_by") <= 100)
)

CREATE TABLE changes (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor_id BLOB,
    profile VARCHAR(100),
    program VARCHAR(50),
    command TEXT NOT NULL,
    label VARCHAR(100),
    started_at VARCHAR(27) NOT NULL,
    finished_at VARCHAR(27) NOT NULL,
    undoes_id BLOB,
    part_of_id BLOB,
    created_count INTEGER NOT NULL,
    updated_count INTEGER NOT NULL,
    deleted_count INTEGER NOT NULL,
    items_hash VARCHAR(64) NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_changes_organization_id_position UNIQUE (organization_id, position),
    CONSTRAINT uq_changes_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_changes_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT fk_changes_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_changes_position CHECK ("position" >= 1),
    CONSTRAINT ck_changes_kind CHECK ("kind" IN ('write', 'import', 'undo', 'redo', 'erase')),
    CONSTRAINT fk_changes_actor_id FOREIGN KEY(organization_id, actor_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_changes_profile CHECK (length("profile") <= 100),
    CONSTRAINT ck_changes_program CHECK (length("program") <= 50),
    CONSTRAINT ck_changes_command CHECK (json_valid("command")),
    CONSTRAINT ck_changes_label CHECK (length("label") <= 100),
    CONSTRAINT fk_changes_undoes_id FOREIGN KEY(organization_id, undoes_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_changes_part_of_id FOREIGN KEY(organization_id, part_of_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_changes_created_count CHECK ("created_count" >= 0),
    CONSTRAINT ck_changes_updated_count CHECK ("updated_count" >= 0),
    CONSTRAINT ck_changes_deleted_count CHECK ("deleted_count" >= 0),
    CONSTRAINT ck_changes_items_hash CHECK (length("items_hash") <= 64),
    CONSTRAINT ck_changes_previous_hash CHECK (length("previous_hash") <= 64),
    CONSTRAINT ck_changes_hash CHECK (length("hash") <= 64)
)

CREATE TABLE change_items (
    organization_id BLOB NOT NULL,
    change_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    entity VARCHAR(50) NOT NULL,
    record_id BLOB NOT NULL,
    action TEXT NOT NULL,
    touched TEXT NOT NULL,
    payload_hash VARCHAR(64),
    last_record_id BLOB,
    members TEXT,
    PRIMARY KEY (organization_id, change_id, position),
    CONSTRAINT fk_change_items_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_change_items_change_id FOREIGN KEY(organization_id, change_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_change_items_position CHECK ("position" >= 1),
    CONSTRAINT ck_change_items_entity CHECK (length("entity") <= 50),
    CONSTRAINT ck_change_items_action CHECK ("action" IN ('create', 'update', 'delete', 'restore', 'purge')),
    CONSTRAINT ck_change_items_touched CHECK (json_valid("touched")),
    CONSTRAINT ck_change_items_payload_hash CHECK (length("payload_hash") <= 64)
)
 WITHOUT ROWID

CREATE TABLE change_payloads (
    organization_id BLOB NOT NULL,
    change_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    salt VARCHAR(32) NOT NULL,
    "before" TEXT NOT NULL,
    PRIMARY KEY (organization_id, change_id, position),
    CONSTRAINT fk_change_payloads_position FOREIGN KEY(organization_id, change_id, position) REFERENCES change_items (organization_id, change_id, position) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_change_payloads_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_change_payloads_change_id FOREIGN KEY(organization_id, change_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_change_payloads_position CHECK ("position" >= 1),
    CONSTRAINT ck_change_payloads_salt CHECK (length("salt") <= 32),
    CONSTRAINT ck_change_payloads_before CHECK (json_valid("before"))
)

CREATE TABLE leads (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    is_deleted INTEGER NOT NULL,
    deleted_at VARCHAR(27),
    search_text TEXT NOT NULL,
    search_rowid INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    email VARCHAR(254),
    phone VARCHAR(20),
    company VARCHAR(255),
    job_title VARCHAR(100),
    website VARCHAR(500),
    source TEXT NOT NULL,
    source_detail VARCHAR(255),
    status TEXT NOT NULL,
    substatus VARCHAR(50),
    score INTEGER,
    score_breakdown TEXT NOT NULL,
    score_locked INTEGER NOT NULL,
    grade TEXT,
    estimated_value INTEGER,
    probability INTEGER,
    utm_source VARCHAR(100),
    utm_medium VARCHAR(100),
    utm_campaign VARCHAR(100),
    referrer_url VARCHAR(500),
    landing_page VARCHAR(500),
    notes TEXT,
    tags TEXT NOT NULL,
    custom_fields TEXT NOT NULL,
    owner_id BLOB,
    assigned_to_id BLOB,
    converted_contact_id BLOB,
    converted_opportunity_id BLOB,
    campaign_id BLOB,
    last_activity_at VARCHAR(27),
    first_responded_at VARCHAR(27),
    qualified_at VARCHAR(27),
    disqualified_at VARCHAR(27),
    disqualify_reason VARCHAR(255),
    converted_at VARCHAR(27),
    do_not_call INTEGER NOT NULL,
    do_not_email INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_leads_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_leads_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT uq_leads_search_rowid UNIQUE (search_rowid),
    CONSTRAINT fk_leads_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_leads_is_deleted CHECK ("is_deleted" IN (0, 1)),
    CONSTRAINT ck_leads_search_rowid CHECK ("search_rowid" >= 0 AND "search_rowid" <= 9223372036854775807),
    CONSTRAINT ck_leads_name CHECK (length("name") <= 255),
    CONSTRAINT ck_leads_first_name CHECK (length("first_name") <= 100),
    CONSTRAINT ck_leads_last_name CHECK (length("last_name") <= 100),
    CONSTRAINT ck_leads_email CHECK (length("email") <= 254),
    CONSTRAINT ck_leads_phone CHECK (length("phone") <= 20),
    CONSTRAINT ck_leads_company CHECK (length("company") <= 255),
    CONSTRAINT ck_leads_job_title CHECK (length("job_title") <= 100),
    CONSTRAINT ck_leads_website CHECK (length("website") <= 500),
    CONSTRAINT ck_leads_source CHECK ("source" IN ('website', 'referral', 'cold_call', 'cold_email', 'event', 'social', 'paid_ads', 'organic', 'partner', 'other')),
    CONSTRAINT ck_leads_source_detail CHECK (length("source_detail") <= 255),
    CONSTRAINT ck_leads_status CHECK ("status" IN ('new', 'contacted', 'engaged', 'qualified', 'converted', 'disqualified', 'nurturing')),
    CONSTRAINT ck_leads_substatus CHECK (length("substatus") <= 50),
    CONSTRAINT ck_leads_score CHECK ("score" >= 0 AND "score" <= 100),
    CONSTRAINT ck_leads_score_breakdown CHECK (json_valid("score_breakdown")),
    CONSTRAINT ck_leads_score_locked CHECK ("score_locked" IN (0, 1)),
    CONSTRAINT ck_leads_grade CHECK ("grade" IN ('A', 'B', 'C', 'D', 'E', 'F')),
    CONSTRAINT ck_leads_estimated_value CHECK ("estimated_value" >= 0 AND "estimated_value" <= 999999999999999),
    CONSTRAINT ck_leads_probability CHECK ("probability" >= 0 AND "probability" <= 100),
    CONSTRAINT ck_leads_utm_source CHECK (length("utm_source") <= 100),
    CONSTRAINT ck_leads_utm_medium CHECK (length("utm_medium") <= 100),
    CONSTRAINT ck_leads_utm_campaign CHECK (length("utm_campaign") <= 100),
    CONSTRAINT ck_leads_referrer_url CHECK (length("referrer_url") <= 500),
    CONSTRAINT ck_leads_landing_page CHECK (length("landing_page") <= 500),
    CONSTRAINT ck_leads_tags CHECK (json_valid("tags")),
    CONSTRAINT ck_leads_custom_fields CHECK (json_valid("custom_fields")),
    CONSTRAINT fk_leads_owner_id FOREIGN KEY(organization_id, owner_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_leads_assigned_to_id FOREIGN KEY(organization_id, assigned_to_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_leads_converted_contact_id FOREIGN KEY(organization_id, converted_contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_leads_converted_opportunity_id FOREIGN KEY(organization_id, converted_opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_leads_campaign_id FOREIGN KEY(organization_id, campaign_id) REFERENCES campaigns (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_leads_disqualify_reason CHECK (length("disqualify_reason") <= 255),
    CONSTRAINT ck_leads_do_not_call CHECK ("do_not_call" IN (0, 1)),
    CONSTRAINT ck_leads_do_not_email CHECK ("do_not_email" IN (0, 1))
)

CREATE TABLE contact_emails (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    contact_id BLOB NOT NULL,
    email VARCHAR(254) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_contact_emails_contact_id_email UNIQUE (contact_id, email),
    CONSTRAINT uq_contact_emails_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_contact_emails_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_contact_emails_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_contact_emails_email CHECK (length("email") <= 254)
)

CREATE TABLE deal_contacts (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    opportunity_id BLOB NOT NULL,
    contact_id BLOB NOT NULL,
    role VARCHAR(100),
    PRIMARY KEY (id),
    CONSTRAINT uq_deal_contacts_opportunity_id_contact_id UNIQUE (opportunity_id, contact_id),
    CONSTRAINT uq_deal_contacts_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_deal_contacts_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_deal_contacts_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_deal_contacts_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_deal_contacts_role CHECK (length("role") <= 100)
)

CREATE TABLE deal_companies (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    opportunity_id BLOB NOT NULL,
    company_id BLOB NOT NULL,
    role VARCHAR(100),
    PRIMARY KEY (id),
    CONSTRAINT uq_deal_companies_opportunity_id_company_id UNIQUE (opportunity_id, company_id),
    CONSTRAINT uq_deal_companies_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_deal_companies_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_deal_companies_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_deal_companies_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_deal_companies_role CHECK (length("role") <= 100)
)

CREATE TABLE contact_companies (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    contact_id BLOB NOT NULL,
    company_id BLOB NOT NULL,
    role VARCHAR(100),
    PRIMARY KEY (id),
    CONSTRAINT uq_contact_companies_contact_id_company_id UNIQUE (contact_id, company_id),
    CONSTRAINT uq_contact_companies_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_contact_companies_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_contact_companies_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_contact_companies_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_contact_companies_role CHECK (length("role") <= 100)
)

CREATE TABLE external_ids (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    entity VARCHAR(50) NOT NULL,
    record_id BLOB NOT NULL,
    source VARCHAR(50) NOT NULL,
    external_id VARCHAR(255) NOT NULL,
    last_values TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_external_ids_organization_id_entity_source_external_id UNIQUE (organization_id, entity, source, external_id),
    CONSTRAINT uq_external_ids_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_external_ids_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_external_ids_entity CHECK (length("entity") <= 50),
    CONSTRAINT ck_external_ids_source CHECK (length("source") <= 50),
    CONSTRAINT ck_external_ids_external_id CHECK (length("external_id") <= 255),
    CONSTRAINT ck_external_ids_last_values CHECK (json_valid("last_values"))
)

CREATE TABLE email_templates (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(255) NOT NULL,
    subject VARCHAR(500) NOT NULL,
    body_text TEXT NOT NULL,
    body_html TEXT,
    description TEXT,
    is_active INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_templates_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_email_templates_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_email_templates_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_email_templates_name CHECK (length("name") <= 255),
    CONSTRAINT ck_email_templates_subject CHECK (length("subject") <= 500),
    CONSTRAINT ck_email_templates_is_active CHECK ("is_active" IN (0, 1))
)

CREATE TABLE outbox (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    email_id BLOB,
    state TEXT NOT NULL,
    message_id VARCHAR(255) NOT NULL,
    send_key VARCHAR(100),
    from_email VARCHAR(254) NOT NULL,
    to_email VARCHAR(254) NOT NULL,
    subject VARCHAR(500) NOT NULL,
    body_text TEXT,
    body_html TEXT,
    headers TEXT NOT NULL,
    attachments TEXT NOT NULL,
    contact_id BLOB,
    lead_id BLOB,
    user_id BLOB,
    template_id BLOB,
    template_version INTEGER,
    enrollment_id BLOB,
    step_id BLOB,
    due_at VARCHAR(27) NOT NULL,
    attempts INTEGER NOT NULL,
    lease_holder VARCHAR(100),
    lease_until VARCHAR(27),
    sent_at VARCHAR(27),
    error TEXT,
    PRIMARY KEY (id),
    CONSTRAINT uq_outbox_organization_id_message_id UNIQUE (organization_id, message_id),
    CONSTRAINT uq_outbox_organization_id_send_key_to_email UNIQUE (organization_id, send_key, to_email),
    CONSTRAINT uq_outbox_enrollment_id_step_id UNIQUE (enrollment_id, step_id),
    CONSTRAINT uq_outbox_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_outbox_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_outbox_email_id FOREIGN KEY(organization_id, email_id) REFERENCES emails (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_outbox_state CHECK ("state" IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'cancelled')),
    CONSTRAINT ck_outbox_message_id CHECK (length("message_id") <= 255),
    CONSTRAINT ck_outbox_send_key CHECK (length("send_key") <= 100),
    CONSTRAINT ck_outbox_from_email CHECK (length("from_email") <= 254),
    CONSTRAINT ck_outbox_to_email CHECK (length("to_email") <= 254),
    CONSTRAINT ck_outbox_subject CHECK (length("subject") <= 500),
    CONSTRAINT ck_outbox_headers CHECK (json_valid("headers")),
    CONSTRAINT ck_outbox_attachments CHECK (json_valid("attachments")),
    CONSTRAINT fk_outbox_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_outbox_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_outbox_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_outbox_template_id FOREIGN KEY(organization_id, template_id) REFERENCES email_templates (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_outbox_template_version CHECK ("template_version" >= 1),
    CONSTRAINT fk_outbox_enrollment_id FOREIGN KEY(organization_id, enrollment_id) REFERENCES email_sequence_enrollments (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_outbox_step_id FOREIGN KEY(organization_id, step_id) REFERENCES email_sequence_steps (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_outbox_attempts CHECK ("attempts" >= 0),
    CONSTRAINT ck_outbox_lease_holder CHECK (length("lease_holder") <= 100)
)

CREATE TABLE email_events (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    email_id BLOB,
    provider VARCHAR(50) NOT NULL,
    event_id VARCHAR(255) NOT NULL,
    type TEXT NOT NULL,
    occurred_at VARCHAR(27) NOT NULL,
    message_id VARCHAR(255),
    provider_key VARCHAR(255),
    address VARCHAR(254),
    url TEXT,
    data TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_events_organization_id_provider_event_id UNIQUE (organization_id, provider, event_id),
    CONSTRAINT uq_email_events_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_email_events_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_email_events_email_id FOREIGN KEY(organization_id, email_id) REFERENCES emails (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_email_events_provider CHECK (length("provider") <= 50),
    CONSTRAINT ck_email_events_event_id CHECK (length("event_id") <= 255),
    CONSTRAINT ck_email_events_type CHECK ("type" IN ('delivered', 'open', 'click', 'reply', 'bounce', 'complaint', 'unsubscribe', 'deferred', 'failed', 'other')),
    CONSTRAINT ck_email_events_message_id CHECK (length("message_id") <= 255),
    CONSTRAINT ck_email_events_provider_key CHECK (length("provider_key") <= 255),
    CONSTRAINT ck_email_events_address CHECK (length("address") <= 254),
    CONSTRAINT ck_email_events_data CHECK (json_valid("data"))
)

CREATE TABLE suppressions (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    email VARCHAR(254) NOT NULL,
    reason TEXT NOT NULL,
    detail VARCHAR(255),
    email_id BLOB,
    user_id BLOB,
    PRIMARY KEY (id),
    CONSTRAINT uq_suppressions_organization_id_email UNIQUE (organization_id, email),
    CONSTRAINT uq_suppressions_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_suppressions_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_suppressions_email CHECK (length("email") <= 254),
    CONSTRAINT ck_suppressions_reason CHECK ("reason" IN ('bounce', 'complaint', 'unsubscribe', 'manual', 'imported')),
    CONSTRAINT ck_suppressions_detail CHECK (length("detail") <= 255),
    CONSTRAINT fk_suppressions_email_id FOREIGN KEY(organization_id, email_id) REFERENCES emails (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_suppressions_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED
)

CREATE TABLE mail_files (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    size INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_mail_files_organization_id_sha256 UNIQUE (organization_id, sha256),
    CONSTRAINT uq_mail_files_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_mail_files_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_mail_files_sha256 CHECK (length("sha256") <= 64),
    CONSTRAINT ck_mail_files_size CHECK ("size" >= 0)
)

CREATE TABLE mail_folders (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    account VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    uidvalidity INTEGER NOT NULL,
    last_uid INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    matched INTEGER NOT NULL,
    read_at VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT uq_mail_folders_organization_id_account_name UNIQUE (organization_id, account, name),
    CONSTRAINT uq_mail_folders_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_mail_folders_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_mail_folders_account CHECK (length("account") <= 255),
    CONSTRAINT ck_mail_folders_name CHECK (length("name") <= 255),
    CONSTRAINT ck_mail_folders_uidvalidity CHECK ("uidvalidity" >= 0),
    CONSTRAINT ck_mail_folders_last_uid CHECK ("last_uid" >= 0),
    CONSTRAINT ck_mail_folders_seen CHECK ("seen" >= 0),
    CONSTRAINT ck_mail_folders_matched CHECK ("matched" >= 0)
)

CREATE TABLE notes (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    body TEXT NOT NULL,
    author_id BLOB,
    contact_id BLOB,
    company_id BLOB,
    lead_id BLOB,
    opportunity_id BLOB,
    pinned INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_notes_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_notes_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT fk_notes_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_notes_author_id FOREIGN KEY(organization_id, author_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_notes_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_notes_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_notes_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_notes_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_notes_pinned CHECK ("pinned" IN (0, 1))
)

CREATE TABLE organizations (
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(255) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    logo_url VARCHAR(500),
    "plan" TEXT NOT NULL,
    settings TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_organizations_slug UNIQUE (slug),
    CONSTRAINT ck_organizations_name CHECK (length("name") <= 255),
    CONSTRAINT ck_organizations_slug CHECK (length("slug") <= 100),
    CONSTRAINT ck_organizations_logo_url CHECK (length("logo_url") <= 500),
    CONSTRAINT ck_organizations_plan CHECK ("plan" IN ('starter', 'pro', 'enterprise')),
    CONSTRAINT ck_organizations_settings CHECK (json_valid("settings")),
    CONSTRAINT ck_organizations_is_active CHECK ("is_active" IN (0, 1))
)

CREATE TABLE pipelines (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    is_default INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_pipelines_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_pipelines_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_pipelines_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_pipelines_name CHECK (length("name") <= 255),
    CONSTRAINT ck_pipelines_is_default CHECK ("is_default" IN (0, 1)),
    CONSTRAINT ck_pipelines_is_active CHECK ("is_active" IN (0, 1))
)

CREATE TABLE erasures (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    type TEXT NOT NULL,
    digest VARCHAR(64) NOT NULL,
    salt VARCHAR(32) NOT NULL,
    erased_at VARCHAR(27) NOT NULL,
    user_id BLOB,
    PRIMARY KEY (id),
    CONSTRAINT uq_erasures_organization_id_digest UNIQUE (organization_id, digest),
    CONSTRAINT uq_erasures_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_erasures_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_erasures_type CHECK ("type" IN ('email', 'phone')),
    CONSTRAINT ck_erasures_digest CHECK (length("digest") <= 64),
    CONSTRAINT ck_erasures_salt CHECK (length("salt") <= 32),
    CONSTRAINT fk_erasures_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED
)

CREATE TABLE products (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(255) NOT NULL,
    sku VARCHAR(100),
    unit_price INTEGER,
    currency VARCHAR(3),
    is_active INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_products_organization_id_sku UNIQUE (organization_id, sku),
    CONSTRAINT uq_products_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_products_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT fk_products_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_products_name CHECK (length("name") <= 255),
    CONSTRAINT ck_products_sku CHECK (length("sku") <= 100),
    CONSTRAINT ck_products_unit_price CHECK ("unit_price" >= 0 AND "unit_price" <= 999999999999999),
    CONSTRAINT ck_products_currency CHECK (length("currency") <= 3),
    CONSTRAINT ck_products_is_active CHECK ("is_active" IN (0, 1))
)

CREATE TABLE lead_scores (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    lead_id BLOB NOT NULL,
    score INTEGER NOT NULL,
    grade TEXT,
    breakdown TEXT NOT NULL,
    factors TEXT NOT NULL,
    recommendation TEXT,
    confidence INTEGER,
    model_version VARCHAR(50),
    scored_at VARCHAR(27) NOT NULL,
    expires_at VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT uq_lead_scores_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_lead_scores_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_lead_scores_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_lead_scores_score CHECK ("score" >= 0 AND "score" <= 100),
    CONSTRAINT ck_lead_scores_grade CHECK ("grade" IN ('A', 'B', 'C', 'D', 'E', 'F')),
    CONSTRAINT ck_lead_scores_breakdown CHECK (json_valid("breakdown")),
    CONSTRAINT ck_lead_scores_factors CHECK (json_valid("factors")),
    CONSTRAINT ck_lead_scores_confidence CHECK ("confidence" >= 0 AND "confidence" <= 100),
    CONSTRAINT ck_lead_scores_model_version CHECK (length("model_version") <= 50)
)

CREATE TABLE scoring_models (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    version VARCHAR(50) NOT NULL,
    type TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    is_provisional INTEGER NOT NULL,
    source TEXT,
    body TEXT NOT NULL,
    cutoffs TEXT NOT NULL,
    metrics TEXT NOT NULL,
    trained_at VARCHAR(27),
    user_id BLOB,
    PRIMARY KEY (id),
    CONSTRAINT uq_scoring_models_organization_id_version UNIQUE (organization_id, version),
    CONSTRAINT uq_scoring_models_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_scoring_models_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_scoring_models_version CHECK (length("version") <= 50),
    CONSTRAINT ck_scoring_models_type CHECK ("type" IN ('rules', 'learned')),
    CONSTRAINT ck_scoring_models_is_active CHECK ("is_active" IN (0, 1)),
    CONSTRAINT ck_scoring_models_is_provisional CHECK ("is_provisional" IN (0, 1)),
    CONSTRAINT ck_scoring_models_body CHECK (json_valid("body")),
    CONSTRAINT ck_scoring_models_cutoffs CHECK (json_valid("cutoffs")),
    CONSTRAINT ck_scoring_models_metrics CHECK (json_valid("metrics")),
    CONSTRAINT fk_scoring_models_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED
)

CREATE TABLE lead_signals (
    organization_id BLOB NOT NULL,
    lead_id BLOB NOT NULL,
    landmark_at VARCHAR(27),
    sums TEXT NOT NULL,
    latest TEXT NOT NULL,
    event_count INTEGER NOT NULL,
    last_inbound_at VARCHAR(27),
    bounced_at VARCHAR(27),
    is_dirty INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    recorded_score INTEGER,
    scored_at VARCHAR(27),
    expires_at VARCHAR(27),
    updated_at VARCHAR(27) NOT NULL,
    PRIMARY KEY (organization_id, lead_id),
    CONSTRAINT fk_lead_signals_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_lead_signals_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_lead_signals_sums CHECK (json_valid("sums")),
    CONSTRAINT ck_lead_signals_latest CHECK (json_valid("latest")),
    CONSTRAINT ck_lead_signals_event_count CHECK ("event_count" >= 0),
    CONSTRAINT ck_lead_signals_is_dirty CHECK ("is_dirty" IN (0, 1)),
    CONSTRAINT ck_lead_signals_marks CHECK ("marks" >= 0 AND "marks" <= 9223372036854775807),
    CONSTRAINT ck_lead_signals_recorded_score CHECK ("recorded_score" >= 0 AND "recorded_score" <= 100)
)

CREATE TABLE score_marks (
    organization_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    "key" TEXT NOT NULL,
    writer VARCHAR(20) NOT NULL,
    PRIMARY KEY (organization_id, kind, "key", writer),
    CONSTRAINT fk_score_marks_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_score_marks_kind CHECK ("kind" IN ('lead', 'domain', 'company')),
    CONSTRAINT ck_score_marks_writer CHECK (length("writer") <= 20)
)
 WITHOUT ROWID

CREATE TABLE stage_history (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    opportunity_id BLOB NOT NULL,
    from_stage_id BLOB,
    to_stage_id BLOB NOT NULL,
    changed_at VARCHAR(27) NOT NULL,
    user_id BLOB,
    value INTEGER,
    probability INTEGER,
    PRIMARY KEY (id),
    CONSTRAINT uq_stage_history_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_stage_history_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_stage_history_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_stage_history_from_stage_id FOREIGN KEY(organization_id, from_stage_id) REFERENCES stages (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_stage_history_to_stage_id FOREIGN KEY(organization_id, to_stage_id) REFERENCES stages (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_stage_history_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_stage_history_value CHECK ("value" >= 0 AND "value" <= 999999999999999),
    CONSTRAINT ck_stage_history_probability CHECK ("probability" >= 0 AND "probability" <= 100)
)

CREATE TABLE exchange_rates (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    date VARCHAR(10) NOT NULL,
    rate INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_exchange_rates_organization_id_currency_date UNIQUE (organization_id, currency, date),
    CONSTRAINT uq_exchange_rates_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_exchange_rates_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_exchange_rates_currency CHECK (length("currency") <= 3),
    CONSTRAINT ck_exchange_rates_rate CHECK ("rate" >= 1 AND "rate" <= 999999999999999999)
)

CREATE TABLE targets (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    user_id BLOB NOT NULL,
    month VARCHAR(10) NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_targets_organization_id_user_id_month UNIQUE (organization_id, user_id, month),
    CONSTRAINT uq_targets_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_targets_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_targets_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_targets_amount CHECK ("amount" >= 0 AND "amount" <= 999999999999999)
)

CREATE TABLE email_sequences (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    is_active INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_sequences_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_email_sequences_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_email_sequences_name CHECK (length("name") <= 255),
    CONSTRAINT ck_email_sequences_is_active CHECK ("is_active" IN (0, 1))
)

CREATE TABLE email_sequence_steps (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    sequence_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    template_id BLOB NOT NULL,
    delay_minutes INTEGER NOT NULL,
    business_days INTEGER NOT NULL,
    window_start VARCHAR(5),
    window_end VARCHAR(5),
    is_reply INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_sequence_steps_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_email_sequence_steps_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_email_sequence_steps_sequence_id FOREIGN KEY(organization_id, sequence_id) REFERENCES email_sequences (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_email_sequence_steps_position CHECK ("position" >= 1),
    CONSTRAINT fk_email_sequence_steps_template_id FOREIGN KEY(organization_id, template_id) REFERENCES email_templates (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_email_sequence_steps_delay_minutes CHECK ("delay_minutes" >= 0),
    CONSTRAINT ck_email_sequence_steps_business_days CHECK ("business_days" IN (0, 1)),
    CONSTRAINT ck_email_sequence_steps_window_start CHECK (length("window_start") <= 5),
    CONSTRAINT ck_email_sequence_steps_window_end CHECK (length("window_end") <= 5),
    CONSTRAINT ck_email_sequence_steps_is_reply CHECK ("is_reply" IN (0, 1))
)

CREATE TABLE email_sequence_enrollments (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    sequence_id BLOB NOT NULL,
    contact_id BLOB,
    lead_id BLOB,
    opportunity_id BLOB,
    user_id BLOB,
    to_email VARCHAR(254) NOT NULL,
    status TEXT NOT NULL,
    stop_reason VARCHAR(50),
    next_position INTEGER NOT NULL,
    next_send_at VARCHAR(27),
    last_message_id VARCHAR(255),
    enrolled_at VARCHAR(27) NOT NULL,
    finished_at VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT uq_email_sequence_enrollments_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_email_sequence_enrollments_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_email_sequence_enrollments_sequence_id FOREIGN KEY(organization_id, sequence_id) REFERENCES email_sequences (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_email_sequence_enrollments_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_email_sequence_enrollments_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_email_sequence_enrollments_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_email_sequence_enrollments_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_email_sequence_enrollments_to_email CHECK (length("to_email") <= 254),
    CONSTRAINT ck_email_sequence_enrollments_status CHECK ("status" IN ('active', 'paused', 'finished', 'stopped')),
    CONSTRAINT ck_email_sequence_enrollments_stop_reason CHECK (length("stop_reason") <= 50),
    CONSTRAINT ck_email_sequence_enrollments_next_position CHECK ("next_position" >= 1),
    CONSTRAINT ck_email_sequence_enrollments_last_message_id CHECK (length("last_message_id") <= 255)
)

CREATE TABLE stages (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    name VARCHAR(100) NOT NULL,
    probability INTEGER NOT NULL,
    "order" INTEGER NOT NULL,
    color VARCHAR(7),
    description TEXT,
    stale_after_days INTEGER,
    required_fields TEXT NOT NULL,
    is_won INTEGER NOT NULL,
    is_lost INTEGER NOT NULL,
    pipeline_id BLOB NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_stages_pipeline_id_name UNIQUE (pipeline_id, name),
    CONSTRAINT uq_stages_organization_id_pipeline_id_id UNIQUE (organization_id, pipeline_id, id),
    CONSTRAINT uq_stages_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_stages_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_stages_name CHECK (length("name") <= 100),
    CONSTRAINT ck_stages_probability CHECK ("probability" >= 0 AND "probability" <= 100),
    CONSTRAINT ck_stages_order CHECK ("order" >= 0),
    CONSTRAINT ck_stages_color CHECK (length("color") <= 7),
    CONSTRAINT ck_stages_stale_after_days CHECK ("stale_after_days" >= 1),
    CONSTRAINT ck_stages_required_fields CHECK (json_valid("required_fields")),
    CONSTRAINT ck_stages_is_won CHECK ("is_won" IN (0, 1)),
    CONSTRAINT ck_stages_is_lost CHECK ("is_lost" IN (0, 1)),
    CONSTRAINT fk_stages_pipeline_id FOREIGN KEY(organization_id, pipeline_id) REFERENCES pipelines (organization_id, id) DEFERRABLE INITIALLY DEFERRED
)

CREATE TABLE counters (
    organization_id BLOB NOT NULL,
    entity VARCHAR(50) NOT NULL,
    next_value INTEGER NOT NULL,
    PRIMARY KEY (organization_id, entity),
    CONSTRAINT fk_counters_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_counters_entity CHECK (length("entity") <= 50),
    CONSTRAINT ck_counters_next_value CHECK ("next_value" >= 1)
)
 WITHOUT ROWID

CREATE TABLE schema_info (
    created_at VARCHAR(27) NOT NULL,
    id INTEGER NOT NULL,
    min_program VARCHAR(50) NOT NULL,
    maintenance_until VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT ck_schema_info_id CHECK ("id" >= 1 AND "id" <= 1),
    CONSTRAINT ck_schema_info_min_program CHECK (length("min_program") <= 50)
)

CREATE TABLE tasks (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    title VARCHAR(255) NOT NULL,
    description TEXT,
    task_type TEXT NOT NULL,
    priority TEXT NOT NULL,
    status TEXT NOT NULL,
    due_date VARCHAR(27),
    reminder_at VARCHAR(27),
    completed_at VARCHAR(27),
    outcome VARCHAR(255),
    notes TEXT,
    assigned_to_id BLOB,
    created_by_id BLOB,
    contact_id BLOB,
    lead_id BLOB,
    opportunity_id BLOB,
    company_id BLOB,
    is_recurring INTEGER NOT NULL,
    recurrence_rule VARCHAR(255),
    parent_task_id BLOB,
    timezone VARCHAR(50),
    occurrence VARCHAR(19),
    when_missed TEXT NOT NULL,
    excluded_dates TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_tasks_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_tasks_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT fk_tasks_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_tasks_title CHECK (length("title") <= 255),
    CONSTRAINT ck_tasks_task_type CHECK ("task_type" IN ('call', 'email', 'meeting', 'follow_up', 'demo', 'proposal', 'other')),
    CONSTRAINT ck_tasks_priority CHECK ("priority" IN ('low', 'medium', 'high', 'urgent')),
    CONSTRAINT ck_tasks_status CHECK ("status" IN ('pending', 'in_progress', 'completed', 'cancelled')),
    CONSTRAINT ck_tasks_outcome CHECK (length("outcome") <= 255),
    CONSTRAINT fk_tasks_assigned_to_id FOREIGN KEY(organization_id, assigned_to_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_tasks_created_by_id FOREIGN KEY(organization_id, created_by_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_tasks_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_tasks_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_tasks_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_tasks_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_tasks_is_recurring CHECK ("is_recurring" IN (0, 1)),
    CONSTRAINT ck_tasks_recurrence_rule CHECK (length("recurrence_rule") <= 255),
    CONSTRAINT fk_tasks_parent_task_id FOREIGN KEY(organization_id, parent_task_id) REFERENCES tasks (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_tasks_timezone CHECK (length("timezone") <= 50),
    CONSTRAINT ck_tasks_occurrence CHECK (length("occurrence") <= 19),
    CONSTRAINT ck_tasks_when_missed CHECK ("when_missed" IN ('once', 'each')),
    CONSTRAINT ck_tasks_excluded_dates CHECK (json_valid("excluded_dates"))
)

CREATE TABLE teams (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    lead_id BLOB,
    PRIMARY KEY (id),
    CONSTRAINT uq_teams_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_teams_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_teams_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_teams_name CHECK (length("name") <= 255),
    CONSTRAINT fk_teams_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED
)

CREATE TABLE users (
    id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    email VARCHAR(254) NOT NULL,
    password VARCHAR(128),
    first_name VARCHAR(150),
    last_name VARCHAR(150),
    phone VARCHAR(20),
    avatar_url VARCHAR(500),
    role TEXT NOT NULL,
    job_title VARCHAR(100),
    department VARCHAR(100),
    timezone VARCHAR(50),
    locale VARCHAR(10),
    team_id BLOB,
    manager_id BLOB,
    away_until VARCHAR(10),
    quiet_hours VARCHAR(11),
    is_active INTEGER NOT NULL,
    is_staff INTEGER NOT NULL,
    is_superuser INTEGER NOT NULL,
    mfa_enabled INTEGER NOT NULL,
    mfa_secret VARCHAR(255),
    mfa_step INTEGER,
    is_service INTEGER NOT NULL,
    last_login VARCHAR(27),
    PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email),
    CONSTRAINT uq_users_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_users_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_users_email CHECK (length("email") <= 254),
    CONSTRAINT ck_users_password CHECK (length("password") <= 128),
    CONSTRAINT ck_users_first_name CHECK (length("first_name") <= 150),
    CONSTRAINT ck_users_last_name CHECK (length("last_name") <= 150),
    CONSTRAINT ck_users_phone CHECK (length("phone") <= 20),
    CONSTRAINT ck_users_avatar_url CHECK (length("avatar_url") <= 500),
    CONSTRAINT ck_users_role CHECK ("role" IN ('super_admin', 'admin', 'manager', 'sales_rep', 'marketing', 'readonly')),
    CONSTRAINT ck_users_job_title CHECK (length("job_title") <= 100),
    CONSTRAINT ck_users_department CHECK (length("department") <= 100),
    CONSTRAINT ck_users_timezone CHECK (length("timezone") <= 50),
    CONSTRAINT ck_users_locale CHECK (length("locale") <= 10),
    CONSTRAINT fk_users_team_id FOREIGN KEY(organization_id, team_id) REFERENCES teams (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_users_manager_id FOREIGN KEY(organization_id, manager_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_users_quiet_hours CHECK (length("quiet_hours") <= 11),
    CONSTRAINT ck_users_is_active CHECK ("is_active" IN (0, 1)),
    CONSTRAINT ck_users_is_staff CHECK ("is_staff" IN (0, 1)),
    CONSTRAINT ck_users_is_superuser CHECK ("is_superuser" IN (0, 1)),
    CONSTRAINT ck_users_mfa_enabled CHECK ("mfa_enabled" IN (0, 1)),
    CONSTRAINT ck_users_mfa_secret CHECK (length("mfa_secret") <= 255),
    CONSTRAINT ck_users_mfa_step CHECK ("mfa_step" >= 0),
    CONSTRAINT ck_users_is_service CHECK ("is_service" IN (0, 1))
)

CREATE INDEX ix_auth_sessions_user_id ON auth_sessions (user_id)

CREATE INDEX ix_invitations_user_id ON invitations (user_id)

CREATE INDEX ix_activities_company_id_occurred_at ON activities (company_id, occurred_at)

CREATE INDEX ix_activities_contact_id_occurred_at ON activities (contact_id, occurred_at)

CREATE INDEX ix_activities_lead_id_occurred_at ON activities (lead_id, occurred_at)

CREATE INDEX ix_activities_opportunity_id_occurred_at ON activities (opportunity_id, occurred_at)

CREATE INDEX ix_activities_organization_id_occurred_at ON activities (organization_id, occurred_at)

CREATE INDEX ix_activities_task_id ON activities (task_id)

CREATE INDEX ix_activities_user_id_occurred_at ON activities (user_id, occurred_at)

CREATE INDEX ix_campaigns_organization_id_name_key ON campaigns (organization_id, name_key)

CREATE INDEX ix_companies_industry ON companies (industry)

CREATE INDEX ix_companies_organization_id_name ON companies (organization_id, name)

CREATE INDEX ix_companies_organization_id_name_key ON companies (organization_id, name_key)

CREATE INDEX ix_companies_owner_id ON companies (owner_id)

CREATE INDEX ix_companies_parent_id ON companies (parent_id)

CREATE INDEX ix_contacts_assigned_to_id ON contacts (assigned_to_id)

CREATE INDEX ix_contacts_company_id ON contacts (company_id)

CREATE INDEX ix_contacts_created_at ON contacts (created_at)

CREATE INDEX ix_contacts_live ON contacts (organization_id, created_at, id, is_deleted) WHERE is_deleted = 0

CREATE INDEX ix_contacts_organization_id_company ON contacts (organization_id, company)

CREATE INDEX ix_contacts_organization_id_email ON contacts (organization_id, email)

CREATE INDEX ix_contacts_organization_id_mobile ON contacts (organization_id, mobile)

CREATE INDEX ix_contacts_organization_id_name_key ON contacts (organization_id, name_key)

CREATE INDEX ix_contacts_organization_id_phone ON contacts (organization_id, phone)

CREATE INDEX ix_contacts_owner_id ON contacts (owner_id)

CREATE INDEX ix_contacts_score ON contacts (score)

CREATE INDEX ix_contacts_status_lifecycle_stage ON contacts (status, lifecycle_stage)

CREATE INDEX ix_saved_filters_user_id ON saved_filters (user_id)

CREATE INDEX ix_assignment_rules_organization_id_position ON assignment_rules (organization_id, position)

CREATE INDEX ix_assignment_rules_team_id ON assignment_rules (team_id)

CREATE INDEX ix_assignment_rules_user_id ON assignment_rules (user_id)

CREATE INDEX ix_assignment_turns_user_id ON assignment_turns (user_id)

CREATE INDEX ix_opportunities_company_id ON opportunities (company_id)

CREATE INDEX ix_opportunities_contact_id ON opportunities (contact_id)

CREATE INDEX ix_opportunities_created_at ON opportunities (created_at)

CREATE INDEX ix_opportunities_expected_close_date ON opportunities (expected_close_date)

CREATE INDEX ix_opportunities_lead_id ON opportunities (lead_id)

CREATE INDEX ix_opportunities_live ON opportunities (organization_id, created_at, id, is_deleted) WHERE is_deleted = 0

CREATE INDEX ix_opportunities_organization_id_name_key ON opportunities (organization_id, name_key)

CREATE INDEX ix_opportunities_organization_id_pipeline_id_stage_id ON opportunities (organization_id, pipeline_id, stage_id)

CREATE INDEX ix_opportunities_organization_id_status ON opportunities (organization_id, status)

CREATE INDEX ix_opportunities_owner_id ON opportunities (owner_id)

CREATE INDEX ix_opportunities_stage_id ON opportunities (stage_id)

CREATE INDEX ix_opportunities_sums ON opportunities (organization_id, status, actual_close_date, expected_close_date, owner_id, currency, stage_id, pipeline_id, value, weighted_value, stage_changed_at, is_deleted) WHERE is_deleted = 0

CREATE INDEX ix_opportunities_value ON opportunities (value DESC)

CREATE INDEX ix_emails_lead_id ON emails (lead_id)

CREATE INDEX ix_emails_message_id ON emails (message_id)

CREATE INDEX ix_emails_opportunity_id ON emails (opportunity_id)

CREATE INDEX ix_emails_organization_id_contact_id ON emails (organization_id, contact_id)

CREATE INDEX ix_emails_organization_id_to_email ON emails (organization_id, to_email)

CREATE INDEX ix_emails_sequence_id_sequence_step ON emails (sequence_id, sequence_step)

CREATE INDEX ix_emails_user_id_sent_at ON emails (user_id, sent_at)

CREATE INDEX ix_line_items_organization_id_name_key ON line_items (organization_id, name_key)

CREATE INDEX ix_line_items_product_id ON line_items (product_id)

CREATE INDEX ix_import_jobs_change_id ON import_jobs (change_id)

CREATE INDEX ix_import_jobs_organization_id_entity_state ON import_jobs (organization_id, entity, state)

CREATE INDEX ix_import_jobs_organization_id_file_hash_mapping_hash ON import_jobs (organization_id, file_hash, mapping_hash)

CREATE INDEX ix_cron_jobs_organization_id_is_enabled_next_run_at ON cron_jobs (organization_id, is_enabled, next_run_at)

CREATE INDEX ix_reminder_deliveries_organization_id_state ON reminder_deliveries (organization_id, state)

CREATE INDEX ix_notice_deliveries_organization_id_state ON notice_deliveries (organization_id, state)

CREATE INDEX ix_notice_deliveries_user_id ON notice_deliveries (user_id)

CREATE INDEX ix_changes_organization_id_actor_id_position ON changes (organization_id, actor_id, position)

CREATE INDEX ix_changes_organization_id_label ON changes (organization_id, label)

CREATE INDEX ix_changes_part_of_id ON changes (part_of_id)

CREATE INDEX ix_changes_undoes_id ON changes (undoes_id)

CREATE INDEX ix_change_items_many ON change_items (organization_id, entity, record_id, last_record_id) WHERE members IS NOT NULL

CREATE INDEX ix_change_items_organization_id_entity_record_id ON change_items (organization_id, entity, record_id)

CREATE INDEX ix_leads_assigned_to_id ON leads (assigned_to_id)

CREATE INDEX ix_leads_campaign_id ON leads (campaign_id)

CREATE INDEX ix_leads_converted_contact_id ON leads (converted_contact_id)

CREATE INDEX ix_leads_converted_opportunity_id ON leads (converted_opportunity_id)

CREATE INDEX ix_leads_created_at ON leads (created_at)

CREATE INDEX ix_leads_live ON leads (organization_id, created_at, id, is_deleted) WHERE is_deleted = 0

CREATE INDEX ix_leads_organization_id_email ON leads (organization_id, email)

CREATE INDEX ix_leads_organization_id_name_key ON leads (organization_id, name_key)

CREATE INDEX ix_leads_organization_id_phone ON leads (organization_id, phone)

CREATE INDEX ix_leads_organization_id_status ON leads (organization_id, status)

CREATE INDEX ix_leads_owner_id ON leads (owner_id)

CREATE INDEX ix_leads_score ON leads (score DESC)

CREATE INDEX ix_leads_source_status ON leads (source, status)

CREATE INDEX ix_contact_emails_organization_id_email ON contact_emails (organization_id, email)

CREATE INDEX ix_deal_contacts_contact_id ON deal_contacts (contact_id)

CREATE INDEX ix_deal_companies_company_id ON deal_companies (company_id)

CREATE INDEX ix_contact_companies_company_id ON contact_companies (company_id)

CREATE INDEX ix_external_ids_organization_id_entity_record_id ON external_ids (organization_id, entity, record_id)

CREATE INDEX ix_email_templates_organization_id_name_key ON email_templates (organization_id, name_key)

CREATE INDEX ix_outbox_contact_id ON outbox (contact_id)

CREATE INDEX ix_outbox_email_id ON outbox (email_id)

CREATE INDEX ix_outbox_lead_id ON outbox (lead_id)

CREATE INDEX ix_outbox_organization_id_state_due_at ON outbox (organization_id, state, due_at)

CREATE INDEX ix_outbox_step_id ON outbox (step_id)

CREATE INDEX ix_outbox_template_id ON outbox (template_id)

CREATE INDEX ix_email_events_email_id_occurred_at ON email_events (email_id, occurred_at)

CREATE INDEX ix_email_events_organization_id_message_id ON email_events (organization_id, message_id)

CREATE INDEX ix_email_events_organization_id_provider_key ON email_events (organization_id, provider_key)

CREATE INDEX ix_suppressions_email_id ON suppressions (email_id)

CREATE INDEX ix_notes_author_id ON notes (author_id)

CREATE INDEX ix_notes_company_id ON notes (company_id)

CREATE INDEX ix_notes_contact_id ON notes (contact_id)

CREATE INDEX ix_notes_lead_id ON notes (lead_id)

CREATE INDEX ix_notes_opportunity_id ON notes (opportunity_id)

CREATE INDEX ix_organizations_plan_is_active ON organizations ("plan", is_active)

CREATE INDEX ix_pipelines_organization_id_is_active ON pipelines (organization_id, is_active)

CREATE INDEX ix_pipelines_organization_id_name_key ON pipelines (organization_id, name_key)

CREATE INDEX ix_products_organization_id_name_key ON products (organization_id, name_key)

CREATE INDEX ix_lead_scores_lead_id_scored_at ON lead_scores (lead_id, scored_at DESC)

CREATE INDEX ix_lead_scores_organization_id_score ON lead_scores (organization_id, score DESC)

CREATE INDEX ix_scoring_models_organization_id_is_active ON scoring_models (organization_id, is_active)

CREATE INDEX ix_lead_signals_dirty ON lead_signals (organization_id, lead_id) WHERE is_dirty = 1

CREATE INDEX ix_lead_signals_organization_id_expires_at ON lead_signals (organization_id, expires_at)

CREATE INDEX ix_stage_history_from_stage_id ON stage_history (from_stage_id)

CREATE INDEX ix_stage_history_opportunity_id_changed_at ON stage_history (opportunity_id, changed_at)

CREATE INDEX ix_stage_history_organization_id_changed_at ON stage_history (organization_id, changed_at)

CREATE INDEX ix_stage_history_to_stage_id ON stage_history (to_stage_id)

CREATE INDEX ix_targets_user_id ON targets (user_id)

CREATE INDEX ix_email_sequences_organization_id_name_key ON email_sequences (organization_id, name_key)

CREATE INDEX ix_email_sequence_steps_sequence_id_position ON email_sequence_steps (sequence_id, position)

CREATE INDEX ix_email_sequence_steps_template_id ON email_sequence_steps (template_id)

CREATE INDEX ix_email_sequence_enrollments_contact_id ON email_sequence_enrollments (contact_id)

CREATE INDEX ix_email_sequence_enrollments_lead_id ON email_sequence_enrollments (lead_id)

CREATE INDEX ix_email_sequence_enrollments_opportunity_id ON email_sequence_enrollments (opportunity_id)

CREATE INDEX ix_email_sequence_enrollments_sequence_id_status ON email_sequence_enrollments (sequence_id, status)

CREATE INDEX ix_email_sequence_enrollments_status_next_send_at ON email_sequence_enrollments (organization_id, status, next_send_at)

CREATE INDEX ix_email_sequence_enrollments_user_id ON email_sequence_enrollments (user_id)

CREATE INDEX ix_stages_organization_id_name_key ON stages (organization_id, name_key)

CREATE INDEX ix_stages_pipeline_id_order ON stages (pipeline_id, "order")

CREATE INDEX ix_tasks_assigned_to_id_status ON tasks (assigned_to_id, status)

CREATE INDEX ix_tasks_company_id ON tasks (company_id)

CREATE INDEX ix_tasks_contact_id ON tasks (contact_id)

CREATE INDEX ix_tasks_due_date ON tasks (due_date)

CREATE INDEX ix_tasks_lead_id ON tasks (lead_id)

CREATE INDEX ix_tasks_opportunity_id ON tasks (opportunity_id)

CREATE INDEX ix_tasks_organization_id_name_key ON tasks (organization_id, name_key)

CREATE INDEX ix_tasks_organization_id_reminder_at ON tasks (organization_id, reminder_at)

CREATE INDEX ix_tasks_organization_id_status_due_date ON tasks (organization_id, status, due_date)

CREATE INDEX ix_tasks_parent_task_id ON tasks (parent_task_id)

CREATE INDEX ix_teams_lead_id ON teams (lead_id)

CREATE INDEX ix_teams_organization_id_name_key ON teams (organization_id, name_key)

CREATE INDEX ix_users_manager_id ON users (manager_id)

CREATE INDEX ix_users_organization_id_name_key ON users (organization_id, name_key)

CREATE INDEX ix_users_organization_id_role ON users (organization_id, role)

CREATE INDEX ix_users_team_id ON users (team_id)

CREATE VIRTUAL TABLE companies_search USING fts5 (search_text, content='companies', content_rowid='search_rowid', tokenize="unicode61 remove_diacritics 0")

CREATE TRIGGER companies_search_insert AFTER INSERT ON companies BEGIN
    INSERT INTO companies_search (rowid, search_text) VALUES (new.search_rowid, new.search_text);
END

CREATE TRIGGER companies_search_delete AFTER DELETE ON companies BEGIN
    INSERT INTO companies_search (companies_search, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);
END

CREATE TRIGGER companies_search_update AFTER UPDATE OF search_text, search_rowid ON companies
WHEN old.search_text IS NOT new.search_text OR old.search_rowid IS NOT new.search_rowid BEGIN
    INSERT INTO companies_search (companies_search, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);
    INSERT INTO companies_search (rowid, search_text) VALUES (new.search_rowid, new.search_text);
END

CREATE VIRTUAL TABLE contacts_search USING fts5 (search_text, content='contacts', content_rowid='search_rowid', tokenize="unicode61 remove_diacritics 0")

CREATE TRIGGER contacts_search_insert AFTER INSERT ON contacts BEGIN
    INSERT INTO contacts_search (rowid, search_text) VALUES (new.search_rowid, new.search_text);
END

CREATE TRIGGER contacts_search_delete AFTER DELETE ON contacts BEGIN
    INSERT INTO contacts_search (contacts_search, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);
END

CREATE TRIGGER contacts_search_update AFTER UPDATE OF search_text, search_rowid ON contacts
WHEN old.search_text IS NOT new.search_text OR old.search_rowid IS NOT new.search_rowid BEGIN
    INSERT INTO contacts_search (contacts_search, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);
    INSERT INTO contacts_search (rowid, search_text) VALUES (new.search_rowid, new.search_text);
END

CREATE VIRTUAL TABLE opportunities_search USING fts5 (search_text, content='opportunities', content_rowid='search_rowid', tokenize="unicode61 remove_diacritics 0")

CREATE TRIGGER opportunities_search_insert AFTER INSERT ON opportunities BEGIN
    INSERT INTO opportunities_search (rowid, search_text) VALUES (new.search_rowid, new.search_text);
END

CREATE TRIGGER opportunities_search_delete AFTER DELETE ON opportunities BEGIN
    INSERT INTO opportunities_search (opportunities_search, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);
END

CREATE TRIGGER opportunities_search_update AFTER UPDATE OF search_text, search_rowid ON opportunities
WHEN old.search_text IS NOT new.search_text OR old.search_rowid IS NOT new.search_rowid BEGIN
    INSERT INTO opportunities_search (opportunities_search, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);
    INSERT INTO opportunities_search (rowid, search_text) VALUES (new.search_rowid, new.search_text);
END

CREATE VIRTUAL TABLE leads_search USING fts5 (search_text, content='leads', content_rowid='search_rowid', tokenize="unicode61 remove_diacritics 0")

CREATE TRIGGER leads_search_insert AFTER INSERT ON leads BEGIN
    INSERT INTO leads_search (rowid, search_text) VALUES (new.search_rowid, new.search_text);
END

CREATE TRIGGER leads_search_delete AFTER DELETE ON leads BEGIN
    INSERT INTO leads_search (leads_search, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);
END

CREATE TRIGGER leads_search_update AFTER UPDATE OF search_text, search_rowid ON leads
WHEN old.search_text IS NOT new.search_text OR old.search_rowid IS NOT new.search_rowid BEGIN
    INSERT INTO leads_search (leads_search, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);
    INSERT INTO leads_search (rowid, search_text) VALUES (new.search_rowid, new.search_text);
END

CREATE TRIGGER activities_mark_insert AFTER INSERT ON activities
WHEN new.lead_id IS NOT NULL BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'lead', lower(hex(new.lead_id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) ON CONFLICT DO NOTHING;
END

CREATE TRIGGER activities_mark_delete AFTER DELETE ON activities
WHEN old.lead_id IS NOT NULL BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'lead', lower(hex(old.lead_id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) ON CONFLICT DO NOTHING;
END

CREATE TRIGGER activities_mark_update AFTER UPDATE OF lead_id, activity_type, direction, occurred_at, duration_minutes, outcome, created_at ON activities
WHEN old.lead_id IS NOT new.lead_id OR old.activity_type IS NOT new.activity_type OR old.direction IS NOT new.direction OR old.occurred_at IS NOT new.occurred_at OR old.duration_minutes IS NOT new.duration_minutes OR old.outcome IS NOT new.outcome OR old.created_at IS NOT new.created_at BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'lead', lower(hex(old.lead_id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) AND old.lead_id IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'lead', lower(hex(new.lead_id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) AND new.lead_id IS NOT NULL ON CONFLICT DO NOTHING;
END

CREATE TRIGGER emails_mark_insert AFTER INSERT ON emails
WHEN new.lead_id IS NOT NULL BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'lead', lower(hex(new.lead_id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) ON CONFLICT DO NOTHING;
END

CREATE TRIGGER emails_mark_delete AFTER DELETE ON emails
WHEN old.lead_id IS NOT NULL BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'lead', lower(hex(old.lead_id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) ON CONFLICT DO NOTHING;
END

CREATE TRIGGER emails_mark_update AFTER UPDATE OF lead_id, from_email, to_email, sent_at, status, opened_at, clicked_at, replied_at, bounced_at, bounce_type, created_at ON emails
WHEN old.lead_id IS NOT new.lead_id OR old.from_email IS NOT new.from_email OR old.to_email IS NOT new.to_email OR old.sent_at IS NOT new.sent_at OR old.status IS NOT new.status OR old.opened_at IS NOT new.opened_at OR old.clicked_at IS NOT new.clicked_at OR old.replied_at IS NOT new.replied_at OR old.bounced_at IS NOT new.bounced_at OR old.bounce_type IS NOT new.bounce_type OR old.created_at IS NOT new.created_at BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'lead', lower(hex(old.lead_id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) AND old.lead_id IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'lead', lower(hex(new.lead_id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) AND new.lead_id IS NOT NULL ON CONFLICT DO NOTHING;
END

CREATE TRIGGER leads_mark_update AFTER UPDATE OF job_title, email, company, source, estimated_value, status, custom_fields, created_at, utm_source, utm_medium, utm_campaign, do_not_call, do_not_email, score_locked, is_deleted ON leads
WHEN old.job_title IS NOT new.job_title OR old.email IS NOT new.email OR old.company IS NOT new.company OR old.source IS NOT new.source OR old.estimated_value IS NOT new.estimated_value OR old.status IS NOT new.status OR old.custom_fields IS NOT new.custom_fields OR old.created_at IS NOT new.created_at OR old.utm_source IS NOT new.utm_source OR old.utm_medium IS NOT new.utm_medium OR old.utm_campaign IS NOT new.utm_campaign OR old.do_not_call IS NOT new.do_not_call OR old.do_not_email IS NOT new.do_not_email OR old.score_locked IS NOT new.score_locked OR old.is_deleted IS NOT new.is_deleted BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'lead', lower(hex(new.id)), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) ON CONFLICT DO NOTHING;
END

CREATE TRIGGER suppressions_mark_insert AFTER INSERT ON suppressions BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'lead', lower(hex(l.id)), '' FROM leads AS l WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) AND l.organization_id = new.organization_id AND l.email = new.email ON CONFLICT DO NOTHING;
END

CREATE TRIGGER companies_mark_insert AFTER INSERT ON companies BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'domain', new.domain, '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) AND new.domain IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'company', substr(new.name_key, 1, 200), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) ON CONFLICT DO NOTHING;
END

CREATE TRIGGER suppressions_mark_delete AFTER DELETE ON suppressions BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'lead', lower(hex(l.id)), '' FROM leads AS l WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) AND l.organization_id = old.organization_id AND l.email = old.email ON CONFLICT DO NOTHING;
END

CREATE TRIGGER companies_mark_delete AFTER DELETE ON companies BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'domain', old.domain, '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) AND old.domain IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'company', substr(old.name_key, 1, 200), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) ON CONFLICT DO NOTHING;
END

CREATE TRIGGER suppressions_mark_update AFTER UPDATE OF email, reason, created_at ON suppressions
WHEN old.email IS NOT new.email OR old.reason IS NOT new.reason OR old.created_at IS NOT new.created_at BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'lead', lower(hex(l.id)), '' FROM leads AS l WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) AND l.organization_id = old.organization_id AND l.email = old.email ON CONFLICT DO NOTHING;
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'lead', lower(hex(l.id)), '' FROM leads AS l WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) AND l.organization_id = new.organization_id AND l.email = new.email ON CONFLICT DO NOTHING;
END

CREATE TRIGGER companies_mark_update AFTER UPDATE OF domain, name_key, employee_count, company_size, annual_revenue, industry ON companies
WHEN old.domain IS NOT new.domain OR old.name_key IS NOT new.name_key OR old.employee_count IS NOT new.employee_count OR old.company_size IS NOT new.company_size OR old.annual_revenue IS NOT new.annual_revenue OR old.industry IS NOT new.industry BEGIN
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'domain', old.domain, '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) AND old.domain IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT old.organization_id, 'company', substr(old.name_key, 1, 200), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = old.organization_id) ON CONFLICT DO NOTHING;
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'domain', new.domain, '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) AND new.domain IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO score_marks (organization_id, kind, key, writer) SELECT new.organization_id, 'company', substr(new.name_key, 1, 200), '' WHERE EXISTS (SELECT 1 FROM lead_signals AS s WHERE s.organization_id = new.organization_id) ON CONFLICT DO NOTHING;
END

CREATE TRIGGER changes_no_update BEFORE UPDATE ON changes BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END

CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END

CREATE TRIGGER change_items_no_update BEFORE UPDATE ON change_items BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END

CREATE TRIGGER change_items_no_delete BEFORE DELETE ON change_items BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END

CREATE TRIGGER change_payloads_no_update BEFORE UPDATE ON change_payloads BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END
