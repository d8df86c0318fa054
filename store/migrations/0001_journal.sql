-- The journal and the signal. Integers are µs since the Unix epoch (at, from,
-- to) or on one agent run's monotonic clock (mono). Everything here is written
-- once: the triggers hold for every connection, whoever opened it, and do not
-- depend on recursive_triggers (INSERT OR REPLACE is refused before it deletes).

CREATE TABLE session (
  n            INTEGER PRIMARY KEY,  -- order of opening on this machine, whatever its clock did
  id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
  opened_at_us INTEGER NOT NULL,
  simulated    INTEGER NOT NULL CHECK (simulated IN (0, 1)),
  sum          BLOB    NOT NULL CHECK (length(sum) = 32)  -- SHA-256 of the row: no chain covers it
) STRICT;

CREATE TABLE event (
  n       INTEGER PRIMARY KEY,
  session BLOB    NOT NULL REFERENCES session (id),
  seq     INTEGER NOT NULL CHECK (seq >= 1),
  at_us   INTEGER NOT NULL,
  mono_us INTEGER NOT NULL,
  kind    TEXT    NOT NULL CHECK (kind <> ''),
  body    BLOB    NOT NULL,
  prev    BLOB    NOT NULL CHECK (length(prev) = 32),
  hash    BLOB    NOT NULL CHECK (length(hash) = 32),
  UNIQUE (session, seq)
) STRICT;

CREATE TABLE signal (
  n       INTEGER PRIMARY KEY,
  session BLOB    NOT NULL REFERENCES session (id),
  seq     INTEGER NOT NULL CHECK (seq >= 1),
  from_us INTEGER NOT NULL,
  to_us   INTEGER NOT NULL,
  count   INTEGER NOT NULL CHECK (count BETWEEN 0 AND 4294967295),
  lost    INTEGER NOT NULL CHECK (lost BETWEEN 0 AND 4294967295),
  body    BLOB    NOT NULL,
  prev    BLOB    NOT NULL CHECK (length(prev) = 32),
  hash    BLOB    NOT NULL CHECK (length(hash) = 32),
  UNIQUE (session, seq)
) STRICT;

-- One row, rewritten by each arming check: no part of the record.
CREATE TABLE test_write (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  at_us INTEGER NOT NULL,
  token BLOB    NOT NULL
) STRICT;

-- A session can become simulated. It can never become real, or anything else.
CREATE TRIGGER session_changed BEFORE UPDATE ON session
WHEN NOT (NEW.n IS OLD.n AND NEW.id IS OLD.id AND NEW.opened_at_us IS OLD.opened_at_us
          AND NEW.simulated = 1)
BEGIN
  SELECT RAISE(ABORT, 'append-only: a session row may only be marked simulated');
END;

CREATE TRIGGER session_deleted BEFORE DELETE ON session
BEGIN
  SELECT RAISE(ABORT, 'append-only: sessions are never deleted');
END;

CREATE TRIGGER session_replaced BEFORE INSERT ON session
WHEN EXISTS (SELECT 1 FROM session WHERE id = NEW.id OR n = NEW.n)
BEGIN
  SELECT RAISE(ABORT, 'append-only: the session is there already');
END;

CREATE TRIGGER event_changed BEFORE UPDATE ON event
BEGIN
  SELECT RAISE(ABORT, 'append-only: events are never changed');
END;

CREATE TRIGGER event_deleted BEFORE DELETE ON event
BEGIN
  SELECT RAISE(ABORT, 'append-only: events are never deleted');
END;

CREATE TRIGGER event_follows BEFORE INSERT ON event
BEGIN
  SELECT RAISE(ABORT, 'append-only: the event is there already')
   WHERE EXISTS (SELECT 1 FROM event WHERE session = NEW.session AND seq = NEW.seq)
      OR EXISTS (SELECT 1 FROM event WHERE n = NEW.n);
  SELECT RAISE(ABORT, 'append-only: the event does not follow the one before it')
   WHERE NEW.prev IS NOT CASE NEW.seq WHEN 1 THEN zeroblob(32)
         ELSE (SELECT hash FROM event WHERE session = NEW.session AND seq = NEW.seq - 1) END;
END;

CREATE TRIGGER signal_changed BEFORE UPDATE ON signal
BEGIN
  SELECT RAISE(ABORT, 'append-only: signal is never changed');
END;

CREATE TRIGGER signal_deleted BEFORE DELETE ON signal
BEGIN
  SELECT RAISE(ABORT, 'append-only: signal is never deleted');
END;

CREATE TRIGGER signal_follows BEFORE INSERT ON signal
BEGIN
  SELECT RAISE(ABORT, 'append-only: the chunk is there already')
   WHERE EXISTS (SELECT 1 FROM signal WHERE session = NEW.session AND seq = NEW.seq)
      OR EXISTS (SELECT 1 FROM signal WHERE n = NEW.n);
  SELECT RAISE(ABORT, 'append-only: the chunk does not follow the one before it')
   WHERE NEW.prev IS NOT CASE NEW.seq WHEN 1 THEN zeroblob(32)
         ELSE (SELECT hash FROM signal WHERE session = NEW.session AND seq = NEW.seq - 1) END;
END;
