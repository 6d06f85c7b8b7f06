-- The frontier that several workers share. Times are the server's; states, roles and outcomes are words as in the archive.
--
-- Dead rows: what changes with every request (leases, turns, pace) stands in no index, and pages keep room, so that PostgreSQL
-- updates such rows in their page and clears the old ones as it passes (HOT). Vacuum takes the rest early and without pausing.
-- No foreign keys: the locks that they take on hosts would meet those of turns.

CREATE SEQUENCE fence;                        -- every lease, claim, turn and session takes a number of its own

CREATE TABLE agency (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

CREATE TABLE worker (
    name       text PRIMARY KEY,
    session    bigint NOT NULL,               -- one process; the latest of a name is the worker
    crawl      text NOT NULL,                 -- as in the names of its shards
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    heard_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at   timestamptz,                   -- said goodbye, or was given up
    in_flight  bigint NOT NULL DEFAULT 0,     -- addresses leased
    settled    bigint NOT NULL DEFAULT 0,
    per_minute bigint NOT NULL DEFAULT 0,     -- settled in the minute before it was heard
    shards     bigint NOT NULL DEFAULT 0,
    bytes      bigint NOT NULL DEFAULT 0      -- bodies kept
) WITH (fillfactor = 50);

CREATE TABLE host (
    name            text PRIMARY KEY,         -- lower case, with the port when it is not the scheme's own
    due_at          timestamptz,              -- not before is there anything to take; NULL where nothing waits
    blocked_until   timestamptz,
    blocked_outcome text,
    claimed_by      bigint,                   -- the session that works through it
    claim           bigint,                   -- its number
    leased          bigint NOT NULL DEFAULT 0, -- addresses taken and not settled
    last_start_at   timestamptz,
    asking          bigint,                   -- the turn under way
    asking_until    timestamptz,              -- when it is over at the latest
    not_before      timestamptz,              -- as the host asked (Retry-After)
    slowdown        integer NOT NULL DEFAULT 1, -- how many gaps lie between two starts
    refused_at      timestamptz,
    failures        integer NOT NULL DEFAULT 0, -- in a row
    robots_state    text,                     -- rules | none | unreachable
    robots_rules    bytea,
    robots_at       timestamptz,
    transport       text,                     -- http | tls | tls-p256: what worked last
    addresses       bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX host_due ON host (due_at) WHERE due_at IS NOT NULL;

-- Servers, which several hosts may share.
CREATE TABLE peer (
    ip            inet PRIMARY KEY,
    last_start_at timestamptz,
    asking        bigint,
    asking_until  timestamptz
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE url (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_digest    bytea NOT NULL UNIQUE,      -- SHA-256 of the key, which may be longer than an index row
    key           text NOT NULL,
    address       text NOT NULL,
    body          text,                       -- what it is asked for with
    host          text NOT NULL,
    agency        bigint,
    role          text NOT NULL,
    hop           text NOT NULL,
    depth         integer NOT NULL,
    pages         integer NOT NULL,
    redirects     integer NOT NULL,
    via           bigint,
    anchor        text NOT NULL,
    year          integer,                    -- the report year its anchor names
    score         integer NOT NULL,
    priority      bigint NOT NULL,
    state         text NOT NULL,              -- due | settled | gone | passed
    due_at        timestamptz NOT NULL,
    leased_by     bigint,                     -- a session
    leased_until  timestamptz,
    token         bigint NOT NULL DEFAULT 0,  -- raised with each lease: a verdict with an old one is not taken in
    attempts      integer NOT NULL DEFAULT 0,
    outcome       text,
    outcome_at    timestamptz,
    detail        text,
    etag          text,
    last_modified text,
    first_seen_at timestamptz NOT NULL,
    captured_url  text,                       -- the last capture with a body: its address, date, digest and place
    captured_at   text,
    digest        text,
    shard         text,
    shard_offset  bigint
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX url_waiting ON url (host, priority, due_at, id) WHERE state IN ('due', 'settled');
CREATE INDEX url_due ON url (host, due_at) WHERE state IN ('due', 'settled');

-- When something of a host may be taken next.
CREATE FUNCTION wake(of_host text, now_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT least(
        (SELECT due_at FROM url
         WHERE host = of_host AND state IN ('due', 'settled') AND (leased_until IS NULL OR leased_until <= now_at)
         ORDER BY due_at LIMIT 1),
        (SELECT min(leased_until) FROM url
         WHERE host = of_host AND state IN ('due', 'settled') AND due_at <= now_at AND leased_until > now_at))
$$;

-- Takes everything from sessions that are no more: their addresses are anyone's, under a new token. Their turns end by
-- themselves: what they asked last may still be under way.
CREATE FUNCTION bury(sessions bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    freed bigint;
BEGIN
    PERFORM 1 FROM host WHERE claimed_by = ANY (sessions) OR leased > 0 ORDER BY name FOR NO KEY UPDATE;
    WITH freed_urls AS (
        UPDATE url SET leased_by = NULL, leased_until = NULL, token = nextval('fence')
        WHERE leased_by = ANY (sessions) AND leased_until IS NOT NULL
        RETURNING host
    ), by_host AS (
        SELECT host AS name, count(*) AS number FROM freed_urls GROUP BY host
    ), freed_hosts AS (
        UPDATE host SET leased = leased - number, due_at = least(due_at, clock_timestamp())
        FROM by_host WHERE host.name = by_host.name
    )
    SELECT coalesce(sum(number), 0) INTO freed FROM by_host;
    UPDATE host SET claimed_by = NULL, claim = NULL, due_at = least(due_at, clock_timestamp()) WHERE claimed_by = ANY (sessions);
    RETURN freed;
END
$$;

-- Gives up workers that were not heard of for `silence`; none before the server itself has been up for so long.
CREATE FUNCTION give_up(silence interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint[];
BEGIN
    IF clock_timestamp() - pg_postmaster_start_time() < silence THEN
        RETURN 0;
    END IF;
    WITH given_up AS (
        UPDATE worker SET ended_at = clock_timestamp(), in_flight = 0, per_minute = 0
        WHERE ended_at IS NULL AND heard_at < clock_timestamp() - silence
        RETURNING session
    )
    SELECT array_agg(session) INTO gone FROM given_up;
    IF gone IS NULL THEN
        RETURN 0;
    END IF;
    RETURN bury(gone);
END
$$;
