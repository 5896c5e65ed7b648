"""The HiFI engine: the model, the cascade and the plates; all that needs torch lives here."""
