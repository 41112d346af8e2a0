"""What credentials look like, as tables: providers' key formats, words of secret names, throw-away and sample values.

Formats are those that the providers document or that gitleaks, trufflehog and detect-secrets agree on. A format without
a fixed prefix is only listed where a checksum, a length and an alphabet together make an accident unlikely.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = [
    "FOLLOWERS",
    "ISSUED_OWNERS",
    "KEY_OWNERS",
    "LOCAL_HOSTS",
    "NOT_A_VALUE",
    "PASSWORD_WORDS",
    "PLUGINS",
    "PROVIDERS",
    "QUALIFIERS",
    "SAMPLE_HOSTS",
    "SAMPLE_WORDS",
    "SIGNING_OWNERS",
    "SILENT_FIRST_WORDS",
    "SILENT_TOKEN_OWNERS",
    "THROW_AWAY",
    "WEAK_VALUES",
    "Plugin",
    "Provider",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Provider(Struct, frozen=True):
    """A key format: `prefix` is a cheap expression that any such key contains, `pattern` the whole key."""

    kind: str
    prefix: str
    pattern: str


class Plugin(Struct, frozen=True):
    """A detector of detect-secrets: `trigger` is a cheap expression without which it cannot fire."""

    kind: str
    module: str
    name: str
    trigger: str


PROVIDERS = (
    Provider("Anthropic API key", r"sk-ant-", r"sk-ant-[A-Za-z0-9_-]{24,}"),
    Provider("OpenRouter API key", r"sk-or-", r"sk-or-v\d-[a-f0-9]{40,}"),
    Provider("OpenAI API key", r"sk-[a-zA-Z0-9]", r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{32,}"),
    Provider("OpenAI API key", r"sk-[a-zA-Z0-9]", r"\bsk-[A-Za-z0-9]{48}\b"),
    Provider("Hugging Face token", r"hf_", r"\bhf_[A-Za-z]{30,40}\b"),
    Provider("Groq API key", r"gsk_", r"\bgsk_[A-Za-z0-9]{40,}"),
    Provider("xAI API key", r"xai-", r"\bxai-[A-Za-z0-9]{60,}"),
    Provider("Replicate token", r"r8_", r"\br8_[A-Za-z0-9]{37}\b"),
    Provider("Tavily API key", r"tvly-", r"\btvly-(?:dev-|prod-)?[A-Za-z0-9]{24,}"),
    Provider("GitHub token", r"github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    Provider("Google API key", r"AIza", r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    Provider("Google OAuth secret", r"GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    Provider("Google OAuth token", r"ya29\.", r"ya29\.[A-Za-z0-9_-]{40,}"),
    Provider("Resend API key", r"re_[A-Za-z0-9]{8}_", r"\bre_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}\b"),
    Provider("Stripe secret key", r"[rs]k_live_", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    Provider("webhook signing secret", r"whsec_", r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    Provider("Slack token", r"xox[a-z]-", r"\bxox[abeoprs](?:-\d+)*-[A-Za-z0-9-]{20,}"),
    Provider("Slack token", r"xapp-", r"\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{32,}"),
    Provider("DigitalOcean token", r"do[opr]_v1_", r"\bdo[opr]_v1_[a-f0-9]{64}"),
    Provider("Shopify token", r"shp(?:at|ca|pa|ss)_", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    Provider("Postman API key", r"PMAK-", r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    Provider("Linear API key", r"lin_api_", r"\blin_api_[A-Za-z0-9]{40}"),
    Provider("Mailgun API key", r"key-[0-9a-f]{8}", r"\bkey-[0-9a-f]{32}\b"),
    Provider("Brevo API key", r"xkeysib-", r"\bxkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    Provider("Databricks token", r"dapi[0-9a-f]{8}", r"\bdapi[0-9a-f]{32}(?:-\d)?\b"),
    Provider("Vault token", r"hvs\.", r"\bhvs\.[A-Za-z0-9_-]{24,}"),
    Provider("Doppler token", r"dp\.[a-z]{2,5}\.", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}"),
    Provider("Supabase secret key", r"sb_secret_|sbp_", r"\b(?:sb_secret_[A-Za-z0-9_-]{20,}|sbp_[a-f0-9]{40})"),
    Provider("New Relic key", r"NRAK-", r"\bNRAK-[A-Z0-9]{27}\b"),
    Provider("Sentry token", r"sntr[ysu]+_", r"\bsntr(?:ys|yu)_[A-Za-z0-9+/=_-]{40,}"),
    Provider("age secret key", r"AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
)
"""Keys that detect-secrets has no detector for, or only an outdated one. Publishable keys (`pk_live_`, Sentry DSNs,
Supabase's `anon`) and keys of test modes (`sk_test_`) are no secrets and are not here."""

PLUGINS = (
    Plugin(
        "AWS access key", "aws", "AWSKeyDetector", r"A3T[A-Z0-9]|A(?:BIA|CCA|KIA|SIA)[0-9A-Z]{4}|(?i:aws).{0,50}['\"]"
    ),
    Plugin("GitHub token", "github_token", "GitHubTokenDetector", r"gh[oprsu]_"),
    Plugin("GitLab token", "gitlab_token", "GitLabTokenDetector", r"gl[a-z]{2,5}-|GR1348941"),
    Plugin("Slack webhook", "slack", "SlackDetector", r"hooks\.slack\.com/services/T|xox[a-z]-\d"),
    Plugin("SendGrid API key", "sendgrid", "SendGridDetector", r"SG\.[A-Za-z0-9_-]{22}"),
    Plugin("Twilio API key", "twilio", "TwilioKeyDetector", r"SK[a-f0-9]{32}"),
    Plugin("JSON web token", "jwt", "JwtTokenDetector", r"eyJ[A-Za-z0-9_=-]{8}"),
    Plugin("private key", "private_key", "PrivateKeyDetector", r"PRIVATE KEY|PuTTY-User-Key"),
    Plugin("Azure storage key", "azure_storage_key", "AzureStorageKeyDetector", r"AccountKey="),
    Plugin("npm token", "npm", "NpmDetector", r":_authToken="),
    Plugin("OpenAI API key", "openai", "OpenAIDetector", r"T3BlbkFJ"),
    Plugin("PyPI token", "pypi_token", "PypiTokenDetector", r"pypi-AgE"),
    Plugin("Telegram bot token", "telegram_token", "TelegramBotTokenDetector", r"\d{8}:[A-Za-z0-9_-]{35}"),
    Plugin("Discord bot token", "discord", "DiscordBotTokenDetector", r"[MNO][A-Za-z\d_-]{23,25}\.[A-Za-z\d_-]{6}\."),
    Plugin("Mailchimp API key", "mailchimp", "MailchimpDetector", r"[0-9a-z]{8}-us\d"),
    Plugin("Square OAuth secret", "square_oauth", "SquareOAuthDetector", r"sq0csp-"),
    Plugin("Artifactory credentials", "artifactory", "ArtifactoryDetector", r"A(?:KC|P[\dA-F])[A-Za-z0-9]{20}"),
    Plugin("IBM Cloud key", "ibm_cloud_iam", "IbmCloudIamDetector", r"(?i:ibm|iam).{0,40}[A-Za-z0-9_-]{44}"),
    Plugin("Cloudant credentials", "cloudant", "CloudantDetector", r"(?i:cloudant)"),
    Plugin("SoftLayer credentials", "softlayer", "SoftlayerDetector", r"(?i:softlayer)"),
)
"""Detectors of detect-secrets 1.5 that are run on what their trigger lets through; the others are covered by
`PROVIDERS`, by connection URLs and by names (the basic-auth and keyword detectors), or match any random text."""

# --- Words of names ---------------------------------------------------------------------------------------------------

PASSWORD_WORDS = frozenset({"password", "passwd", "passwort", "passphrase", "pwd", "pass", "passcode", "pw"})

SIGNING_OWNERS = _words(
    """secret signing sign signature signer encryption encrypt decryption jwt session hmac cipher aes fernet crypto
    cookie master csrf hash"""
)
"""`<word>_key` is made by the application's owner: a guessable word in it is as good as no key at all."""

ISSUED_OWNERS = frozenset({"client", "consumer", "app", "application", "oauth", "oauth2", "api"})
"""`<word>_secret` is issued by someone else, so that only random text is a credential."""

KEY_OWNERS = _words(
    """api access private auth account subscription admin deploy ssh shared webhook server bot license openai anthropic
    gemini groq mistral cohere deepseek google maps aws azure gcp stripe sendgrid mailgun mailchimp twilio github
    gitlab slack sentry datadog newrelic pinecone huggingface algolia cloudinary minio s3 supabase paypal resend
    tavily openrouter langsmith langchain serper weather rapidapi"""
)
"""`<word>_key` is a credential that a provider issued."""

QUALIFIERS = _words(
    """value string str default prod production dev development test testing staging stage live local old new base
    fallback raw plain plaintext bytes b64 base64 current env1 backup"""
)
"""Words behind the secret word that leave its meaning: `SECRET_KEY_PROD`, `password_value`."""

SILENT_FIRST_WORDS = _words(
    """is has no use get set check validate require requires required allow forgot reset change confirm invalid missing
    wrong show hide hashed encrypted hash public publishable pubkey error err msg label update verify generate
    create delete revoke expired existing bad incorrect send request min max test_id"""
)
"""Words before the secret word that turn it into something else: `hashed_password`, `forgot_password`, `public_key`."""

SAMPLE_WORDS = _words("""dummy fake mock mocked example sample placeholder""")
"""Words anywhere in a name that make its value one that opens nothing."""

SILENT_TOKEN_OWNERS = _words(
    """next previous prev page pagination continuation input output start end begin stop pad eos bos unk sep mask cls
    special sync cursor delimiter separator open close left right current lookahead json first last new line string
    comment any skip marker identifier keyword operator"""
)
"""Tokens of paging, lexers and language models."""

# --- Values -----------------------------------------------------------------------------------------------------------

NOT_A_VALUE = _words(
    """none null nil true false default disabled enabled optional required string str int bytes undefined unset empty
    unknown auto random generate generated value values missing invalid valid hidden redacted masked removed omitted
    bearer basic digest token apikey oauth oauth2 jwt refresh access id_token code implicit plain s256 hs256 hs384
    hs512 rs256 rs384 rs512 es256 es384 es512 eddsa md5 sha1 sha256 sha512 bcrypt argon2 argon2id scrypt pbkdf2 text
    password_credentials client_credentials authorization_code post header cookie query body form env environment
    file vault keyring system utf-8 utf8 latin-1 ascii base64 hex any all yes no on off self anonymous unusable"""
)
"""Words that name a state, a type, an algorithm or a grant."""

THROW_AWAY = _words(
    """postgres postgresql mysql mariadb mongo mongodb redis rabbit rabbitmq guest test tests testing tester user
    username foo bar baz foobar demo sample db database django flask fastapi app root dev local development minio
    minioadmin pass passwd password pwd passw0rd pw p secret"""
)
"""Passwords that a local service is started with: worth hiding, not worth a line."""

WEAK_VALUES = _words(
    """admin administrator root secret letmein welcome qwerty hunter hunter2 toor supersecret superuser master dragon
    monkey iloveyou sunshine princess football baseball trustno1 topsecret asdf asdfgh asdfghjkl zxcvbn abcdef
    changeit adminadmin rootroot passwordpassword"""
)
"""Words that people do use as a password."""

LOCAL_HOSTS = _words(
    """localhost 127.0.0.1 0.0.0.0 ::1 [::1] host.docker.internal db database postgres postgresql mysql mariadb redis
    mongo mongodb rabbitmq rabbit broker cache minio pgbouncer"""
)

SAMPLE_HOSTS = _words("""host hostname server domain example example.com example.org example.net yourhost""")

FOLLOWERS = {
    row[0]: frozenset(row[1:])
    for row in _words(
        """abcdgilmnprstuy baeilouy caehikloprtu dadeiorsu eacdefgilmnprstvwxy faefilorstu gaehilnorsu
    haeiortuy iabcdefglmnoprstvz juoe kesiny ladeikloprstuvy maeimnopsu nacdefgiknostuvy
    obcdfgiklmnoprstuvwy paehiloprstu qu racdeiklmnorstuy sacehiklmopstuwy tacefhilmoprstuwy
    ubceilmnprst vaeio waheinor xaeipt yelmopst zaeio"""
    )
}
"""Which letters often follow a letter in English words and identifiers: nine in ten pairs of a word are among these,
and three in ten of a generated text."""
