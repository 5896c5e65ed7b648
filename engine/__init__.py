"""The HiFI engine: the model, the cascade and the plates. Everything with torch in it lives here."""
