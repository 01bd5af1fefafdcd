"""Who may sign in, as whom, and how a credential is proved. Pure: hashes and secrets are made before and given in."""
