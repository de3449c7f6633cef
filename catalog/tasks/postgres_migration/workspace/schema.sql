CREATE TABLE parcel (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient text NOT NULL,
    weight text NOT NULL,
    state text,
    posted_on date NOT NULL
);

CREATE TABLE scan (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parcel_id integer NOT NULL REFERENCES parcel ON DELETE CASCADE,
    place text NOT NULL
);

INSERT INTO parcel (recipient, weight, state, posted_on) VALUES
    ('Ilse Brandt', '750 g', 'sent', '2024-03-01'),
    (' Ilse Brandt', '2.5 kg', 'Waiting', '2024-03-02'),
    ('Omar Haddad', '0.25KG', NULL, '2024-03-02'),
    ('omar haddad', '12 kg', 'LOST ', '2024-03-05');

INSERT INTO scan (parcel_id, place) VALUES (1, 'depot'), (1, 'van 7'), (4, 'depot');
