DROP TABLE IF EXISTS parcel CASCADE;
DROP TABLE IF EXISTS recipient CASCADE;
CREATE TABLE recipient (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE parcel (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient_id integer NOT NULL REFERENCES recipient,
    weight_grams integer NOT NULL CHECK (weight_grams > 0),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'lost')),
    posted_on date NOT NULL
);
