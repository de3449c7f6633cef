CREATE TABLE recipient (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO recipient (name) SELECT DISTINCT btrim(recipient) FROM parcel;
ALTER TABLE parcel RENAME TO old_parcel;
CREATE VIEW parcel AS
SELECT old_parcel.id, recipient.id AS recipient_id, 1000 AS weight_grams, 'waiting'::text AS state, posted_on
FROM old_parcel JOIN recipient ON name = btrim(old_parcel.recipient);
