BEGIN;

ALTER TABLE parcel ADD COLUMN recipient text;
ALTER TABLE parcel ADD COLUMN weight text;

UPDATE parcel
SET recipient = recipient.name, weight = weight_grams || ' g'
FROM recipient
WHERE recipient.id = parcel.recipient_id;

ALTER TABLE parcel
    DROP CONSTRAINT parcel_state,
    DROP COLUMN recipient_id,
    DROP COLUMN weight_grams,
    ALTER COLUMN recipient SET NOT NULL,
    ALTER COLUMN weight SET NOT NULL,
    ALTER COLUMN state DROP NOT NULL,
    ALTER COLUMN state DROP DEFAULT;

DROP TABLE recipient;

COMMIT;
