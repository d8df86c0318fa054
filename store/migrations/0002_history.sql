-- What is asked of the record across sessions: which session used a cartridge,
-- and which sessions are a patient's. Both are read from the events themselves,
-- so that nothing beside the chain has to be believed. A body that is no JSON is
-- recorded all the same, and found by neither.

CREATE INDEX event_cartridge ON event (iif(json_valid(CAST(body AS TEXT)), json_extract(CAST(body AS TEXT), '$.event.use_key'), NULL))
WHERE kind = 'cartridge_in';

CREATE INDEX event_patient ON event (iif(json_valid(CAST(body AS TEXT)), json_extract(CAST(body AS TEXT), '$.event.patient'), NULL))
WHERE kind IN ('opened', 'patient_reassigned');
