CREATE FUNCTION mycrm_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN CASE WHEN octet_length(value) = char_length(value) THEN lower(value COLLATE "C")
    ELSE normalize(replace(replace(translate(lower(regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g') COLLATE "C"),
        'ÆÐØÞĐĦŁŊŒŦƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǤǶǷȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎͅͰͲͶͿΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩςϏϘϚϜϞϠϢϤϦϨϪϬϮϷϺϽϾϿЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖႠႡႢႣႤႥႦႧႨႩႪႫႬႭႮႯႰႱႲႳႴႵႶႷႸႹႺႻႼႽႾႿჀჁჂჃჄჅჇჍᏸᏹᏺᏻᏼᏽᲀᲁᲂᲃᲄᲅᲆᲇᲈᲐᲑᲒᲓᲔᲕᲖᲗᲘᲙᲚᲛᲜᲝᲞᲟᲠᲡᲢᲣᲤᲥᲦᲧᲨᲩᲪᲫᲬᲭᲮᲯᲰᲱᲲᲳᲴᲵᲶᲷᲸᲹᲺᲽᲾᲿỺỼỾℲↃⰀⰁⰂⰃⰄⰅⰆⰇⰈⰉⰊⰋⰌⰍⰎⰏⰐⰑⰒⰓⰔⰕⰖⰗⰘⰙⰚⰛⰜⰝⰞⰟⰠⰡⰢⰣⰤⰥⰦⰧⰨⰩⰪⰫⰬⰭⰮⰯⱠⱢⱣⱤⱧⱩⱫⱭⱮⱯⱰⱲⱵⱾⱿⲀⲂⲄⲆⲈⲊⲌⲎⲐⲒⲔⲖⲘⲚⲜⲞⲠⲢⲤⲦⲨⲪⲬⲮⲰⲲⲴⲶⲸⲺⲼⲾⳀⳂⳄⳆⳈⳊⳌⳎⳐⳒⳔⳖⳘⳚⳜⳞⳠⳢⳫⳭⳲꙀꙂꙄꙆꙈꙊꙌꙎꙐꙒꙔꙖꙘꙚꙜꙞꙠꙢꙤꙦꙨꙪꙬꚀꚂꚄꚆꚈꚊꚌꚎꚐꚒꚔꚖꚘꚚꜢꜤꜦꜨꜪꜬꜮꜲꜴꜶꜸꜺꜼꜾꝀꝂꝄꝆꝈꝊꝌꝎꝐꝒꝔꝖꝘꝚꝜꝞꝠꝢꝤꝦꝨꝪꝬꝮꝹꝻꝽꝾꞀꞂꞄꞆꞋꞍꞐꞒꞖꞘꞚꞜꞞꞠꞢꞤꞦꞨꞪꞫꞬꞭꞮꞰꞱꞲꞳꞴꞶꞸꞺꞼꞾꟀꟂꟄꟅꟆꟇꟉꟐꟖꟘꟵꭰꭱꭲꭳꭴꭵꭶꭷꭸꭹꭺꭻꭼꭽꭾꭿꮀꮁꮂꮃꮄꮅꮆꮇꮈꮉꮊꮋꮌꮍꮎꮏꮐꮑꮒꮓꮔꮕꮖꮗꮘꮙꮚꮛꮜꮝꮞꮟꮠꮡꮢꮣꮤꮥꮦꮧꮨꮩꮪꮫꮬꮭꮮꮯꮰꮱꮲꮳꮴꮵꮶꮷꮸꮹꮺꮻꮼꮽꮾꮿ𐐀𐐁𐐂𐐃𐐄𐐅𐐆𐐇𐐈𐐉𐐊𐐋𐐌𐐍𐐎𐐏𐐐𐐑𐐒𐐓𐐔𐐕𐐖𐐗𐐘𐐙𐐚𐐛𐐜𐐝𐐞𐐟𐐠𐐡𐐢𐐣𐐤𐐥𐐦𐐧𐒰𐒱𐒲𐒳𐒴𐒵𐒶𐒷𐒸𐒹𐒺𐒻𐒼𐒽𐒾𐒿𐓀𐓁𐓂𐓃𐓄𐓅𐓆𐓇𐓈𐓉𐓊𐓋𐓌𐓍𐓎𐓏𐓐𐓑𐓒𐓓𐕰𐕱𐕲𐕳𐕴𐕵𐕶𐕷𐕸𐕹𐕺𐕼𐕽𐕾𐕿𐖀𐖁𐖂𐖃𐖄𐖅𐖆𐖇𐖈𐖉𐖊𐖌𐖍𐖎𐖏𐖐𐖑𐖒𐖔𐖕𐲀𐲁𐲂𐲃𐲄𐲅𐲆𐲇𐲈𐲉𐲊𐲋𐲌𐲍𐲎𐲏𐲐𐲑𐲒𐲓𐲔𐲕𐲖𐲗𐲘𐲙𐲚𐲛𐲜𐲝𐲞𐲟𐲠𐲡𐲢𐲣𐲤𐲥𐲦𐲧𐲨𐲩𐲪𐲫𐲬𐲭𐲮𐲯𐲰𐲱𐲲𑢠𑢡𑢢𑢣𑢤𑢥𑢦𑢧𑢨𑢩𑢪𑢫𑢬𑢭𑢮𑢯𑢰𑢱𑢲𑢳𑢴𑢵𑢶𑢷𑢸𑢹𑢺𑢻𑢼𑢽𑢾𑢿𖹀𖹁𖹂𖹃𖹄𖹅𖹆𖹇𖹈𖹉𖹊𖹋𖹌𖹍𖹎𖹏𖹐𖹑𖹒𖹓𖹔𖹕𖹖𖹗𖹘𖹙𖹚𖹛𖹜𖹝𖹞𖹟𞤀𞤁𞤂𞤃𞤄𞤅𞤆𞤇𞤈𞤉𞤊𞤋𞤌𞤍𞤎𞤏𞤐𞤑𞤒𞤓𞤔𞤕𞤖𞤗𞤘𞤙𞤚𞤛𞤜𞤝𞤞𞤟𞤠𞤡',
        'æðøþđħłŋœŧɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶʒƹƽǥƕƿȝƞȣȥⱥȼƚⱦɂƀʉʌɇɉɋɍɏιͱͳͷϳαβγδεζηθικλμνξοπρστυφχψωσϗϙϛϝϟϡϣϥϧϩϫϭϯϸϻͻͼͽђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆⴀⴁⴂⴃⴄⴅⴆⴇⴈⴉⴊⴋⴌⴍⴎⴏⴐⴑⴒⴓⴔⴕⴖⴗⴘⴙⴚⴛⴜⴝⴞⴟⴠⴡⴢⴣⴤⴥⴧⴭᏰᏱᏲᏳᏴᏵвдосттъѣꙋაბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰჱჲჳჴჵჶჷჸჹჺჽჾჿỻỽỿⅎↄⰰⰱⰲⰳⰴⰵⰶⰷⰸⰹⰺⰻⰼⰽⰾⰿⱀⱁⱂⱃⱄⱅⱆⱇⱈⱉⱊⱋⱌⱍⱎⱏⱐⱑⱒⱓⱔⱕⱖⱗⱘⱙⱚⱛⱜⱝⱞⱟⱡɫᵽɽⱨⱪⱬɑɱɐɒⱳⱶȿɀⲁⲃⲅⲇⲉⲋⲍⲏⲑⲓⲕⲗⲙⲛⲝⲟⲡⲣⲥⲧⲩⲫⲭⲯⲱⲳⲵⲷⲹⲻⲽⲿⳁⳃⳅⳇⳉⳋⳍⳏⳑⳓⳕⳗⳙⳛⳝⳟⳡⳣⳬⳮⳳꙁꙃꙅꙇꙉꙋꙍꙏꙑꙓꙕꙗꙙꙛꙝꙟꙡꙣꙥꙧꙩꙫꙭꚁꚃꚅꚇꚉꚋꚍꚏꚑꚓꚕꚗꚙꚛꜣꜥꜧꜩꜫꜭꜯꜳꜵꜷꜹꜻꜽꜿꝁꝃꝅꝇꝉꝋꝍꝏꝑꝓꝕꝗꝙꝛꝝꝟꝡꝣꝥꝧꝩꝫꝭꝯꝺꝼᵹꝿꞁꞃꞅꞇꞌɥꞑꞓꞗꞙꞛꞝꞟꞡꞣꞥꞧꞩɦɜɡɬɪʞʇʝꭓꞵꞷꞹꞻꞽꞿꟁꟃꞔʂᶎꟈꟊꟑꟗꟙꟶᎠᎡᎢᎣᎤᎥᎦᎧᎨᎩᎪᎫᎬᎭᎮᎯᎰᎱᎲᎳᎴᎵᎶᎷᎸᎹᎺᎻᎼᎽᎾᎿᏀᏁᏂᏃᏄᏅᏆᏇᏈᏉᏊᏋᏌᏍᏎᏏᏐᏑᏒᏓᏔᏕᏖᏗᏘᏙᏚᏛᏜᏝᏞᏟᏠᏡᏢᏣᏤᏥᏦᏧᏨᏩᏪᏫᏬᏭᏮᏯ𐐨𐐩𐐪𐐫𐐬𐐭𐐮𐐯𐐰𐐱𐐲𐐳𐐴𐐵𐐶𐐷𐐸𐐹𐐺𐐻𐐼𐐽𐐾𐐿𐑀𐑁𐑂𐑃𐑄𐑅𐑆𐑇𐑈𐑉𐑊𐑋𐑌𐑍𐑎𐑏𐓘𐓙𐓚𐓛𐓜𐓝𐓞𐓟𐓠𐓡𐓢𐓣𐓤𐓥𐓦𐓧𐓨𐓩𐓪𐓫𐓬𐓭𐓮𐓯𐓰𐓱𐓲𐓳𐓴𐓵𐓶𐓷𐓸𐓹𐓺𐓻𐖗𐖘𐖙𐖚𐖛𐖜𐖝𐖞𐖟𐖠𐖡𐖣𐖤𐖥𐖦𐖧𐖨𐖩𐖪𐖫𐖬𐖭𐖮𐖯𐖰𐖱𐖳𐖴𐖵𐖶𐖷𐖸𐖹𐖻𐖼𐳀𐳁𐳂𐳃𐳄𐳅𐳆𐳇𐳈𐳉𐳊𐳋𐳌𐳍𐳎𐳏𐳐𐳑𐳒𐳓𐳔𐳕𐳖𐳗𐳘𐳙𐳚𐳛𐳜𐳝𐳞𐳟𐳠𐳡𐳢𐳣𐳤𐳥𐳦𐳧𐳨𐳩𐳪𐳫𐳬𐳭𐳮𐳯𐳰𐳱𐳲𑣀𑣁𑣂𑣃𑣄𑣅𑣆𑣇𑣈𑣉𑣊𑣋𑣌𑣍𑣎𑣏𑣐𑣑𑣒𑣓𑣔𑣕𑣖𑣗𑣘𑣙𑣚𑣛𑣜𑣝𑣞𑣟𖹠𖹡𖹢𖹣𖹤𖹥𖹦𖹧𖹨𖹩𖹪𖹫𖹬𖹭𖹮𖹯𖹰𖹱𖹲𖹳𖹴𖹵𖹶𖹷𖹸𖹹𖹺𖹻𖹼𖹽𖹾𖹿𞤢𞤣𞤤𞤥𞤦𞤧𞤨𞤩𞤪𞤫𞤬𞤭𞤮𞤯𞤰𞤱𞤲𞤳𞤴𞤵𞤶𞤷𞤸𞤹𞤺𞤻𞤼𞤽𞤾𞤿𞥀𞥁𞥂𞥃'), 'ß', 'ss'), 'ẞ', 'ss'), NFC) END

CREATE TABLE auth_sessions (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    user_id UUID NOT NULL,
    token_hash VARCHAR(64) COLLATE "C" NOT NULL,
    client VARCHAR(255) COLLATE "C",
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT uq_auth_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT uq_auth_sessions_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE api_tokens (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    user_id UUID NOT NULL,
    name VARCHAR(100) COLLATE "C" NOT NULL,
    token_hash VARCHAR(64) COLLATE "C" NOT NULL,
    hint VARCHAR(12) COLLATE "C",
    permissions JSONB NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT uq_api_tokens_user_id_name UNIQUE (user_id, name),
    CONSTRAINT uq_api_tokens_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE recovery_codes (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    user_id UUID NOT NULL,
    code_hash VARCHAR(128) COLLATE "C" NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT uq_recovery_codes_user_id_code_hash UNIQUE (user_id, code_hash),
    CONSTRAINT uq_recovery_codes_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE invitations (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    user_id UUID NOT NULL,
    code_hash VARCHAR(64) COLLATE "C" NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT uq_invitations_code_hash UNIQUE (code_hash),
    CONSTRAINT uq_invitations_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE sign_in_failures (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    digest VARCHAR(64) COLLATE "C" NOT NULL,
    failures INTEGER NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_sign_in_failures_organization_id_digest UNIQUE (organization_id, digest),
    CONSTRAINT uq_sign_in_failures_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_sign_in_failures_failures CHECK ("failures" >= 0)
)

CREATE TABLE activities (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    activity_type TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    subject VARCHAR(500) COLLATE "C",
    body TEXT COLLATE "C",
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    duration_minutes INTEGER,
    outcome VARCHAR(255) COLLATE "C",
    user_id UUID,
    contact_id UUID,
    company_id UUID,
    lead_id UUID,
    opportunity_id UUID,
    task_id UUID,
    PRIMARY KEY (id),
    CONSTRAINT uq_activities_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_activities_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_activities_activity_type CHECK ("activity_type" IN ('call', 'email', 'meeting', 'note', 'task', 'stage_change', 'status_change', 'web_visit', 'form', 'other')),
    CONSTRAINT ck_activities_direction CHECK ("direction" IN ('inbound', 'outbound', 'none')),
    CONSTRAINT ck_activities_duration_minutes CHECK ("duration_minutes" >= 0)
)

CREATE TABLE campaigns (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    start_date DATE,
    end_date DATE,
    budget NUMERIC(15, 2),
    actual_cost NUMERIC(15, 2),
    expected_revenue NUMERIC(15, 2),
    description TEXT COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_campaigns_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_campaigns_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_campaigns_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_campaigns_type CHECK ("type" IN ('email', 'event', 'ads', 'content', 'referral', 'other')),
    CONSTRAINT ck_campaigns_status CHECK ("status" IN ('planned', 'active', 'paused', 'completed')),
    CONSTRAINT ck_campaigns_budget CHECK ("budget" >= 0 AND "budget" <= 9999999999999.99),
    CONSTRAINT ck_campaigns_actual_cost CHECK ("actual_cost" >= 0 AND "actual_cost" <= 9999999999999.99),
    CONSTRAINT ck_campaigns_expected_revenue CHECK ("expected_revenue" >= 0 AND "expected_revenue" <= 9999999999999.99)
)

CREATE TABLE companies (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    search_text TEXT COLLATE "C" NOT NULL,
    search_rowid INTEGER,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    domain VARCHAR(255) COLLATE "C",
    industry VARCHAR(100) COLLATE "C",
    company_size TEXT COLLATE "C",
    annual_revenue NUMERIC(15, 2),
    founded_year INTEGER,
    description TEXT COLLATE "C",
    logo_url VARCHAR(500) COLLATE "C",
    website VARCHAR(500) COLLATE "C",
    linkedin_url VARCHAR(500) COLLATE "C",
    address_line1 VARCHAR(255) COLLATE "C",
    city VARCHAR(100) COLLATE "C",
    state VARCHAR(100) COLLATE "C",
    postal_code VARCHAR(20) COLLATE "C",
    country VARCHAR(2) COLLATE "C",
    phone VARCHAR(20) COLLATE "C",
    employee_count INTEGER,
    type TEXT COLLATE "C" NOT NULL,
    tier TEXT COLLATE "C",
    health_score INTEGER,
    owner_id UUID,
    parent_id UUID,
    tags JSONB NOT NULL,
    custom_fields JSONB NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_companies_organization_id_domain UNIQUE (organization_id, domain),
    CONSTRAINT uq_companies_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_companies_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_companies_search_rowid CHECK ("search_rowid" >= 0 AND "search_rowid" <= 9223372036854775807),
    CONSTRAINT ck_companies_company_size CHECK ("company_size" IN ('1-10', '11-50', '51-200', '201-500', '501-1000', '1001-5000', '5001+')),
    CONSTRAINT ck_companies_annual_revenue CHECK ("annual_revenue" >= 0 AND "annual_revenue" <= 9999999999999.99),
    CONSTRAINT ck_companies_founded_year CHECK ("founded_year" >= 1000 AND "founded_year" <= 2999),
    CONSTRAINT ck_companies_employee_count CHECK ("employee_count" >= 0),
    CONSTRAINT ck_companies_type CHECK ("type" IN ('prospect', 'customer', 'partner', 'vendor', 'competitor', 'other')),
    CONSTRAINT ck_companies_tier CHECK ("tier" IN ('enterprise', 'mid_market', 'smb', 'startup')),
    CONSTRAINT ck_companies_health_score CHECK ("health_score" >= 0 AND "health_score" <= 100)
)

CREATE TABLE contacts (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_deleted BOOLEAN NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    search_text TEXT COLLATE "C" NOT NULL,
    search_rowid INTEGER,
    first_name VARCHAR(100) COLLATE "C",
    last_name VARCHAR(100) COLLATE "C",
    email VARCHAR(254) COLLATE "C",
    phone VARCHAR(20) COLLATE "C",
    mobile VARCHAR(20) COLLATE "C",
    company VARCHAR(255) COLLATE "C",
    job_title VARCHAR(100) COLLATE "C",
    department VARCHAR(100) COLLATE "C",
    website VARCHAR(500) COLLATE "C",
    linkedin_url VARCHAR(500) COLLATE "C",
    twitter_handle VARCHAR(50) COLLATE "C",
    address_line1 VARCHAR(255) COLLATE "C",
    address_line2 VARCHAR(255) COLLATE "C",
    city VARCHAR(100) COLLATE "C",
    state VARCHAR(100) COLLATE "C",
    postal_code VARCHAR(20) COLLATE "C",
    country VARCHAR(2) COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    lifecycle_stage TEXT COLLATE "C" NOT NULL,
    tags JSONB NOT NULL,
    custom_fields JSONB NOT NULL,
    score INTEGER,
    owner_id UUID,
    assigned_to_id UUID,
    company_id UUID,
    last_activity_at TIMESTAMP WITH TIME ZONE,
    do_not_call BOOLEAN NOT NULL,
    do_not_email BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_contacts_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_contacts_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_contacts_search_rowid CHECK ("search_rowid" >= 0 AND "search_rowid" <= 9223372036854775807),
    CONSTRAINT ck_contacts_status CHECK ("status" IN ('active', 'inactive', 'archived')),
    CONSTRAINT ck_contacts_source CHECK ("source" IN ('website', 'referral', 'cold_call', 'cold_email', 'event', 'social', 'paid_ads', 'organic', 'partner', 'other')),
    CONSTRAINT ck_contacts_lifecycle_stage CHECK ("lifecycle_stage" IN ('subscriber', 'lead', 'marketing_qualified', 'sales_qualified', 'opportunity', 'customer', 'evangelist', 'other')),
    CONSTRAINT ck_contacts_score CHECK ("score" >= 0 AND "score" <= 100)
)

CREATE TABLE custom_fields (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    entity VARCHAR(50) COLLATE "C" NOT NULL,
    key VARCHAR(50) COLLATE "C" NOT NULL,
    label VARCHAR(100) COLLATE "C",
    type TEXT COLLATE "C" NOT NULL,
    choices JSONB NOT NULL,
    required BOOLEAN NOT NULL,
    description TEXT COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_custom_fields_organization_id_entity_key UNIQUE (organization_id, entity, key),
    CONSTRAINT uq_custom_fields_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_custom_fields_type CHECK ("type" IN ('text', 'integer', 'number', 'money', 'percent', 'boolean', 'date', 'timestamp', 'choice', 'tags', 'email', 'phone', 'url', 'country', 'currency'))
)

CREATE TABLE saved_filters (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(100) COLLATE "C" NOT NULL,
    entity VARCHAR(50) COLLATE "C" NOT NULL,
    expression TEXT COLLATE "C" NOT NULL,
    sort VARCHAR(255) COLLATE "C",
    columns JSONB NOT NULL,
    user_id UUID,
    PRIMARY KEY (id),
    CONSTRAINT uq_saved_filters_organization_id_entity_name UNIQUE (organization_id, entity, name),
    CONSTRAINT uq_saved_filters_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE assignment_rules (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(100) COLLATE "C" NOT NULL,
    position INTEGER NOT NULL,
    expression TEXT COLLATE "C" NOT NULL,
    user_id UUID,
    team_id UUID,
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_assignment_rules_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_assignment_rules_position CHECK ("position" >= 1)
)

CREATE TABLE assignment_turns (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    team_id UUID NOT NULL,
    user_id UUID NOT NULL,
    turn INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_assignment_turns_team_id_user_id UNIQUE (team_id, user_id),
    CONSTRAINT uq_assignment_turns_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_assignment_turns_turn CHECK ("turn" >= 0)
)

CREATE TABLE opportunities (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_deleted BOOLEAN NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    search_text TEXT COLLATE "C" NOT NULL,
    search_rowid INTEGER,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    value NUMERIC(15, 2),
    value_from_items BOOLEAN NOT NULL,
    currency VARCHAR(3) COLLATE "C" NOT NULL,
    probability NUMERIC(3, 2) NOT NULL,
    weighted_value NUMERIC(15, 2) GENERATED ALWAYS AS (round(value * probability, 2)) STORED,
    expected_close_date DATE,
    actual_close_date DATE,
    stage_id UUID NOT NULL,
    pipeline_id UUID NOT NULL,
    contact_id UUID,
    company_id UUID,
    lead_id UUID,
    owner_id UUID,
    status TEXT COLLATE "C" NOT NULL,
    loss_reason VARCHAR(255) COLLATE "C",
    competitor VARCHAR(255) COLLATE "C",
    next_step TEXT COLLATE "C",
    tags JSONB NOT NULL,
    custom_fields JSONB NOT NULL,
    last_activity_at TIMESTAMP WITH TIME ZONE,
    stage_changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_opportunities_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_opportunities_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_opportunities_search_rowid CHECK ("search_rowid" >= 0 AND "search_rowid" <= 9223372036854775807),
    CONSTRAINT ck_opportunities_value CHECK ("value" >= 0 AND "value" <= 9999999999999.99),
    CONSTRAINT ck_opportunities_probability CHECK ("probability" >= 0 AND "probability" <= 1),
    CONSTRAINT ck_opportunities_weighted_value CHECK ("weighted_value" >= 0 AND "weighted_value" <= 9999999999999.99),
    CONSTRAINT ck_opportunities_status CHECK ("status" IN ('open', 'won', 'lost'))
)

CREATE TABLE emails (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    subject VARCHAR(500) COLLATE "C",
    body_preview TEXT COLLATE "C",
    from_email VARCHAR(254) COLLATE "C",
    to_email VARCHAR(254) COLLATE "C",
    message_id VARCHAR(255) COLLATE "C",
    thread_id VARCHAR(255) COLLATE "C",
    sent_at TIMESTAMP WITH TIME ZONE,
    opened_at TIMESTAMP WITH TIME ZONE,
    open_count INTEGER NOT NULL,
    clicked_at TIMESTAMP WITH TIME ZONE,
    click_count INTEGER NOT NULL,
    replied_at TIMESTAMP WITH TIME ZONE,
    bounced_at TIMESTAMP WITH TIME ZONE,
    bounce_type TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    contact_id UUID,
    lead_id UUID,
    opportunity_id UUID,
    user_id UUID,
    sequence_id UUID,
    sequence_step INTEGER,
    PRIMARY KEY (id),
    CONSTRAINT uq_emails_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_emails_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_emails_open_count CHECK ("open_count" >= 0),
    CONSTRAINT ck_emails_click_count CHECK ("click_count" >= 0),
    CONSTRAINT ck_emails_bounce_type CHECK ("bounce_type" IN ('hard', 'soft')),
    CONSTRAINT ck_emails_status CHECK ("status" IN ('queued', 'sent', 'delivered', 'opened', 'clicked', 'replied', 'bounced', 'failed')),
    CONSTRAINT ck_emails_sequence_step CHECK ("sequence_step" >= 0)
)

CREATE TABLE line_items (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opportunity_id UUID NOT NULL,
    product_id UUID,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    quantity NUMERIC(12, 3) NOT NULL,
    unit_price NUMERIC(15, 2) NOT NULL,
    discount_percent NUMERIC(5, 2) NOT NULL,
    position INTEGER NOT NULL,
    total NUMERIC(15, 2) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_line_items_opportunity_id_position UNIQUE (opportunity_id, position),
    CONSTRAINT uq_line_items_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_line_items_quantity CHECK ("quantity" >= 0 AND "quantity" <= 999999999.999),
    CONSTRAINT ck_line_items_unit_price CHECK ("unit_price" >= 0 AND "unit_price" <= 9999999999999.99),
    CONSTRAINT ck_line_items_discount_percent CHECK ("discount_percent" >= 0 AND "discount_percent" <= 100),
    CONSTRAINT ck_line_items_position CHECK ("position" >= 1),
    CONSTRAINT ck_line_items_total CHECK ("total" >= 0 AND "total" <= 9999999999999.99)
)

CREATE TABLE import_jobs (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    entity VARCHAR(50) COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    file_name TEXT COLLATE "C",
    file_hash VARCHAR(64) COLLATE "C",
    mapping_hash VARCHAR(64) COLLATE "C",
    mapping JSONB NOT NULL,
    options JSONB NOT NULL,
    user_id UUID,
    change_id UUID,
    rows_done INTEGER NOT NULL,
    created_count INTEGER NOT NULL,
    updated_count INTEGER NOT NULL,
    unchanged_count INTEGER NOT NULL,
    skipped_count INTEGER NOT NULL,
    rejected_count INTEGER NOT NULL,
    warning_count INTEGER NOT NULL,
    staging_path TEXT COLLATE "C",
    rejects_path TEXT COLLATE "C",
    process VARCHAR(100) COLLATE "C",
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    heartbeat_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    error TEXT COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_import_jobs_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_import_jobs_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_import_jobs_state CHECK ("state" IN ('staging', 'staged', 'running', 'finished', 'failed', 'interrupted')),
    CONSTRAINT ck_import_jobs_rows_done CHECK ("rows_done" >= 0),
    CONSTRAINT ck_import_jobs_created_count CHECK ("created_count" >= 0),
    CONSTRAINT ck_import_jobs_updated_count CHECK ("updated_count" >= 0),
    CONSTRAINT ck_import_jobs_unchanged_count CHECK ("unchanged_count" >= 0),
    CONSTRAINT ck_import_jobs_skipped_count CHECK ("skipped_count" >= 0),
    CONSTRAINT ck_import_jobs_rejected_count CHECK ("rejected_count" >= 0),
    CONSTRAINT ck_import_jobs_warning_count CHECK ("warning_count" >= 0)
)

CREATE TABLE cron_jobs (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(100) COLLATE "C" NOT NULL,
    command JSONB NOT NULL,
    schedule VARCHAR(255) COLLATE "C" NOT NULL,
    timezone VARCHAR(50) COLLATE "C",
    is_enabled BOOLEAN NOT NULL,
    catch_up BOOLEAN NOT NULL,
    time_limit_seconds INTEGER,
    on_failure JSONB NOT NULL,
    user_id UUID,
    profile VARCHAR(100) COLLATE "C",
    next_run_at TIMESTAMP WITH TIME ZONE,
    last_started_at TIMESTAMP WITH TIME ZONE,
    heartbeat_at TIMESTAMP WITH TIME ZONE,
    last_finished_at TIMESTAMP WITH TIME ZONE,
    last_success_at TIMESTAMP WITH TIME ZONE,
    last_exit INTEGER,
    last_error TEXT COLLATE "C",
    failure_count INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_cron_jobs_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_cron_jobs_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_cron_jobs_time_limit_seconds CHECK ("time_limit_seconds" >= 1),
    CONSTRAINT ck_cron_jobs_failure_count CHECK ("failure_count" >= 0)
)

CREATE TABLE reminder_deliveries (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    task_id UUID NOT NULL,
    reminder_at TIMESTAMP WITH TIME ZONE NOT NULL,
    channel VARCHAR(50) COLLATE "C" NOT NULL,
    user_id UUID,
    state TEXT COLLATE "C" NOT NULL,
    claimed_by VARCHAR(100) COLLATE "C",
    claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    error TEXT COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_reminder_deliveries_task_id_reminder_at_channel UNIQUE (organization_id, task_id, reminder_at, channel),
    CONSTRAINT uq_reminder_deliveries_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_reminder_deliveries_state CHECK ("state" IN ('claimed', 'sent', 'failed', 'uncertain'))
)

CREATE TABLE notice_deliveries (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    key VARCHAR(50) COLLATE "C" NOT NULL,
    user_id UUID NOT NULL,
    channel VARCHAR(50) COLLATE "C" NOT NULL,
    since TIMESTAMP WITH TIME ZONE,
    state TEXT COLLATE "C" NOT NULL,
    claimed_by VARCHAR(100) COLLATE "C",
    claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    error TEXT COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_notice_deliveries_organization_id_kind_key_user_id_channel UNIQUE (organization_id, kind, key, user_id, channel),
    CONSTRAINT uq_notice_deliveries_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_notice_deliveries_kind CHECK ("kind" IN ('unanswered', 'stalled', 'overdue', 'digest', 'dashboard')),
    CONSTRAINT ck_notice_deliveries_state CHECK ("state" IN ('claimed', 'sent', 'failed', 'uncertain', 'empty'))
)

CREATE TABLE changes (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    actor_id UUID,
    profile VARCHAR(100) COLLATE "C",
    program VARCHAR(50) COLLATE "C",
    command JSONB NOT NULL,
    label VARCHAR(100) COLLATE "C",
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    undoes_id UUID,
    part_of_id UUID,
    created_count INTEGER NOT NULL,
    updated_count INTEGER NOT NULL,
    deleted_count INTEGER NOT NULL,
    items_hash VARCHAR(64) COLLATE "C" NOT NULL,
    previous_hash VARCHAR(64) COLLATE "C" NOT NULL,
    hash VARCHAR(64) COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_changes_organization_id_position UNIQUE (organization_id, position),
    CONSTRAINT uq_changes_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_changes_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_changes_position CHECK ("position" >= 1),
    CONSTRAINT ck_changes_kind CHECK ("kind" IN ('write', 'import', 'undo', 'redo', 'erase')),
    CONSTRAINT ck_changes_created_count CHECK ("created_count" >= 0),
    CONSTRAINT ck_changes_updated_count CHECK ("updated_count" >= 0),
    CONSTRAINT ck_changes_deleted_count CHECK ("deleted_count" >= 0)
)

CREATE TABLE change_items (
    organization_id UUID NOT NULL,
    change_id UUID NOT NULL,
    position INTEGER NOT NULL,
    entity VARCHAR(50) COLLATE "C" NOT NULL,
    record_id UUID NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    touched JSONB NOT NULL,
    payload_hash VARCHAR(64) COLLATE "C",
    last_record_id UUID,
    members TEXT COLLATE "C",
    PRIMARY KEY (organization_id, change_id, position),
    CONSTRAINT ck_change_items_position CHECK ("position" >= 1),
    CONSTRAINT ck_change_items_action CHECK ("action" IN ('create', 'update', 'delete', 'restore', 'purge'))
)

CREATE TABLE change_payloads (
    organization_id UUID NOT NULL,
    change_id UUID NOT NULL,
    position INTEGER NOT NULL,
    salt VARCHAR(32) COLLATE "C" NOT NULL,
    before JSONB NOT NULL,
    PRIMARY KEY (organization_id, change_id, position),
    CONSTRAINT ck_change_payloads_position CHECK ("position" >= 1)
)

CREATE TABLE leads (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_deleted BOOLEAN NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    search_text TEXT COLLATE "C" NOT NULL,
    search_rowid INTEGER,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    first_name VARCHAR(100) COLLATE "C",
    last_name VARCHAR(100) COLLATE "C",
    email VARCHAR(254) COLLATE "C",
    phone VARCHAR(20) COLLATE "C",
    company VARCHAR(255) COLLATE "C",
    job_title VARCHAR(100) COLLATE "C",
    website VARCHAR(500) COLLATE "C",
    source TEXT COLLATE "C" NOT NULL,
    source_detail VARCHAR(255) COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    substatus VARCHAR(50) COLLATE "C",
    score INTEGER,
    score_breakdown JSONB NOT NULL,
    score_locked BOOLEAN NOT NULL,
    grade TEXT COLLATE "C",
    estimated_value NUMERIC(15, 2),
    probability NUMERIC(3, 2),
    utm_source VARCHAR(100) COLLATE "C",
    utm_medium VARCHAR(100) COLLATE "C",
    utm_campaign VARCHAR(100) COLLATE "C",
    referrer_url VARCHAR(500) COLLATE "C",
    landing_page VARCHAR(500) COLLATE "C",
    notes TEXT COLLATE "C",
    tags JSONB NOT NULL,
    custom_fields JSONB NOT NULL,
    owner_id UUID,
    assigned_to_id UUID,
    converted_contact_id UUID,
    converted_opportunity_id UUID,
    campaign_id UUID,
    last_activity_at TIMESTAMP WITH TIME ZONE,
    first_responded_at TIMESTAMP WITH TIME ZONE,
    qualified_at TIMESTAMP WITH TIME ZONE,
    disqualified_at TIMESTAMP WITH TIME ZONE,
    disqualify_reason VARCHAR(255) COLLATE "C",
    converted_at TIMESTAMP WITH TIME ZONE,
    do_not_call BOOLEAN NOT NULL,
    do_not_email BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_leads_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_leads_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_leads_search_rowid CHECK ("search_rowid" >= 0 AND "search_rowid" <= 9223372036854775807),
    CONSTRAINT ck_leads_source CHECK ("source" IN ('website', 'referral', 'cold_call', 'cold_email', 'event', 'social', 'paid_ads', 'organic', 'partner', 'other')),
    CONSTRAINT ck_leads_status CHECK ("status" IN ('new', 'contacted', 'engaged', 'qualified', 'converted', 'disqualified', 'nurturing')),
    CONSTRAINT ck_leads_score CHECK ("score" >= 0 AND "score" <= 100),
    CONSTRAINT ck_leads_grade CHECK ("grade" IN ('A', 'B', 'C', 'D', 'E', 'F')),
    CONSTRAINT ck_leads_estimated_value CHECK ("estimated_value" >= 0 AND "estimated_value" <= 9999999999999.99),
    CONSTRAINT ck_leads_probability CHECK ("probability" >= 0 AND "probability" <= 1)
)

CREATE TABLE contact_emails (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    contact_id UUID NOT NULL,
    email VARCHAR(254) COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_contact_emails_contact_id_email UNIQUE (contact_id, email),
    CONSTRAINT uq_contact_emails_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE deal_contacts (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opportunity_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    role VARCHAR(100) COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_deal_contacts_opportunity_id_contact_id UNIQUE (opportunity_id, contact_id),
    CONSTRAINT uq_deal_contacts_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE deal_companies (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opportunity_id UUID NOT NULL,
    company_id UUID NOT NULL,
    role VARCHAR(100) COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_deal_companies_opportunity_id_company_id UNIQUE (opportunity_id, company_id),
    CONSTRAINT uq_deal_companies_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE contact_companies (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    contact_id UUID NOT NULL,
    company_id UUID NOT NULL,
    role VARCHAR(100) COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_contact_companies_contact_id_company_id UNIQUE (contact_id, company_id),
    CONSTRAINT uq_contact_companies_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE external_ids (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    entity VARCHAR(50) COLLATE "C" NOT NULL,
    record_id UUID NOT NULL,
    source VARCHAR(50) COLLATE "C" NOT NULL,
    external_id VARCHAR(255) COLLATE "C" NOT NULL,
    last_values JSONB NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_external_ids_organization_id_entity_source_external_id UNIQUE (organization_id, entity, source, external_id),
    CONSTRAINT uq_external_ids_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE email_templates (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    subject VARCHAR(500) COLLATE "C" NOT NULL,
    body_text TEXT COLLATE "C" NOT NULL,
    body_html TEXT COLLATE "C",
    description TEXT COLLATE "C",
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_templates_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_email_templates_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE outbox (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    email_id UUID,
    state TEXT COLLATE "C" NOT NULL,
    message_id VARCHAR(255) COLLATE "C" NOT NULL,
    send_key VARCHAR(100) COLLATE "C",
    from_email VARCHAR(254) COLLATE "C" NOT NULL,
    to_email VARCHAR(254) COLLATE "C" NOT NULL,
    subject VARCHAR(500) COLLATE "C" NOT NULL,
    body_text TEXT COLLATE "C",
    body_html TEXT COLLATE "C",
    headers JSONB NOT NULL,
    attachments JSONB NOT NULL,
    contact_id UUID,
    lead_id UUID,
    user_id UUID,
    template_id UUID,
    template_version INTEGER,
    enrollment_id UUID,
    step_id UUID,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts INTEGER NOT NULL,
    lease_holder VARCHAR(100) COLLATE "C",
    lease_until TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE,
    error TEXT COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT uq_outbox_organization_id_message_id UNIQUE (organization_id, message_id),
    CONSTRAINT uq_outbox_organization_id_send_key_to_email UNIQUE (organization_id, send_key, to_email),
    CONSTRAINT uq_outbox_enrollment_id_step_id UNIQUE (enrollment_id, step_id),
    CONSTRAINT uq_outbox_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_outbox_state CHECK ("state" IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'cancelled')),
    CONSTRAINT ck_outbox_template_version CHECK ("template_version" >= 1),
    CONSTRAINT ck_outbox_attempts CHECK ("attempts" >= 0)
)

CREATE TABLE email_events (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    email_id UUID,
    provider VARCHAR(50) COLLATE "C" NOT NULL,
    event_id VARCHAR(255) COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    message_id VARCHAR(255) COLLATE "C",
    provider_key VARCHAR(255) COLLATE "C",
    address VARCHAR(254) COLLATE "C",
    url TEXT COLLATE "C",
    data JSONB NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_events_organization_id_provider_event_id UNIQUE (organization_id, provider, event_id),
    CONSTRAINT uq_email_events_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_email_events_type CHECK ("type" IN ('delivered', 'open', 'click', 'reply', 'bounce', 'complaint', 'unsubscribe', 'deferred', 'failed', 'other'))
)

CREATE TABLE suppressions (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    email VARCHAR(254) COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    detail VARCHAR(255) COLLATE "C",
    email_id UUID,
    user_id UUID,
    PRIMARY KEY (id),
    CONSTRAINT uq_suppressions_organization_id_email UNIQUE (organization_id, email),
    CONSTRAINT uq_suppressions_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_suppressions_reason CHECK ("reason" IN ('bounce', 'complaint', 'unsubscribe', 'manual', 'imported'))
)

CREATE TABLE mail_files (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sha256 VARCHAR(64) COLLATE "C" NOT NULL,
    size INTEGER NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_mail_files_organization_id_sha256 UNIQUE (organization_id, sha256),
    CONSTRAINT uq_mail_files_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_mail_files_size CHECK ("size" >= 0)
)

CREATE TABLE mail_folders (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    account VARCHAR(255) COLLATE "C" NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    uidvalidity INTEGER NOT NULL,
    last_uid INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    matched INTEGER NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT uq_mail_folders_organization_id_account_name UNIQUE (organization_id, account, name),
    CONSTRAINT uq_mail_folders_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_mail_folders_uidvalidity CHECK ("uidvalidity" >= 0),
    CONSTRAINT ck_mail_folders_last_uid CHECK ("last_uid" >= 0),
    CONSTRAINT ck_mail_folders_seen CHECK ("seen" >= 0),
    CONSTRAINT ck_mail_folders_matched CHECK ("matched" >= 0)
)

CREATE TABLE notes (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    author_id UUID,
    contact_id UUID,
    company_id UUID,
    lead_id UUID,
    opportunity_id UUID,
    pinned BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_notes_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_notes_organization_id_number UNIQUE (organization_id, number)
)

CREATE TABLE organizations (
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    slug VARCHAR(100) COLLATE "C" NOT NULL,
    logo_url VARCHAR(500) COLLATE "C",
    plan TEXT COLLATE "C" NOT NULL,
    settings JSONB NOT NULL,
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_organizations_slug UNIQUE (slug),
    CONSTRAINT ck_organizations_plan CHECK ("plan" IN ('starter', 'pro', 'enterprise'))
)

CREATE TABLE pipelines (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    is_default BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_pipelines_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_pipelines_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE erasures (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    digest VARCHAR(64) COLLATE "C" NOT NULL,
    salt VARCHAR(32) COLLATE "C" NOT NULL,
    erased_at TIMESTAMP WITH TIME ZONE NOT NULL,
    user_id UUID,
    PRIMARY KEY (id),
    CONSTRAINT uq_erasures_organization_id_digest UNIQUE (organization_id, digest),
    CONSTRAINT uq_erasures_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_erasures_type CHECK ("type" IN ('email', 'phone'))
)

CREATE TABLE products (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    sku VARCHAR(100) COLLATE "C",
    unit_price NUMERIC(15, 2),
    currency VARCHAR(3) COLLATE "C",
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_products_organization_id_sku UNIQUE (organization_id, sku),
    CONSTRAINT uq_products_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_products_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_products_unit_price CHECK ("unit_price" >= 0 AND "unit_price" <= 9999999999999.99)
)

CREATE TABLE lead_scores (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    lead_id UUID NOT NULL,
    score INTEGER NOT NULL,
    grade TEXT COLLATE "C",
    breakdown JSONB NOT NULL,
    factors JSONB NOT NULL,
    recommendation TEXT COLLATE "C",
    confidence NUMERIC(3, 2),
    model_version VARCHAR(50) COLLATE "C",
    scored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT uq_lead_scores_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_lead_scores_score CHECK ("score" >= 0 AND "score" <= 100),
    CONSTRAINT ck_lead_scores_grade CHECK ("grade" IN ('A', 'B', 'C', 'D', 'E', 'F')),
    CONSTRAINT ck_lead_scores_confidence CHECK ("confidence" >= 0 AND "confidence" <= 1)
)

CREATE TABLE scoring_models (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version VARCHAR(50) COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_provisional BOOLEAN NOT NULL,
    source TEXT COLLATE "C",
    body JSONB NOT NULL,
    cutoffs JSONB NOT NULL,
    metrics JSONB NOT NULL,
    trained_at TIMESTAMP WITH TIME ZONE,
    user_id UUID,
    PRIMARY KEY (id),
    CONSTRAINT uq_scoring_models_organization_id_version UNIQUE (organization_id, version),
    CONSTRAINT uq_scoring_models_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_scoring_models_type CHECK ("type" IN ('rules', 'learned'))
)

CREATE TABLE lead_signals (
    organization_id UUID NOT NULL,
    lead_id UUID NOT NULL,
    landmark_at TIMESTAMP WITH TIME ZONE,
    sums JSONB NOT NULL,
    latest JSONB NOT NULL,
    event_count INTEGER NOT NULL,
    last_inbound_at TIMESTAMP WITH TIME ZONE,
    bounced_at TIMESTAMP WITH TIME ZONE,
    is_dirty BOOLEAN NOT NULL,
    marks INTEGER NOT NULL,
    recorded_score INTEGER,
    scored_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (organization_id, lead_id),
    CONSTRAINT ck_lead_signals_event_count CHECK ("event_count" >= 0),
    CONSTRAINT ck_lead_signals_marks CHECK ("marks" >= 0 AND "marks" <= 9223372036854775807),
    CONSTRAINT ck_lead_signals_recorded_score CHECK ("recorded_score" >= 0 AND "recorded_score" <= 100)
)

CREATE TABLE score_marks (
    organization_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    writer VARCHAR(20) COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, kind, key, writer),
    CONSTRAINT ck_score_marks_kind CHECK ("kind" IN ('lead', 'domain', 'company'))
)

CREATE TABLE stage_history (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opportunity_id UUID NOT NULL,
    from_stage_id UUID,
    to_stage_id UUID NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    user_id UUID,
    value NUMERIC(15, 2),
    probability NUMERIC(3, 2),
    PRIMARY KEY (id),
    CONSTRAINT uq_stage_history_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_stage_history_value CHECK ("value" >= 0 AND "value" <= 9999999999999.99),
    CONSTRAINT ck_stage_history_probability CHECK ("probability" >= 0 AND "probability" <= 1)
)

CREATE TABLE exchange_rates (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    currency VARCHAR(3) COLLATE "C" NOT NULL,
    date DATE NOT NULL,
    rate NUMERIC(18, 8) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_exchange_rates_organization_id_currency_date UNIQUE (organization_id, currency, date),
    CONSTRAINT uq_exchange_rates_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_exchange_rates_rate CHECK ("rate" >= 1E-8 AND "rate" <= 9999999999.99999999)
)

CREATE TABLE targets (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    user_id UUID NOT NULL,
    month DATE NOT NULL,
    amount NUMERIC(15, 2) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_targets_organization_id_user_id_month UNIQUE (organization_id, user_id, month),
    CONSTRAINT uq_targets_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_targets_amount CHECK ("amount" >= 0 AND "amount" <= 9999999999999.99)
)

CREATE TABLE email_sequences (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_sequences_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE email_sequence_steps (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sequence_id UUID NOT NULL,
    position INTEGER NOT NULL,
    template_id UUID NOT NULL,
    delay_minutes INTEGER NOT NULL,
    business_days BOOLEAN NOT NULL,
    window_start VARCHAR(5) COLLATE "C",
    window_end VARCHAR(5) COLLATE "C",
    is_reply BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_sequence_steps_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_email_sequence_steps_position CHECK ("position" >= 1),
    CONSTRAINT ck_email_sequence_steps_delay_minutes CHECK ("delay_minutes" >= 0)
)

CREATE TABLE email_sequence_enrollments (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sequence_id UUID NOT NULL,
    contact_id UUID,
    lead_id UUID,
    opportunity_id UUID,
    user_id UUID,
    to_email VARCHAR(254) COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    stop_reason VARCHAR(50) COLLATE "C",
    next_position INTEGER NOT NULL,
    next_send_at TIMESTAMP WITH TIME ZONE,
    last_message_id VARCHAR(255) COLLATE "C",
    enrolled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT uq_email_sequence_enrollments_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_email_sequence_enrollments_status CHECK ("status" IN ('active', 'paused', 'finished', 'stopped')),
    CONSTRAINT ck_email_sequence_enrollments_next_position CHECK ("next_position" >= 1)
)

CREATE TABLE stages (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(100) COLLATE "C" NOT NULL,
    probability INTEGER NOT NULL,
    "order" INTEGER NOT NULL,
    color VARCHAR(7) COLLATE "C",
    description TEXT COLLATE "C",
    stale_after_days INTEGER,
    required_fields JSONB NOT NULL,
    is_won BOOLEAN NOT NULL,
    is_lost BOOLEAN NOT NULL,
    pipeline_id UUID NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_stages_pipeline_id_name UNIQUE (pipeline_id, name),
    CONSTRAINT uq_stages_organization_id_pipeline_id_id UNIQUE (organization_id, pipeline_id, id),
    CONSTRAINT uq_stages_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_stages_probability CHECK ("probability" >= 0 AND "probability" <= 100),
    CONSTRAINT ck_stages_order CHECK ("order" >= 0),
    CONSTRAINT ck_stages_stale_after_days CHECK ("stale_after_days" >= 1)
)

CREATE TABLE counters (
    organization_id UUID NOT NULL,
    entity VARCHAR(50) COLLATE "C" NOT NULL,
    next_value INTEGER NOT NULL,
    PRIMARY KEY (organization_id, entity),
    CONSTRAINT ck_counters_next_value CHECK ("next_value" >= 1)
)

CREATE TABLE schema_info (
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id INTEGER NOT NULL,
    min_program VARCHAR(50) COLLATE "C" NOT NULL,
    maintenance_until TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT ck_schema_info_id CHECK ("id" >= 1 AND "id" <= 1)
)

CREATE TABLE tasks (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    title VARCHAR(255) COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    task_type TEXT COLLATE "C" NOT NULL,
    priority TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    due_date TIMESTAMP WITH TIME ZONE,
    reminder_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    outcome VARCHAR(255) COLLATE "C",
    notes TEXT COLLATE "C",
    assigned_to_id UUID,
    created_by_id UUID,
    contact_id UUID,
    lead_id UUID,
    opportunity_id UUID,
    company_id UUID,
    is_recurring BOOLEAN NOT NULL,
    recurrence_rule VARCHAR(255) COLLATE "C",
    parent_task_id UUID,
    timezone VARCHAR(50) COLLATE "C",
    occurrence VARCHAR(19) COLLATE "C",
    when_missed TEXT COLLATE "C" NOT NULL,
    excluded_dates JSONB NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_tasks_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_tasks_organization_id_number UNIQUE (organization_id, number),
    CONSTRAINT ck_tasks_task_type CHECK ("task_type" IN ('call', 'email', 'meeting', 'follow_up', 'demo', 'proposal', 'other')),
    CONSTRAINT ck_tasks_priority CHECK ("priority" IN ('low', 'medium', 'high', 'urgent')),
    CONSTRAINT ck_tasks_status CHECK ("status" IN ('pending', 'in_progress', 'completed', 'cancelled')),
    CONSTRAINT ck_tasks_when_missed CHECK ("when_missed" IN ('once', 'each'))
)

CREATE TABLE teams (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    lead_id UUID,
    PRIMARY KEY (id),
    CONSTRAINT uq_teams_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT uq_teams_organization_id_id UNIQUE (organization_id, id)
)

CREATE TABLE users (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    email VARCHAR(254) COLLATE "C" NOT NULL,
    password VARCHAR(128) COLLATE "C",
    first_name VARCHAR(150) COLLATE "C",
    last_name VARCHAR(150) COLLATE "C",
    phone VARCHAR(20) COLLATE "C",
    avatar_url VARCHAR(500) COLLATE "C",
    role TEXT COLLATE "C" NOT NULL,
    job_title VARCHAR(100) COLLATE "C",
    department VARCHAR(100) COLLATE "C",
    timezone VARCHAR(50) COLLATE "C",
    locale VARCHAR(10) COLLATE "C",
    team_id UUID,
    manager_id UUID,
    away_until DATE,
    quiet_hours VARCHAR(11) COLLATE "C",
    is_active BOOLEAN NOT NULL,
    is_staff BOOLEAN NOT NULL,
    is_superuser BOOLEAN NOT NULL,
    mfa_enabled BOOLEAN NOT NULL,
    mfa_secret VARCHAR(255) COLLATE "C",
    mfa_step INTEGER,
    is_service BOOLEAN NOT NULL,
    last_login TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email),
    CONSTRAINT uq_users_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_users_role CHECK ("role" IN ('super_admin', 'admin', 'manager', 'sales_rep', 'marketing', 'readonly')),
    CONSTRAINT ck_users_mfa_step CHECK ("mfa_step" >= 0)
)

ALTER TABLE auth_sessions ADD CONSTRAINT fk_auth_sessions_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE auth_sessions ADD CONSTRAINT fk_auth_sessions_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE api_tokens ADD CONSTRAINT fk_api_tokens_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE api_tokens ADD CONSTRAINT fk_api_tokens_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE recovery_codes ADD CONSTRAINT fk_recovery_codes_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE recovery_codes ADD CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE invitations ADD CONSTRAINT fk_invitations_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE invitations ADD CONSTRAINT fk_invitations_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE sign_in_failures ADD CONSTRAINT fk_sign_in_failures_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE activities ADD CONSTRAINT fk_activities_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE activities ADD CONSTRAINT fk_activities_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE activities ADD CONSTRAINT fk_activities_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE activities ADD CONSTRAINT fk_activities_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE activities ADD CONSTRAINT fk_activities_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE activities ADD CONSTRAINT fk_activities_task_id FOREIGN KEY(organization_id, task_id) REFERENCES tasks (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE activities ADD CONSTRAINT fk_activities_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE campaigns ADD CONSTRAINT fk_campaigns_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE companies ADD CONSTRAINT fk_companies_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE companies ADD CONSTRAINT fk_companies_owner_id FOREIGN KEY(organization_id, owner_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE companies ADD CONSTRAINT fk_companies_parent_id FOREIGN KEY(organization_id, parent_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contacts ADD CONSTRAINT fk_contacts_assigned_to_id FOREIGN KEY(organization_id, assigned_to_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contacts ADD CONSTRAINT fk_contacts_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contacts ADD CONSTRAINT fk_contacts_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contacts ADD CONSTRAINT fk_contacts_owner_id FOREIGN KEY(organization_id, owner_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE custom_fields ADD CONSTRAINT fk_custom_fields_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE saved_filters ADD CONSTRAINT fk_saved_filters_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE saved_filters ADD CONSTRAINT fk_saved_filters_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE assignment_rules ADD CONSTRAINT fk_assignment_rules_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE assignment_rules ADD CONSTRAINT fk_assignment_rules_team_id FOREIGN KEY(organization_id, team_id) REFERENCES teams (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE assignment_rules ADD CONSTRAINT fk_assignment_rules_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE assignment_turns ADD CONSTRAINT fk_assignment_turns_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE assignment_turns ADD CONSTRAINT fk_assignment_turns_team_id FOREIGN KEY(organization_id, team_id) REFERENCES teams (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE assignment_turns ADD CONSTRAINT fk_assignment_turns_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE opportunities ADD CONSTRAINT fk_opportunities_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE opportunities ADD CONSTRAINT fk_opportunities_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE opportunities ADD CONSTRAINT fk_opportunities_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE opportunities ADD CONSTRAINT fk_opportunities_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE opportunities ADD CONSTRAINT fk_opportunities_owner_id FOREIGN KEY(organization_id, owner_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE opportunities ADD CONSTRAINT fk_opportunities_pipeline_id FOREIGN KEY(organization_id, pipeline_id) REFERENCES pipelines (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE opportunities ADD CONSTRAINT fk_opportunities_stage_id FOREIGN KEY(organization_id, pipeline_id, stage_id) REFERENCES stages (organization_id, pipeline_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE emails ADD CONSTRAINT fk_emails_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE emails ADD CONSTRAINT fk_emails_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE emails ADD CONSTRAINT fk_emails_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE emails ADD CONSTRAINT fk_emails_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE emails ADD CONSTRAINT fk_emails_sequence_id FOREIGN KEY(organization_id, sequence_id) REFERENCES email_sequences (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE emails ADD CONSTRAINT fk_emails_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE line_items ADD CONSTRAINT fk_line_items_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE line_items ADD CONSTRAINT fk_line_items_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE line_items ADD CONSTRAINT fk_line_items_product_id FOREIGN KEY(organization_id, product_id) REFERENCES products (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE import_jobs ADD CONSTRAINT fk_import_jobs_change_id FOREIGN KEY(organization_id, change_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE import_jobs ADD CONSTRAINT fk_import_jobs_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE import_jobs ADD CONSTRAINT fk_import_jobs_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE cron_jobs ADD CONSTRAINT fk_cron_jobs_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE cron_jobs ADD CONSTRAINT fk_cron_jobs_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE reminder_deliveries ADD CONSTRAINT fk_reminder_deliveries_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE reminder_deliveries ADD CONSTRAINT fk_reminder_deliveries_task_id FOREIGN KEY(organization_id, task_id) REFERENCES tasks (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE reminder_deliveries ADD CONSTRAINT fk_reminder_deliveries_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE notice_deliveries ADD CONSTRAINT fk_notice_deliveries_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE notice_deliveries ADD CONSTRAINT fk_notice_deliveries_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE changes ADD CONSTRAINT fk_changes_actor_id FOREIGN KEY(organization_id, actor_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE changes ADD CONSTRAINT fk_changes_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE changes ADD CONSTRAINT fk_changes_part_of_id FOREIGN KEY(organization_id, part_of_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE changes ADD CONSTRAINT fk_changes_undoes_id FOREIGN KEY(organization_id, undoes_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE change_items ADD CONSTRAINT fk_change_items_change_id FOREIGN KEY(organization_id, change_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE change_items ADD CONSTRAINT fk_change_items_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE change_payloads ADD CONSTRAINT fk_change_payloads_change_id FOREIGN KEY(organization_id, change_id) REFERENCES changes (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE change_payloads ADD CONSTRAINT fk_change_payloads_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE change_payloads ADD CONSTRAINT fk_change_payloads_position FOREIGN KEY(organization_id, change_id, position) REFERENCES change_items (organization_id, change_id, position) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE leads ADD CONSTRAINT fk_leads_assigned_to_id FOREIGN KEY(organization_id, assigned_to_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE leads ADD CONSTRAINT fk_leads_campaign_id FOREIGN KEY(organization_id, campaign_id) REFERENCES campaigns (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE leads ADD CONSTRAINT fk_leads_converted_contact_id FOREIGN KEY(organization_id, converted_contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE leads ADD CONSTRAINT fk_leads_converted_opportunity_id FOREIGN KEY(organization_id, converted_opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE leads ADD CONSTRAINT fk_leads_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE leads ADD CONSTRAINT fk_leads_owner_id FOREIGN KEY(organization_id, owner_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contact_emails ADD CONSTRAINT fk_contact_emails_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contact_emails ADD CONSTRAINT fk_contact_emails_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE deal_contacts ADD CONSTRAINT fk_deal_contacts_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE deal_contacts ADD CONSTRAINT fk_deal_contacts_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE deal_contacts ADD CONSTRAINT fk_deal_contacts_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE deal_companies ADD CONSTRAINT fk_deal_companies_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE deal_companies ADD CONSTRAINT fk_deal_companies_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE deal_companies ADD CONSTRAINT fk_deal_companies_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contact_companies ADD CONSTRAINT fk_contact_companies_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contact_companies ADD CONSTRAINT fk_contact_companies_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE contact_companies ADD CONSTRAINT fk_contact_companies_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE external_ids ADD CONSTRAINT fk_external_ids_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_templates ADD CONSTRAINT fk_email_templates_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE outbox ADD CONSTRAINT fk_outbox_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE outbox ADD CONSTRAINT fk_outbox_email_id FOREIGN KEY(organization_id, email_id) REFERENCES emails (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE outbox ADD CONSTRAINT fk_outbox_enrollment_id FOREIGN KEY(organization_id, enrollment_id) REFERENCES email_sequence_enrollments (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE outbox ADD CONSTRAINT fk_outbox_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE outbox ADD CONSTRAINT fk_outbox_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE outbox ADD CONSTRAINT fk_outbox_step_id FOREIGN KEY(organization_id, step_id) REFERENCES email_sequence_steps (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE outbox ADD CONSTRAINT fk_outbox_template_id FOREIGN KEY(organization_id, template_id) REFERENCES email_templates (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE outbox ADD CONSTRAINT fk_outbox_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_events ADD CONSTRAINT fk_email_events_email_id FOREIGN KEY(organization_id, email_id) REFERENCES emails (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_events ADD CONSTRAINT fk_email_events_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE suppressions ADD CONSTRAINT fk_suppressions_email_id FOREIGN KEY(organization_id, email_id) REFERENCES emails (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE suppressions ADD CONSTRAINT fk_suppressions_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE suppressions ADD CONSTRAINT fk_suppressions_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE mail_files ADD CONSTRAINT fk_mail_files_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE mail_folders ADD CONSTRAINT fk_mail_folders_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE notes ADD CONSTRAINT fk_notes_author_id FOREIGN KEY(organization_id, author_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE notes ADD CONSTRAINT fk_notes_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE notes ADD CONSTRAINT fk_notes_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE notes ADD CONSTRAINT fk_notes_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE notes ADD CONSTRAINT fk_notes_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE notes ADD CONSTRAINT fk_notes_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE pipelines ADD CONSTRAINT fk_pipelines_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE erasures ADD CONSTRAINT fk_erasures_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE erasures ADD CONSTRAINT fk_erasures_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE products ADD CONSTRAINT fk_products_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE lead_scores ADD CONSTRAINT fk_lead_scores_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE lead_scores ADD CONSTRAINT fk_lead_scores_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE scoring_models ADD CONSTRAINT fk_scoring_models_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE scoring_models ADD CONSTRAINT fk_scoring_models_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE lead_signals ADD CONSTRAINT fk_lead_signals_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE lead_signals ADD CONSTRAINT fk_lead_signals_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE score_marks ADD CONSTRAINT fk_score_marks_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE stage_history ADD CONSTRAINT fk_stage_history_from_stage_id FOREIGN KEY(organization_id, from_stage_id) REFERENCES stages (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE stage_history ADD CONSTRAINT fk_stage_history_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE stage_history ADD CONSTRAINT fk_stage_history_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE stage_history ADD CONSTRAINT fk_stage_history_to_stage_id FOREIGN KEY(organization_id, to_stage_id) REFERENCES stages (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE stage_history ADD CONSTRAINT fk_stage_history_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE exchange_rates ADD CONSTRAINT fk_exchange_rates_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE targets ADD CONSTRAINT fk_targets_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE targets ADD CONSTRAINT fk_targets_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequences ADD CONSTRAINT fk_email_sequences_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_steps ADD CONSTRAINT fk_email_sequence_steps_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_steps ADD CONSTRAINT fk_email_sequence_steps_sequence_id FOREIGN KEY(organization_id, sequence_id) REFERENCES email_sequences (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_steps ADD CONSTRAINT fk_email_sequence_steps_template_id FOREIGN KEY(organization_id, template_id) REFERENCES email_templates (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_enrollments ADD CONSTRAINT fk_email_sequence_enrollments_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_enrollments ADD CONSTRAINT fk_email_sequence_enrollments_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_enrollments ADD CONSTRAINT fk_email_sequence_enrollments_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_enrollments ADD CONSTRAINT fk_email_sequence_enrollments_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_enrollments ADD CONSTRAINT fk_email_sequence_enrollments_sequence_id FOREIGN KEY(organization_id, sequence_id) REFERENCES email_sequences (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE email_sequence_enrollments ADD CONSTRAINT fk_email_sequence_enrollments_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE stages ADD CONSTRAINT fk_stages_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE stages ADD CONSTRAINT fk_stages_pipeline_id FOREIGN KEY(organization_id, pipeline_id) REFERENCES pipelines (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE counters ADD CONSTRAINT fk_counters_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_assigned_to_id FOREIGN KEY(organization_id, assigned_to_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_company_id FOREIGN KEY(organization_id, company_id) REFERENCES companies (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_contact_id FOREIGN KEY(organization_id, contact_id) REFERENCES contacts (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_created_by_id FOREIGN KEY(organization_id, created_by_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_opportunity_id FOREIGN KEY(organization_id, opportunity_id) REFERENCES opportunities (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_parent_task_id FOREIGN KEY(organization_id, parent_task_id) REFERENCES tasks (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE teams ADD CONSTRAINT fk_teams_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE teams ADD CONSTRAINT fk_teams_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE users ADD CONSTRAINT fk_users_manager_id FOREIGN KEY(organization_id, manager_id) REFERENCES users (organization_id, id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE users ADD CONSTRAINT fk_users_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED

ALTER TABLE users ADD CONSTRAINT fk_users_team_id FOREIGN KEY(organization_id, team_id) REFERENCES teams (organization_id, id) DEFERRABLE INITIALLY DEFERRED

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

CREATE INDEX ix_contacts_live ON contacts (organization_id, created_at, id, is_deleted) WHERE NOT is_deleted

CREATE INDEX ix_contacts_organization_id_company ON contacts (organization_id, company)

CREATE INDEX ix_contacts_organization_id_email ON contacts (organization_id, email)

CREATE INDEX ix_contacts_organization_id_mobile ON contacts (organization_id, mobile)

CREATE INDEX ix_contacts_organization_id_name_key ON contacts (organization_id, name_key)

CREATE INDEX ix_contacts_organization_id_phone ON contacts (organization_id, phone)

CREATE INDEX ix_contacts_owner_id ON contacts (owner_id)

CREATE INDEX ix_contacts_score ON contacts (score)

CREATE INDEX ix_contacts_status_lifecycle_stage ON contacts (status, lifecycle_stage)

CREATE INDEX ix_contacts_tags ON contacts USING gin (tags)

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

CREATE INDEX ix_opportunities_live ON opportunities (organization_id, created_at, id, is_deleted) WHERE NOT is_deleted

CREATE INDEX ix_opportunities_organization_id_name_key ON opportunities (organization_id, name_key)

CREATE INDEX ix_opportunities_organization_id_pipeline_id_stage_id ON opportunities (organization_id, pipeline_id, stage_id)

CREATE INDEX ix_opportunities_organization_id_status ON opportunities (organization_id, status)

CREATE INDEX ix_opportunities_owner_id ON opportunities (owner_id)

CREATE INDEX ix_opportunities_stage_id ON opportunities (stage_id)

CREATE INDEX ix_opportunities_sums ON opportunities (organization_id, status, actual_close_date, expected_close_date, owner_id, currency, stage_id, pipeline_id, value, weighted_value, stage_changed_at, is_deleted) WHERE NOT is_deleted

CREATE INDEX ix_opportunities_tags ON opportunities USING gin (tags)

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

CREATE INDEX ix_leads_live ON leads (organization_id, created_at, id, is_deleted) WHERE NOT is_deleted

CREATE INDEX ix_leads_organization_id_email ON leads (organization_id, email)

CREATE INDEX ix_leads_organization_id_name_key ON leads (organization_id, name_key)

CREATE INDEX ix_leads_organization_id_phone ON leads (organization_id, phone)

CREATE INDEX ix_leads_organization_id_status ON leads (organization_id, status)

CREATE INDEX ix_leads_owner_id ON leads (owner_id)

CREATE INDEX ix_leads_score ON leads (score DESC)

CREATE INDEX ix_leads_source_status ON leads (source, status)

CREATE INDEX ix_leads_tags ON leads USING gin (tags)

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

CREATE INDEX ix_organizations_plan_is_active ON organizations (plan, is_active)

CREATE INDEX ix_pipelines_organization_id_is_active ON pipelines (organization_id, is_active)

CREATE INDEX ix_pipelines_organization_id_name_key ON pipelines (organization_id, name_key)

CREATE INDEX ix_products_organization_id_name_key ON products (organization_id, name_key)

CREATE INDEX ix_lead_scores_lead_id_scored_at ON lead_scores (lead_id, scored_at DESC)

CREATE INDEX ix_lead_scores_organization_id_score ON lead_scores (organization_id, score DESC)

CREATE INDEX ix_scoring_models_organization_id_is_active ON scoring_models (organization_id, is_active)

CREATE INDEX ix_lead_signals_dirty ON lead_signals (organization_id, lead_id) WHERE is_dirty

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

ALTER TABLE companies ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, left(search_text, 200000))) STORED

CREATE INDEX ix_companies_search_vector ON companies USING gin (search_vector)

ALTER TABLE contacts ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, left(search_text, 200000))) STORED

CREATE INDEX ix_contacts_search_vector ON contacts USING gin (search_vector)

ALTER TABLE opportunities ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, left(search_text, 200000))) STORED

CREATE INDEX ix_opportunities_search_vector ON opportunities USING gin (search_vector)

ALTER TABLE leads ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, left(search_text, 200000))) STORED

CREATE INDEX ix_leads_search_vector ON leads USING gin (search_vector)

CREATE TABLE mycrm_logins (
    login NAME NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role VARCHAR(20) NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_mycrm_logins PRIMARY KEY (login),
    CONSTRAINT uq_mycrm_logins_user UNIQUE (organization_id, user_id),
    CONSTRAINT fk_mycrm_logins_user_id FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE
)

ALTER TABLE mycrm_logins ENABLE ROW LEVEL SECURITY

CREATE FUNCTION mycrm_login_organization() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
RETURN COALESCE(
    (SELECT CASE WHEN is_active THEN organization_id ELSE '00000000-0000-0000-0000-000000000000'::uuid END
        FROM mycrm_logins WHERE login = session_user),
    CASE WHEN NOT pg_has_role(session_user, current_user, 'MEMBER') THEN '00000000-0000-0000-0000-000000000000'::uuid END)

CREATE FUNCTION mycrm_login_of(person uuid) RETURNS TABLE (login name, role text) LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT l.login, l.role::text FROM mycrm_logins AS l WHERE l.user_id = person AND l.organization_id =
        COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid);
END

CREATE FUNCTION mycrm_follow_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE 'UPDATE ' || quote_ident(TG_TABLE_SCHEMA) || '.mycrm_logins SET is_active ='
        || ' $1 AND ($2 IN (''admin'', ''super_admin'') OR role NOT IN (''admin'', ''super_admin''))'
        || ' WHERE organization_id = $3 AND user_id = $4'
        USING NEW.is_active, NEW.role, NEW.organization_id, NEW.id;
    RETURN NULL;
END $$

REVOKE ALL ON FUNCTION mycrm_follow_user() FROM PUBLIC

CREATE CONSTRAINT TRIGGER users_login AFTER UPDATE OF is_active, role ON users
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.is_active IS DISTINCT FROM NEW.is_active OR OLD.role IS DISTINCT FROM NEW.role)
    EXECUTE FUNCTION mycrm_follow_user()

ALTER TABLE auth_sessions ENABLE ROW LEVEL SECURITY

ALTER TABLE auth_sessions FORCE ROW LEVEL SECURITY

CREATE POLICY auth_sessions_own ON auth_sessions
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY auth_sessions_login ON auth_sessions AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY

ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY

CREATE POLICY api_tokens_own ON api_tokens
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY api_tokens_login ON api_tokens AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY

ALTER TABLE recovery_codes FORCE ROW LEVEL SECURITY

CREATE POLICY recovery_codes_own ON recovery_codes
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY recovery_codes_login ON recovery_codes AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY

ALTER TABLE invitations FORCE ROW LEVEL SECURITY

CREATE POLICY invitations_own ON invitations
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY invitations_login ON invitations AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE sign_in_failures ENABLE ROW LEVEL SECURITY

ALTER TABLE sign_in_failures FORCE ROW LEVEL SECURITY

CREATE POLICY sign_in_failures_own ON sign_in_failures
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY sign_in_failures_login ON sign_in_failures AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE activities ENABLE ROW LEVEL SECURITY

ALTER TABLE activities FORCE ROW LEVEL SECURITY

CREATE POLICY activities_own ON activities
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY activities_login ON activities AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY

ALTER TABLE campaigns FORCE ROW LEVEL SECURITY

CREATE POLICY campaigns_own ON campaigns
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY campaigns_login ON campaigns AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE companies ENABLE ROW LEVEL SECURITY

ALTER TABLE companies FORCE ROW LEVEL SECURITY

CREATE POLICY companies_own ON companies
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY companies_login ON companies AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE contacts ENABLE ROW LEVEL SECURITY

ALTER TABLE contacts FORCE ROW LEVEL SECURITY

CREATE POLICY contacts_own ON contacts
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY contacts_login ON contacts AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE custom_fields ENABLE ROW LEVEL SECURITY

ALTER TABLE custom_fields FORCE ROW LEVEL SECURITY

CREATE POLICY custom_fields_own ON custom_fields
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY custom_fields_login ON custom_fields AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE saved_filters ENABLE ROW LEVEL SECURITY

ALTER TABLE saved_filters FORCE ROW LEVEL SECURITY

CREATE POLICY saved_filters_own ON saved_filters
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY saved_filters_login ON saved_filters AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE assignment_rules ENABLE ROW LEVEL SECURITY

ALTER TABLE assignment_rules FORCE ROW LEVEL SECURITY

CREATE POLICY assignment_rules_own ON assignment_rules
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY assignment_rules_login ON assignment_rules AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE assignment_turns ENABLE ROW LEVEL SECURITY

ALTER TABLE assignment_turns FORCE ROW LEVEL SECURITY

CREATE POLICY assignment_turns_own ON assignment_turns
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY assignment_turns_login ON assignment_turns AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE opportunities ENABLE ROW LEVEL SECURITY

ALTER TABLE opportunities FORCE ROW LEVEL SECURITY

CREATE POLICY opportunities_own ON opportunities
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY opportunities_login ON opportunities AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE emails ENABLE ROW LEVEL SECURITY

ALTER TABLE emails FORCE ROW LEVEL SECURITY

CREATE POLICY emails_own ON emails
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY emails_login ON emails AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE line_items ENABLE ROW LEVEL SECURITY

ALTER TABLE line_items FORCE ROW LEVEL SECURITY

CREATE POLICY line_items_own ON line_items
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY line_items_login ON line_items AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE import_jobs ENABLE ROW LEVEL SECURITY

ALTER TABLE import_jobs FORCE ROW LEVEL SECURITY

CREATE POLICY import_jobs_own ON import_jobs
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY import_jobs_login ON import_jobs AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE cron_jobs ENABLE ROW LEVEL SECURITY

ALTER TABLE cron_jobs FORCE ROW LEVEL SECURITY

CREATE POLICY cron_jobs_own ON cron_jobs
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY cron_jobs_login ON cron_jobs AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE reminder_deliveries ENABLE ROW LEVEL SECURITY

ALTER TABLE reminder_deliveries FORCE ROW LEVEL SECURITY

CREATE POLICY reminder_deliveries_own ON reminder_deliveries
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY reminder_deliveries_login ON reminder_deliveries AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE notice_deliveries ENABLE ROW LEVEL SECURITY

ALTER TABLE notice_deliveries FORCE ROW LEVEL SECURITY

CREATE POLICY notice_deliveries_own ON notice_deliveries
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY notice_deliveries_login ON notice_deliveries AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE changes ENABLE ROW LEVEL SECURITY

ALTER TABLE changes FORCE ROW LEVEL SECURITY

CREATE POLICY changes_own ON changes
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY changes_login ON changes AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE change_items ENABLE ROW LEVEL SECURITY

ALTER TABLE change_items FORCE ROW LEVEL SECURITY

CREATE POLICY change_items_own ON change_items
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY change_items_login ON change_items AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE change_payloads ENABLE ROW LEVEL SECURITY

ALTER TABLE change_payloads FORCE ROW LEVEL SECURITY

CREATE POLICY change_payloads_own ON change_payloads
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY change_payloads_login ON change_payloads AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE leads ENABLE ROW LEVEL SECURITY

ALTER TABLE leads FORCE ROW LEVEL SECURITY

CREATE POLICY leads_own ON leads
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY leads_login ON leads AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE contact_emails ENABLE ROW LEVEL SECURITY

ALTER TABLE contact_emails FORCE ROW LEVEL SECURITY

CREATE POLICY contact_emails_own ON contact_emails
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY contact_emails_login ON contact_emails AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE deal_contacts ENABLE ROW LEVEL SECURITY

ALTER TABLE deal_contacts FORCE ROW LEVEL SECURITY

CREATE POLICY deal_contacts_own ON deal_contacts
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY deal_contacts_login ON deal_contacts AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE deal_companies ENABLE ROW LEVEL SECURITY

ALTER TABLE deal_companies FORCE ROW LEVEL SECURITY

CREATE POLICY deal_companies_own ON deal_companies
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY deal_companies_login ON deal_companies AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE contact_companies ENABLE ROW LEVEL SECURITY

ALTER TABLE contact_companies FORCE ROW LEVEL SECURITY

CREATE POLICY contact_companies_own ON contact_companies
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY contact_companies_login ON contact_companies AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE external_ids ENABLE ROW LEVEL SECURITY

ALTER TABLE external_ids FORCE ROW LEVEL SECURITY

CREATE POLICY external_ids_own ON external_ids
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY external_ids_login ON external_ids AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE email_templates ENABLE ROW LEVEL SECURITY

ALTER TABLE email_templates FORCE ROW LEVEL SECURITY

CREATE POLICY email_templates_own ON email_templates
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY email_templates_login ON email_templates AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY

ALTER TABLE outbox FORCE ROW LEVEL SECURITY

CREATE POLICY outbox_own ON outbox
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY outbox_login ON outbox AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE email_events ENABLE ROW LEVEL SECURITY

ALTER TABLE email_events FORCE ROW LEVEL SECURITY

CREATE POLICY email_events_own ON email_events
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY email_events_login ON email_events AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE suppressions ENABLE ROW LEVEL SECURITY

ALTER TABLE suppressions FORCE ROW LEVEL SECURITY

CREATE POLICY suppressions_own ON suppressions
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY suppressions_login ON suppressions AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE mail_files ENABLE ROW LEVEL SECURITY

ALTER TABLE mail_files FORCE ROW LEVEL SECURITY

CREATE POLICY mail_files_own ON mail_files
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY mail_files_login ON mail_files AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE mail_folders ENABLE ROW LEVEL SECURITY

ALTER TABLE mail_folders FORCE ROW LEVEL SECURITY

CREATE POLICY mail_folders_own ON mail_folders
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY mail_folders_login ON mail_folders AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE notes ENABLE ROW LEVEL SECURITY

ALTER TABLE notes FORCE ROW LEVEL SECURITY

CREATE POLICY notes_own ON notes
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY notes_login ON notes AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY

ALTER TABLE organizations FORCE ROW LEVEL SECURITY

CREATE POLICY organizations_own ON organizations
    USING (id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY organizations_login ON organizations AS RESTRICTIVE
    USING (id = COALESCE((SELECT mycrm_login_organization()), id))
    WITH CHECK (id = COALESCE((SELECT mycrm_login_organization()), id))

CREATE POLICY organizations_named ON organizations FOR SELECT
    USING (slug = nullif(current_setting('mycrm.organization_slug', true), ''))

ALTER TABLE pipelines ENABLE ROW LEVEL SECURITY

ALTER TABLE pipelines FORCE ROW LEVEL SECURITY

CREATE POLICY pipelines_own ON pipelines
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY pipelines_login ON pipelines AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE erasures ENABLE ROW LEVEL SECURITY

ALTER TABLE erasures FORCE ROW LEVEL SECURITY

CREATE POLICY erasures_own ON erasures
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY erasures_login ON erasures AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE products ENABLE ROW LEVEL SECURITY

ALTER TABLE products FORCE ROW LEVEL SECURITY

CREATE POLICY products_own ON products
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY products_login ON products AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE lead_scores ENABLE ROW LEVEL SECURITY

ALTER TABLE lead_scores FORCE ROW LEVEL SECURITY

CREATE POLICY lead_scores_own ON lead_scores
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY lead_scores_login ON lead_scores AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE scoring_models ENABLE ROW LEVEL SECURITY

ALTER TABLE scoring_models FORCE ROW LEVEL SECURITY

CREATE POLICY scoring_models_own ON scoring_models
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY scoring_models_login ON scoring_models AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE lead_signals ENABLE ROW LEVEL SECURITY

ALTER TABLE lead_signals FORCE ROW LEVEL SECURITY

CREATE POLICY lead_signals_own ON lead_signals
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY lead_signals_login ON lead_signals AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE score_marks ENABLE ROW LEVEL SECURITY

ALTER TABLE score_marks FORCE ROW LEVEL SECURITY

CREATE POLICY score_marks_own ON score_marks
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY score_marks_login ON score_marks AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE stage_history ENABLE ROW LEVEL SECURITY

ALTER TABLE stage_history FORCE ROW LEVEL SECURITY

CREATE POLICY stage_history_own ON stage_history
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY stage_history_login ON stage_history AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE exchange_rates ENABLE ROW LEVEL SECURITY

ALTER TABLE exchange_rates FORCE ROW LEVEL SECURITY

CREATE POLICY exchange_rates_own ON exchange_rates
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY exchange_rates_login ON exchange_rates AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE targets ENABLE ROW LEVEL SECURITY

ALTER TABLE targets FORCE ROW LEVEL SECURITY

CREATE POLICY targets_own ON targets
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY targets_login ON targets AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE email_sequences ENABLE ROW LEVEL SECURITY

ALTER TABLE email_sequences FORCE ROW LEVEL SECURITY

CREATE POLICY email_sequences_own ON email_sequences
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY email_sequences_login ON email_sequences AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE email_sequence_steps ENABLE ROW LEVEL SECURITY

ALTER TABLE email_sequence_steps FORCE ROW LEVEL SECURITY

CREATE POLICY email_sequence_steps_own ON email_sequence_steps
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY email_sequence_steps_login ON email_sequence_steps AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE email_sequence_enrollments ENABLE ROW LEVEL SECURITY

ALTER TABLE email_sequence_enrollments FORCE ROW LEVEL SECURITY

CREATE POLICY email_sequence_enrollments_own ON email_sequence_enrollments
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY email_sequence_enrollments_login ON email_sequence_enrollments AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE stages ENABLE ROW LEVEL SECURITY

ALTER TABLE stages FORCE ROW LEVEL SECURITY

CREATE POLICY stages_own ON stages
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY stages_login ON stages AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE counters ENABLE ROW LEVEL SECURITY

ALTER TABLE counters FORCE ROW LEVEL SECURITY

CREATE POLICY counters_own ON counters
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY counters_login ON counters AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE tasks ENABLE ROW LEVEL SECURITY

ALTER TABLE tasks FORCE ROW LEVEL SECURITY

CREATE POLICY tasks_own ON tasks
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY tasks_login ON tasks AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE teams ENABLE ROW LEVEL SECURITY

ALTER TABLE teams FORCE ROW LEVEL SECURITY

CREATE POLICY teams_own ON teams
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY teams_login ON teams AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

ALTER TABLE users ENABLE ROW LEVEL SECURITY

ALTER TABLE users FORCE ROW LEVEL SECURITY

CREATE POLICY users_own ON users
    USING (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))
    WITH CHECK (organization_id = (SELECT COALESCE(nullif(current_setting('mycrm.organization_id', true), '')::uuid, mycrm_login_organization())))

CREATE POLICY users_login ON users AS RESTRICTIVE
    USING (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))
    WITH CHECK (organization_id = (SELECT COALESCE(mycrm_login_organization(), nullif(current_setting('mycrm.organization_id', true), '')::uuid)))

CREATE FUNCTION mycrm_guard_sign_in() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own text;
    active boolean;
    every boolean;
BEGIN
    EXECUTE 'SELECT user_id::text, is_active, role IN (''admin'', ''super_admin'') FROM ' || quote_ident(TG_TABLE_SCHEMA)
        || '.mycrm_logins WHERE login = session_user FOR SHARE' INTO own, active, every;
    IF NOT COALESCE(active AND (every OR (COALESCE(to_jsonb(OLD) ->> TG_ARGV[0], own) = own
            AND COALESCE(to_jsonb(NEW) ->> TG_ARGV[0], own) = own)),
            pg_has_role(session_user, current_user, 'MEMBER')) THEN
        RAISE EXCEPTION 'this is for the person whose login it is, and for administrators'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$

REVOKE ALL ON FUNCTION mycrm_guard_sign_in() FROM PUBLIC

CREATE TRIGGER users_guard AFTER INSERT OR DELETE OR UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION mycrm_guard_sign_in('id')

CREATE TRIGGER api_tokens_guard AFTER INSERT OR DELETE OR UPDATE ON api_tokens
    FOR EACH ROW EXECUTE FUNCTION mycrm_guard_sign_in('user_id')

CREATE TRIGGER auth_sessions_guard AFTER INSERT OR DELETE OR UPDATE ON auth_sessions
    FOR EACH ROW EXECUTE FUNCTION mycrm_guard_sign_in('user_id')

CREATE TRIGGER invitations_guard AFTER INSERT OR DELETE OR UPDATE ON invitations
    FOR EACH ROW EXECUTE FUNCTION mycrm_guard_sign_in('user_id')

CREATE TRIGGER recovery_codes_guard AFTER INSERT OR DELETE OR UPDATE ON recovery_codes
    FOR EACH ROW EXECUTE FUNCTION mycrm_guard_sign_in('user_id')

CREATE FUNCTION mycrm_mark_activities() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM (SELECT organization_id, id, lead_id, activity_type, direction, occurred_at, duration_minutes, outcome, created_at FROM touched WHERE lead_id IS NOT NULL) AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, 'lead', t.lead_id::text, pg_current_xact_id()::text FROM (SELECT organization_id, id, lead_id, activity_type, direction, occurred_at, duration_minutes, outcome, created_at FROM touched WHERE lead_id IS NOT NULL) AS t
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE FUNCTION mycrm_mark_activities_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM after AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, 'lead', t.lead_id::text, pg_current_xact_id()::text FROM (((SELECT organization_id, id, lead_id, activity_type, direction, occurred_at, duration_minutes, outcome, created_at FROM after WHERE lead_id IS NOT NULL) EXCEPT (SELECT organization_id, id, lead_id, activity_type, direction, occurred_at, duration_minutes, outcome, created_at FROM before WHERE lead_id IS NOT NULL))
        UNION ALL ((SELECT organization_id, id, lead_id, activity_type, direction, occurred_at, duration_minutes, outcome, created_at FROM before WHERE lead_id IS NOT NULL) EXCEPT (SELECT organization_id, id, lead_id, activity_type, direction, occurred_at, duration_minutes, outcome, created_at FROM after WHERE lead_id IS NOT NULL))) AS t
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE TRIGGER activities_mark_insert AFTER INSERT ON activities
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_activities()

CREATE TRIGGER activities_mark_delete AFTER DELETE ON activities
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_activities()

CREATE TRIGGER activities_mark_update AFTER UPDATE ON activities
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_activities_changed()

CREATE FUNCTION mycrm_mark_emails() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM (SELECT organization_id, id, lead_id, from_email, to_email, sent_at, status, opened_at, clicked_at, replied_at, bounced_at, bounce_type, created_at FROM touched WHERE lead_id IS NOT NULL) AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, 'lead', t.lead_id::text, pg_current_xact_id()::text FROM (SELECT organization_id, id, lead_id, from_email, to_email, sent_at, status, opened_at, clicked_at, replied_at, bounced_at, bounce_type, created_at FROM touched WHERE lead_id IS NOT NULL) AS t
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE FUNCTION mycrm_mark_emails_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM after AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, 'lead', t.lead_id::text, pg_current_xact_id()::text FROM (((SELECT organization_id, id, lead_id, from_email, to_email, sent_at, status, opened_at, clicked_at, replied_at, bounced_at, bounce_type, created_at FROM after WHERE lead_id IS NOT NULL) EXCEPT (SELECT organization_id, id, lead_id, from_email, to_email, sent_at, status, opened_at, clicked_at, replied_at, bounced_at, bounce_type, created_at FROM before WHERE lead_id IS NOT NULL))
        UNION ALL ((SELECT organization_id, id, lead_id, from_email, to_email, sent_at, status, opened_at, clicked_at, replied_at, bounced_at, bounce_type, created_at FROM before WHERE lead_id IS NOT NULL) EXCEPT (SELECT organization_id, id, lead_id, from_email, to_email, sent_at, status, opened_at, clicked_at, replied_at, bounced_at, bounce_type, created_at FROM after WHERE lead_id IS NOT NULL))) AS t
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE TRIGGER emails_mark_insert AFTER INSERT ON emails
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_emails()

CREATE TRIGGER emails_mark_delete AFTER DELETE ON emails
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_emails()

CREATE TRIGGER emails_mark_update AFTER UPDATE ON emails
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_emails_changed()

CREATE FUNCTION mycrm_mark_leads_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM after AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, 'lead', t.id::text, pg_current_xact_id()::text FROM ((SELECT organization_id, id, job_title, email, company, source, estimated_value, status, custom_fields, created_at, utm_source, utm_medium, utm_campaign, do_not_call, do_not_email, score_locked, is_deleted FROM after WHERE true) EXCEPT (SELECT organization_id, id, job_title, email, company, source, estimated_value, status, custom_fields, created_at, utm_source, utm_medium, utm_campaign, do_not_call, do_not_email, score_locked, is_deleted FROM before WHERE true)) AS t
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE TRIGGER leads_mark_update AFTER UPDATE ON leads
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_leads_changed()

CREATE FUNCTION mycrm_mark_suppressions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM (SELECT organization_id, email, reason, created_at FROM touched WHERE true) AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, 'lead', l.id::text, pg_current_xact_id()::text FROM (SELECT organization_id, email, reason, created_at FROM touched WHERE true) AS t
        JOIN leads AS l ON l.organization_id = t.organization_id AND l.email = t.email
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE FUNCTION mycrm_mark_suppressions_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM after AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, 'lead', l.id::text, pg_current_xact_id()::text FROM (((SELECT organization_id, email, reason, created_at FROM after WHERE true) EXCEPT (SELECT organization_id, email, reason, created_at FROM before WHERE true))
        UNION ALL ((SELECT organization_id, email, reason, created_at FROM before WHERE true) EXCEPT (SELECT organization_id, email, reason, created_at FROM after WHERE true))) AS t
        JOIN leads AS l ON l.organization_id = t.organization_id AND l.email = t.email
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE TRIGGER suppressions_mark_insert AFTER INSERT ON suppressions
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_suppressions()

CREATE TRIGGER suppressions_mark_delete AFTER DELETE ON suppressions
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_suppressions()

CREATE TRIGGER suppressions_mark_update AFTER UPDATE ON suppressions
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_suppressions_changed()

CREATE FUNCTION mycrm_mark_companies() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM (SELECT organization_id, id, domain, name_key, employee_count, company_size, annual_revenue, industry FROM touched WHERE true) AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, k.kind, k.key, pg_current_xact_id()::text FROM (SELECT organization_id, id, domain, name_key, employee_count, company_size, annual_revenue, industry FROM touched WHERE true) AS t
        JOIN LATERAL (VALUES ('domain', t.domain), ('company', left(t.name_key, 200))) AS k(kind, key) ON k.key IS NOT NULL
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE FUNCTION mycrm_mark_companies_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid;
BEGIN
    FOR own IN SELECT DISTINCT t.organization_id FROM after AS t LOOP
        PERFORM FROM lead_signals AS s WHERE s.organization_id = own
            ORDER BY s.organization_id, s.lead_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO score_marks (organization_id, kind, key, writer)
        SELECT DISTINCT own, k.kind, k.key, pg_current_xact_id()::text FROM (((SELECT organization_id, id, domain, name_key, employee_count, company_size, annual_revenue, industry FROM after WHERE true) EXCEPT (SELECT organization_id, id, domain, name_key, employee_count, company_size, annual_revenue, industry FROM before WHERE true))
        UNION ALL ((SELECT organization_id, id, domain, name_key, employee_count, company_size, annual_revenue, industry FROM before WHERE true) EXCEPT (SELECT organization_id, id, domain, name_key, employee_count, company_size, annual_revenue, industry FROM after WHERE true))) AS t
        JOIN LATERAL (VALUES ('domain', t.domain), ('company', left(t.name_key, 200))) AS k(kind, key) ON k.key IS NOT NULL
        WHERE t.organization_id = own ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END $$

CREATE TRIGGER companies_mark_insert AFTER INSERT ON companies
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_companies()

CREATE TRIGGER companies_mark_delete AFTER DELETE ON companies
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_companies()

CREATE TRIGGER companies_mark_update AFTER UPDATE ON companies
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION mycrm_mark_companies_changed()

CREATE FUNCTION mycrm_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$

CREATE TRIGGER changes_append_only BEFORE UPDATE OR DELETE ON changes
    FOR EACH ROW EXECUTE FUNCTION mycrm_append_only()

CREATE TRIGGER changes_no_truncate BEFORE TRUNCATE ON changes
    FOR EACH STATEMENT EXECUTE FUNCTION mycrm_append_only()

CREATE TRIGGER change_items_append_only BEFORE UPDATE OR DELETE ON change_items
    FOR EACH ROW EXECUTE FUNCTION mycrm_append_only()

CREATE TRIGGER change_items_no_truncate BEFORE TRUNCATE ON change_items
    FOR EACH STATEMENT EXECUTE FUNCTION mycrm_append_only()

CREATE TRIGGER change_payloads_append_only BEFORE UPDATE ON change_payloads
    FOR EACH ROW EXECUTE FUNCTION mycrm_append_only()

CREATE TRIGGER change_payloads_no_truncate BEFORE TRUNCATE ON change_payloads
    FOR EACH STATEMENT EXECUTE FUNCTION mycrm_append_only()
