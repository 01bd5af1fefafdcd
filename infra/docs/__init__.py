"""Documents that are generated from the code, and the check that a contract has not been broken."""
