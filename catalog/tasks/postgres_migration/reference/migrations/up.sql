BEGIN;

CREATE TABLE IF NOT EXISTS recipient (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = 'parcel' AND column_name = 'recipient'
    ) THEN
        RETURN;
    END IF;

    INSERT INTO recipient (name) SELECT DISTINCT btrim(recipient) FROM parcel ORDER BY 1;

    ALTER TABLE parcel ADD COLUMN recipient_id integer;
    ALTER TABLE parcel ADD COLUMN weight_grams integer;
    UPDATE parcel
    SET recipient_id = recipient.id,
        weight_grams = CASE
            WHEN lower(weight) LIKE '%kg' THEN round(1000 * rtrim(lower(weight), 'kg ')::numeric)
            ELSE round(rtrim(lower(weight), 'g ')::numeric)
        END,
        state = CASE
            WHEN lower(btrim(state)) IN ('waiting', 'sent', 'lost') THEN lower(btrim(state))
            ELSE 'waiting'
        END
    FROM recipient
    WHERE recipient.name = btrim(parcel.recipient);

    ALTER TABLE parcel
        DROP COLUMN recipient,
        DROP COLUMN weight,
        ALTER COLUMN recipient_id SET NOT NULL,
        ALTER COLUMN weight_grams SET NOT NULL,
        ALTER COLUMN state SET NOT NULL,
        ALTER COLUMN state SET DEFAULT 'waiting',
        ADD CONSTRAINT parcel_recipient FOREIGN KEY (recipient_id) REFERENCES recipient,
        ADD CONSTRAINT parcel_weight CHECK (weight_grams > 0),
        ADD CONSTRAINT parcel_state CHECK (state IN ('waiting', 'sent', 'lost'));
END
$$;

COMMIT;
